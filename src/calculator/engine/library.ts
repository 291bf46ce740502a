import type { BigNumber, Complex, Matrix, Unit } from 'mathjs'
import mathjs from 'mathjs/lib/browser/math.js'
import { EXPONENT, PRECISION } from './limits.ts'

/** mathjs, once, and the only file that knows it: numbers are decimals of PRECISION digits. */
const math = mathjs.create({
  number: 'BigNumber',
  precision: PRECISION,
  relTol: 1e-60,
  absTol: 1e-60,
})

/** The values that an expression can have. */
export type Value = BigNumber | Complex | Unit | Matrix | boolean | string

interface BigNumberClass {
  new (value: string | number): BigNumber
  set(options: { precision?: number; maxE?: number; minE?: number; rounding?: number }): void
}
interface UnitClass {
  new (value: Value | null, unit: string): Unit
  isValuelessUnit(name: string): boolean
}
type Callable = (...values: unknown[]) => unknown

// The types that mathjs ships describe neither class; both are what its bundle exports.
const exported = math as unknown as { BigNumber: BigNumberClass; Unit: UnitClass }
const { BigNumber: Decimal, Unit: UnitOf } = exported

/** Numbers beyond this are infinite at once, instead of after minutes of digits. */
const SETTINGS = { precision: PRECISION, maxE: 2 * EXPONENT, minE: -2 * EXPONENT, rounding: 4 }
Decimal.set(SETTINGS)

const byName = new Map<string, unknown>(Object.entries(math))
// Those that count rows and columns from 1 in an expression, and from 0 in JavaScript.
const COUNTED = [
  'column',
  'concat',
  'cumsum',
  'diff',
  'max',
  'mean',
  'min',
  'quantileSeq',
  'row',
  'std',
  'sum',
  'variance',
]
const counted = (math as unknown as { expression: { mathWithTransform: Record<string, unknown> } }).expression
for (const name of COUNTED) byName.set(name, counted.mathWithTransform[name])
// Constants and functions are made when first read.
const lazily = new Map<string, unknown>()

/** A function of the library. Throws where there is none: only names of this source come here. */
export function libraryFunction(name: string): Callable {
  const found = COUNTED.includes(name) ? byName.get(name) : own(name)
  if (typeof found !== 'function') throw new Error(`no such function in the library: ${name}`)
  return found as Callable
}

/** A constant of the library: pi, the speed of light. */
export function libraryConstant(name: string): unknown {
  if (!lazily.has(name)) lazily.set(name, own(name))
  return lazily.get(name)
}

const own = (name: string): unknown => (Object.hasOwn(math, name) ? Reflect.get(math, name) : undefined)

export const decimal = (value: string | number | bigint): BigNumber =>
  new Decimal(typeof value === 'bigint' ? value.toString() : value)
export const complex = (re: number, im: number): Complex => math.complex(re, im)
export const matrix = (rows: unknown[]): Matrix => math.matrix(rows as Value[] as never)
export const unit = (value: Value | null, name: string): Unit => new UnitOf(value, name)
export const isUnitName = (name: string): boolean => UnitOf.isValuelessUnit(name)
/** A unit's text, its numbers as `number` writes them. */
export function formatUnit(value: Unit, number: (value: unknown) => string): string {
  // A function is among what the library takes here, though not among what its types say.
  return value.format(number as unknown as Parameters<Unit['format']>[0])
}
export const isDecimal = (value: unknown): value is BigNumber => math.isBigNumber(value)
export const isComplex = (value: unknown): value is Complex => math.isComplex(value)
export const isUnit = (value: unknown): value is Unit => math.isUnit(value)
export const isMatrix = (value: unknown): value is Matrix => math.isDenseMatrix(value)

const THIRD = decimal(2).sqrt().toString()

/**
 * The library keeps settings of its arithmetic in variables, and an exception from its middle leaves them changed.
 * Puts them back; false when that did not help and the process must not compute on.
 */
export function recover(): boolean {
  Decimal.set(SETTINGS)
  return decimal(2).sqrt().toString() === THIRD
}
