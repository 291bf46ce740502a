import { type CalculationError, syntax } from '../numbers/index.ts'
import { isDigit } from './characters.ts'

/** A number as it was typed. */
export interface Numeral {
  /** Index after its last character. */
  readonly end: number
  /** As `parseReal` reads it: `1,200.50` is `1200.50`. */
  readonly text: string
  /** Explains how it was read, if it could also be another number. */
  readonly note?: string
}

/** The place of a number in its line. */
export interface Place {
  /** A comma separates arguments or cells here. */
  readonly commaSeparates: boolean
  /** A space separates cells here. */
  readonly spaceSeparates: boolean
}

const BASED = /0(?:[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|[bB][01]+(?:_[01]+)*|[oO][0-7]+(?:_[0-7]+)*)(?![\w.])/y
const BASED_WORD = /0[xXbBoO]\w*/y
const EXPONENT = /[eE][+-]?\d+/y

/**
 * Reads the number that begins at an index with a digit, or with a point before one. Any customary separators will do, as
 * long as only one number can be meant; `1,234` is read as 1234, with a note.
 *
 * @param fail makes an error about the number
 * @throws CalculationError what `fail` made
 */
export function readNumeral(
  text: string,
  start: number,
  place: Place,
  fail: (message: string) => CalculationError = (message) => syntax(message, start),
): Numeral {
  if (text.charCodeAt(start) === 48) {
    const based = readBased(text, start, fail)
    if (based) return based
  }
  const chunks: string[] = []
  const separators: string[] = []
  let end = endOfDigits(text, start)
  chunks.push(text.slice(start, end))
  for (;;) {
    const separator = separatorAt(text, end, place, chunks, separators)
    if (separator === undefined) break
    const next = endOfDigits(text, end + 1)
    if (separator === '_') chunks.push((chunks.pop() ?? '') + text.slice(end + 1, next))
    else {
      separators.push(separator)
      chunks.push(text.slice(end + 1, next))
    }
    end = next
  }
  const typed = text.slice(start, end)
  const { number, note } = join(chunks, separators, typed, fail)
  // A point without digits after it belongs to the number, but not the one of `2.*[1, 2]`.
  if (separators.length === 0 && text.charAt(end) === '.' && !/^[*/^.\p{L}]/u.test(text.charAt(end + 1)))
    end++
  EXPONENT.lastIndex = end
  const exponent = EXPONENT.exec(text)?.[0] ?? ''
  return { end: end + exponent.length, text: number + exponent, ...(note !== undefined && { note }) }
}

function readBased(
  text: string,
  start: number,
  fail: (message: string) => CalculationError,
): Numeral | undefined {
  const mark = text.charCodeAt(start + 1) | 32
  if (mark !== 120 && mark !== 98 && mark !== 111) return undefined
  BASED.lastIndex = start
  const based = BASED.exec(text)?.[0]
  if (based !== undefined) return { end: start + based.length, text: based.replaceAll('_', '').toLowerCase() }
  BASED_WORD.lastIndex = start
  const word = BASED_WORD.exec(text)?.[0] ?? ''
  const digits = mark === 120 ? '0 to 9 and a to f' : mark === 98 ? '0 and 1' : '0 to 7'
  throw fail(`\`${word}\` is not a number: the digits after ${word.slice(0, 2)} must be ${digits}.`)
}

function endOfDigits(text: string, index: number): number {
  let end = index
  while (isDigit(text.charCodeAt(end))) end++
  return end
}

/** The separator at an index, if the number goes on after it. */
function separatorAt(
  text: string,
  index: number,
  place: Place,
  chunks: readonly string[],
  separators: readonly string[],
): string | undefined {
  const separator = text.charAt(index)
  if (!isDigit(text.charCodeAt(index + 1))) return undefined
  if (separator === '.' || separator === '_') return separator
  if (separator === ',') return place.commaSeparates ? undefined : separator
  if (separator !== ' ' && separator !== "'") return undefined
  if (separator === ' ' && place.spaceSeparates) return undefined
  // Groups of exactly three digits, each after the same separator.
  const [first = ''] = chunks
  const goesOn =
    separators.every((one) => one === separator) && first.length >= 1 && first.length <= 3 && first[0] !== '0'
  if (!goesOn || endOfDigits(text, index + 1) !== index + 4) return undefined
  // `6'200"` are feet and inches.
  return separator === "'" &&
    /^(?:(?![eE][+-]?\d)[\p{L}/:"]|'(?!\d{3}(?!\d)))/u.test(text.slice(index + 4, index + 9))
    ? undefined
    : separator
}

function join(
  chunks: readonly string[],
  separators: readonly string[],
  typed: string,
  fail: (message: string) => CalculationError,
): { number: string; note?: string } {
  const [first = '', second = ''] = chunks
  const [separator] = separators
  if (separator === undefined) return { number: first }
  const last = separators.at(-1) ?? separator
  const whole = chunks.join('')
  if (separators.length === 1) {
    if (separator === '.') return { number: `${first}.${second}` }
    if (separator !== ',') return { number: whole, note: readAs(typed, whole) }
    const decimal = `${first}.${second}`
    if (second.length !== 3 || first[0] === '0') return { number: decimal }
    if (first.length > 3) return { number: decimal, note: readAs(typed, decimal) }
    return { number: whole, note: `\`${typed}\` is read as ${whole}, not as ${decimal}.` }
  }
  const isGrouped = (parts: readonly string[], by: string) =>
    isWestern(parts) || (by === ',' && isIndian(parts))
  if (separators.every((one) => one === separator)) {
    if (isGrouped(chunks, separator))
      return { number: whole, ...(separator === '.' && { note: readAs(typed, whole) }) }
  } else {
    const groups = separators.slice(0, -1)
    const isDecimal =
      (last === '.' || last === ',') && groups.every((one) => one === separator) && last !== separator
    if (isDecimal && isGrouped(chunks.slice(0, -1), separator))
      return { number: `${chunks.slice(0, -1).join('')}.${chunks.at(-1)}` }
  }
  throw fail(
    `I can't tell which number \`${typed.slice(0, 40)}\` is. Write it without separators and with a point before the ` +
      'decimals: 1234.5. Put several numbers in brackets: [1, 2, 3].',
  )
}

const readAs = (typed: string, as: string): string => `\`${typed}\` is read as ${as}.`

/** `1,234,567`. */
const isWestern = ([first = '', ...others]: readonly string[]): boolean =>
  first.length >= 1 && first.length <= 3 && first[0] !== '0' && others.every(({ length }) => length === 3)

/** `12,34,567`. */
const isIndian = (parts: readonly string[]): boolean => {
  const [first = '', ...others] = parts
  const last = others.pop() ?? ''
  return (
    first.length >= 1 &&
    first.length <= 2 &&
    first[0] !== '0' &&
    last.length === 3 &&
    others.every(({ length }) => length === 2)
  )
}
