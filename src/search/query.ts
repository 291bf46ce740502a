import { isVeryLong, partsOfWord, rarePartsOfWord, wholeWord } from './words/tokens.ts'
import { RUN, writtenWords } from './words/written-words.ts'

/** The most characters, and words and operators, in a query. */
const QUERY_LENGTH = 500
const TERMS = 20

/** Parts of one term that are looked up in the index; the rest of a long term is checked in the messages that these find. */
const PARTS = 8

/** A word, or a sequence of words, that must occur. */
export interface Term {
  /** Tokens that messages with this term have in the index. */
  readonly parts: readonly string[]
  /** Other tokens for the same term, which few messages have. */
  readonly rare: readonly string[]
  /** Text that must be in the words of a message, with a space at both ends; undefined: the tokens suffice. */
  readonly needle: string | undefined
  /** The same for highlighting matches, where the index is not used. */
  readonly shown: string
}

/** The parts of a query, as they were typed. */
export interface Query {
  readonly terms: readonly Term[]
  /** Usernames of possible senders; empty: anybody. */
  readonly from: readonly string[]
  /** Slugs of rooms; empty: any room. */
  readonly rooms: readonly string[]
  /** Dates as they were typed. */
  readonly after: readonly string[]
  readonly before: readonly string[]
  readonly hasFile: boolean
}

/** A mistake in a query, explained for the person who typed it. */
export class QueryFault extends Error {}

const OPERATORS = ['from', 'in', 'after', 'before', 'has'] as const
type Operator = (typeof OPERATORS)[number]

/** An operator with its value, a phrase in quotation marks (typographic ones too; the closing one may be missing), or a word. */
const PIECE =
  /(?<operator>from|in|after|before|has):(?:["“”„](?<quoted>[^"“”„]*)["“”„]?|(?<value>[^\s"“”„]*))|["“”„](?<phrase>[^"“”„]*)["“”„]?|(?<word>[^\s"“”„]+)/giu

/** Parses a query. @throws QueryFault */
export function readQuery(text: string): Query {
  if (text.length > QUERY_LENGTH)
    throw new QueryFault(`A search can have at most ${QUERY_LENGTH} characters. Leave some words out.`)
  const terms: Term[] = []
  const values: Record<Operator, string[]> = { from: [], in: [], after: [], before: [], has: [] }
  let count = 0
  // PostgreSQL takes no NUL.
  for (const { groups = {} } of text.replaceAll('\0', ' ').toWellFormed().matchAll(PIECE)) {
    const { operator, phrase, quoted, value, word } = groups
    count += 1
    if (count > TERMS) throw new QueryFault(`A search can have at most ${TERMS} words. Leave some out.`)
    if (operator !== undefined) {
      const given = (quoted ?? value ?? '').trim()
      if (given === '') throw new QueryFault(missingValue(operator.toLowerCase()))
      values[operator.toLowerCase() as Operator].push(given)
    } else {
      const term = termOf(phrase ?? word ?? '', phrase !== undefined)
      if (term) terms.push(term)
    }
  }
  const hasFile = values.has.length > 0
  for (const thing of values.has)
    if (!/^files?$/i.test(thing)) throw new QueryFault(`has:${thing} is not supported. Only has:file is.`)
  const query = {
    terms,
    from: values.from.map((name) => name.replace(/^@/, '')),
    rooms: values.in.map((slug) => slug.replace(/^#/, '').toLowerCase()),
    after: values.after,
    before: values.before,
    hasFile,
  }
  if (terms.length === 0 && isEmpty(query))
    throw new QueryFault('Type a word to search for. Punctuation alone cannot be found.')
  return query
}

function isEmpty({ after, before, from, rooms, hasFile }: Omit<Query, 'terms'>): boolean {
  return !hasFile && [after, before, from, rooms].every(({ length }) => length === 0)
}

function missingValue(operator: string): string {
  const examples: Record<string, string> = {
    from: 'from:ada',
    in: 'in:lobby',
    after: 'after:2026-01-31',
    before: 'before:2026-01-31',
    has: 'has:file',
  }
  return `Something is missing after ${operator}: as in ${examples[operator]}, without a space.`
}

/**
 * Makes the term for a word or a phrase; undefined: it contains no letters.
 * @param isPhrase true if it matches only as a whole, and not within longer words
 */
function termOf(text: string, isPhrase: boolean): Term | undefined {
  const written = writtenWords(text)
  if (written === '') return undefined
  const words = written.split(' ')
  const [first = ''] = words
  const last = words.at(-1) ?? ''
  const start = isPhrase || isShort(first) ? ' ' : ''
  const end = isPhrase || isShort(last) ? ' ' : ''
  // In scripts without spaces, a match may begin and end anywhere.
  const needle = `${first.startsWith(RUN) ? '' : start}${first.startsWith(RUN) ? written.slice(RUN.length) : written}${last.startsWith(RUN) ? '' : end}`
  const partsBy = (partsOf: (word: string) => string[]) => [
    ...new Set(
      words.flatMap((word) => (isPhrase && !word.startsWith(RUN) ? [wholeWord(word)] : partsOf(word))),
    ),
  ]
  const parts = partsBy(partsOfWord)
  // A word that consists of one token needs no further check.
  const isWhole = words.length === 1 && parts.length === 1 && !isVeryLong(first)
  const rare = spread(partsBy(rarePartsOfWord))
  return { parts: spread(parts), rare, needle: isWhole ? undefined : needle, shown: needle }
}

/**
 * Returns tokens that few messages have beside those with all of these terms: the rare ones of the longest term, which is probably
 * the least common, and the ordinary ones of the others. Rare tokens are prefixes, which are slow to look up, so one term's suffice.
 */
export function rareTokens(terms: readonly Term[]): string[] {
  const lengths = terms.map(({ shown }) => shown.length)
  const longest = lengths.indexOf(Math.max(...lengths))
  return terms.flatMap(({ parts, rare }, at) => (at === longest ? rare : parts))
}

/** Tells whether a word is so short that it is found only as a whole. */
function isShort(word: string): boolean {
  return !word.startsWith(RUN) && [...word].length < 3
}

/** Picks a few of many parts, evenly. */
function spread(parts: readonly string[]): string[] {
  if (parts.length <= PARTS) return [...parts]
  return Array.from(
    { length: PARTS },
    (_, at) => parts[Math.round((at * (parts.length - 1)) / (PARTS - 1))] ?? '',
  )
}
