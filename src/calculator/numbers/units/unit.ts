import { limit } from '../errors.ts'
import { multiplyReals, ONE, type Real, ratio } from '../real.ts'
import { power as raise, re } from '../scalar.ts'
import type { Entry } from './catalogue/entry.ts'
import { type Dimension, multiplied, NONE, WHOLE } from './dimensions.ts'
import { type Name, namesOf } from './names.ts'
import { type Prefix, powerOfPrefix } from './prefixes.ts'

/**
 * A product of powers of named units, each with its prefix, as it is to be shown: `km / h`. It is never changed. A
 * value counts in it; how large it is and what it measures are known without its text.
 */
export interface Unit {
  readonly kind: 'unit'
  readonly terms: readonly Term[]
  readonly dimension: Dimension
  /** Its size in coherent base units (m, g, s, A, K, mol, cd, rad, bit, one of each currency). */
  readonly factor: Real
}

/** A power of one named unit in a product. */
export interface Term {
  readonly named: NamedUnit
  readonly prefix: Prefix | undefined
  /** The name that was typed, with its prefix. */
  readonly text: string
  /** In 2520ths. */
  readonly power: number
}

/** A unit's definition as it was read: a number of another unit. */
export interface Definition {
  readonly number: Real
  readonly unit: Unit
}

/** A unit of the catalogue. Its definition is read when it is first needed. */
export class NamedUnit {
  readonly entry: Entry
  readonly topic: string
  readonly names: readonly Name[]
  readonly #read: (text: string) => Definition
  #definition: Definition | undefined
  #size: { factor: Real; dimension: Dimension } | undefined
  #zero: Real | undefined

  constructor(entry: Entry, topic: string, read: (text: string) => Definition) {
    this.entry = entry
    this.topic = topic
    this.names = namesOf(entry)
    this.#read = read
  }

  /** The canonical name. */
  get name(): string {
    return this.names[0]?.name ?? ''
  }

  /** The definition in other units; undefined for a base unit. */
  get definition(): Definition | undefined {
    if (typeof this.entry.is !== 'string') return undefined
    this.#definition ??= this.#read(this.entry.is)
    return this.#definition
  }

  /** In coherent base units. */
  get factor(): Real {
    return this.#sized().factor
  }

  get dimension(): Dimension {
    return this.#sized().dimension
  }

  /** The zero of a temperature scale, in kelvins; undefined for other units. */
  get zero(): Real | undefined {
    if (this.entry.zero === undefined) return undefined
    this.#zero ??= this.#read(this.entry.zero).number
    return this.#zero
  }

  #sized(): { factor: Real; dimension: Dimension } {
    this.#size ??= this.#measure()
    return this.#size
  }

  #measure(): { factor: Real; dimension: Dimension } {
    const { is } = this.entry
    const { definition } = this
    if (definition)
      return {
        factor: multiplyReals(definition.number, definition.unit.factor),
        dimension: definition.unit.dimension,
      }
    const base = typeof is === 'string' ? is : 'base' in is ? is.base : is.currency
    return { factor: ONE, dimension: new Map([[base, WHOLE]]) }
  }
}

/** The most different units in a product. */
const MOST_TERMS = 20

/** The greatest power of a unit. */
const MOST_POWER = 100

class ProductOfUnits implements Unit {
  readonly kind = 'unit'
  readonly terms: readonly Term[]
  #dimension: Dimension | undefined
  #factor: Real | undefined

  constructor(terms: readonly Term[]) {
    this.terms = terms
  }

  get dimension(): Dimension {
    this.#dimension ??= this.terms.reduce(
      (product, { named, power }) => multiplied(product, named.dimension, power),
      NONE,
    )
    return this.#dimension
  }

  get factor(): Real {
    this.#factor ??= this.terms.reduce<Real>((product, term) => multiplyReals(product, factorOf(term)), ONE)
    return this.#factor
  }
}

/** @throws CalculationError `limit` when there are too many terms, or a power is too high */
export function unitOf(terms: readonly Term[]): Unit {
  if (terms.length > MOST_TERMS) throw limit(`A unit can have at most ${MOST_TERMS} factors.`)
  for (const { power, text } of terms)
    if (Math.abs(power) > MOST_POWER * WHOLE || !Number.isInteger(power))
      throw limit(`\`${text}\` can be raised to powers up to ${MOST_POWER}, and to roots up to the tenth.`)
  return new ProductOfUnits(terms)
}

/** The unit of a plain number. */
export const NO_UNIT: Unit = new ProductOfUnits([])

/** The size of a term in coherent base units. */
export function factorOf({ named, prefix, power }: Term): Real {
  const one = prefix ? multiplyReals(sizeOfPrefix(prefix, named), named.factor) : named.factor
  return raised(one, power)
}

/** The factor by which a prefix multiplies this unit. */
export function sizeOfPrefix({ base, exponent }: Prefix, named: NamedUnit): Real {
  const power = exponent * powerOfPrefix(named.entry.prefixes)
  const size = BigInt(base) ** BigInt(Math.abs(power))
  return power < 0 ? ratio(1n, size) : ratio(size, 1n)
}

/** @param power in 2520ths */
export function raised(size: Real, power: number): Real {
  if (power === WHOLE) return size
  return re(raise(size, ratio(BigInt(power), BigInt(WHOLE))))
}

/** The product of terms as typed: equal names come together, and nothing else is changed. */
export function gathered(terms: readonly Term[]): Term[] {
  const product: Term[] = []
  for (const term of terms) {
    const at = product.findIndex(({ named, prefix }) => named === term.named && prefix === term.prefix)
    const same = product[at]
    if (same) product[at] = { ...same, power: same.power + term.power }
    else product.push(term)
  }
  return product.filter(({ power }) => power !== 0)
}

/** The one term of a unit that is just a named unit to the power 1; undefined for any other unit. */
export function soleTerm({ terms }: Unit): Term | undefined {
  const [term] = terms
  return terms.length === 1 && term?.power === WHOLE ? term : undefined
}
