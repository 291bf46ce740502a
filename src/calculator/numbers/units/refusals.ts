/** The words for units that do not fit together. */

import type { Scalar } from '../complex.ts'
import { type CalculationError, evaluation } from '../errors.ts'
import {
  currencyOf,
  type Dimension,
  isReciprocal,
  isSame,
  kindOf,
  multiplied,
  NONE,
  WHOLE,
} from './dimensions.ts'
import type { Unit } from './unit.ts'
import { writeUnit } from './write-unit.ts'

type Value = Scalar | { readonly value: Scalar; readonly unit: Unit }

/** @param purpose what was to be done with the two */
export function notAdded(a: Value, b: Value, purpose: string): CalculationError {
  const [left, right] = [unitIn(a), unitIn(b)]
  const verb = VERBS[purpose] ?? 'put together'
  if (!left || !right) {
    const unit = left ?? right
    const text = unit ? writeUnit(unit) : ''
    return evaluation(`A plain number and a quantity in ${text} cannot be ${verb}: add a unit to the number.`)
  }
  const money = moneyRefusal(left, right, verb)
  if (money) return money
  if (isOnScale(left) && isOnScale(right))
    return evaluation(
      `${writeUnit(left)} and ${writeUnit(right)} cannot be added: one of them must be a difference. Write it in K.`,
    )
  return evaluation(`${writeUnit(left)} and ${writeUnit(right)} cannot be ${verb}: ${kinds(left, right)}.`)
}

export function notConvertible(from: Unit, to: Unit): CalculationError {
  if (from.terms.length === 0)
    return evaluation(`A plain number cannot be converted to ${writeUnit(to)}, which is ${kind(to)}.`)
  const money = moneyRefusal(from, to, 'converted')
  if (money) return money
  const angles = [from, to].map(({ dimension }) => dimension.has('angle'))
  if (kind(from) === kind(to) && angles[0] !== angles[1])
    return evaluation(
      `${writeUnit(from)} cannot be converted to ${writeUnit(to)}: one counts cycles, the other angles. Multiply or divide by 2 pi.`,
    )
  const text = `${writeUnit(from)} cannot be converted to ${writeUnit(to)}: ${kinds(from, to)}.`
  if (isReciprocal(from.dimension, to.dimension)) return evaluation(`${text} ${INVERSE}`)
  return evaluation(isWeight(from, to) || isWeight(to, from) ? `${text} ${WEIGHT}` : text)
}

const INVERSE = 'One is the inverse of the other: write 1 / (440 Hz) to ms.'

const WEIGHT = 'For the weight of a mass, write kgf or lbf instead of kg or lb.'

/** Tells whether one has a mass where the other has a force: kg/cm² and a pressure. */
const isWeight = (mass: Unit, force: Unit): boolean =>
  mass.dimension.has('mass') && isSame(multiplied(mass.dimension, ACCELERATION), force.dimension)

const ACCELERATION: Dimension = new Map([
  ['length', WHOLE],
  ['time', -2 * WHOLE],
])

export const notComparable = (): CalculationError =>
  evaluation('Complex numbers cannot be compared: neither is larger.')

const VERBS: Readonly<Record<string, string>> = {
  add: 'added',
  subtract: 'subtracted',
  compare: 'compared',
  divide: 'divided with a remainder',
  convert: 'converted',
}

const unitIn = (value: Value): Unit | undefined =>
  'unit' in value && value.unit.terms.length > 0 ? value.unit : undefined

function moneyRefusal(a: Unit, b: Unit, verb: string): CalculationError | undefined {
  const [left, right] = [currencyOf(a.dimension), currencyOf(b.dimension)]
  if (left === undefined || right === undefined) return undefined
  return evaluation(
    `${left} and ${right} cannot be ${verb}: there are no exchange rates here. Write the rate yourself, as in 10 ${left} * 1.1 ${right}/${left}.`,
  )
}

const isOnScale = ({ terms }: Unit): boolean =>
  terms.length === 1 && terms.every(({ named }) => named.entry.zero !== undefined)

const kinds = (a: Unit, b: Unit): string =>
  kind(a) === kind(b)
    ? 'they measure different things'
    : `${writeUnit(a)} is ${kind(a)}, ${writeUnit(b)} is ${kind(b)}`

/** Describes what a unit measures, by its parts where there is no word for it. */
function kind(unit: Unit): string {
  if (unit.terms.some(({ named }) => named.entry.share)) return 'a share'
  const whole = kindOf(unit.dimension)
  if (whole !== undefined) return whole
  const parts = unit.terms.map(({ named, power }) => ({
    name: (
      kindOf(multiplied(NONE, named.dimension, Math.abs(power))) ??
      kindOf(named.dimension) ??
      'something'
    ).replace(/^an? /, ''),
    power,
  }))
  const above = parts.filter(({ power }) => power > 0).map(({ name }) => name)
  const below = parts.filter(({ power }) => power < 0).map(({ name }) => name)
  const text = [above.join(' times ') || 'number', ...below].join(' per ')
  return `${/^[aeiou]/.test(text) ? 'an' : 'a'} ${text}`
}
