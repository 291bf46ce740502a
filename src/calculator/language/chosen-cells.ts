/** Cells that are chosen from a matrix: `m[1, 2]`, `m[1, :]`, `list[2:3]`. */
import { evaluation, toBigInt } from '../numbers/index.ts'
import type { Compute } from './run.ts'
import { cellsAt } from './values/matrix.ts'
import { isMatrix, isReal, unwritten, type Value } from './values/value.ts'

/** How cells are chosen, by the number of dimensions. */
const CELLS_OF: readonly (string | undefined)[] = [
  undefined,
  'This list has 1 dimension: m[1] is its first cell.',
  'This matrix has 2 dimensions: m[1, 2] is a cell, m[1, :] a row and m[:, 1] a column.',
]

/** Builds the choice. @param at what stands in the brackets; undefined for a colon alone */
export function indexed(of: Compute, at: readonly (Compute | undefined)[]): Compute {
  return (run, locals) => {
    const value = unwritten(of(run, locals))
    if (!isMatrix(value)) throw evaluation('Only a matrix has cells to choose from.')
    const { size } = value
    if (at.length !== size.length)
      throw evaluation(CELLS_OF[size.length] ?? `This matrix has ${size.length} dimensions.`)
    const places = at.map((one, dimension) => placesIn(one?.(run, locals), size[dimension] ?? 0))
    return cellsAt(value, places)
  }
}

/** The 0-based places along one dimension: one, or those of a matrix; all of them for a bare colon. */
function placesIn(value: Value | undefined, length: number): number | readonly number[] {
  if (value === undefined) return Array.from({ length }, (_, i) => i)
  const plain = unwritten(value)
  return isMatrix(plain) ? plain.cells.map((one) => placeIn(one, length)) : placeIn(plain, length)
}

function placeIn(value: Value, length: number): number {
  const place = typeof value === 'object' && isReal(value) ? toBigInt(value) : undefined
  if (place === undefined) throw evaluation('Cells are counted with whole numbers, from 1.')
  if (place < 1n || place > BigInt(length))
    throw evaluation(`There is no cell ${String(place).slice(0, 20)} here; the last one is ${length}.`)
  return Number(place) - 1
}
