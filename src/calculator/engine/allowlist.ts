import type { BigNumber } from 'mathjs'
import { costOfCall } from './costs.ts'
import { evaluation, limit } from './errors.ts'
import { fromWhole, gcd, isPrime, lcm, whole } from './integers.ts'
import {
  complex,
  decimal,
  isComplex,
  isDecimal,
  isMatrix,
  isUnit,
  libraryConstant,
  libraryFunction,
  type Value,
} from './library.ts'
import { ARGUMENTS, CELLS, DIGITS, FACTORIAL, MODERATE, SORTED } from './limits.ts'
import { binary, broadcastFits, denseFits, noText } from './operators.ts'
import { accept, cells, mapCells, tooLarge, tooManyCells } from './values.ts'
import { zeta } from './zeta.ts'

/** A function that an expression may call. */
export interface Allowed {
  /** Fewest and most arguments. */
  readonly takes: readonly [number, number]
  /** Refuses, by throwing, what would cost too much; runs before anything is computed. */
  readonly check?: (values: Value[]) => void
  readonly run: (values: Value[]) => unknown
  /** Works on one number; given a matrix, on each of its cells. */
  readonly each?: boolean
}

const MANY = ARGUMENTS

/** The function of this name, or undefined: the only way from a name to code. */
export const allowedFunction = (name: string): Allowed | undefined => FUNCTIONS.get(name)

/** The constant of this name, or undefined. */
export function allowedConstant(name: string): Value | undefined {
  if (!CONSTANTS.has(name)) return undefined
  const literal = LITERALS.get(name)
  return literal ?? accept(libraryConstant(name))
}

/** Tells whether a name keeps its meaning: functions and the constants of mathematics cannot be given another. */
export const isReserved = (name: string): boolean => FUNCTIONS.has(name) || RESERVED.has(name)

/** All names that mean something without a sheet. */
export const allowedNames = (): string[] => [...FUNCTIONS.keys(), ...CONSTANTS]

/** The part of a run that a call sees: it charges its cost before it computes, and looks at the clock between its parts. */
interface Meter {
  readonly charge: (units: number) => void
  readonly tick: () => void
}

/** Computes a call, or throws a `CalculationError`. */
export function callAllowed(name: string, allowed: Allowed, values: Value[], { charge, tick }: Meter): Value {
  const [least, most] = allowed.takes
  if (values.length < least || values.length > most) throw evaluation(countOf(name, least, most))
  if (allowed.check) allowed.check(values)
  else broadcastFits(values.filter(isMatrix).map((value) => value.size()))
  const [first, ...rest] = values
  if (allowed.each && rest.some(isMatrix))
    throw evaluation(`Only the first argument of \`${name}\` can be a matrix.`)
  charge(costOfCall(name, values))
  if (allowed.each && isMatrix(first))
    return accept(
      mapCells(first, (cell) => {
        tick()
        return finite(accept(allowed.run([accept(cell), ...rest])), values)
      }),
    )
  return finite(accept(allowed.run(values)), values)
}

/** Infinity is a value only where someone wrote it; else it is a number too large to hold. */
function finite(result: Value, values: Value[]): Value {
  if (isDecimal(result) && !result.isFinite() && !numbers(values).some((value) => !value.isFinite()))
    throw tooLarge()
  return result
}

function countOf(name: string, least: number, most: number): string {
  const many = (count: number) => (count === 1 ? '1 argument' : `${count} arguments`)
  if (least === most) return `\`${name}\` takes ${many(least)}.`
  if (most === MANY) return `\`${name}\` takes at least ${many(least)}.`
  return `\`${name}\` takes ${least} to ${many(most)}.`
}

const FUNCTIONS = new Map<string, Allowed>()

type Options = { as?: string; check?: (values: Value[]) => void; words?: readonly string[]; each?: boolean }

/** Functions that are the library's own. */
function allow(
  takes: readonly [number, number],
  names: string,
  { as, check, words, each }: Options = {},
): void {
  for (const name of names.split(' ')) {
    const wanted = as ?? name
    FUNCTIONS.set(name, {
      takes,
      ...(check && { check }),
      ...(each && { each }),
      run: (values) => {
        for (const value of values) if (typeof value !== 'string' || !words?.includes(value)) noText(value)
        return libraryFunction(wanted)(...values)
      },
    })
  }
}

