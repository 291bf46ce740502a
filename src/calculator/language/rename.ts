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
  const places = new Set(placesOf(expression, from, isBound))
  const points = [...expression]
  const length = [...from].length
  return points
    .map((point, index) => {
      if (places.has(index)) return to
      const isRest = Array.from({ length: length - 1 }, (_, back) => index - back - 1).some((at) =>
        places.has(at),
      )
      return isRest ? '' : point
    })
    .join('')
}

/** The code points at which a name of the sheet stands. */
function placesOf(expression: string, name: string, isBound: (name: string) => boolean): number[] {
  try {
    const { statement } = parseLine(expression, isBound)
    const places = [...namesOf(statement)].filter((found) => found.name === name)
    return places.map(({ position }) => position)
  } catch (error) {
    // What cannot be read says nothing.
    if (error instanceof CalculationError) return []
    throw error
  }
}
