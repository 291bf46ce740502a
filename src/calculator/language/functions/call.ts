import { evaluation } from '../../numbers/index.ts'
import { mapCells } from '../values/matrix.ts'
import { isMatrix, unwritten, type Value } from '../values/value.ts'
import { countAll } from './arguments.ts'
import { type Context, type FunctionEntry, MANY } from './function.ts'

/**
 * Calls a function, after its cost was charged.
 * @throws CalculationError when it takes other arguments, or cannot be computed
 */
export function callFunction(entry: FunctionEntry, given: readonly Value[], context: Context): Value {
  const [name] = entry.names
  const [fewest, most] = entry.takes
  if (given.length < fewest || given.length > most)
    throw evaluation(countOf(name, fewest, most, given.length))
  const values = given.map(unwritten)
  for (const value of values)
    if (typeof value === 'string' && !entry.words?.includes(value)) throw textRefused(entry)
  const [first, ...rest] = values
  if (!entry.each) return charged(entry, values, context)
  if (rest.some(isMatrix)) throw evaluation(`Only the first argument of \`${name}\` can be a matrix.`)
  if (first === undefined || !isMatrix(first)) return charged(entry, values, context)
  return mapCells(first, (cell) => {
    context.tick()
    return unwritten(charged(entry, [cell, ...rest], context))
  })
}

function charged(entry: FunctionEntry, values: readonly Value[], context: Context): Value {
  context.charge(2 + (entry.cost ? entry.cost(values) : 10 * countAll(values)))
  return entry.run(values, context)
}

function textRefused({ names: [name], words }: FunctionEntry) {
  const known = words?.map((word) => `"${word}"`).join(', ')
  return evaluation(
    known ? `\`${name}\` takes no text other than ${known}.` : 'Text cannot be used in calculations.',
  )
}

function countOf(name: string, fewest: number, most: number, given: number): string {
  const many = (count: number) => (count === 1 ? '1 argument' : `${count} arguments`)
  if (most === 1 && given === 2)
    return `\`${name}\` takes 1 argument. In parentheses a comma separates arguments: write decimals with a point.`
  if (fewest === most) return `\`${name}\` takes ${many(fewest)}.`
  if (most === MANY) return `\`${name}\` takes at least ${many(fewest)}.`
  return `\`${name}\` takes ${fewest} to ${many(most)}.`
}
