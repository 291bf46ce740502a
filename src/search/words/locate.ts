import { LRUCache } from 'lru-cache'
import { fold } from './folding.ts'
import { RUN, WORD } from './written-words.ts'

/** A part of a text; `end` is the index after its last character. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** Letters of a folded text that are searched. Folding can expand a single letter to eighteen. */
const LOOKED_AT = 10_000

/** Letters whose folded form is remembered. */
const REMEMBERED = 10_000

const folded = new LRUCache<string, string>({ max: REMEMBERED, memoMethod: fold })

/**
 * Finds matches in a text, except at the end of one that is very long once it is folded.
 * @param needles in the form of `writtenWords`, with a space at an end that must be the end of a word
 * @returns ranges that do not touch, in order
 */
export function locate(text: string, needles: readonly string[]): Range[] {
  const { written, ranges } = writtenWithPlaces(text)
  const found: Range[] = []
  for (const needle of new Set(needles)) {
    const inner = needle.trim()
    const lead = needle.indexOf(inner)
    const own: Range[] = []
    for (let at = written.indexOf(needle); at >= 0; at = written.indexOf(needle, at + 1)) {
      const first = ranges[at + lead]
      const last = ranges[at + lead + inner.length - 1]
      // Joined at once, because in a row of one repeated letter there is a match at each.
      if (first && last) join(own, { start: first.start, end: last.end })
    }
    found.push(...own)
  }
  return joined(found)
}

/** The words of a text, and for each of their characters its range in the text. */
function writtenWithPlaces(text: string): { written: string; ranges: (Range | undefined)[] } {
  let plain = ''
  const places: Range[] = []
  for (let start = 0; start < text.length && plain.length < LOOKED_AT; ) {
    const letter = String.fromCodePoint(text.codePointAt(start) ?? 0)
    const place = { start, end: start + letter.length }
    plain += folded.memo(letter)
    while (places.length < plain.length) places.push(place)
    start = place.end
  }
  let written = ''
  const ranges: (Range | undefined)[] = []
  const add = (more: string, at: readonly (Range | undefined)[]) => {
    written += more
    ranges.push(...at)
  }
  for (const match of plain.matchAll(WORD)) {
    add(' ', [undefined])
    if (match[1] !== undefined) add(RUN, [undefined])
    add(match[0], places.slice(match.index, match.index + match[0].length))
  }
  add(' ', [undefined])
  return { written, ranges }
}

function joined(ranges: readonly Range[]): Range[] {
  const result: Range[] = []
  for (const range of ranges.toSorted((one, other) => one.start - other.start)) join(result, range)
  return result
}

/** Adds a range to others, none of which begins later. */
function join(ranges: Range[], range: Range): void {
  const last = ranges.at(-1)
  if (last && range.start <= last.end)
    ranges[ranges.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
  else ranges.push(range)
}
