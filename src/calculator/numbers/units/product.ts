/**
 * In which unit a product of quantities is shown. It depends on nothing but the units that were multiplied:
 *
 * 1. The same unit twice comes together; another unit of the same dimension is converted to the first:
 *    `5 ft * 3 in` is in `ft^2`, `60 km/h * 30 min` in `km`. Two that both stand under the line stay: `km / (h s)`.
 * 2. Units that are short for a product are taken apart beside others (`mph`, `mpg`, `kn`, `Mbps`, `Hz`, `Wh`), and
 *    squares and cubes of lengths beside lengths (`sqft`, `m3`).
 * 3. What amounts to a single one of the units becomes it: `0.30 EUR/kWh * 2 kW * 3 h` is in `EUR`.
 * 4. A product of several units that is a force, an energy, a power, … becomes N, J, W, Pa, C, V, ohm, S, F, H, Wb, T,
 *    A, s, m, kg, Hz, lm or lx. Prefixes multiply: `12 V / 2 kohm` is in `mA`. A power for minutes or hours is in `Wh`, a
 *    current in `Ah`. An amount over minutes, hours, days, … stays as it is (`kcal / day`), and so does what is made of
 *    lengths or of times alone (`miles / gallon`).
 * 5. Angles are numbers beside other units (`10 rad/s * 2 m` is `20 m / s`), except in `rad / s` and the like. Shares
 *    (`ppm`) are numbers beside any unit.
 * 6. `1 / s` is `Hz`.
 */
import { evaluation } from '../errors.ts'
import { divideReals, multiplyReals, ONE, type Real } from '../real.ts'
import { type Dimension, isBare, isSame, isTime, isWhole, multiplied, NONE, WHOLE } from './dimensions.ts'
import { findUnit } from './find-unit.ts'
import { type Prefix, powerOfPrefix, prefixOf } from './prefixes.ts'
import { factorOf, gathered, NO_UNIT, raised, sizeOfPrefix, type Term, type Unit, unitOf } from './unit.ts'

/** A product of units and the number that it took to bring it into this form. */
export interface Product {
  readonly number: Real
  readonly unit: Unit
}

/** Multiplies two units and brings the product into the unit that it is shown in. */
export function multiplyUnits(left: Unit, right: Unit): Product {
  const last = products.get(left)
  if (last?.right === right) return last.product
  const simplification = new Simplification(gathered([...left.terms, ...right.terms]))
  simplification.simplify()
  const product = simplification.result()
  products.set(left, { right, product })
  return product
}

/** The last product of each unit, so that a line that is evaluated again finds it. */
const products = new WeakMap<Unit, { readonly right: Unit; readonly product: Product }>()

/** The reciprocal of a unit, as it is: `s^-1` of `s`. */
export function reciprocal(unit: Unit): Unit {
  const known = reciprocals.get(unit)
  if (known) return known
  const inverse = unitOf(unit.terms.map((term) => ({ ...term, power: -term.power })))
  reciprocals.set(unit, inverse)
  return inverse
}

const reciprocals = new WeakMap<Unit, Unit>()

/** A unit raised to a power in 2520ths. Where only base units have the root, it is in those: the root of an acre is in m. */
export function raiseUnit({ terms }: Unit, power: number): Product {
  if (power === 0) return { number: ONE, unit: NO_UNIT }
  const raisedTerms = terms.map((term) => ({ ...term, power: (term.power * power) / WHOLE }))
  const unit = unitOf(raisedTerms)
  const isBroken = raisedTerms.some((term) => term.power % WHOLE !== 0)
  if (isBroken && isWhole(unit.dimension)) {
    const base = baseUnit(unit.dimension)
    return { number: divideReals(unit.factor, base.factor), unit: base }
  }
  const product = new Simplification(raisedTerms)
  product.nameFrequency()
  return product.result()
}

/** The SI base units of a dimension: `m / s`. */
function baseUnit(dimension: Dimension): Unit {
  return unitOf(
    [...dimension].flatMap(([base, power]) =>
      (findUnit(BASE_UNITS[base] ?? base)?.terms ?? []).map((term) => ({ ...term, power })),
    ),
  )
}

const BASE_UNITS: Readonly<Record<string, string>> = {
  length: 'm',
  mass: 'kg',
  time: 's',
  current: 'A',
  temperature: 'K',
  amount: 'mol',
  luminosity: 'cd',
  angle: 'rad',
  data: 'bit',
}

/** The units that a product of several units becomes when it has the dimension of one of them. */
const NAMED = ['N', 'J', 'W', 'Pa', 'C', 'V', 'ohm', 'S', 'F', 'H', 'Wb', 'T', 'A', 's', 'm', 'kg', 'Hz']

/** Units of light, which differ from others by a solid angle. */
const LIGHT = ['lm', 'lx']

class Simplification {
  #terms: Term[]
  #number: Real = ONE

