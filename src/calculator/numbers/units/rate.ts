import { type Dimension, isSame, multiplied, NONE } from './dimensions.ts'
import { type Term, type Unit, unitOf } from './unit.ts'

/**
 * Tells what happens to a quantity at a rate: `38 h` at `$/h` are multiplied, `100 km` at `km/h` are divided by it.
 * @returns undefined where the rate is per something else, or per nothing
 */
export function atRate(of: Unit, rate: Unit): 'multiply' | 'divide' | undefined {
  const terms = termsOf(rate)
  const below = productOf(terms.filter(({ power }) => power < 0))
  if (below.size === 0) return undefined
  // The powers below the line are negative, so that the two cancel out.
  if (isSame(multiplied(of.dimension, below), NONE)) return 'multiply'
  return isSame(of.dimension, productOf(terms.filter(({ power }) => power > 0))) ? 'divide' : undefined
}

/** The factors of a unit; of one that has a name of its own, such as mph, those of its definition. */
function termsOf(unit: Unit): readonly Term[] {
  const [only, ...others] = unit.terms
  const isRatio = others.length > 0 || !only || only.power < 0
  return isRatio ? unit.terms : (only.named.definition?.unit.terms ?? unit.terms)
}

const productOf = (terms: readonly Term[]): Dimension =>
  terms.reduce((product, { named, power }) => multiplied(product, named.dimension, power), NONE)

/** Returns the unit of an amount of the same per another time: `USD / month` of `USD / year` and `month^-1`. */
export function rateOf(unit: Unit, per: Unit): Unit {
  const above = termsOf(unit).filter(({ power }) => power > 0)
  return above.length === 0 ? per : unitOf([...above, ...per.terms])
}
