/**
 * Arithmetic of quantities: a number counted in a unit. Conversions are exact, and nothing depends on anything but the
 * two operands.
 *
 * Temperatures: a quantity in °C or °F alone is a temperature on that scale. Plus and minus of one scale count in its
 * degrees (20 °C - 5 °C is 15 °C), and so does a number times a temperature; kelvins added to it are a difference
 * (20 °C + 5 K is 25 °C); minus of two different scales is the difference in K, plus is refused. Comparing and
 * converting is of temperatures. In a product with other units it is refused where it would have to be converted.
 */
import type { Scalar } from '../complex.ts'
import { evaluation } from '../errors.ts'
import type { Meter } from '../meter.ts'
import {
  divideReals,
  fromInteger,
  isExactZero,
  knownOrderOf,
  multiplyReals,
  ONE,
  PI,
  type Real,
  ZERO,
} from '../real.ts'
import {
  add,
  areSame,
  divide,
  isComplex,
  multiply,
  negate,
  power as raise,
  re,
  remainder,
  subtract,
} from '../scalar.ts'
import { type Dimension, isBare, isReciprocal, isSame, WHOLE } from './dimensions.ts'
import { findUnit } from './find-unit.ts'
import { multiplyUnits, type Product, raiseUnit, reciprocal } from './product.ts'
import { notAdded, notComparable, notConvertible } from './refusals.ts'
import { NO_UNIT, soleTerm, type Unit } from './unit.ts'

/** A value counted in a unit, which is the one that it is shown in. */
export interface Quantity {
  readonly kind: 'quantity'
  readonly value: Scalar
  readonly unit: Unit
}

type Value = Scalar | Quantity

/** A quantity, or a plain number where the unit is that of a plain number. */
export const quantity = (value: Scalar, unit: Unit): Value =>
  unit.terms.length === 0 ? value : { kind: 'quantity', value, unit }

export const isQuantity = (value: { readonly kind: string }): value is Quantity => value.kind === 'quantity'

/** The number of a quantity in its unit; a plain number is itself. */
export const numberOf = (value: Value): Scalar => (isQuantity(value) ? value.value : value)

/** The unit of a quantity; a plain number has none. */
export const unitIn = (value: Value): Unit => (isQuantity(value) ? value.unit : NO_UNIT)

/** The sum, in the unit of the first. @throws CalculationError `evaluation` when they measure different things */
export function addQuantities(a: Value, b: Value, meter: Meter): Value {
  meter.charge(costOf(a, b))
  if (!isQuantity(a) && !isQuantity(b)) return add(a, b, meter)
  const [onScale, other] = zeroOf(unitIn(a)) === undefined ? [b, a] : [a, b]
  if (zeroOf(unitIn(onScale)) !== undefined) return addToScale(onScale, other, meter)
  return inUnitOf(a, add(numberOf(a), convertible(b, a, 'add', meter), meter))
}

/** The difference, in the unit of the first. */
export function subtractQuantities(a: Value, b: Value, meter: Meter): Value {
  meter.charge(costOf(a, b))
  if (!isQuantity(a) && !isQuantity(b)) return subtract(a, b, meter)
  if (zeroOf(unitIn(b)) !== undefined || zeroOf(unitIn(a)) !== undefined)
    return subtractFromScale(a, b, meter)
  return inUnitOf(a, subtract(numberOf(a), convertible(b, a, 'subtract', meter), meter))
}

/** The product, in the unit that `product.ts` describes. */
export function multiplyQuantities(a: Value, b: Value, meter: Meter): Value {
  meter.charge(costOf(a, b) ** 2)
  const value = multiply(numberOf(a), numberOf(b), meter)
  if (!isQuantity(b)) return inUnitOf(a, value)
  if (!isQuantity(a)) return inUnitOf(b, value)
  return ofProduct(value, multiplyUnits(a.unit, b.unit), meter)
}