/** Functions of this file. */
function define(
  takes: readonly [number, number],
  names: string,
  run: Allowed['run'],
  check?: Allowed['check'],
): void {
  for (const name of names.split(' ')) FUNCTIONS.set(name, { takes, run, ...(check && { check }) })
}

const numbers = (values: Value[]): BigNumber[] =>
  values
    .flatMap((value) => (isMatrix(value) ? (value.toArray().flat(9) as unknown[]) : [value]))
    .filter(isDecimal)

const below =
  (most: number, what: string) =>
  (values: Value[]): void => {
    for (const value of numbers(values))
      if (value.abs().gt(most)) throw limit(`${what} takes at most ${most.toLocaleString('en')}.`)
    broadcastFits(values.filter(isMatrix).map((value) => value.size()))
  }

const square = (values: Value[]): void => values.forEach(denseFits)

const inAll = (values: Value[]): void => {
  if (values.reduce((sum, value) => sum + cells(value), 0) > CELLS) throw tooManyCells()
}

const sortable = (values: Value[]): void => {
  if (values.reduce((sum, value) => sum + cells(value), 0) > SORTED)
    throw limit(`At most ${SORTED} values can be sorted.`)
}

const quantiles = (values: Value[]): void => {
  sortable(values)
  const [, wanted] = values
  // A number above 1 asks for so many quantiles; each sorts anew.
  const many =
    wanted === undefined ? 0 : Math.max(cells(wanted), ...numbers([wanted]).map((one) => one.toNumber()))
  if (many > 20) throw limit('At most 20 quantiles can be asked for.')
}

const product = (values: Value[]): void => {
  if (values.reduce((all, value) => all * cells(value), 1) > CELLS) throw tooManyCells()
}

const sizes = (values: Value[]): void => {
  if (numbers(values).reduce((all, value) => all * Math.max(1, value.abs().toNumber()), 1) > CELLS)
    throw tooManyCells()
}

// Arithmetic
allow([1, 1], 'abs sign sqrt cbrt square cube exp expm1 log2 log1p', { each: true })
allow([1, 1], 'unaryMinus unaryPlus')
allow([1, 2], 'nthRoot', { each: true })
allow([1, 1], 'log10', { each: true })
allow([1, 1], 'lg', { as: 'log10', each: true })
allow([2, 2], 'root', { as: 'nthRoot', each: true })
allow([1, MANY], 'hypot')
allow([1, 2], 'norm', {
  words: ['fro', 'inf', '-inf'],
  check: (values) => {
    square(values)
    moderate(values)
  },
})
const digits = (values: Value[]): void => {
  const [, places] = values
  if (isDecimal(places) && places.abs().gt(DIGITS)) throw limit(`A number has at most ${DIGITS} digits here.`)
  broadcastFits(values.filter(isMatrix).map((value) => value.size()))
}
allow([1, 3], 'round ceil floor fix', { check: digits, each: true })
allow([1, 1], 'trunc', { as: 'fix', check: digits, each: true })
for (const [name, operator] of [
  ['add', 'add'],
  ['subtract', 'subtract'],
  ['multiply', 'multiply'],
  ['divide', 'divide'],
  ['mod', 'mod'],
  ['pow', 'pow'],
  ['dotMultiply', 'dotMultiply'],
  ['dotDivide', 'dotDivide'],
  ['dotPow', 'dotPow'],
  ['bitAnd', 'bitAnd'],
  ['bitOr', 'bitOr'],
  ['bitXor', 'bitXor'],
  ['leftShift', 'leftShift'],
  ['rightArithShift', 'rightArithShift'],
  ['to', 'to'],
] as const)
  define([2, 2], name, ([a, b]) => (a !== undefined && b !== undefined ? binary(operator, a, b) : undefined))

// Whole numbers
const each = (work: (values: bigint[]) => bigint) => (values: Value[]) =>
  fromWhole(work(numbersOnly(values).map(whole)))
