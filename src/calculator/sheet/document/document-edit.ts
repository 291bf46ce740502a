import { counter, RECALCULATED } from './bounds.ts'
import type { DocumentLine } from './reading.ts'
import type { SheetDocument } from './sheet-document.ts'

/** What an edit changed in a document. */
export interface MadeChange {
  /** The lines that it changes as they were before, by `seq`; undefined for a new one. */
  readonly before: ReadonlyMap<number, DocumentLine | undefined>
  /** By `seq`, the lines that it changes, and those that used what stood there before or use what stands there now. */
  readonly affected: ReadonlySet<number>
}

/**
 * Edits a document, and finds out which values that may change.
 *
 * @example
 * const edit = new DocumentEdit(document)
 * edit.put(line)
 * edit.remove(7)
 * const { order, circles } = recalculationOf(document, [edit])
 */
export class DocumentEdit implements MadeChange {
  readonly #document: SheetDocument
  /** The lines as they were before, by `seq`; undefined for a new one. */
  readonly #before = new Map<number, DocumentLine | undefined>()
  readonly #affected = new Set<number>()
  readonly #count = counter(RECALCULATED)

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
    this.#document.replace(this.#before)
  }

  #leave(seq: number): void {
    const line = this.#document.line(seq)
    if (!this.#before.has(seq)) this.#before.set(seq, line)
    if (line) this.#touch(line)
  }

  #touch(line: DocumentLine): void {
    for (const dependent of this.#document.dependents(line, this.#count)) this.#affected.add(dependent.seq)
  }
}
