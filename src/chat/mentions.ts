import { areCode } from './expressions/find.ts'

/** Whom a text mentions, as it is written: whether there is anybody by a name is up to others. */
export interface Mentions {
  /** Possible usernames, in the order of the text. */
  readonly names: readonly string[]
  /** `@here`: those who are in the room now. */
  readonly here: boolean
  /** `@room`: all of its members. */
  readonly room: boolean
}

/** A name behind an `@` in a text. */
export interface FoundMention {
  /** In lower case; `here` and `room` are everybody. */
  readonly name: string
  /** The place of its `@` in the text. */
  readonly index: number
  /** Characters with the `@`. */
  readonly length: number
}

/** Mentions of one text that are looked at. */
const MENTIONS = 100
/** Different people that one text mentions. */
const PEOPLE = 50

/** `@name`, but not in an address: neither `ada@example.com` nor `https://example.com/@ada`. */
const MENTION = /(?<![\p{L}\p{N}_@/.-])@(?<name>[a-z0-9_-]{2,32})(?![\p{L}\p{N}_@])/giu

const EVERYBODY: ReadonlySet<string> = new Set(['here', 'room'])

const nobody: Mentions = { names: [], here: false, room: false }

/** Finds the people whom a text mentions, except in Markdown's code. */
export function findMentions(text: string): Mentions {
  if (!text.includes('@')) return nobody
  const found = placesOf(text)
  const names = found.flatMap(({ name }) => (EVERYBODY.has(name) ? [] : spellings(name)))
  return {
    names: [...new Set(names)].slice(0, 2 * PEOPLE),
    here: found.some(({ name }) => name === 'here'),
    room: found.some(({ name }) => name === 'room'),
  }
}

/** Returns the names in a text that belong to somebody. @param names of `findMentions` */
export function mentionedAmong(names: readonly string[], people: ReadonlySet<string>): string[] {
  return names.filter((name) => people.has(name)).slice(0, PEOPLE)
}

/** Finds the mentions of these people, or of everybody, in a text without code, in its order. */
export function mentionPlaces(text: string, people: readonly string[]): FoundMention[] {
  if (!text.includes('@')) return []
  const known = new Set(people)
  return namesIn(text).flatMap(({ index, name }) => {
    const spelling = spellings(name).find((spelling) => EVERYBODY.has(spelling) || known.has(spelling))
    return spelling === undefined ? [] : [{ name: spelling, index, length: spelling.length + 1 }]
  })
}

function placesOf(text: string): FoundMention[] {
  const found = namesIn(text)
  if (found.length === 0) return found
  const isCode = areCode(
    text,
    found.map(({ index }) => index),
  )
  return found.filter((_, number) => isCode[number] === false)
}

function namesIn(text: string): FoundMention[] {
  const found: FoundMention[] = []
  for (const { 0: whole, groups = {}, index } of text.matchAll(MENTION)) {
    found.push({ name: (groups.name ?? '').toLowerCase(), index, length: whole.length })
    if (found.length === MENTIONS) break
  }
  return found
}

/** A name, and what is left of it without what may be the end of a phrase: `@ada-` and `_@ada_`. */
function spellings(name: string): string[] {
  const bare = name.replace(/[-_]+$/, '')
  return bare === name || bare.length < 2 ? [name] : [name, bare]
}
