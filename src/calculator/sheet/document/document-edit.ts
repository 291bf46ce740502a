import { counter, OF_A_REFRESH } from './bounds.ts'
import type { DocumentLine } from './reading.ts'
import type { SheetDocument } from './sheet-document.ts'

/** An edit as it was made in a document. */
export interface MadeChange {
  /** The changed lines as they were before, by `seq`; undefined for a new line. */
  readonly before: ReadonlyMap<number, DocumentLine | undefined>
  /** The `seq`s of the changed lines, and of those that used the old version of one or use the new one. */
  readonly affected: ReadonlySet<number>
}

/**
 * Edits a document, and finds the lines whose values may change with it.
 *
 * @example
 * const edit = new DocumentEdit(document)
 * edit.put(line)
 * edit.remove(7)
 * const { order, circles } = recalculationOf(document, [edit])
 */
export class DocumentEdit implements MadeChange {
  readonly #document: SheetDocument
  readonly #before = new Map<number, DocumentLine | undefined>()
  readonly #affected = new Set<number>()
  /** As for a refresh, since to find what mentions a line takes less than to calculate it. */
  readonly #count = counter(OF_A_REFRESH)

  constructor(document: SheetDocument) {
    this.#document = document
  }

  get before(): ReadonlyMap<number, DocumentLine | undefined> {
    return this.#before
  }

  get affected(): ReadonlySet<number> {
    return this.#affected
  }

  /**
   * Adds a line, or replaces the line with its `seq`.
   * @throws CalculationError `limit` if it takes too much work to find the lines that depend on it
   */
  put(line: DocumentLine): void {
    this.#leave(line.seq)
    this.#document.set(line)
    this.#affected.add(line.seq)
    this.#touch(line)
  }

  /** @throws CalculationError `limit`, as `put` */
  remove(seq: number): void {
    this.#leave(seq)
    this.#document.remove(seq)
  }

  /** Puts the document back as it was before the edit. */
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
