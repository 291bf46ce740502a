import { CalculationError } from '../numbers/index.ts'
import { namesOf } from './names-read.ts'
import { parseLine } from './prepare.ts'

/**
 * Returns an expression with a name of the sheet changed, wherever it is that name: units, words of the language and the
 * parameters of a function stay.
 * @param isBound tells which names the sheet gives a meaning on this line
 */
export function renamed(
  expression: string,
  from: string,
  to: string,
  isBound: (name: string) => boolean,
): string {
  const points = [...expression]
  const length = [...from].length
  let text = ''
  let done = 0
  for (const place of placesOf(expression, from, isBound).toSorted((a, b) => a - b)) {
    // A name may be found twice at one place.
    if (place < done) continue
    text += points.slice(done, place).join('') + to
    done = place + length
  }
  return text + points.slice(done).join('')
}

/** The code points at which a name of the sheet stands. */
function placesOf(expression: string, name: string, isBound: (name: string) => boolean): number[] {
  try {
    const { statement } = parseLine(expression, isBound)
    const places = [...namesOf(statement)].filter((found) => found.name === name)
    return places.map(({ position }) => position)
  } catch (error) {
    // A line that cannot be parsed holds no names.
    if (error instanceof CalculationError) return []
    throw error
  }
}