/** The quotient, in the unit that `product.ts` describes. */
export function divideQuantities(a: Value, b: Value, meter: Meter): Value {
  meter.charge(costOf(a, b) ** 2)
  const value = divide(numberOf(a), numberOf(b), meter)
  if (!isQuantity(b)) return inUnitOf(a, value)
  return ofProduct(value, multiplyUnits(unitIn(a), reciprocal(b.unit)), meter)
}

/** Returns the remainder of `a` divided by `b`, in the unit of `a`. */
export function remainderQuantities(a: Value, b: Value, meter: Meter): Value {
  meter.charge(costOf(a, b))
  return inUnitOf(a, remainder(numberOf(a), convertible(b, a, 'divide', meter), meter))
}

/**
 * A quantity to a real power. @param exponent a fraction with a denominator of at most ten, unless the base is a number
 * @throws CalculationError `evaluation` for a unit with another power
 */
export function powerQuantity(base: Value, exponent: Real, meter: Meter): Value {
  meter.charge(costOf(base, base))
  const value = raise(numberOf(base), exponent, meter)
  if (!isQuantity(base)) return value
  const power = multiplyReals(exponent, fromInteger(WHOLE))
  const parts = power.kind === 'exact' && power.d === 1n && power.pi === 0 ? Number(power.n) : Number.NaN
  if (!Number.isFinite(parts))
    throw evaluation(
      'A quantity with a unit can be raised to a fraction such as 1/2 or 2/3, not to this power.',
    )
  return ofProduct(value, raiseUnit(base.unit, parts), meter)
}

export const negateQuantity = (value: Value): Value => inUnitOf(value, negate(numberOf(value)))

/**
 * Which of two is larger: a negative number, 0 or a positive number, like the sign of their difference.
 * @throws CalculationError `evaluation` when they measure different things or are complex
 */
export function compareQuantities(a: Value, b: Value, meter: Meter): number {
  meter.charge(costOf(a, b))
  const [left, right] = [numberOf(a), convertible(b, a, 'compare', meter)]
  if (isComplex(left) || isComplex(right)) throw notComparable()
  return knownOrderOf(left, right)
}

/** Tells whether two quantities are the same. @throws CalculationError `evaluation` when they measure different things */
export function equalQuantities(a: Value, b: Value, meter: Meter): boolean {
  meter.charge(costOf(a, b))
  return areSame(numberOf(a), convertible(b, a, 'compare', meter))
}

/**
 * The same quantity in another unit, exactly. Plain numbers are angles in radians, or shares. What a car burns is also
 * converted to how far it goes (l/100km and mpg), and a runner's pace (min/km) to a speed.
 *
 * @throws CalculationError `evaluation` when they measure different things
 */
export function convert(value: Value, to: Unit, meter: Meter): Value {
  meter.charge(1 + unitIn(value).terms.length + to.terms.length)
  const [from, target] = lettersAsTemperatures(unitIn(value), to)
  return quantity(converted(quantity(numberOf(value), from), target, 'convert', meter), target)
}

/** Tells whether quantities in one unit can be converted to the other. */
export function isConvertible(from: Unit, to: Unit): boolean {
  const [source, target] = lettersAsTemperatures(from, to)
  return isSame(source.dimension, target.dimension) && !mixesAngles(source, target)
}

/** An angle in radians, as which a plain number counts too; undefined for anything else. */
export function radians(value: Value, meter: Meter): Scalar | undefined {
  if (!isQuantity(value)) return value
  const { dimension, factor, terms } = value.unit
  // The 900 square degrees of `sin 30°^2` are not an angle.
  if ((dimension.get('angle') ?? WHOLE) !== WHOLE) return undefined
  if (!isBare(dimension) || terms.some(({ named }) => named.entry.share)) return undefined
  return multiply(value.value, factor, meter)
}