function numbersOnly(values: Value[]): BigNumber[] {
  const found = numbers(values)
  if (found.length !== values.reduce((sum, value) => sum + cells(value), 0) || found.length === 0)
    throw evaluation('This works only with whole numbers.')
  return found
}
define(
  [1, MANY],
  'gcd',
  each((all) => all.reduce(gcd, 0n)),
  inAll,
)
define(
  [1, MANY],
  'lcm',
  each((all) =>
    all.reduce((so, next) => {
      if (so.toString().length > 200) throw limit('This number is too large.')
      return lcm(so, next)
    }, 1n),
  ),
  inAll,
)
define([1, 1], 'isPrime', ([value]) => isDecimal(value) && value.isInteger() && isPrime(whole(value)))
define([1, 1], 'bitNot', ([value]) => fromWhole(~whole(number(value))))
const inBase = (base: number, mark: string) => (values: Value[]) => {
  const value = whole(number(values[0]))
  return `${value < 0n ? '-' : ''}${mark}${(value < 0n ? -value : value).toString(base)}`
}
define([1, 1], 'hex', inBase(16, '0x'))
define([1, 1], 'bin', inBase(2, '0b'))
define([1, 1], 'oct', inBase(8, '0o'))
allow([2, 2], 'xgcd invmod', { check: below(1e15, 'This') })

function number(value: Value | undefined): BigNumber {
  if (isDecimal(value)) return value
  throw evaluation('This works only with numbers.')
}

/** Makes functions of this file work on each cell of a matrix. */
function eachCell(names: string): void {
  for (const name of names.split(' ')) {
    const found = FUNCTIONS.get(name)
    if (found) FUNCTIONS.set(name, { ...found, each: true })
  }
}

/** The library's inverse functions count digits one by one where a number has thousands of zeros. */
function moderate(values: Value[]): void {
  for (const value of numbers(values))
    if (Math.abs(value.e) > MODERATE) throw limit('This number is too large or too small for that.')
  broadcastFits(values.filter(isMatrix).map((value) => value.size()))
}

// Trigonometry. What rounding leaves where the value is 0 is 0.
const angles = (values: Value[]): void => {
  for (const value of numbers(values)) if (value.e > 50) throw limit('This angle is too large.')
  for (const value of values)
    if (isUnit(value) && Math.abs(Number(value.toNumeric('rad'))) > 1e50)
      throw limit('This angle is too large.')
}
const settled = (value: unknown): unknown => {
  if (isDecimal(value)) return value.abs().lt('1e-60') ? decimal(0) : value
  return isMatrix(value) ? mapCells(value, settled) : value
}
for (const name of [
  'sin',
  'cos',
  'tan',
  'sec',
  'csc',
  'cot',
  'sinh',
  'tanh',
  'asin',
  'acos',
  'atan',
  'log',
  'ln',
]) {
  const library = libraryFunction(name === 'ln' ? 'log' : name)
  const isAngle = !['log', 'ln', 'asin', 'acos', 'atan'].includes(name)
  define(
    name === 'log' ? [1, 2] : [1, 1],
    name,
    (values) => {
      values.forEach(noText)
      if (name === 'tan' || name === 'sec') poleless(values, 'cos')
      if (name === 'cot' || name === 'csc') poleless(values, 'sin')
      if (isAngle || values.every((value) => !isDecimal(value) || !value.isZero()))
        return settled(orComplex(library, values))
      return name.startsWith('a') ? library(...values) : minusInfinity()
    },
    isAngle ? (name.endsWith('h') ? below(20_000, name) : angles) : undefined,
  )
}
/** Outside of a real function's domain the complex one is meant: acos(2). */
function orComplex(library: (...values: unknown[]) => unknown, values: Value[]): unknown {
  values.forEach(noText)
  const found = library(...values)
  const [value] = values
  if (!isDecimal(found) || !found.isNaN() || !isDecimal(value)) return found
  return library(complex(value.toNumber(), 0), ...values.slice(1))
}
const minusInfinity = () => {
  throw evaluation('The logarithm of 0 is not defined.')
}
function poleless(values: Value[], divisor: string): void {
  const [value] = values
  if (value === undefined || isMatrix(value) || isComplex(value)) return
  const found = libraryFunction(divisor)(value)
  if (isDecimal(found) && found.abs().lt('1e-60')) throw evaluation('This is not defined here.')
}
allow([1, 1], 'cosh sech csch coth', { check: below(20_000, 'This function'), each: true })
for (const name of 'asec acsc acot asinh acosh atanh asech acsch acoth'.split(' '))
  define([1, 1], name, (values) => orComplex(libraryFunction(name), values), moderate)
