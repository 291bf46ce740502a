import { compare } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import { isMoment, timeAlone } from './node-kinds.ts'
import type { Binary, Node } from './tree.ts'

const UNITS = ['h', 'min', 's']

/** The time of a node that was typed in digits alone and can be a length of time as well: `7:30`, but not `7:30 pm`. */
const clockOf = (node: Node): string | undefined =>
  node.kind === 'moment' && node.isClock ? timeAlone(node) : undefined

/** Returns `7:30`, where it cannot be a time of day, as a length of time; any other node as it is. */
export function asLength(grammar: Grammar, node: Node): Node {
  const time = clockOf(node)
  if (time === undefined) return node
  const { position } = node
  const parts = partsOf(grammar, time, position)
  const written = parts.map(({ value }, i) => `${value.kind === 'number' ? value.text : ''} ${UNITS[i]}`)
  grammar.note(`\`${time}\` is read as a length of time: ${written.join(' ')}.`)
  return grammar.node({ kind: 'mixed', parts, position })
}

function partsOf(grammar: Grammar, time: string, position: number) {
  return time.split(':').flatMap((digits, index) => {
    const unit = grammar.units.find(UNITS[index] ?? '')
    const text = digits.replace(/^0(?=\d)/, '')
    return unit ? [{ value: grammar.node({ kind: 'number', text, position }), unit }] : []
  })
}

/** Takes the time of `today at 15:00`, of which the day was read; returns the day alone where no time follows. */
export function atTime(grammar: Grammar, day: Node): Node {
  const { reader } = grammar
  const isAt = reader.token.word === 'at'
  const { moment, position } = reader.peek(isAt ? 1 : 0)
  if (moment?.time === undefined || moment.date !== undefined || moment.zone !== undefined) return day
  reader.skip(isAt ? 2 : 1)
  return timeOfDay(grammar, day, moment.time, position)
}

/** A time of a day: `15:00` of today. */
export function timeOfDay(grammar: Grammar, day: Node, time: string, position: number): Node {
  const right = grammar.node({ kind: 'mixed', parts: partsOf(grammar, time, position), position })
  return grammar.node({ kind: 'binary', operator: 'add', left: day, right, position })
}

/** The current day, or for a length of time shorter than a day the current time: `2 hours ago`. */
export function presentFor(grammar: Grammar, length: Node, position: number): Node {
  const units =
    length.kind === 'measure'
      ? [length.unit]
      : length.kind === 'mixed'
        ? length.parts.map(({ unit }) => unit)
        : []
  const day = grammar.units.find('day')
  const isShort = day !== undefined && units.some(({ factor }) => compare(factor, day.factor) < 0)
  return isShort ? grammar.now(position) : grammar.today(position)
}

/** Reads the operands of a product or quotient: a time of day can be neither multiplied nor divided. */
export function asFactors(grammar: Grammar, left: Node, right: Node): [Node, Node] {
  if (clockOf(left) !== undefined && isMoment(right)) return [left, right]
  if (clockOf(right) !== undefined && isMoment(left)) return [left, right]
  return [asLength(grammar, left), asLength(grammar, right)]
}

/**
 * Reads what is added to a value or subtracted from it. `17:00 - 8:30 - 0:45` goes on with lengths of time, and only a length of
 * time can be subtracted from `2 h`.
 */
export function asTerm(grammar: Grammar, operator: Binary, left: Node, right: Node): Node {
  // Looked at first: whether the left is a difference takes as long as the sum is.
  if (clockOf(right) === undefined || (operator !== 'add' && operator !== 'subtract')) return right
  const isTyped = left.kind === 'measure' || left.kind === 'mixed'
  return isDifference(left) || (isTyped && operator === 'subtract') ? asLength(grammar, right) : right
}

/** Tells whether a node is the time from one moment to another, with lengths of time added to it. */
function isDifference(node: Node): boolean {
  if (node.kind !== 'binary' || (node.operator !== 'add' && node.operator !== 'subtract')) return false
  if (node.operator === 'subtract' && isMoment(node.left) && isMoment(node.right)) return true
  return isDifference(node.left) && !isMoment(node.right)
}
