import { CalculationError } from '../../numbers/index.ts'
import type { DocumentLine } from './reading.ts'
import type { SheetDocument } from './sheet-document.ts'

/** Lines that one edit may recalculate. */
export const RECALCULATED = 2_000
/** Lines and names that are looked at for each of those: what one edit costs is bounded, however the lines hang together. */
const LOOKED_AT = 100

/** The lines to calculate after an edit, each after those that it is computed from. */
export interface Recalculation {
  readonly order: readonly DocumentLine[]
  /** Lines that are computed from themselves, each with all lines of its circle. */
  readonly circles: ReadonlyMap<DocumentLine, readonly DocumentLine[]>
}

/**
 * Edits a document, and finds out which values that may change.
 *
 * @example
 * const edit = new DocumentEdit(document)
 * edit.put(line)
 * edit.remove(7)
 * const { order, circles } = recalculationOf(document, edit.affected)
 */
export class DocumentEdit {
  readonly #document: SheetDocument
  /** The lines as they were before, by `seq`; undefined for a new one. */
  readonly #before = new Map<number, DocumentLine | undefined>()
  readonly #affected = new Set<number>()
  #looked = 0

  constructor(document: SheetDocument) {
    this.#document = document
  }

  /** The lines that it changes as they were before, by `seq`; undefined for a new one. */
  get before(): ReadonlyMap<number, DocumentLine | undefined> {
    return this.#before
  }

  /** By `seq`, the lines that it changes, and those that used what stood there before or use what stands there now. */
  get affected(): ReadonlySet<number> {
    return this.#affected
  }

  /**
   * Puts a line where it belongs, new or in place of what it was.
   * @throws CalculationError `limit`
   */
  put(line: DocumentLine): void {
    this.#leave(line.seq)
    this.#document.set(line)
    this.#affected.add(line.seq)
    this.#touch(line)
  }

  /** @throws CalculationError `limit` */
  remove(seq: number): void {
    this.#leave(seq)
    this.#document.remove(seq)
  }

  /** Takes all of it back. */
  undo(): void {
    // All of them leave first: one may go back to where another stands.
    for (const seq of this.#before.keys()) this.#document.remove(seq)
    for (const line of this.#before.values()) if (line) this.#document.set(line)
  }

  #leave(seq: number): void {
    const line = this.#document.line(seq)
    if (!this.#before.has(seq)) this.#before.set(seq, line)
    if (line) this.#touch(line)
  }

  #touch(line: DocumentLine): void {
    const count = (looked: number) => {
      this.#looked += looked
      if (this.#looked > RECALCULATED * LOOKED_AT) throw tooMuch()
    }
    for (const dependent of this.#document.dependents(line, count)) this.#affected.add(dependent.seq)
  }
}

/**
 * The lines to calculate after an edit: those that it affects, and all that depend on them.
 * @param affected `seq`s; those that are gone, or have no value, are left out
 * @throws CalculationError `limit` when there are more than `most`
 */
export function recalculationOf(
  document: SheetDocument,
  affected: Iterable<number>,
  most = RECALCULATED,
): Recalculation {
  const found = new Set<DocumentLine>()
  let looked = 0
  const count = (lines: number) => {
    looked += lines
    if (looked > most * LOOKED_AT || found.size > most) throw tooMuch()
  }
  for (const seq of affected) {
    const line = document.line(seq)
    if (line?.reading.role === 'value') found.add(line)
  }
  // A set that grows while it is walked is walked to its end.
  for (const line of found) {
    for (const dependent of document.dependents(line, count)) found.add(dependent)
  }
  count(0)
  return inOrder(
    found,
    (line) => {
      const needed = document.dependencies(line, count)
      count(needed.size)
      return needed
    },
    document,
  )
}

/** All lines of a document, in an order in which they can be calculated. */
export function wholeOrderOf(document: SheetDocument): Recalculation {
  const lines = new Set([...document.lines].filter(({ reading }) => reading.role === 'value'))
  return inOrder(lines, (line) => document.dependencies(line), document)
}

function tooMuch(): CalculationError {
  return new CalculationError(
    'limit',
    `More than ${RECALCULATED.toLocaleString('en')} lines would have to be calculated again. Let fewer lines depend on this one.`,
  )
}

/**
 * Puts lines into an order in which each comes after those that it needs, and finds the circles among them: Tarjan's algorithm
 * for strongly connected components (1972), without recursion, since a sheet may be one long chain.
 * @param document asked what the lines of a circle really read, where only a part of it may be one
 */
function inOrder(
  lines: ReadonlySet<DocumentLine>,
  dependenciesOf: Dependencies,
  document?: SheetDocument,
): Recalculation {
  const order: DocumentLine[] = []
  const circles = new Map<DocumentLine, readonly DocumentLine[]>()
  const visits = new Map<DocumentLine, Visit>()
  const open: Visit[] = []
  for (const line of lines) {
    if (visits.has(line)) continue
    const path: Visit[] = []
    const enter = (entered: DocumentLine): void => {
      const needs = dependenciesOf(entered)
      const number = visits.size
      const visit: Visit = {
        line: entered,
        number,
        lowest: number,
        isOpen: true,
        needsItself: needs.has(entered),
        left: needs.values(),
      }
      visits.set(entered, visit)
      open.push(visit)
      path.push(visit)
    }
    enter(line)
    for (let visit = path.at(-1); visit; visit = path.at(-1)) {
      const { value: needed } = visit.left.next()
      if (needed !== undefined) {
        if (!lines.has(needed)) continue
        const known = visits.get(needed)
        if (!known) enter(needed)
        else if (known.isOpen) visit.lowest = Math.min(visit.lowest, known.number)
        continue
      }
      path.pop()
      const caller = path.at(-1)
      if (caller) caller.lowest = Math.min(caller.lowest, visit.lowest)
      if (visit.lowest !== visit.number) continue
      const component = open.splice(open.lastIndexOf(visit))
      for (const member of component) member.isOpen = false
      const members = component.map((member) => member.line)
      const isCircle = component.length > 1 || visit.needsItself
      if (isCircle && document && canBeRead(document, members)) {
        const found = inOrder(new Set(members), (member) => document.readDependencies(member))
        order.push(...found.order)
        for (const [member, circle] of found.circles) circles.set(member, circle)
      } else {
        order.push(...members)
        if (isCircle) for (const member of members) circles.set(member, members)
      }
    }
  }
  return { order, circles }
}

type Dependencies = (line: DocumentLine) => ReadonlySet<DocumentLine>

/** Characters of the lines of a circle, and of their functions, beyond which they are not read again. */
const READ = 50_000

function canBeRead(document: SheetDocument, lines: readonly DocumentLine[]): boolean {
  let characters = 0
  return lines.every((line) => {
    characters += line.expression.length + document.reach(line).characters
    return characters <= READ
  })
}

interface Visit {
  readonly line: DocumentLine
  readonly number: number
  lowest: number
  isOpen: boolean
  readonly needsItself: boolean
  readonly left: Iterator<DocumentLine>
}
