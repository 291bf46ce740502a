import { decimal, isComplex, isDecimal, isMatrix, isUnit, type Value } from './library.ts'
import { CELLS } from './limits.ts'
import type { Binary } from './tree.ts'
import { cells } from './values.ts'

/*
 * What operations cost, before they are done. One unit is about a microsecond of one core (Xeon, 2.x GHz, Node 26) for
 * decimals of 80 digits, rounded up: what a class costs for the dearest of its members and arguments that were tried. So
 * whether an expression is too much work does not depend on the machine, nor on what else it does.
 */

const ZERO = decimal(0)
const ONE = decimal(1)

type Cost = (values: readonly Value[]) => number

const all = (values: readonly Value[]): number => values.reduce((sum, value) => sum + cells(value), 0)

/** So much for each number in the arguments. */
const perCell =
  (units: number): Cost =>
  (values) =>
    units * all(values)

/** So much for each number of a result that is as large as the product of the arguments. */
const perPair =
  (units: number): Cost =>
  (values) =>
    units * values.reduce((product, value) => product * cells(value), 1)

/** Rows or columns, whichever is more. */
const side = (value: Value | undefined): number =>
  value !== undefined && isMatrix(value) ? Math.max(1, ...value.size()) : 1

/** Units that elimination and similar algorithms take for each row, column and step. */
const cubic =
  (units: number): Cost =>
  ([value]) =>
    units * side(value) ** 3

const sorted = (units: number) => (values: readonly Value[]) => {
  const count = all(values)
  return units * count * Math.log2(count + 2)
}

/** The largest number among the arguments. */
function largest(values: readonly Value[]): number {
  let most = 0
  for (const value of values) {
    if (isDecimal(value)) most = Math.max(most, Math.abs(value.toNumber()))
    else if (isMatrix(value))
      value.forEach((cell: unknown) => {
        if (isDecimal(cell)) most = Math.max(most, Math.abs(cell.toNumber()))
      })
  }
  return most
}

/** Products of so many factors. */
const counted =
  (units: number): Cost =>
  (values) =>
    all(values) * (30 + units * largest(values))

/** Computed with twice as many digits as the argument has places, before or after the point. */
function inverseHyperbolic(values: readonly Value[]): number {
  let places = 0
  const look = (cell: unknown) => {
    if (isDecimal(cell) && cell.isFinite()) places = Math.max(places, Math.abs(cell.e))
  }
  for (const value of values) {
    if (isMatrix(value)) value.forEach(look)
    else look(value)
  }
  return all(values) * (2200 + places ** 2 / 12)
}

/** Elimination multiplies units out without simplifying them: each row doubles what they consist of. */
function determinant(values: readonly Value[]): number {
  const units = values.some(hasUnit) ? 60 * 2 ** side(values[0]) : 0
  return units + cubic(10)(values)
}

/** A unit's root is a power of e, and so is its number's. */
const root =
  (units: number): Cost =>
  (values) =>
    all(values) * (values.some(hasUnit) ? 1000 : units)

/** Sums of a series that has more terms the larger its argument is. */
const hyperbolic: Cost = (values) => all(values) * (1000 + 8 * largest(values))

/** So much for each number that is made. */
function range([from, to, step = ONE]: readonly Value[]): number {
  if (!isDecimal(from) || !isDecimal(to) || !isDecimal(step) || step.isZero()) return 0
  const count = Math.abs(to.minus(from).div(step).toNumber())
  // More than are allowed are refused in other words.
  return count < CELLS ? 3 * count : 0
}

/** The norm of a matrix needs its singular values, unless another kind is asked for. */
function norm([value, kind]: readonly Value[]): number {
  const rows = side(value)
  if (value === undefined || kind !== undefined || rows === cells(value)) return 60 * rows ** 2
  return 1500 * rows ** 3
}