/** The name in the catalogue of a unit that is a single one without a prefix: `month` for `months`. */
export function nameOfUnit(unit: Unit): string | undefined {
  const term = soleTerm(unit)
  return term?.prefix === undefined ? term?.named.name : undefined
}

/** The cost of looking at the units of two values. */
const costOf = (a: Value, b: Value): number => 1 + unitIn(a).terms.length + unitIn(b).terms.length

const inUnitOf = (like: Value, value: Scalar): Value => quantity(value, unitIn(like))

const ofProduct = (value: Scalar, { number, unit }: Product, meter: Meter): Value =>
  quantity(number === ONE ? value : multiply(value, number, meter), unit)

type Purpose = 'add' | 'subtract' | 'compare' | 'divide' | 'convert'

/** The number of `b` in the unit of `a`, where the two are about to meet. */
function convertible(b: Value, a: Value, purpose: Purpose, meter: Meter): Scalar {
  const [from, to] = [unitIn(b), unitIn(a)]
  // A bare number beside an angle is refused: whoever writes 90 deg + 45 means degrees, so radians would be wrong.
  if (isQuantity(a) !== isQuantity(b) && isBare(from.dimension) && isBare(to.dimension))
    if (from.dimension.size !== to.dimension.size) throw notAdded(a, b, purpose)
  return converted(b, to, purpose, meter)
}

function converted(value: Value, to: Unit, purpose: Purpose, meter: Meter): Scalar {
  const from = unitIn(value)
  const number = numberOf(value)
  if (from === to || (from.terms.length === 0 && to.terms.length === 0)) return number
  if (!isSame(from.dimension, to.dimension) || mixesAngles(from, to)) {
    if (purpose !== 'convert') throw notAdded({ value: number, unit: to }, value, purpose)
    const isOfMotion = isPace(from) || isPace(to)
    const isTurned = isOfMotion || (isConsumption(from) && isConsumption(to))
    if (!isTurned || !isReciprocal(from.dimension, to.dimension)) throw notConvertible(from, to)
    if (isExactZero(re(number)))
      throw evaluation(
        `A ${isOfMotion ? 'speed or pace' : 'distance or consumption'} of 0 cannot be converted.`,
      )
    const inverse = divide(ONE, number, meter)
    return multiply(inverse, divideReals(divideReals(ONE, from.factor), to.factor), meter)
  }
  const [zero, zeroOfTarget] = [zeroOf(from), zeroOf(to)]
  if (zero === undefined && zeroOfTarget === undefined) return multiply(number, ratioOf(from, to), meter)
  const kelvins = add(multiply(number, from.factor, meter), zero ?? ZERO, meter)
  return divide(subtract(kelvins, zeroOfTarget ?? ZERO, meter), to.factor, meter)
}

/** The size of one unit in another. The last ratio of each unit is remembered. */
function ratioOf(from: Unit, to: Unit): Real {
  const last = ratios.get(from)
  if (last?.to === to) return last.ratio
  const ratio = multiplyReals(divideReals(from.factor, to.factor), turns(from, to))
  ratios.set(from, { to, ratio })
  return ratio
}

const ratios = new WeakMap<Unit, { readonly to: Unit; readonly ratio: Real }>()

/** A cycle is a turn: 60 rpm is 1 Hz, which has no angle in it. A plain number counts radians. */
function turns(from: Unit, to: Unit): Real {
  const [a, b] = [angleIn(from), angleIn(to)]
  const isPlain = from.terms.length === 0 || to.terms.length === 0
  if (isPlain) return ONE
  if (a === 0 && b === WHOLE && counts(to, 'turns')) return multiplyReals(PI, fromInteger(2))
  if (a === WHOLE && b === 0 && counts(from, 'turns'))
    return divideReals(ONE, multiplyReals(PI, fromInteger(2)))
  return ONE
}

const angleIn = ({ dimension }: Unit): number => dimension.get('angle') ?? 0

