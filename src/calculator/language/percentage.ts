/** Percentages: what they add to, and the questions that are asked about them in words. */
import { fromInteger } from '../numbers/index.ts'
import { asPercentage } from './convert.ts'
import { operate, operateUnary } from './operators.ts'
import type { Compute, Run } from './run.ts'
import { inSeveralUnits } from './several-units.ts'
import type { Node } from './tree.ts'
import { isReal, isWritten, unwritten, type Value } from './values/value.ts'

const HUNDRED = fromInteger(100)

/** The hundredth of a value, which is a percentage if it is of a number. */
export function hundredth(value: Value, run: Run): Value {
  return share(operate('divide', value, HUNDRED, run))
}

/**
 * Adds or subtracts. A percentage is of the value before it, `200 + 10%` is 220, unless that is one as well: `5% + 10%` is 15%.
 */
export function addTo(operator: 'add' | 'subtract', left: Value, right: Value, run: Run): Value {
  if (!isPercentage(right)) return inSeveralUnits(operate(operator, left, right, run), [left, right], run)
  if (isPercentage(left)) return share(operate(operator, left, right, run))
  const changed = operate(operator, left, operate('multiply', left, right, run), run)
  return inSeveralUnits(changed, [left], run)
}

/** The sign of a percentage is part of it. */
export function withSign(operator: 'minus' | 'plus', value: Value, run: Run): Value {
  const found = operateUnary(operator, value, run)
  return isPercentage(value) ? share(found) : inSeveralUnits(found, [value], run)
}

/** Tells whether a value is a percentage: `10%`, `1/8 in %`, and what has a name that was given one. */
export function isPercentage(value: Value): boolean {
  if (!isWritten(value)) return false
  const { as } = value
  return as.kind === 'share' || as.kind === 'percent' || (as.kind === 'places' && as.isPercent === true)
}

function share(value: Value): Value {
  return typeof value === 'object' && isReal(value)
    ? { kind: 'written', value, as: { kind: 'share' } }
    : value
}

type Question = Extract<Node, { kind: 'percentage' }>['question']

/** Builds the answer to `20 as % of 80` (share), `25% off 80`, `8% on 50`, `50 is 25% of what` (whole). */
export function percentage(question: Question, part: Compute, of: Compute): Compute {
  return (run, locals) => {
    const [left, right] = [part(run, locals), of(run, locals)]
    if (question === 'share') return asPercentage(unwritten(operate('divide', left, right, run)), run)
    if (question === 'whole') return operate('divide', left, right, run)
    const share = operate('multiply', left, right, run)
    return operate(question === 'on' ? 'add' : 'subtract', right, share, run)
  }
}
