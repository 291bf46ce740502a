/** A piece of a line's text as shown on the page. */
export interface LinePart {
  readonly kind: 'text' | 'label' | 'name' | 'line'
  /** As it is shown. */
  readonly text: string
  /** As it was typed, where that is something else: a reference to a line shows that line's value. */
  readonly typed: string | undefined
  /** The colour of a name, of eight. */
  readonly hue: number | undefined
  /** The line that a reference leads to. */
  readonly seq: number | undefined
  /** The line's error is at this place. */
  readonly isWrong: boolean
}

/** The rest of the sheet, as far as the look of a line depends on it. */
export interface SheetNames {
  /** Tells whether a line defines this name. */
  isDefined(name: string): boolean
  /** The name, label or value by which another line refers to a line; undefined: there is no such line. */
  called(seq: number): string | undefined
}

/** Colours that names have, so that a name is found again by the eye; never by that alone. */
const HUES = 8

const WORD = /[\p{L}_][\p{L}\p{M}\p{N}_]*/gu
const REFERENCE = /^line([1-9]\d{0,8})$/
const FUNCTION = /^\s*[\p{L}_][\p{L}\p{M}\p{N}_]*\s*\(([^()=]*)\)\s*=(?!=)/u
// There is one way only to match spaces: with two next to each other a thousand of them take a million steps.
const DEFINITION =
  /^\s*(?:[\p{L}_](?:(?!\/\/)[^:=])*:(?!=)\s*)?([\p{L}_][\p{L}\p{M}\p{N}_]*)\s*(?:\([^()=]*\)\s*=|:?=)(?!=)/u

/** The name that a line defines; undefined if there is none. */
export function definedName(expression: string): string | undefined {
  return DEFINITION.exec(expression)?.[1]
}

/** The words in a text that may be names or references, each with its index. */
export function wordsIn(text: string): { readonly word: string; readonly index: number }[] {
  return [...text.matchAll(WORD)].map(({ 0: word, index }) => ({ word, index }))
}

/** The line that a word such as `line3` refers to; undefined for other words. */
function referenceOf(word: string): number | undefined {
  const seq = REFERENCE.exec(word)?.[1]
  return seq === undefined ? undefined : Number(seq)
}

/** The colour of a name: it stays the same on every sheet. */
function hueOf(name: string): number {
  let sum = 7
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003
  return sum % HUES
}

/**
 * Splits an expression into its parts.
 * @param labelEnd where the label ends, after its colon; 0 where there is none
 * @param wrong the code point that is wrong
 */
export function partsOf(
  expression: string,
  labelEnd: number,
  names: SheetNames,
  wrong?: number,
): readonly LinePart[] {
  const parts: LinePart[] = []
  if (labelEnd > 0) parts.push(plain(expression.slice(0, labelEnd), 'label'))
  const own = new Set(wordsIn(FUNCTION.exec(expression)?.[1] ?? '').map(({ word }) => word))
  let from = labelEnd
  for (const { word, index } of wordsIn(expression)) {
    const part = index < labelEnd || own.has(word) ? undefined : nameOrReference(word, names)
    if (!part) continue
    if (index > from) parts.push(plain(expression.slice(from, index)))
    parts.push(part)
    from = index + word.length
  }
  if (from < expression.length) parts.push(plain(expression.slice(from)))
  return wrong === undefined ? parts : markWrong(parts, [...expression].slice(0, wrong).join('').length)
}

function nameOrReference(word: string, names: SheetNames): LinePart | undefined {
  if (names.isDefined(word)) return { ...plain(word, 'name'), hue: hueOf(word) }
  const seq = referenceOf(word)
  if (seq === undefined) return undefined
  return { ...plain(names.called(seq) ?? 'a removed line', 'line'), typed: word, seq }
}

/** @param at the index of the character; behind the end there is nothing, and a space stands for it */
function markWrong(parts: readonly LinePart[], at: number): LinePart[] {
  const marked: LinePart[] = []
  let index = 0
  let isMarked = false
  for (const part of parts) {
    const length = (part.typed ?? part.text).length
    const offset = at - index
    index += length
    if (isMarked || offset < 0 || offset >= length) marked.push(part)
    else if (part.kind !== 'text') marked.push({ ...part, isWrong: true })
    else {
      const end = offset + ((part.text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1)
      if (offset > 0) marked.push(plain(part.text.slice(0, offset)))
      marked.push({ ...plain(part.text.slice(offset, end)), isWrong: true })
      if (end < length) marked.push(plain(part.text.slice(end)))
    }
    isMarked ||= offset >= 0 && offset < length
  }
  if (!isMarked) marked.push({ ...plain('\u00a0'), typed: '', isWrong: true })
  return marked
}

function plain(text: string, kind: LinePart['kind'] = 'text'): LinePart {
  return { kind, text, typed: undefined, hue: undefined, seq: undefined, isWrong: false }
}
