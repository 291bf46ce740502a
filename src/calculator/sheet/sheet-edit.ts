import { CalculationError } from '../numbers/index.ts'
import { EditRefused, type LineChange, type Revision } from './commands.ts'
import { LINES } from './document/bounds.ts'
import { DocumentEdit, type MadeChange } from './document/document-edit.ts'
import { positionBefore } from './document/positions.ts'
import { type DocumentLine, isInput, type Reading } from './document/reading.ts'
import type { SheetDocument } from './document/sheet-document.ts'

/** Characters in all lines of a sheet together. */
const CHARACTERS = 2 * 1024 * 1024
/** Names that a sheet may define. */
export const NAMES = 500
/** Lines that define a function. */
export const FUNCTIONS = 500

/** A line that was removed. It keeps its `seq`, and may come back. */
export interface RemovedLine {
  readonly expression: string
  /** The `rev` at which it was removed. */
  readonly rev: number
}

/** The things an edit has to know that are not in the document. */
export interface EditContext {
  /** The removed lines among those that the edit names. */
  readonly removed: ReadonlyMap<number, RemovedLine>
  /** The `rev` that the first line which the edit changes will get. A new line's `seq` is its `rev`. */
  readonly firstRev: number
  read(expression: string): Reading
}

/** A line that an edit changes: the `rev` that it will get, and the id that it was given where it is new. */
interface Changed {
  readonly rev: number
  readonly id: string | undefined
}

/** The change of a line by an edit, with the id of one that is new. */
export type IdentifiedRevision = Revision & Pick<Changed, 'id'>

/**
 * One edit of a sheet: its changes to the document, step by step, all or nothing. Changed lines get revs in the order in which
 * they are first changed.
 */
export class SheetEdit implements MadeChange {
  readonly #document: SheetDocument
  readonly #context: EditContext
  readonly #edit: DocumentEdit
  /** The lines that it changes, in the order of the revs that they will get. */
  readonly #changed = new Map<number, Changed>()
  readonly #before: Sizes

  constructor(document: SheetDocument, context: EditContext) {
    this.#document = document
    this.#context = context
    this.#edit = new DocumentEdit(document)
    this.#before = sizesOf(document)
  }

  get before(): MadeChange['before'] {
    return this.#edit.before
  }

  get affected(): ReadonlySet<number> {
    return this.#edit.affected
  }

