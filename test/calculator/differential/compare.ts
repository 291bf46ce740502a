import type { Answer, Case } from './case.ts'

/** The calculator's answer, as far as an oracle can check it. */
export type OurAnswer = { text: string; rounded?: boolean | undefined } | { refused: string }

/** How many significant digits a number is shown with, and how large a whole number is shown in full. */
const SHOWN = 14
const FULL = 64

/** An exact rational number. */
interface Ratio {
  readonly top: bigint
  readonly bottom: bigint
}

/** @returns how the calculator differs from the oracle, or undefined if it does not */
export function difference(said: OurAnswer, answer: Answer, one: Case): string | undefined {
  if (!('digits' in answer)) return differenceWithin(said, answer, one)
  if ('refused' in said) return `refused (${said.refused}), but it is ${answer.digits}`
  // 10^(10^7) is not written out to be compared: both exponents are taken nearer to zero.
  const [mantissa = '', exponent = '0'] = answer.digits.split('e')
  if (Math.abs(Number(exponent)) < 10_000) return differenceWithin(said, answer, one)
  const nearer = (text: string) =>
    text.replace(/e[+-]\d+$/, (found) => {
      const left = Number(found.slice(1)) - Number(exponent) + 100
      return `e${left < 0 ? '-' : '+'}${Math.abs(left)}`
    })
  return differenceWithin({ ...said, text: nearer(said.text) }, { digits: `${mantissa}e100` }, one)
}

function differenceWithin(
  said: OurAnswer,
  answer: Answer,
  { suffix = '', question }: Case,
): string | undefined {
  if ('skip' in answer) return undefined
  if ('undefined' in answer)
    return 'refused' in said ? undefined : `${said.text}, but there is no such value: ${answer.undefined}`
  if (question.oracle === 'units') return 'digits' in answer ? nearTo(said, answer.digits, suffix) : undefined
  const expected = textOf(answer)
  if (expected === undefined) return undefined
  const wanted = `${expected}${suffix}`
  if ('refused' in said) return `refused (${said.refused}), but it is ${wanted}`
  if (said.text !== wanted) return `${said.text}, but it is ${wanted}`
  if (said.rounded === undefined || answer.beyondExact) return undefined
  const whole = isWhole(answer, expected)
  if (whole === true && said.rounded) return `${said.text} is marked as rounded, but it is exact`
  if (whole === false && !said.rounded) return `${said.text} is not marked as rounded, but it is`
  return undefined
}

/** An answer as it should be shown. Undefined if the known digits do not decide that. */
export function textOf(answer: Answer): string | undefined {
  if ('exact' in answer) return textOfRatio(ratioOf(answer.exact))
  if ('digits' in answer) return textOfDigits(answer.digits)
  if ('truth' in answer) return String(answer.truth)
  if ('text' in answer) return answer.text
  if ('list' in answer) {
    const cells = answer.list.map(textOf)
    return cells.includes(undefined) ? undefined : `[${cells.join(', ')}]`
  }
  if ('complex' in answer) return textOfComplex(...answer.complex)
  return undefined
}

function textOfComplex(re: Answer, im: Answer): string | undefined {
  const real = textOf(re)
  const imaginary = textOf(im)
  if (real === undefined || imaginary === undefined) return undefined
  const size = imaginary.replace(/^-/, '')
  const part = `${size === '1' ? '' : size}i`
  const negative = imaginary.startsWith('-')
  if (real === '0') return negative ? `-${part}` : part
  return `${real} ${negative ? '-' : '+'} ${part}`
}

/** `-12.5e-3`, `7/3`, `12` as a ratio. */
export function ratioOf(text: string): Ratio {
  const [over = '', under] = text.split('/')
  if (under !== undefined) return { top: BigInt(over), bottom: BigInt(under) }
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ?? []
  const top = BigInt(`${sign}${whole}${fraction}` || '0')
  const shift = Number(exponent) - fraction.length
  return shift < 0 ? { top, bottom: 10n ** BigInt(-shift) } : { top: top * 10n ** BigInt(shift), bottom: 1n }
}

function textOfRatio({ top, bottom }: Ratio): string {
  const size = top < 0n ? -top : top
  const sign = top < 0n ? '-' : ''
  if (top === 0n) return '0'
  if (size % bottom === 0n && size / bottom < 10n ** BigInt(FULL)) return `${sign}${size / bottom}`
  const { digits, exponent } = significant({ top: size, bottom })
  return sign + layOut(digits, exponent)
}

