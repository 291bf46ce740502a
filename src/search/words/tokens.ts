import { RUN } from './written-words.ts'

const ASCII = /^[a-z0-9]*$/

/** Letters of the parts by which words are found: three are enough, and four tell much more apart. */
const PART = 3
const LONG_PART = 4

/** Stands before a word that is looked for as a whole, of which so many letters count: PostgreSQL takes no token of two kilobytes. */
const WHOLE = '='
const LONGEST_WHOLE = 64

/** Stands before a word from one of its letters on, and how many letters there are then, at least and at most. */
const REST = '>'
const SHORTEST_REST = 5
const LONGEST_REST = 10

/** Stands behind a token that is the beginning of those that are meant. */
export const BEGINNING = '*'

/**
 * The parts of a word that hold all of it: each four letters, or all of a shorter one; of a run without spaces each two letters, or
 * the only one.
 */
export function partsOfWord(word: string): string[] {
  if (!word.startsWith(RUN)) return pieces(word, LONG_PART)
  const letters = [...word.slice(RUN.length)]
  return letters.length === 1 ? letters : piecesOf(letters, 2)
}

/**
 * Gives fewer and rarer tokens than `partsOfWord` for the same part of a word, by which few messages are found quickly. They hold all
 * of it, unless it is very long.
 */
export function rarePartsOfWord(word: string): string[] {
  const letters = [...word]
  if (word.startsWith(RUN) || letters.length < SHORTEST_REST) return partsOfWord(word)
  return [`${REST}${letters.slice(0, LONGEST_REST).join('')}${BEGINNING}`]
}

/** A word as it is indexed as a whole: very long ones that begin alike have the same token (`isVeryLong`). */
export function wholeWord(word: string): string {
  return `${WHOLE}${isVeryLong(word) ? [...word].slice(0, LONGEST_WHOLE).join('') : word}`
}

/** Tells whether the whole of a word may be longer than its token. */
export function isVeryLong(word: string): boolean {
  return word.length > LONGEST_WHOLE
}

/** All that a word is found by. What is written here decides what stands in an index: `TOKENS_VERSION` goes up with it. */
function tokensOfWord(word: string): string[] {
  if (word.startsWith(RUN)) return [...partsOfWord(word), ...word.slice(RUN.length)]
  return [wholeWord(word), ...pieces(word, PART), ...pieces(word, LONG_PART), ...rests(word)]
}

/** Each so many letters of a word in a row; all of one that has fewer. */
function pieces(word: string, length: number): string[] {
  if (!ASCII.test(word)) return piecesOf([...word], length)
  if (word.length <= length) return [word]
  const parts: string[] = []
  for (let end = length; end <= word.length; end += 1) parts.push(word.slice(end - length, end))
  return parts
}

/** A word from each of its letters on, as far as it is kept. */
function rests(word: string): string[] {
  const letters = ASCII.test(word) ? word : [...word]
  const found: string[] = []
  for (let start = 0; start + SHORTEST_REST <= letters.length; start += 1) {
    const rest = letters.slice(start, start + LONGEST_REST)
    found.push(`${REST}${typeof rest === 'string' ? rest : rest.join('')}`)
  }
  return found
}

function piecesOf(letters: readonly string[], length: number): string[] {
  if (letters.length <= length) return [letters.join('')]
  return letters.slice(length - 1).map((_, at) => letters.slice(at, at + length).join(''))
}

/** Goes up when the same text gets other words or tokens: indexes that were made before are made anew. */
export const TOKENS_VERSION = 4

/** All that a message is found by. */
export interface IndexedMessage {
  readonly room: number
  /** True if everybody may read the room. */
  readonly open: boolean
  readonly sender: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** True if there are files in it. */
  readonly file: boolean
  /** Of its text, as `writtenWords` gives them. */
  readonly words: string
}

/** The tokens of messages that are not of their text. A text has none of these characters in its words. */
export const ofRoom = (room: number) => `#${room}`
export const ofSender = (sender: number) => `@${sender}`
export const IN_OPEN_ROOM = '!o'
export const WITH_FILE = '!f'

/** The days, months and years of UTC in which messages were said. */
export const onDay = (day: string) => `^${day.replaceAll('-', '')}`

/**
 * Makes the token of a message in a room that not everybody may read. These are others than those of open rooms, so that whoever is in no such
 * room goes through none of what was said there.
 */
export const inPrivate = (token: string) => `%${token}`

/** The tokens of a message, each once. */
export function tokensOf({ at, file, open, room, sender, words }: IndexedMessage): string[] {
  const day = new Date(at).toISOString().slice(0, 10)
  const tokens = new Set([
    ofRoom(room),
    ofSender(sender),
    onDay(day),
    onDay(day.slice(0, 7)),
    onDay(day.slice(0, 4)),
  ])
  if (open) tokens.add(IN_OPEN_ROOM)
  if (file) tokens.add(WITH_FILE)
  for (const word of words === '' ? [] : words.split(' '))
    for (const part of tokensOfWord(word)) tokens.add(part)
  return open ? [...tokens] : [...tokens].map(inPrivate)
}
