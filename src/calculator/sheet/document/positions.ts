import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing'
import type { DocumentLine } from './reading.ts'
import type { SheetDocument } from './sheet-document.ts'

/** The longest a position may be before the lines around it get new ones. */
const LONGEST = 60

/** The position for a new or moved line, and new positions for lines around it where those are needed to make room. */
export interface Placement {
  readonly position: string
  readonly moved: readonly { readonly line: DocumentLine; readonly position: string }[]
}

/**
 * Finds a position before a line, or at the end.
 *
 * Positions grow by one character for about every six lines that are inserted at the same point. When one becomes too long,
 * as many lines around it as needed are spread over the space between their neighbours.
 */
export function positionBefore(document: SheetDocument, before: DocumentLine | undefined): Placement {
  const above = before ? document.above(before) : document.last
  const position = generateKeyBetween(above?.position, before?.position)
  if (position.length <= LONGEST) return { position, moved: [] }
  for (let around = 8; ; around *= 2) {
    const upper = linesAbove(document, above, around)
    const lower = linesBelow(document, before, around)
    const first = upper[0]
    const last = lower.at(-1)
    const positions = generateNKeysBetween(
      first && document.above(first)?.position,
      last && document.below(last)?.position,
      upper.length + 1 + lower.length,
    )
    const isAll = upper.length + lower.length >= document.size
    if (!isAll && positions.some(({ length }) => length > LONGEST)) continue
    const placed = positions[upper.length]
    if (placed === undefined) throw new Error('a line was given no position')
    const moved = [...upper, ...lower].flatMap((line, index) => {
      const found = positions[index < upper.length ? index : index + 1]
      return found === undefined ? [] : [{ line, position: found }]
    })
    return { position: placed, moved }
  }
}

function linesAbove(document: SheetDocument, from: DocumentLine | undefined, count: number): DocumentLine[] {
  const lines: DocumentLine[] = []
  for (let line = from; line && lines.length < count; line = document.above(line)) lines.push(line)
  return lines.reverse()
}

function linesBelow(document: SheetDocument, from: DocumentLine | undefined, count: number): DocumentLine[] {
  const lines: DocumentLine[] = []
  for (let line = from; line && lines.length < count; line = document.below(line)) lines.push(line)
  return lines
}
