/** An expression in the characters of the grammar, one for each code point that was typed. */
export interface Characters {
  readonly text: string
  /** Returns the 0-based code point of what was typed that stands at an index of `text`. */
  positionOf(index: number): number
}

/** The signs that the grammar knows, and other signs that are read as each. */
const SAME = new Map<string, string>(
  Object.entries({
    '*': '×✕✖╳·⋅∙•∗⨯',
    '/': '÷∕',
    '-': '−–—‐‑‒―﹣',
    '.': '٫',
    ',': '،、٬',
    '%': '٪﹪',
    "'": '′’‘',
    '"': '″“”',
    '°': 'º˚',
    '→': '⟶➔➜⇒',
    φ: 'ϕ',
    µ: 'μ',
    Ω: '\u2126',
    Å: '\u212b',
    K: '\u212a',
  }).flatMap(([sign, others]) => [...others].map((other) => [other, sign] as const)),
)

const SPACE = /^\s$/u
const DIGIT = /^\p{Nd}$/u

/**
 * Writes an expression in the characters of the grammar: `×` as `*`, full-width and other digits as ASCII, every kind of
 * space as a space. What it does not know it leaves for the tokeniser to refuse.
 */
export function normalise(typed: string): Characters {
  if (isPlain(typed)) return { text: typed, positionOf: (index) => Math.min(index, typed.length) }
  let text = ''
  let hasPairs = false
  for (const point of typed) {
    text += characterFor(point)
    hasPairs ||= point.length > 1
  }
  if (!hasPairs) return { text, positionOf: (index) => Math.min(index, text.length) }
  const positions: number[] = []
  let count = 0
  for (const point of text) {
    for (let i = 0; i < point.length; i++) positions.push(count)
    count++
  }
  return { text, positionOf: (index) => positions[index] ?? count }
}

function isPlain(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7e) return false
  }
  return true
}

function characterFor(point: string): string {
  const code = point.codePointAt(0) ?? 0
  if (code > 0x1f && code < 0x7f) return point
  const same = SAME.get(point)
  if (same !== undefined) return same
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0)
  if (DIGIT.test(point)) return String(digitOf(code))
  if (SPACE.test(point) && code !== 0xfeff) return ' '
  return point
}

/** Unicode keeps decimal digits in unbroken rows of ten, each from 0 to 9; rows may stand next to each other. */
function digitOf(code: number): number {
  let first = code
  while (first > code - 60 && DIGIT.test(String.fromCodePoint(first - 1))) first--
  return (code - first) % 10
}

/** The powers that are written above the line. */
export const SUPERSCRIPTS: ReadonlyMap<string, string> = new Map(
  [...'⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻'].map((sign, i) => [sign, '0123456789+-'.charAt(i)]),
)

/** Fractions that are one character: numerator and denominator. */
export const FRACTIONS: ReadonlyMap<string, readonly [string, string]> = new Map(
  Object.entries({
    '½': '1/2',
    '⅓': '1/3',
    '⅔': '2/3',
    '¼': '1/4',
    '¾': '3/4',
    '⅕': '1/5',
    '⅖': '2/5',
    '⅗': '3/5',
    '⅘': '4/5',
    '⅙': '1/6',
    '⅚': '5/6',
    '⅐': '1/7',
    '⅛': '1/8',
    '⅜': '3/8',
    '⅝': '5/8',
    '⅞': '7/8',
    '⅑': '1/9',
    '⅒': '1/10',
  }).map(([sign, text]) => {
    const [numerator = '', denominator = ''] = text.split('/')
    return [sign, [numerator, denominator]]
  }),
)

/** Greek letters that are numbers by themselves: they do not combine with adjacent letters. */
export const NUMBER_LETTERS: ReadonlyMap<string, string> = new Map([
  ['π', 'pi'],
  ['τ', 'tau'],
  ['φ', 'phi'],
])

const LETTER = /^\p{L}$/u
const GREEK = /^\p{Script=Greek}$/u
const MARK = /^\p{M}$/u
const JOINED_SCRIPT = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]$/u

export const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Tells whether a name may begin at an index. */
export function beginsName(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  if (code < 128) return isAsciiLetter(code) || code === 95
  return LETTER.test(pointAt(text, index))
}

/**
 * Returns where the name that begins at an index ends. π, τ and φ are names by themselves unless they are part of a Greek
 * word. A mark belongs to a name where the script needs it; on a Latin, Greek or Cyrillic letter it would be unseen.
 */
export function endOfName(text: string, index: number): number {
  if (isNumberLetter(text, index)) return index + 1
  let end = index
  let previous = ''
  while (end < text.length) {
    const code = text.charCodeAt(end)
    if (code < 128) {
      if (!isAsciiLetter(code) && !isDigit(code) && code !== 95) break
      end++
      previous = 'a'
      continue
    }
    const point = pointAt(text, end)
    const isPart =
      (LETTER.test(point) && !isNumberLetter(text, end)) ||
      (code >= 0x2080 && code <= 0x2089) ||
      (MARK.test(point) && !JOINED_SCRIPT.test(previous))
    if (!isPart) break
    if (!MARK.test(point)) previous = point
    end += point.length
  }
  return end
}

/** In a run of fewer than three Greek letters it is the number: `ωπ` is a product, `πλάτος` a word. */
function isNumberLetter(text: string, index: number): boolean {
  if (!NUMBER_LETTERS.has(text.charAt(index))) return false
  let others = 0
  for (let i = index - 1; i >= index - 2 && isGreekLetter(text.charAt(i)); i--) others++
  for (let i = index + 1; i <= index + 2 && isGreekLetter(text.charAt(i)); i++) others++
  return others < 2
}

const isGreekLetter = (point: string): boolean =>
  point > '\u036f' &&
  point < '\u2000' &&
  GREEK.test(point) &&
  LETTER.test(point) &&
  !NUMBER_LETTERS.has(point)

const isAsciiLetter = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90)

export const pointAt = (text: string, index: number): string =>
  String.fromCodePoint(text.codePointAt(index) ?? 0)