allow([2, 2], 'atan2', { check: moderate })

function alias(name: string, of: string): void {
  const found = FUNCTIONS.get(of)
  if (found) FUNCTIONS.set(name, found)
}

// Counting
const counts = below(FACTORIAL, 'This function')
allow([1, 1], 'factorial', { check: counts, each: true })
allow([2, 2], 'permutations combinations combinationsWithRep', { check: counts })
allow([1, MANY], 'multinomial', { check: counts })
alias('nCr', 'combinations')
alias('nPr', 'permutations')
allow([1, 1], 'catalan', { check: below(150, 'This function') })
allow([1, 1], 'bellNumbers', { check: below(50, 'This function') })
allow([2, 2], 'stirlingS2 composition', { check: below(50, 'This function') })

// Those that the library has only for doubles
const asDoubles = (values: Value[]): unknown[] => values.map((value) => doubles(value))
function doubles(value: unknown): unknown {
  if (isDecimal(value)) return value.toNumber()
  return isMatrix(value) ? mapCells(value, doubles) : value
}
const double = (name: string) => (values: Value[]) => {
  values.forEach(noText)
  return libraryFunction(name)(...asDoubles(values))
}
define([1, 1], 'erf', double('erf'), inAll)
define([1, 1], 'zeta', ([value]) => zeta(number(value)), below(1000, '`zeta`'))
define([1, 1], 'lgamma', double('lgamma'), below(1e15, 'lgamma'))
define(
  [1, 1],
  'gamma',
  (values) => {
    const [value] = values
    if (isDecimal(value) && value.isInteger() && value.lte(0)) throw evaluation('This is not defined here.')
    return isDecimal(value) && value.isInteger() ? libraryFunction('gamma')(value) : double('gamma')(values)
  },
  counts,
)
define([1, 1], 'expm', double('expm'), square)
define([1, 1], 'sqrtm', double('sqrtm'), square)
define(
  [1, 1],
  'eigenvalues',
  (values) => {
    const found: unknown = double('eigs')(values)
    return typeof found === 'object' && found !== null && 'values' in found ? found.values : undefined
  },
  square,
)

eachCell(
  'sin cos tan sec csc cot sinh tanh asin acos atan log ln asec acsc acot asinh acosh atanh asech acsch acoth',
)
eachCell('erf zeta lgamma gamma isPrime bitNot')
for (const name of ['asin', 'acos', 'atan']) alias(`arc${name.slice(1)}`, name)

// Complex numbers
allow([1, 1], 're im conj arg', { each: true })
define([1, 2], 'complex', ([re, im]) =>
  complex(number(re).toNumber(), im === undefined ? 0 : number(im).toNumber()),
)

// Logic
allow([2, 2], 'equal unequal smaller smallerEq larger largerEq compare deepEqual xor and or')
allow([1, 1], 'not isInteger isNegative isPositive isZero isNaN', { each: true })