const counts = ({ terms }: Unit, what: 'turns' | 'cycles'): boolean =>
  terms.some(({ named }) => named.entry.counts === what)

/** An angle is not a share or a solid angle, and radians a second are not cycles a second. */
function mixesAngles(a: Unit, b: Unit): boolean {
  const [inA, inB] = [angleIn(a), angleIn(b)]
  if (inA === inB) return false
  if (inA !== 0 && inB !== 0) return true
  const [angular, other] = inA === 0 ? [b, a] : [a, b]
  return (
    (counts(other, 'cycles') && !counts(angular, 'turns')) ||
    other.terms.some(({ named }) => named.entry.share)
  )
}

const isConsumption = ({ terms }: Unit): boolean =>
  terms.some(({ named: { topic } }) => topic === 'Fuel consumption' || topic === 'Volume')

/** A time per length, as runners count: min/km. */
const isPace = ({ dimension }: Unit): boolean => isSame(dimension, PACE)

const PACE: Dimension = new Map([
  ['time', WHOLE],
  ['length', -WHOLE],
])

/** In `20 C in F` nobody means coulombs or farads. */
function lettersAsTemperatures(from: Unit, to: Unit): [Unit, Unit] {
  if (isSame(from.dimension, to.dimension)) return [from, to]
  const [source, target] = [temperatureOf(from), temperatureOf(to)]
  return source && target ? [source, target] : [from, to]
}

function temperatureOf(unit: Unit): Unit | undefined {
  const term = soleTerm(unit)
  if (term?.text === 'C' || term?.text === 'F') return findUnit(`°${term.text}`)
  return term?.named.topic === 'Temperature' ? unit : undefined
}

/** The zero of a temperature scale, in kelvins; undefined for any other unit. */
export function zeroOf(unit: Unit): Real | undefined {
  const term = soleTerm(unit)
  return term?.prefix === undefined ? term?.named.zero : undefined
}

/** A temperature and what is added to it: degrees of the same scale, or kelvins. */
function addToScale(onScale: Value, other: Value, meter: Meter): Value {
  if (zeroOf(unitIn(other)) !== undefined) {
    if (!isOneScale(onScale, other)) throw notAdded(onScale, other, 'add')
    return inUnitOf(onScale, add(numberOf(onScale), numberOf(other), meter))
  }
  return inUnitOf(onScale, add(numberOf(onScale), differenceFor(onScale, other, 'add', meter), meter))
}

function subtractFromScale(a: Value, b: Value, meter: Meter): Value {
  const [ofA, ofB] = [zeroOf(unitIn(a)), zeroOf(unitIn(b))]
  if (ofA !== undefined && ofB !== undefined && isOneScale(a, b))
    return inUnitOf(a, subtract(numberOf(a), numberOf(b), meter))
  if (ofB === undefined)
    return inUnitOf(a, subtract(numberOf(a), differenceFor(a, b, 'subtract', meter), meter))
  const kelvin = ofA === undefined && isQuantity(a) ? a.unit : findUnit('K')
  if (!kelvin || !isSame(unitIn(a).dimension, kelvin.dimension)) throw notAdded(a, b, 'subtract')
  const difference = subtract(
    converted(a, kelvin, 'subtract', meter),
    converted(b, kelvin, 'subtract', meter),
    meter,
  )
  return quantity(difference, kelvin)
}

const isOneScale = (a: Value, b: Value): boolean => soleTerm(unitIn(a))?.named === soleTerm(unitIn(b))?.named

/** Converts a difference in kelvins to degrees of a scale. */
function differenceFor(onScale: Value, difference: Value, purpose: Purpose, meter: Meter): Scalar {
  const [scale, unit] = [unitIn(onScale), unitIn(difference)]
  if (!isSame(scale.dimension, unit.dimension)) throw notAdded(onScale, difference, purpose)
  return multiply(numberOf(difference), divideReals(unit.factor, scale.factor), meter)
}
