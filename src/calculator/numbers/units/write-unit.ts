import { WHOLE } from './dimensions.ts'
import type { Term, Unit } from './unit.ts'

/**
 * A unit as it is shown after a number: `m / s^2`, `J / (kg K)`, `mol^-1`, each name as it was typed. `readUnit` reads
 * it back.
 */
export function writeUnit({ terms }: Unit): string {
  const above = terms.filter(({ power }) => power > 0)
  const below = terms.filter(({ power }) => power < 0).map(singular)
  if (above.length === 0) return below.map((term) => written(term)).join(' ')
  const numerator = above.map((term) => written(term)).join(' ')
  if (below.length === 0) return numerator
  const denominator = below.map((term) => written({ ...term, power: -term.power })).join(' ')
  return `${numerator} / ${below.length > 1 ? `(${denominator})` : denominator}`
}

/** Miles / gallon, not miles / gallons: a plural stays out from under the line. */
function singular(term: Term): Term {
  const { text, named } = term
  const { names } = named
  const plural = names
    .filter(({ name }) => text.endsWith(name))
    .sort((a, b) => b.name.length - a.name.length)[0]
  if (!plural) return term
  const stem = text.slice(0, text.length - plural.name.length)
  const one = IRREGULAR[plural.name] ?? (plural.name.endsWith('s') ? plural.name.slice(0, -1) : undefined)
  return names.some(({ name }) => name === one) ? { ...term, text: stem + one } : term
}

const IRREGULAR: Readonly<Record<string, string>> = {
  feet: 'foot',
  inches: 'inch',
  centuries: 'century',
  millennia: 'millennium',
  henries: 'henry',
}

function written({ text, power }: Term): string {
  return power === WHOLE ? text : `${text}^${writtenPower(power)}`
}

/** Halves, fifths and tenths with a decimal point, thirds and the like as a fraction. */
function writtenPower(power: number): string {
  const value = power / WHOLE
  if (Number.isInteger(value * 1000)) return String(value)
  const shared = greatestCommonDivisor(Math.abs(power), WHOLE)
  return `(${power / shared}/${WHOLE / shared})`
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b)
