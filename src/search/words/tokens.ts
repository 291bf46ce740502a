import { LRUCache } from 'lru-cache'
import { RUN } from './written-words.ts'

const ASCII = /^[a-z0-9]*$/

/** Letters of the parts by which words are found. Three are enough, and four are far more selective. */
const PART = 3
const LONG_PART = 4

/** Prefix of the token of a whole word, and the most letters in it: PostgreSQL accepts no tokens of two kilobytes. */
const WHOLE = '='
const LONGEST_WHOLE = 64

/** Prefix of the token of a word's rest from one of its letters on, and the fewest and most letters in it. */
const REST = '>'
const SHORTEST_REST = 5
const LONGEST_REST = 10

/** Suffix of a token in a query that matches all tokens which begin with it. */
export const BEGINNING = '*'

/**
 * Parts that together cover a word: all sequences of four letters, or a shorter word itself; in a run without spaces all pairs of
 * letters, or its only letter.
 */
export function partsOfWord(word: string): string[] {
  if (!word.startsWith(RUN)) return pieces(word, LONG_PART)
  const letters = [...word.slice(RUN.length)]
  return letters.length === 1 ? letters : piecesOf(letters, 2)
}

/**
 * Returns fewer and rarer tokens than `partsOfWord` for the same part of a word, which quickly find few messages. They cover all of
 * it, unless it is very long.
 */
export function rarePartsOfWord(word: string): string[] {
  const letters = [...word]
  if (word.startsWith(RUN) || letters.length < SHORTEST_REST) return partsOfWord(word)
  return [`${REST}${letters.slice(0, LONGEST_REST).join('')}${BEGINNING}`]
}

/** The token of a whole word. Very long words with the same beginning share one (`isVeryLong`). */
export function wholeWord(word: string): string {
  return `${WHOLE}${isVeryLong(word) ? [...word].slice(0, LONGEST_WHOLE).join('') : word}`
}

/** Tells whether a word may be longer than its token. */
export function isVeryLong(word: string): boolean {
  return word.length > LONGEST_WHOLE
}

/** All tokens by which a word is found. This determines the content of an index: raise `TOKENS_VERSION` with any change. */
function tokensOfWord(word: string): string[] {
  if (word.startsWith(RUN)) return [...partsOfWord(word), ...word.slice(RUN.length)]
  return [wholeWord(word), ...pieces(word, PART), ...pieces(word, LONG_PART), ...rests(word)]
}

/** Words whose tokens are remembered, since most texts are made of the same few thousand, and the most letters in one. */
const REMEMBERED = 4_000
const LONGEST_REMEMBERED = 16

const remembered = new LRUCache<string, readonly string[]>({ max: REMEMBERED })

function rememberedTokensOfWord(word: string): readonly string[] {
  const known = remembered.get(word)
  if (known) return known
  const tokens = tokensOfWord(word)
  if (word.length <= LONGEST_REMEMBERED) remembered.set(word, tokens)
  return tokens
}

/** All sequences of `length` letters in a word; a shorter word itself. */
function pieces(word: string, length: number): string[] {
  if (!ASCII.test(word)) return piecesOf([...word], length)
  if (word.length <= length) return [word]
  const parts: string[] = []
  for (let end = length; end <= word.length; end += 1) parts.push(word.slice(end - length, end))
  return parts
}

/** The rests of a word from each of its letters on, up to the most letters. */
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

/** Raised when the same text gets other words or tokens, so that existing indexes are rebuilt. */
export const TOKENS_VERSION = 4

/** The properties by which a message is found. */
export interface IndexedMessage {
  readonly room: number
  /** True if its room is open to everybody. */
  readonly open: boolean
  readonly sender: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** True if it has files. */
  readonly file: boolean
  /** The words of its text, from `writtenWords`. */
  readonly words: string
}

/** Tokens other than those of the text. Their first characters do not occur in the words of a text. */
export const ofRoom = (room: number) => `#${room}`
export const ofSender = (sender: number) => `@${sender}`
export const IN_OPEN_ROOM = '!o'
export const WITH_FILE = '!f'

/** The token of a day, month or year in UTC. */
export const onDay = (day: string) => `^${day.replaceAll('-', '')}`

/**
 * Converts a token for messages in rooms that are not open. They have tokens of their own, so that a search by somebody who is in
 * no such room does not touch messages there.
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
  for (const word of words === '' ? [] : new Set(words.split(' ')))
    for (const token of rememberedTokensOfWord(word)) tokens.add(token)
  return open ? [...tokens] : [...tokens].map(inPrivate)
}