  constructor(terms: Term[]) {
    this.#terms = terms
  }

  result(): Product {
    const unit = this.#terms.length === 0 ? NO_UNIT : unitOf(this.#terms)
    return { number: this.#number, unit }
  }

  simplify(): void {
    this.#merge()
    this.#dropShares()
    this.#open()
    if (this.#terms.length > 1) this.#settle()
    this.nameFrequency()
  }

  /** `s^-1` is a frequency, and `Hz^-1` a time. */
  nameFrequency(): void {
    const [term] = this.#terms
    if (this.#terms.length !== 1 || term?.power !== -WHOLE) return
    if (term.named.name === 's') this.#become(named('Hz'))
    else if (term.named.name === 'Hz') this.#become(named('s'))
  }

  /** Converts units of one dimension to the first of them. */
  #merge(): void {
    const merged: Term[] = []
    for (const term of this.#terms) {
      const at = merged.findIndex((earlier) => isMerged(earlier, term))
      const first = merged[at]
      if (!first) {
        merged.push(term)
        continue
      }
      if (first.named !== term.named) refuseScales(first, term)
      const size = factorOf({ ...term, power: WHOLE })
      const sizeOfFirst = factorOf({ ...first, power: WHOLE })
      this.#times(raised(divideReals(size, sizeOfFirst), term.power))
      const power = first.power + term.power
      if (power === 0) merged.splice(at, 1)
      else merged[at] = { ...first, power }
    }
    this.#terms = merged
  }

  #dropShares(): void {
    if (this.#terms.length > 1 || this.#terms.some(({ power }) => power !== WHOLE))
      this.#drop(({ named: { entry } }) => entry.share === true)
  }

  /** Takes apart what is short for a product, beside other units. */
  #open(): void {
    if (this.#terms.length < 2) return
    const isSlow = this.#terms.some(({ named: unit }) => isTime(unit.dimension) && !HOURS.has(unit.name))
    const opened = this.#terms.flatMap((term): Term[] => {
      const { definition, entry, name } = term.named
      if (!entry.opens || !definition || (isSlow && STORED.has(name))) return [term]
      if (isShape(term) && !this.#terms.some((other) => other !== term && isLength(other))) return [term]
      this.#times(raised(definition.number, term.power))
      return this.#parts(term, definition.unit)
    })
    if (opened.every((term, at) => term === this.#terms[at])) return
    this.#terms = gathered(opened)
    this.#merge()
  }

  /** The prefix goes to the first part, or into the number. */
  #parts({ named: whole, prefix, power }: Term, { terms }: Unit): Term[] {
    const [first] = terms
    const { prefixes: set } = whole.entry
    const takesPrefix =
      prefix !== undefined &&
      first?.power === powerOfPrefix(set) * WHOLE &&
      first.named.entry.prefixes !== undefined
    if (prefix !== undefined && !takesPrefix) this.#times(raised(sizeOfPrefix(prefix, whole), power))
    return terms.map((part, at) => ({
      ...part,
      power: (part.power * power) / WHOLE,
      ...(at === 0 && takesPrefix && { prefix, text: prefix.short + part.text }),
    }))
  }

  #settle(): void {
    const dimension = this.#dimension()
    const rest = this.#terms.filter((term) => !isAngle(term))
    if (rest.length === 0) return
    if (isBare(dimension) && rest.length > 1) return this.#become(NO_UNIT)
    if (rest.length < this.#terms.length && this.#keepsAngle(rest)) return
    const light = LIGHT.find((name) => isEqual(named(name).dimension, dimension))
    if (light !== undefined) return this.#become(named(light))
    const one = rest.find(({ named: unit, power }) =>
      isSame(multiplied(NONE, unit.dimension, power), dimension),
    )
    if (one) return this.#become(unitOf([one]))
    if (this.#becomeNamed(dimension, rest)) return
    this.#drop(isAngle)
  }

  /** An angle to the power 1 stays over something: `rad / s`, `deg / m`, `turn / min`. */
  #keepsAngle(rest: readonly Term[]): boolean {
    const angles = this.#terms.filter(isAngle)
    return angles.every(({ power }) => power === WHOLE) && rest.every(({ power }) => power < 0)
  }

  /** @returns whether it became one of the units that have a name of their own */
  #becomeNamed(dimension: Dimension, rest: readonly Term[]): boolean {
    if (isOfOneBase(rest) || isRate(rest)) return false
    const name = NAMED.find((candidate) => isSame(named(candidate).dimension, dimension))
    if (name === undefined) return false
    const stored = storedUnit(name, rest)
    if (stored) this.#become(stored)
    else this.#become(withPrefix(name, commonPrefix(rest)))
    return true
  }

  /** Shows the whole product in another unit of the same dimension. */
  #become(unit: Unit): void {
    for (const term of this.#terms)
      if (term.named.zero !== undefined && term.power === WHOLE) throw scaleInProduct(term)
    this.#times(this.#terms.reduce<Real>((product, term) => multiplyReals(product, factorOf(term)), ONE))
    this.#number = divideReals(this.#number, unit.factor)
    this.#terms = [...unit.terms]
  }

  /** Makes terms a part of the number. */
  #drop(isDropped: (term: Term) => boolean): void {
    for (const term of this.#terms) if (isDropped(term)) this.#times(factorOf(term))
    this.#terms = this.#terms.filter((term) => !isDropped(term))
  }

  #dimension(): Dimension {
    return this.#terms.reduce(
      (product, { named: unit, power }) => multiplied(product, unit.dimension, power),
      NONE,
    )
  }

  #times(factor: Real): void {
    this.#number = multiplyReals(this.#number, factor)
  }
}