// Matrices
allow([1, 1], 'det pinv trace', { check: square })
define([1, 1], 'inv', inverse, square)
function inverse(values: Value[]): Value {
  values.forEach(noText)
  const found = accept(libraryFunction('inv')(...values))
  // A pivot that is zero but for its last digit gives digits without meaning; an exact zero, infinity.
  if (numbers([found]).some((value) => !value.isFinite())) throw evaluation('This matrix has no inverse.')
  return found
}
allow([1, 1], 'transpose ctranspose flatten squeeze size', { check: inAll })
allow([2, 2], 'lsolve usolve lusolve', { check: square })
allow([2, 2], 'cross dot distance', { check: inAll })
allow([2, 2], 'kron', { check: product })
allow([1, 1], 'identity', { check: ([size]) => sizes(size === undefined ? [] : [size, size]) })
allow([1, 3], 'zeros ones', { check: sizes })
const onDiagonal = (values: Value[]): void => {
  const [value, offset] = values
  if (isDecimal(offset) && offset.abs().gt(CELLS)) throw tooManyCells()
  const length = isMatrix(value)
    ? Math.max(...value.size()) + (isDecimal(offset) ? offset.abs().toNumber() : 0)
    : 1
  if (isMatrix(value) && value.size().length === 1 && length * length > CELLS) throw tooManyCells()
}
allow([1, 2], 'diag', { check: onDiagonal })
allow([1, MANY], 'concat', { check: inAll })
allow([2, 2], 'row column', { check: inAll })
allow([1, 2], 'diff cumsum', { check: inAll })
allow([1, 2], 'sort', { check: sortable, words: ['asc', 'desc'] })
allow([1, 1], 'count', { check: inAll })
define(
  [2, 2],
  'reshape',
  ([value, size]) => {
    const wanted = size === undefined ? [] : numbers([size]).map((one) => one.toNumber())
    const fits = isMatrix(value) && wanted.reduce((all, one) => all * one, 1) === cells(value)
    if (!fits || wanted.length > 8)
      throw evaluation('`reshape` takes a matrix and a size with as many cells.')
    return libraryFunction('reshape')(value, wanted)
  },
  inAll,
)
define([2, 3], 'range', (values) => {
  const [from, to, step = decimal(1)] = values.map(number)
  return from && to ? rangeOf(from, to, step) : undefined
})

/** From a to b, both included, in steps; at most CELLS numbers. */
export function rangeOf(from: BigNumber, to: BigNumber, step: BigNumber): BigNumber[] {
  if (step.isZero()) throw evaluation('A range needs a step other than 0.')
  if (!from.isFinite() || !to.isFinite() || !step.isFinite()) throw evaluation('A range ends.')
  const steps = to.minus(from).div(step).floor()
  if (steps.gte(CELLS)) throw limit(`A range has at most ${CELLS.toLocaleString('en')} numbers.`)
  return Array.from({ length: Math.max(0, steps.toNumber() + 1) }, (_, i) => from.plus(step.times(i)))
}

// Statistics
allow([1, MANY], 'max min sum mean prod', { check: inAll })
allow([1, MANY], 'median mode mad', { check: sortable })
allow([1, MANY], 'std variance', { check: inAll, words: ['unbiased', 'uncorrected', 'biased'] })
allow([2, 3], 'quantileSeq', { check: quantiles })
allow([2, 2], 'corr', { check: inAll })
alias('average', 'mean')
alias('avg', 'mean')
alias('stdev', 'std')
alias('var', 'variance')

// Sets
allow([2, 2], 'setUnion setIntersect setDifference setSymDifference setIsSubset', { check: small })
allow([1, 1], 'setDistinct setSize', { check: small })
function small(values: Value[]): void {
  // They compare each with each.
  if (values.reduce((sum, value) => sum + cells(value), 0) > 500)
    throw limit('A set has at most 500 elements.')
}

const RESERVED = new Set([
  'pi',
  'e',
  'i',
  'tau',
  'phi',
  'true',
  'false',
  'Infinity',
  'NaN',
  'null',
  'undefined',
  'ans',
])
const LITERALS = new Map<string, Value>([
  ['true', true],
  ['false', false],
  ['Infinity', decimal('Infinity')],
])
const CONSTANTS = new Set(
  `pi e i tau phi true false Infinity E PI LN2 LN10 LOG2E LOG10E SQRT1_2 SQRT2
  atomicMass avogadro bohrMagneton bohrRadius boltzmann classicalElectronRadius conductanceQuantum coulomb
  coulombConstant deuteronMass efimovFactor electricConstant electronMass elementaryCharge faraday fermiCoupling
  fineStructure firstRadiation gasConstant gravitationConstant gravity hartreeEnergy inverseConductanceQuantum klitzing
  loschmidt magneticConstant magneticFluxQuantum molarMass molarMassC12 molarPlanckConstant molarVolume neutronMass
  nuclearMagneton planckCharge planckConstant planckLength planckMass planckTemperature planckTime protonMass
  quantumOfCirculation reducedPlanckConstant rydberg sackurTetrode secondRadiation speedOfLight stefanBoltzmann
  thomsonCrossSection vacuumImpedance weakMixingAngle wienDisplacement`.split(/\s+/),
)