const COSTS: readonly [names: string, cost: Cost][] = [
  // Digits are copied, added or multiplied once.
  ['abs sign unaryMinus unaryPlus round ceil floor fix trunc square cube', perCell(10)],
  ['isInteger isNegative isPositive isZero isNaN not re im conj arg complex count size', perCell(8)],
  ['equal unequal smaller smallerEq larger largerEq compare deepEqual xor and or', perCell(6)],
  ['max min sum mean average avg cumsum diff', perCell(2)],
  ['prod mode', perCell(8)],
  ['std stdev variance var', perCell(10)],
  ['bitNot hex bin oct gcd lcm', perCell(20)],
  ['transpose ctranspose flatten squeeze concat row column reshape diag trace', perCell(3)],
  // Roots by Newton's method; powers of e, logarithms and angles by series, which is where 80 digits are dear.
  ['sqrt cbrt', root(80)],
  ['hypot', perCell(60)],
  ['exp expm1 log10 lg log1p ln', perCell(350)],
  ['log log2', perCell(600)],
  ['nthRoot root', perCell(900)],
  ['sin cos', perCell(500)],
  ['tan sec csc cot', perCell(1100)],
  ['asin acos arcsin arccos atan arctan atan2 acot', perCell(1800)],
  ['asec acsc acosh atanh asech acoth', perCell(2200)],
  ['asinh acsch', inverseHyperbolic],
  ['sinh cosh tanh sech csch coth', hyperbolic],
  // Only in doubles
  ['erf lgamma', perCell(10)],
  ['zeta', perCell(2000)],
  ['isPrime', (values) => all(values) * (largest(values) < 1e15 ? 100 : 2500)],
  ['xgcd invmod', perCell(1000)],
  // A factor or a term for each number up to the argument
  ['factorial gamma permutations nPr', counted(2)],
  ['combinations nCr combinationsWithRep multinomial', counted(10)],
  ['catalan bellNumbers stirlingS2 composition', perCell(3000)],
  // Matrices as a whole
  ['det', determinant],
  ['lsolve usolve lusolve', cubic(10)],
  ['inv', cubic(12)],
  ['pinv', cubic(30)],
  ['expm', cubic(10)],
  ['sqrtm', cubic(200)],
  ['eigenvalues', cubic(60)],
  ['norm', norm],
  ['cross dot distance', perCell(10)],
  ['corr', perCell(60)],
  ['kron', perPair(4)],
  ['identity', ([size]) => largest([size ?? ZERO]) ** 2],
  ['zeros ones', (values) => values.reduce((product, size) => product * Math.max(1, largest([size])), 1)],
  ['range', range],
  // By comparing
  ['sort', sorted(6)],
  ['median', (values) => all(values) * (values.some(hasUnit) ? 120 : 50)],
  ['mad', perCell(120)],
  [
    'quantileSeq',
    (values) => Math.max(1, largest(values.slice(1)), all(values.slice(1))) * sorted(6)(values),
  ],
  ['setUnion setIntersect setDifference setSymDifference setIsSubset', (values) => 4 * all(values) ** 2],
  ['setDistinct setSize', perCell(60)],
]

const BY_NAME = new Map(
  COSTS.flatMap(([names, cost]) => names.split(' ').map((name) => [name, cost] as const)),
)

/** Returns what a call costs, in units. An operator that is called by its name costs what it costs as an operator. */
export function costOfCall(name: string, values: readonly Value[]): number {
  const cost = BY_NAME.get(name)
  if (cost) return 2 + cost(values)
  const [left, right] = values
  if (left === undefined || right === undefined) return 10 * all(values)
  return costOfOperator(name, left, right)
}

/** Returns what an operator costs, in units. */
export function costOfOperator(operator: Binary | (string & {}), left: Value, right: Value): number {
  const pairs = Math.max(cells(left), cells(right), outer(left, right))
  if (operator === 'pow') return isMatrix(left) ? costOfMatrixPower(left, right) : costOfPower(left, right)
  if (operator === 'dotPow') return pairs * costOfPower(left, right)
  if (isMatrix(left) && isMatrix(right)) {
    if (operator === 'multiply')
      return 5 * (cells(left) / Math.max(1, inner(left))) * cells(right) * factor(left, right)
    if (operator === 'divide') return 12 * side(right) ** 3 + 5 * cells(left) * side(right)
  }
  if (operator === 'divide' && isMatrix(right)) return 15 * side(right) ** 3
  return pairs * factor(left, right) * (operator === 'mod' ? 20 : 3)
}

/** Units are multiplied out and simplified each time. */
function factor(left: Value, right: Value): number {
  return hasUnit(left) || hasUnit(right) ? 10 : 1
}

function hasUnit(value: Value): boolean {
  if (!isMatrix(value)) return isUnit(value)
  let first: unknown = value.valueOf()
  while (Array.isArray(first)) [first] = first
  return isUnit(first)
}

/** A column beside a row is as many pairs as both make. */
function outer(left: Value, right: Value): number {
  if (!isMatrix(left) || !isMatrix(right)) return 1
  const [a, b] = [left.size(), right.size()]
  const dimensions = Math.max(a.length, b.length)
  let product = 1
  for (let i = 1; i <= dimensions; i++) product *= Math.max(a.at(-i) ?? 1, b.at(-i) ?? 1)
  return product
}

/** Returns how many products make one cell. */
const inner = (value: Value): number => (isMatrix(value) ? (value.size().at(-1) ?? 1) : 1)

/** For one number: squares and products for a whole exponent, a logarithm and a power of e for another. */
function costOfPower(base: Value, exponent: Value): number {
  if (hasUnit(base)) return isDecimal(exponent) && exponent.isInteger() ? 300 : 1000
  if (isComplex(base) || isComplex(exponent)) return 300
  let most = 0
  const look = (one: unknown) => {
    if (!isDecimal(one)) return
    most = Math.max(most, one.isInteger() ? 2 + 5 * Math.log2(Math.max(1, Math.abs(one.toNumber()))) : 1000)
  }
  if (isMatrix(exponent)) exponent.forEach(look)
  else look(exponent)
  return Math.min(most, 1000)
}

function costOfMatrixPower(base: Value, exponent: Value): number {
  const power = isDecimal(exponent) ? Math.abs(exponent.toNumber()) : 1
  return side(base) ** 3 * (12 + 10 * Math.log2(1 + power))
}
