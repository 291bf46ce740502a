/** Rewrites what a person typed in the characters of the grammar. */
export interface Normalised {
  readonly text: string
  /** The 0-based code point of the typed text that stands at an index of `text`. */
  positionOf(index: number): number
}

const AS: Record<string, string> = {
  '×': '*',
  '✕': '*',
  '✖': '*',
  '·': '*',
  '⋅': '*',
  '∙': '*',
  '∗': '*',
  '÷': '/',
  '∕': '/',
  '⁄': '/',
  '−': '-',
  '–': '-',
  '‐': '-',
  '‑': '-',
  '﹣': '-',
  π: 'pi',
  τ: 'tau',
  φ: 'phi',
  ϕ: 'phi',
  '∞': 'Infinity',
  '√': '√',
  '∛': '∛',
  '≤': '<=',
  '≥': '>=',
  '≠': '!=',
  '°': ' deg',
  '℃': ' degC',
  '℉': ' degF',
  µ: 'u',
  Ω: 'ohm',
  '\u2126': 'ohm',
  Å: 'angstrom',
  '\u212b': 'angstrom',
  μ: 'u',
  '\u212a': 'K',
  '′': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '½': '(1/2)',
  '¼': '(1/4)',
  '¾': '(3/4)',
  '⅓': '(1/3)',
  '⅔': '(2/3)',
}
const SUPERSCRIPT: Record<string, string> = {
  '⁰': '0',
  '¹': '1',
  '²': '2',
  '³': '3',
  '⁴': '4',
  '⁵': '5',
  '⁶': '6',
  '⁷': '7',
  '⁸': '8',
  '⁹': '9',
  '⁺': '+',
  '⁻': '-',
}
const PLAIN = /^[\x20-\x7e]*$/
const SPACE = /^\s$/u

/**
 * GroupCommit the signs of other habits (×, ÷, −, π, √, ², °C, full-width characters, every kind of space) into the
 * grammar's, and remembers where each stood. What it does not know it leaves for the tokeniser to refuse.
 */
export function normalise(typed: string): Normalised {
  if (PLAIN.test(typed)) return { text: typed, positionOf: (index) => Math.min(index, typed.length) }
  const points = [...typed]
  const positions: number[] = []
  let text = ''
  const put = (piece: string, from: number) => {
    for (let i = 0; i < piece.length; i++) positions.push(from)
    text += piece
  }
  for (let i = 0; i < points.length; i++) {
    const point = points[i] ?? ''
    const from = i
    let power = ''
    while (i < points.length && SUPERSCRIPT[points[i] ?? ''] !== undefined)
      power += SUPERSCRIPT[points[i++] ?? '']
    if (power) {
      put(power.length > 1 ? `^(${power})` : `^${power}`, from)
      i--
      continue
    }
    const next = points[i + 1] ?? ''
    if (point === '°' && /^[CFK]$/.test(next)) {
      put(next === 'K' ? ' K' : ` deg${next}`, from)
      i++
    } else put(one(point), from)
  }
  return { text, positionOf: (index) => positions[index] ?? points.length }
}

function one(point: string): string {
  const as = AS[point]
  if (as !== undefined) return as
  const code = point.codePointAt(0) ?? 0
  if (code >= 0xff01 && code <= 0xff5e) return String.fromCharCode(code - 0xfee0)
  if (SPACE.test(point) && code !== 0xfeff) return ' '
  return point
}
