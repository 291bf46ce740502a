/** Lists taken as sets: what occurs twice counts twice. Results are in order. */
import { fromInteger, limit } from '../../numbers/index.ts'
import { compareValues, operand } from '../arithmetic.ts'
import { matrix } from '../values/matrix.ts'
import type { Value } from '../values/value.ts'
import { argument, cellsOf, countAll, matrixOf } from './arguments.ts'
import type { Context, FunctionEntry } from './function.ts'
import { ordered } from './statistics.ts'

/** The most elements of a set, since each is compared with all others. */
const MOST = 500

type OfLists = (a: readonly Value[], b: readonly Value[], context: Context) => Value[]

/** Returns what of `from` is left when each value of `taken` is taken away once. */
const without: OfLists = (from, taken, context) => {
  const left = [...taken]
  return from.filter((value) => {
    const at = placeOf(value, left, context)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

const shared: OfLists = (a, b, context) => without(a, without(a, b, context), context)
const distinct = (values: readonly Value[], context: Context): Value[] =>
  values.filter((value, i) => placeOf(value, values.slice(0, i), context) < 0)

function placeOf(value: Value, among: readonly Value[], context: Context): number {
  context.charge(3 * among.length)
  return among.findIndex((other) => isSame(value, other, context))
}

/** Values that cannot be compared are different. */
function isSame(a: Value, b: Value, context: Context): boolean {
  const [left, right] = [operand(a), operand(b)]
  return kindOf(left) === kindOf(right) && compareValues('equal', left, right, context)
}

const kindOf = (value: Value): string =>
  typeof value !== 'object'
    ? typeof value
    : value.kind === 'quantity'
      ? 'quantity'
      : isNumber(value)
        ? 'number'
        : value.kind

const isNumber = ({ kind }: { kind: string }): boolean =>
  kind === 'exact' || kind === 'ball' || kind === 'complex'

const listsOf = (values: readonly Value[]): (readonly Value[])[] => {
  if (countAll(values) > MOST) throw limit(`A set can have at most ${MOST} elements.`)
  return values.map((value) => cellsOf([matrixOf(value)]))
}

const combining =
  (combine: OfLists) =>
  (values: readonly Value[], context: Context): Value => {
    const [a = [], b = []] = listsOf(values)
    return matrix(inOrder(combine(a, b, context), context))
  }

/** Complex numbers have no order, and stay in the one in which they came. */
const inOrder = (values: readonly Value[], context: Context): readonly Value[] =>
  values.some((value) => typeof value === 'object' && value.kind === 'complex')
    ? values
    : ordered(values, context)

const topic = 'Sets'

const entry = (name: string, description: string, combine: OfLists, text: string): FunctionEntry => ({
  names: [name],
  signature: `${name}(a, b)`,
  description,
  example: { expression: `${name}([1, 2, 3], [2, 3, 4])`, text },
  topic,
  takes: [2, 2],
  cost: () => 2,
  run: combining(combine),
})

export const SETS: readonly FunctionEntry[] = [
  entry(
    'setUnion',
    'The values in one of them or in both.',
    (a, b, context) => [...a, ...without(b, a, context)],
    '[1, 2, 3, 4]',
  ),
  entry('setIntersect', 'The values in both.', shared, '[2, 3]'),
  entry(
    'setDifference',
    'The values in the first but not in the second.',
    (a, b, context) => distinct(a, context).filter((value) => placeOf(value, b, context) < 0),
    '[1]',
  ),
  entry(
    'setSymDifference',
    'The values in only one of them.',
    (a, b, context) => [...without(a, b, context), ...without(b, a, context)],
    '[1, 4]',
  ),
  {
    names: ['setIsSubset'],
    signature: 'setIsSubset(a, b)',
    description: 'Whether all of the first is in the second.',
    example: { expression: 'setIsSubset([1, 2], [1, 2, 3])', text: 'true' },
    topic,
    takes: [2, 2],
    cost: () => 2,
    run: (values, context) => {
      const [a = [], b = []] = listsOf(values)
      return without(a, b, context).length === 0
    },
  },
  {
    names: ['setDistinct', 'unique'],
    signature: 'setDistinct(list)',
    description: 'Each value once, in order.',
    example: { expression: 'setDistinct([3, 1, 1, 2])', text: '[1, 2, 3]' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: (values, context) => {
      const [list = []] = listsOf(values)
      return matrix(inOrder(distinct(list, context), context))
    },
  },
  {
    names: ['setSize'],
    signature: 'setSize(list)',
    description: 'How many values there are.',
    example: { expression: 'setSize([1, 1, 2])', text: '3' },
    topic,
    takes: [1, 1],
    cost: () => 2,
    run: (values) => fromInteger(countAll([argument(values, 0)])),
  },
]
