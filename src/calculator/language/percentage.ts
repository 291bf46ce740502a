/** Percentages: what they add to, and the questions that are asked about them in words. */
import { fromInteger } from '../numbers/index.ts'
import { asPercentage } from './convert.ts'
import { operate } from './operators.ts'
import type { Compute, Run } from './run.ts'
import type { Node } from './tree.ts'
import { unwritten, type Value } from './values/value.ts'

const HUNDRED = fromInteger(100)

export function hundredth(value: Value, run: Run): Value {
  return operate('divide', value, HUNDRED, run)
}

/** Tells whether a sum adds a percentage of its left side: `200 + 10%` is 220, where `5% + 10%` is 15%. */
export function addsPercentage({ operator, left, right }: Extract<Node, { kind: 'binary' }>): boolean {
  return (operator === 'add' || operator === 'subtract') && isPercentage(right) && !isPercentage(left)
}

/** Tells whether a node is a percentage as typed: `10%`, `-10%`, `5% + 10%`, `x > 3 ? 10% : 20%`. */
function isPercentage(node: Node): boolean {
  if (node.kind === 'percent') return true
  if (node.kind === 'choice') return isPercentage(node.yes) && isPercentage(node.no)
  if (node.kind === 'unary')
    return (node.operator === 'minus' || node.operator === 'plus') && isPercentage(node.of)
  return (
    node.kind === 'binary' &&
    (node.operator === 'add' || node.operator === 'subtract') &&
    isPercentage(node.left) &&
    isPercentage(node.right)
  )
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
