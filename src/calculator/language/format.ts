/** Values as text: what people read, and what programs get. */
import {
  abs,
  convertMixed,
  fromInteger,
  isZero,
  limit,
  multiply,
  type Quantity,
  type Real,
  re,
  type Scalar,
  signOf,
  toNumber,
  UNMETERED,
  writeBase,
  writeFixed,
  writeFraction,
  writeMixed,
  writeMixedFraction,
  writeReal,
  writeRoman,
  writeScientific,
  writeUnit,
} from '../numbers/index.ts'
import { isMoment, writeMoment } from './dates/index.ts'
import { TEXT } from './limits.ts'
import {
  isMatrix,
  isQuantity,
  isReal,
  type Matrix,
  unwritten,
  type Value,
  type Writing,
} from './values/value.ts'

/** Significant digits of a number. */
const DIGITS_SHOWN = 14
const HUNDRED = fromInteger(100)

export interface Text {
  readonly text: string
  /** True if the text does not show the whole value. */
  readonly rounded: boolean
}

/**
 * A value as people read it: whole numbers under 10^64 in full; others with 14 significant digits, scientific outside
 * 1e-9 to 1e15.
 * @throws CalculationError `limit` past 4,096 characters
 */
export function textOf(value: Value): Text {
  const found = write(value, NUMBER)
  if (found.text.length > TEXT) throw tooLong()
  return found
}

/** A value for programs: a real number in a double's range as a number, else its text. */
export function resultOf(value: Value, text: string): number | string {
  const plain = unwritten(value)
  if (typeof plain !== 'object' || !isReal(plain)) return text
  const number = toNumber(plain)
  return Number.isFinite(number) && (number !== 0 || isZero(plain)) ? number : text
}

const tooLong = () => limit('This result is too long to show.')

const NUMBER: Writing = { kind: 'number' }

function write(value: Value, as: Writing): Text {
  if (typeof value === 'boolean' || typeof value === 'string') return { text: String(value), rounded: false }
  if (value.kind === 'written') return write(value.value, value.as)
  if (isMatrix(value)) return matrixText(value, as)
  if (isMoment(value)) return { text: writeMoment(value), rounded: false }
  if (isQuantity(value)) return quantityText(value, as)
  return scalarText(value, as)
}

function matrixText({ cells, size }: Matrix, as: Writing): Text {
  let rounded = false
  let length = 0
  let texts = cells.map((cell) => {
    const found = write(cell, as)
    rounded ||= found.rounded
    length += found.text.length
    if (length > TEXT) throw tooLong()
    return found.text
  })
  // From the innermost dimension outwards
  for (const inner of [...size].reverse().slice(0, -1))
    texts = Array.from({ length: inner === 0 ? 0 : texts.length / inner }, (_, i) =>
      bracketed(texts.slice(i * inner, (i + 1) * inner)),
    )
  return { text: bracketed(texts), rounded }
}

function bracketed(parts: readonly string[]): string {
  return `[${parts.join(', ')}]`
}

function quantityText(value: Quantity, as: Writing): Text {
  if (as.kind === 'mixed') return mixedText(value, as)
  const { text, rounded } = scalarText(value.value, as)
  const number = isReal(value.value) ? text : `(${text})`
  return { text: `${number} ${writeUnit(value.unit)}`, rounded }
}

function exactly(text: string): Text {
  return { text, rounded: false }
}

function mixedText(value: Quantity, { units, places }: Extract<Writing, { kind: 'mixed' }>): Text {
  let rounded = false
  const text = writeMixed(convertMixed(value, units, UNMETERED), (part, isLast) => {
    const found =
      isLast && places !== undefined
        ? writeFixed(part, places)
        : writeReal(part, { significant: DIGITS_SHOWN })
    rounded ||= found.rounded
    return found.text
  })
  return { text, rounded }
}

function scalarText(value: Scalar, as: Writing): Text {
  if (isReal(value)) return realText(value, as)
  const re = realText(value.re, as)
  const size = realText(abs(value.im), as)
  const imaginary = size.text === '1' ? 'i' : `${size.text}i`
  const isNegative = signOf(value.im) < 0
  const rounded = re.rounded || size.rounded
  if (re.text === '0') return { text: isNegative ? `-${imaginary}` : imaginary, rounded }
  return { text: `${re.text} ${isNegative ? '-' : '+'} ${imaginary}`, rounded }
}

function percentText(value: Real, as: Writing): Text {
  const { text, rounded } = realText(re(multiply(HUNDRED, value)), as)
  return { text: `${text}%`, rounded }
}

function realText(value: Real, as: Writing): Text {
  switch (as.kind) {
    case 'number':
    case 'share':
    case 'mixed':
      return writeReal(value, { significant: DIGITS_SHOWN })
    case 'percent':
      return percentText(value, { kind: 'number' })
    case 'fraction':
      return exactly(writeFraction(value))
    case 'mixedFraction':
      return exactly(writeMixedFraction(value))
    case 'scientific':
      return writeScientific(value, as.digits === undefined ? {} : { significant: as.digits })
    case 'engineering':
      return writeScientific(value, { step: 3 })
    case 'roman':
      return exactly(writeRoman(value))
    case 'base':
      return exactly(writeBase(value, as.base))
    case 'places':
      if (as.isPercent)
        return percentText(value, { kind: 'places', places: as.places, significant: as.significant })
      return as.significant
        ? writeReal(value, { significant: as.places, wholeInFull: false })
        : writeFixed(value, as.places)
  }
}
