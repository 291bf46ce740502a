import type { BigNumber, Matrix } from 'mathjs'
import { evaluation, limit } from './errors.ts'
import {
  complex,
  decimal,
  isComplex,
  isDecimal,
  isMatrix,
  isUnit,
  isUnitName,
  matrix,
  unit,
  type Value,
} from './library.ts'
import { CELLS, EXPONENT, PRECISION, STORED } from './limits.ts'

/** What stands under the noise of double arithmetic in a complex number is no part of it. */
const NOISE = 2e-15

/**
 * Takes what the library returned into the values of the language, or throws: a number becomes a decimal, a complex
 * number without an imaginary part is real, and what is nothing a person could have meant is an error.
 */
export function accept(found: unknown): Value {
  if (isDecimal(found)) return bounded(found)
  if (typeof found === 'boolean' || typeof found === 'string') return found
  if (typeof found === 'number') return bounded(decimal(found))
  if (typeof found === 'bigint') return bounded(decimal(found.toString()))
  if (isComplex(found)) {
    let { re, im } = found
    if (!Number.isFinite(re) || !Number.isFinite(im)) throw evaluation('The result is not a number.')
    if (Math.abs(im) < Math.abs(re) * NOISE) im = 0
    if (Math.abs(re) < Math.abs(im) * NOISE) re = 0
    return im === 0 ? decimal(re) : complex(re, im)
  }
  if (isUnit(found)) {
    const { value } = found.toJSON()
    const name = found.formatUnits()
    if (!UNIT.test(name) || EXTREME.test(name)) throw limit('This unit is too complicated.')
    if (name === '') return accept(value ?? decimal(1))
    // Its number has the bounds of any other.
    if (value !== null && value !== undefined) accept(value)
    return found
  }
  if (Array.isArray(found)) return accept(matrix(found))
  if (isMatrix(found)) {
    if (cells(found) > CELLS) throw tooManyCells()
    return everyCell(found, (cell) => isDecimal(cell) && isBounded(cell)) ? found : mapCells(found, accept)
  }
  throw evaluation('The result is nothing that can be shown.')
}

const isBounded = (value: BigNumber): boolean => value.isFinite() && Math.abs(value.e) <= EXPONENT

function bounded(value: BigNumber): BigNumber {
  if (value.isNaN()) throw evaluation('The result is not a number.')
  if (value.isFinite() && !isBounded(value)) {
    if (value.e < 0) return decimal(0)
    throw tooLarge()
  }
  return value
}

export const tooLarge = () => limit('This number is too large.')
export const tooManyCells = () => limit(`A matrix has at most ${CELLS.toLocaleString('en')} cells.`)

/** The number of cells of a matrix; 1 for anything else. */
export function cells(value: Value): number {
  return isMatrix(value) ? value.size().reduce((product, size) => product * size, 1) : 1
}

function everyCell(value: Matrix, test: (cell: unknown) => boolean): boolean {
  const walk = (part: unknown): boolean => (Array.isArray(part) ? part.every(walk) : test(part))
  return walk(value.valueOf())
}

/** Returns the matrix with each cell changed. */
export function mapCells(value: Matrix, change: (cell: unknown) => unknown): Matrix {
  const walk = (part: unknown): unknown => (Array.isArray(part) ? part.map(walk) : change(part))
  const changed = walk(value.valueOf())
  return matrix(Array.isArray(changed) ? changed : [changed])
}

/** Tells whether whole-number arithmetic with it is exact. */
export const isExact = (value: BigNumber): boolean => value.isInteger() && value.e < PRECISION

/** A value as the text that is stored; throws `limit` when it is too long to keep. */
export function encode(value: Value): string {
  const text = JSON.stringify(value)
  if (Buffer.byteLength(text) > STORED) throw limit('This result is too long to keep.')
  return text
}

/**
 * A stored value again. It is read, not revived: only the five shapes that `encode` writes are known, whatever names
 * stand in the text. Throws `evaluation` for anything else.
 */
export function decode(text: string): Value {
  if (text.length > STORED) throw unreadable()
  let stored: unknown
  try {
    stored = JSON.parse(text)
  } catch {
    throw unreadable()
  }
  return read(stored, 0)
}

const unreadable = () => evaluation('A value of this sheet cannot be read any more.')
const DECIMAL = /^-?(?:Infinity|\d+(?:\.\d+)?(?:e[+-]\d{1,5})?)$/
/** Powers in a unit of which nobody means anything, or which are none. */
const EXTREME = /\^-?\d{4}|e[+-]\d|Infinity|NaN/
const UNIT = /^[\p{L}0-9 ^*/().+-]{0,300}$/u

function read(stored: unknown, depth: number): Value {
  if (typeof stored === 'boolean') return stored
  if (typeof stored === 'number') return decimal(stored)
  if (typeof stored === 'string') return stored
  if (typeof stored !== 'object' || stored === null || depth > 2) throw unreadable()
  const {
    mathjs: type,
    value,
    re,
    im,
    unit: name,
    data,
    fixPrefix,
    skipSimp,
  } = stored as Record<string, unknown>
  if (type === 'BigNumber' && typeof value === 'string' && DECIMAL.test(value)) return decimal(value)
  if (type === 'Complex' && typeof re === 'number' && typeof im === 'number') return complex(re, im)
  if (type === 'DenseMatrix' && Array.isArray(data)) return matrix(data.map((part) => readCells(part, depth)))
  if (type === 'Unit' && typeof name === 'string' && UNIT.test(name) && known(name)) {
    const revived = unit(value === null || value === undefined ? null : read(value, depth + 1), name)
    return Object.assign(revived, {
      fixPrefix: fixPrefix === true,
      skipAutomaticSimplification: skipSimp === true,
    })
  }
  throw unreadable()
}

function readCells(part: unknown, depth: number, level = 0): unknown {
  if (!Array.isArray(part)) return read(part, depth + 1)
  if (level > 8) throw unreadable()
  return part.map((inner) => readCells(inner, depth, level + 1))
}

const known = (name: string): boolean =>
  (name.match(/\p{L}[\p{L}0-9]*/gu) ?? []).every((word) => isUnitName(word) || word === 'e')