/** The digits of a positive ratio that are shown, rounded half away from zero, and the power of ten of the first one. */
function significant({ top, bottom }: Ratio): { digits: string; exponent: number } {
  let exponent = String(top).length - String(bottom).length
  if (top * 10n ** BigInt(Math.max(0, -exponent)) < bottom * 10n ** BigInt(Math.max(0, exponent))) exponent--
  const shift = SHOWN - 1 - exponent
  const over = shift > 0 ? top * 10n ** BigInt(shift) : top
  const under = shift < 0 ? bottom * 10n ** BigInt(-shift) : bottom
  const rounded = (2n * over + under) / (2n * under)
  const digits = String(rounded)
  return digits.length > SHOWN
    ? { digits: digits.slice(0, SHOWN), exponent: exponent + 1 }
    : { digits, exponent }
}

function layOut(digits: string, exponent: number): string {
  const kept = digits.replace(/0+$/, '')
  if (exponent < -9 || exponent >= 15) {
    const [first = '', ...rest] = kept
    return `${first}${rest.length > 0 ? '.' : ''}${rest.join('')}e${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${kept}`
  const whole = kept.padEnd(exponent + 1, '0').slice(0, exponent + 1)
  const fraction = kept.slice(exponent + 1)
  return fraction === '' ? whole : `${whole}.${fraction}`
}

/** A number of which the first digits are known. Undefined if they are too close to where it is rounded. */
function textOfDigits(digits: string): string | undefined {
  const value = ratioOf(digits)
  const near = nearestWhole(value)
  // 60 digits do not tell whether a large number is whole, and then it would be shown in full.
  if (areNear(value, near)) return abs(near.top) < 10n ** 15n ? textOfRatio(near) : undefined
  const up = textOfRatio(nudged(value, 1n))
  const down = textOfRatio(nudged(value, -1n))
  return up === down ? up : textAtTie(value)
}

const nudged = ({ top, bottom }: Ratio, by: bigint): Ratio => ({
  top: top * 10n ** 40n + by * (top < 0n ? -top : top),
  bottom: bottom * 10n ** 40n,
})

/** 59 digits that end in nothing but zeros, as 0.5 from mpmath: the value itself. */
function textAtTie(value: Ratio): string | undefined {
  const { digits, exponent } = significant({
    top: abs(value.top),
    bottom: value.bottom,
  })
  const shown = ratioOf(`${value.top < 0n ? '-' : ''}${layOut(digits, exponent)}`)
  return areNear(value, shown) ? textOfRatio(shown) : undefined
}

function nearestWhole({ top, bottom }: Ratio): Ratio {
  const size = (2n * abs(top) + bottom) / (2n * bottom)
  return { top: top < 0n ? -size : size, bottom: 1n }
}

/** Whether two numbers agree in 45 digits. */
function areNear(a: Ratio, b: Ratio): boolean {
  const size = a.top * b.bottom
  return abs(size - b.top * a.bottom) * 10n ** 45n < abs(size)
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value)

/** Whether the shown text is the whole value; undefined where that cannot be told. */
function isWhole(answer: Answer, text: string): boolean | undefined {
  if ('exact' in answer) {
    const value = ratioOf(answer.exact)
    const shown = ratioOf(text)
    return value.top * shown.bottom === shown.top * value.bottom
  }
  if ('digits' in answer) return areNear(ratioOf(answer.digits), ratioOf(text)) ? undefined : false
  if ('list' in answer) return allOf(answer.list.map((cell) => isWhole(cell, textOf(cell) ?? '')))
  if ('complex' in answer) return allOf(answer.complex.map((part) => isWhole(part, textOf(part) ?? '')))
  return 'truth' in answer || 'text' in answer ? true : undefined
}

function allOf(parts: (boolean | undefined)[]): boolean | undefined {
  if (parts.includes(false)) return false
  return parts.includes(undefined) ? undefined : true
}

/** GNU units computes with doubles, in several steps. */
function nearTo(said: OurAnswer, wanted: string, suffix: string): string | undefined {
  if ('refused' in said) return `refused (${said.refused}), but it is ${wanted}${suffix}`
  const number = said.text.endsWith(suffix)
    ? Number(said.text.slice(0, said.text.length - suffix.length))
    : Number.NaN
  const apart = Math.abs(number - Number(wanted))
  return apart <= Math.abs(Number(wanted)) * 2e-13 ? undefined : `${said.text}, but it is ${wanted}${suffix}`
}