/** The times that a power or a current is counted in when it is stored: kWh, Ah. */
const HOURS = new Set(['s', 'min', 'h'])
const STORED = new Set(['Wh', 'Ah'])

/** Tells whether a unit is just a square or a cube of a length: `sqft`, `m3`. It is taken apart beside lengths only. */
function isShape({ named: { definition, entry } }: Term): boolean {
  const [root] = definition?.unit.terms ?? []
  return entry.opens === true && definition?.unit.terms.length === 1 && root?.named.topic === 'Length'
}

const isLength = (term: Term): boolean => term.named.topic === 'Length' || isShape(term)

const isAngle = ({ named: unit }: Term): boolean => isBare(unit.dimension) && unit.dimension.size > 0

/** Tells whether two units come together in a product. Times and other units under the line stay as they are. */
function isMerged(first: Term, next: Term): boolean {
  if (first.power < 0 && next.power < 0 && first.named !== next.named) return false
  if (isBare(first.named.dimension) !== isBare(next.named.dimension)) return false
  if (first.named.entry.share !== next.named.entry.share) return false
  return first.named === next.named || isEqual(first.named.dimension, next.named.dimension)
}

const isEqual = (a: Dimension, b: Dimension): boolean => isSame(a, b) && a.get('angle') === b.get('angle')

/** Tells whether all units are of lengths only, or of times only, …: `miles / gallon`. */
const isOfOneBase = (terms: readonly Term[]): boolean =>
  new Set(terms.flatMap(({ named: unit }) => [...unit.dimension.keys()])).size === 1

/** Tells whether it is one thing over a time other than the second: `kcal / day`. */
function isRate(terms: readonly Term[]): boolean {
  const [above, below] = terms
  return (
    terms.length === 2 &&
    above?.power === WHOLE &&
    below?.power === -WHOLE &&
    isTime(below.named.dimension) &&
    below.named.name !== 's'
  )
}

/** Wh for an energy and Ah for a charge, where a time other than the second is a factor. */
function storedUnit(name: string, terms: readonly Term[]): Unit | undefined {
  const isStored = terms.some(
    ({ named: unit, power }) => power === WHOLE && isTime(unit.dimension) && unit.name !== 's',
  )
  if (!isStored || (name !== 'J' && name !== 'C')) return undefined
  const rate = terms.find(
    ({ named: unit, power }) => power === WHOLE && unit.name === (name === 'J' ? 'W' : 'A'),
  )
  return withPrefix(name === 'J' ? 'Wh' : 'Ah', rate?.prefix)
}

/** The product of all prefixes, if all the units are coherent ones of the SI and it is a prefix itself. */
function commonPrefix(terms: readonly Term[]): Prefix | undefined {
  let exponent = 0
  for (const { named: unit, prefix, power } of terms) {
    if (!COHERENT.has(unit.name)) return undefined
    const own = (prefix?.base === 10 ? prefix.exponent : 0) - (unit.name === 'g' ? 3 : 0)
    exponent += (own * power * powerOfPrefix(unit.entry.prefixes)) / WHOLE
  }
  return prefixOf(exponent)
}

const COHERENT = new Set([
  'm',
  'm2',
  'm3',
  'g',
  's',
  'A',
  'K',
  'N',
  'J',
  'W',
  'Pa',
  'C',
  'V',
  'ohm',
  'S',
  'F',
  'H',
  'Wb',
  'T',
  'Hz',
])

const withPrefix = (name: string, prefix: Prefix | undefined): Unit =>
  named(prefix === undefined || name === 'kg' ? name : prefix.short + name)

function named(name: string): Unit {
  const unit = findUnit(name)
  if (!unit) throw new Error(`The catalogue lacks ${name}.`)
  return unit
}

function refuseScales(a: Term, b: Term): void {
  const scale = [a, b].find(({ named: unit }) => unit.zero !== undefined)
  if (scale) throw scaleInProduct(scale)
}

const scaleInProduct = ({ text }: Term) =>
  evaluation(
    `Is the ${text} here a temperature or a difference? Write it in K: 20 °C is 293.15 K, a difference of 20 °C is 20 K.`,
  )