  /** The lines that it changes, in the order of their revs, from what they were to what they are. */
  get revisions(): readonly IdentifiedRevision[] {
    const revisions: IdentifiedRevision[] = []
    this.#changed.forEach(({ id }, seq) => {
      const from = version(this.#edit.before.get(seq))
      revisions.push({ seq, id, from, to: version(this.#document.line(seq)) })
    })
    return revisions
  }

  /**
   * Makes changes, all or none.
   * @throws EditRefused
   */
  change(changes: readonly LineChange[]): void {
    for (const change of changes) this.#make(change)
  }

  /**
   * Makes changes, all or none, that somebody sent as a list.
   * @throws EditRefused, with the index of the change that cannot be made
   */
  changeAll(changes: readonly LineChange[]): void {
    for (const [index, change] of changes.entries())
      try {
        this.#make(change)
      } catch (error) {
        if (error instanceof EditRefused) throw error.ofChange(index)
        if (error instanceof CalculationError) throw new EditRefused(error.code, error.message, { index })
        throw error
      }
  }

  /**
   * Takes an earlier edit back: each of its lines becomes what it was before, if it still is what that edit left.
   * @throws EditRefused `conflict`
   */
  takeBack(revisions: readonly Revision[]): void {
    const changed = revisions.find(({ seq, to }) => !isSame(version(this.#document.line(seq)), to))
    if (changed) throw this.#conflict(changed.seq)
    const lines = new Map(revisions.map(({ seq }) => [seq, this.#document.line(seq)]))
    try {
      // All of them leave first: one may go back to where another stands.
      for (const { seq } of revisions) this.#remove(seq)
      for (const { seq, from } of revisions)
        if (from) this.#put(seq, this.#free(from.position), from.expression, lines.get(seq))
      this.#checkSize()
    } catch (error) {
      this.undo()
      throw error
    }
  }

  /** Puts the document back as it was. */
  undo(): void {
    this.#edit.undo()
  }

  #make(change: LineChange): void {
    try {
      this.#change(change)
      this.#checkSize()
    } catch (error) {
      this.undo()
      throw error
    }
  }

  #change(change: LineChange): void {
    switch (change.type) {
      case 'insert':
        return this.#insert(change)
      case 'set':
        return this.#set(change)
      case 'move':
        return this.#move(change)
      case 'remove':
        return this.#removeSeen(change)
    }
  }

  #insert({ expression, before, id }: LineChange & { type: 'insert' }): void {
    const position = this.#place(before)
    const seq = this.#context.firstRev + this.#changed.size
    this.#changed.set(seq, { rev: seq, id })
    this.#put(seq, position, expression)
  }

  #set({ seq, expression, base }: LineChange & { type: 'set' }): void {
    const line = this.#line(seq)
    if (!line) throw this.#gone(seq)
    if (line.expression === expression) return
    if (this.#isUnseen(line, base)) throw this.#conflict(seq)
    this.#put(seq, line.position, expression)
  }

  #move({ seq, before }: LineChange & { type: 'move' }): void {
    const line = this.#line(seq)
    if (!line) throw this.#gone(seq)
    if (before === seq) return
    const below = this.#document.below(line)
    if ((below?.seq ?? null) === before) return
    this.#put(seq, this.#place(before), line.expression)
  }

  #removeSeen({ seq, base }: LineChange & { type: 'remove' }): void {
    const line = this.#line(seq)
    if (!line) {
      if (this.#context.removed.has(seq) || this.#changed.has(seq)) return
      throw notFound(seq)
    }
    if (this.#isUnseen(line, base)) throw this.#conflict(seq)
    this.#remove(seq)
  }

  /** Tells whether a line was written after what its writer has seen, and not by this edit. */
  #isUnseen({ written }: DocumentLine, base: number): boolean {
    return written > base && written < this.#context.firstRev
  }

  /** A line that somebody wrote, which an input is not. */
  #line(seq: number): DocumentLine | undefined {
    const line = this.#document.line(seq)
    return line && !isInput(line) ? line : undefined
  }

  /** Finds the position before a line, and makes room there where there is none. */
  #place(before: number | null): string {
    const line = before === null ? undefined : this.#line(before)
    if (before !== null && !line)
      throw this.#context.removed.has(before) ? this.#gone(before) : notFound(before)
    const { position, moved } = positionBefore(this.#document, line)
    // In an order in which no two lines ever stand at one position.
    for (const { line } of moved) this.#remove(line.seq)
    for (const { line, position } of moved) this.#edit.put({ ...line, position })
    return position
  }

  /** A position, or one right after it where another line has come to stand there. */
  #free(position: string): string {
    const taken = this.#document.lineAt(position)
    if (!taken) return position
    return this.#place(this.#document.below(taken)?.seq ?? null)
  }

  /** @param before the line that it was */
  #put(seq: number, position: string, expression: string, before = this.#document.line(seq)): void {
    const rev = this.#rev(seq)
    const isWritten = before?.expression !== expression
    const line: DocumentLine = {
      seq,
      position,
      expression,
      written: before && !isWritten ? before.written : rev,
      reading: before && !isWritten ? before.reading : this.#context.read(expression),
    }
    this.#edit.put(line)
  }

  #remove(seq: number): void {
    this.#rev(seq)
    this.#edit.remove(seq)
  }

  #rev(seq: number): number {
    const known = this.#changed.get(seq)
    if (known) return known.rev
    const rev = this.#context.firstRev + this.#changed.size
    this.#changed.set(seq, { rev, id: undefined })
    return rev
  }

  /** A sheet that is over a bound, as one of an earlier release may be, can still become smaller. */
  #checkSize(): void {
    const { size, characters, names, functions } = this.#document
    const before = this.#before
    if (size > LINES && size > before.lines)
      throw new EditRefused(
        'limit',
        `A sheet can have at most ${LINES.toLocaleString('en')} lines. Remove some first.`,
      )
    if (characters > CHARACTERS && characters > before.characters)
      throw new EditRefused('limit', 'The lines of this sheet are too long in total. Remove some first.')
    if (names > NAMES && names > before.names)
      throw new EditRefused('limit', `A sheet can have at most ${NAMES} names. Reuse one of them.`)
    if (functions > FUNCTIONS && functions > before.functions)
      throw new EditRefused(
        'limit',
        `A sheet can have at most ${FUNCTIONS} functions. Change one of them instead.`,
      )
  }

  #conflict(seq: number): EditRefused {
    const line = this.#document.line(seq)
    if (!line) return this.#gone(seq)
    return new EditRefused('conflict', 'Somebody else has changed this line.', {
      seq,
      rev: line.written,
      expression: line.expression,
    })
  }

  #gone(seq: number): EditRefused {
    const removed = this.#context.removed.get(seq)
    if (!removed) return notFound(seq)
    const { expression, rev } = removed
    return new EditRefused('conflict', 'This line has been removed.', {
      seq,
      rev,
      expression,
      removed: true,
    })
  }
}

interface Sizes {
  readonly lines: number
  readonly characters: number
  readonly names: number
  readonly functions: number
}

function sizesOf({ size, characters, names, functions }: SheetDocument): Sizes {
  return { lines: size, characters, names, functions }
}

function notFound(seq: number): EditRefused {
  return new EditRefused('not_found', `There is no line ${seq} on this sheet.`)
}

function version(line: DocumentLine | undefined): Revision['from'] {
  return line && { expression: line.expression, position: line.position }
}

function isSame(a: Revision['from'], b: Revision['from']): boolean {
  return a?.expression === b?.expression && a?.position === b?.position
}
