/**
 * Values as the text that is stored, and back. A stored value is read, not revived: only the shapes below are known,
 * whatever names stand in the text.
 *
 *     {"n":"1/3"}                       a real number: a fraction, `1/3p2` for a third of π²; `~` before one that is not exact
 *     {"re":"1/2","im":"3"}             a complex number
 *     {"q":"5/2","unit":"km/h"}         a quantity; its number as one string, or two for a complex one
 *     {"size":[2],"cells":["1","2"]}    a matrix; real numbers are strings in it
 *     {"date":"2026-11-28"}             a date; `time`, `dateTime`, `zonedDateTime`
 *     {"as":{…},"of":…}                 a value in another writing
 *     true, "text"
 */
import {
  CalculationError,
  complex,
  decodeReal,
  encodeReal,
  evaluation,
  limit,
  quantity,
  readUnit,
  type Scalar,
  writeUnit,
} from '../../numbers/index.ts'
import { decodeMoment, encodeMoment, isMoment } from '../dates/index.ts'
import { DIMENSIONS, STORED } from '../limits.ts'
import { decodeMathjs } from './mathjs.ts'
import { matrix } from './matrix.ts'
import { isMatrix, isQuantity, isReal, isWritten, type Value, type Writing, type Written } from './value.ts'

/** A value as the text that is stored. @throws CalculationError `limit` when it is too long to keep */
export function encode(value: Value): string {
  const text = JSON.stringify(encoded(value, false))
  if (Buffer.byteLength(text) > STORED) throw limit('This result is too long to keep.')
  return text
}

/** A stored value again. @throws CalculationError `evaluation` for anything that `encode` does not write */
export function decode(text: string): Value {
  if (text.length > STORED) throw unreadable()
  try {
    const stored: unknown = JSON.parse(text)
    return typeof stored === 'object' && stored !== null && 'mathjs' in stored
      ? decodeMathjs(stored)
      : decoded(stored)
  } catch (error) {
    // Whatever is wrong with it, it is nothing that was stored here.
    if (error instanceof SyntaxError || error instanceof RangeError || error instanceof CalculationError)
      throw unreadable()
    throw error
  }
}

const unreadable = () => evaluation('A value of this sheet can no longer be read.')

function encoded(value: Value, isCell: boolean): unknown {
  if (typeof value === 'boolean' || typeof value === 'string') return value
  if (value.kind === 'written') return { as: encodedWriting(value.as), of: encoded(value.value, false) }
  if (isMatrix(value)) return { size: value.size, cells: value.cells.map((cell) => encoded(cell, true)) }
  if (isMoment(value)) return { [value.kind]: encodeMoment(value) }
  if (isQuantity(value)) return { q: encodedScalar(value.value), unit: writeUnit(value.unit) }
  if (isReal(value)) return isCell ? encodeReal(value) : { n: encodeReal(value) }
  return { re: encodeReal(value.re), im: encodeReal(value.im) }
}

function encodedScalar(value: Scalar): string | [string, string] {
  return isReal(value) ? encodeReal(value) : [encodeReal(value.re), encodeReal(value.im)]
}

function encodedWriting(as: Writing): object {
  return as.kind === 'mixed' ? { ...as, units: as.units.map(writeUnit) } : as
}

function decoded(stored: unknown): Value {
  if (typeof stored === 'boolean' || typeof stored === 'string') return stored
  if (!isRecord(stored)) throw unreadable()
  const { size, cells, as, of } = stored
  if (Array.isArray(cells) && isSize(size, cells.length)) return matrix(cells.map(decodedCell), size)
  if (isRecord(as)) return { kind: 'written', value: decodedPlain(of), as: decodedWriting(as) }
  return decodedSingle(stored)
}

function decodedPlain(stored: unknown): Exclude<Value, Written> {
  const value = decoded(isRecord(stored) ? { ...stored, as: undefined } : stored)
  if (isWritten(value)) throw unreadable()
  return value
}

function decodedCell(stored: unknown): Value {
  if (typeof stored === 'boolean') return stored
  if (typeof stored === 'string') return decodeReal(stored)
  if (!isRecord(stored)) throw unreadable()
  return decodedSingle(stored)
}

function decodedSingle(stored: Record<string, unknown>): Value {
  const { n, re, im, q, unit } = stored
  if (typeof n === 'string') return decodeReal(n)
  if (typeof re === 'string' && typeof im === 'string') return complex(decodeReal(re), decodeReal(im))
  if (typeof unit === 'string') return quantity(decodedScalar(q), readUnit(unit))
  for (const kind of MOMENTS) {
    const text = stored[kind]
    if (typeof text === 'string') return decodeMoment(kind, text)
  }
  throw unreadable()
}

const MOMENTS = ['date', 'time', 'dateTime', 'zonedDateTime'] as const

function decodedScalar(stored: unknown): Scalar {
  if (typeof stored === 'string') return decodeReal(stored)
  const [re, im]: unknown[] = Array.isArray(stored) ? stored : []
  if (typeof re !== 'string' || typeof im !== 'string') throw unreadable()
  return complex(decodeReal(re), decodeReal(im))
}

/** Writings without any other field than their kind. */
const SIMPLE = ['fraction', 'mixedFraction', 'percent', 'number', 'share', 'engineering', 'roman'] as const

function decodedWriting(writing: Record<string, unknown>): Writing {
  const { kind, base, places, significant, isPercent, units, digits } = writing
  const simple = SIMPLE.find((one) => one === kind)
  if (simple) return { kind: simple }
  if (kind === 'scientific') return { kind, ...(typeof digits === 'number' && { digits }) }
  if (kind === 'base' && (base === 2 || base === 8 || base === 16)) return { kind, base }
  if (kind === 'places' && typeof places === 'number' && typeof significant === 'boolean')
    return { kind, places, significant, ...(isPercent === true && { isPercent }) }
  if (kind === 'mixed' && Array.isArray(units) && units.every((unit) => typeof unit === 'string'))
    return { kind, units: units.map(readUnit), ...(typeof places === 'number' && { places }) }
  throw unreadable()
}

function isSize(size: unknown, cells: number): size is number[] {
  return (
    Array.isArray(size) &&
    size.length > 0 &&
    size.length <= DIMENSIONS &&
    size.every((length) => Number.isInteger(length) && length >= 0) &&
    size.reduce((product, length) => product * length, 1) === cells
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
