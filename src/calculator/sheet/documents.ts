import { LRUCache } from 'lru-cache'
import { type Database, GatheredLookUps } from '../../storage/index.ts'
import type { DocumentLine, Reading } from './document/reading.ts'
import { SheetDocument } from './document/sheet-document.ts'
import { linesAfter, textsAfter } from './line-rows.ts'
import { sheetTable } from './sheets.ts'

/** Bytes of documents that are kept in memory, of all sheets; what is over is read again when it is needed. */
export const DOCUMENTS_BYTES = 64 * 1024 * 1024

/** Bytes that a line takes beside its characters. */
const LINE = 600

/** Lines that are read at once. */
const AT_ONCE = 1_000

/** A sheet as this process has read it: all that stood at `rev`. */
export interface OpenDocument {
  readonly sheet: number
  readonly document: SheetDocument
  rev: number
  /** Lines of an earlier release that have no place yet, in their order. */
  unplaced: readonly number[]
  /** Which history of the database it was read in. */
  readonly history: number
}

/** The documents of the sheets that were edited last. Each is changed by one edit at a time. */
export class SheetDocuments {
  readonly #database: Database
  readonly #read: (expression: string) => Reading
  readonly #isAlone: boolean
  /** The `rev` of a sheet as it stands. */
  readonly #revs: GatheredLookUps<number, number>
  readonly #documents = new LRUCache<number, OpenDocument>({
    maxSize: DOCUMENTS_BYTES,
    sizeCalculation: ({ document }) => LINE * (document.size + 1) + 4 * document.characters,
  })

  /** Counts the times that the database went back. */
  #history = 0

  /** @param isAlone no other process edits sheets: what is known of one is how it stands */
  constructor(database: Database, read: (expression: string) => Reading, isAlone: boolean) {
    this.#database = database
    this.#read = read
    this.#isAlone = isAlone
    this.#revs = new GatheredLookUps(async (sheets) => {
      const revs = await sheetTable.revs(database, sheets)
      return sheets.map((sheet) => revs.get(sheet) ?? 0)
    })
  }

  /** The document of a sheet as it stands. Give it back with `keep` when it has changed. */
  async of(sheet: number): Promise<OpenDocument> {
    const known = this.#documents.get(sheet)
    if (known && this.#isAlone) return known
    const rev = await this.#revs.find(sheet)
    // A database that went back holds another history.
    if (!known || known.rev > rev) return this.#load(sheet)
    await this.#catchUp(known, rev)
    return known
  }

  /** Counts the bytes of a document anew. One of a history that is lost is not kept. */
  keep(open: OpenDocument): void {
    this.#documents.delete(open.sheet)
    if (open.history === this.#history) this.#documents.set(open.sheet, open)
  }

  /** Has a document read again when it is next needed. */
  forget(sheet: number): void {
    this.#documents.delete(sheet)
  }

  /** Has all documents read again: the database holds another history. */
  forgetAll(): void {
    this.#history += 1
    this.#documents.clear()
  }

  async #load(sheet: number): Promise<OpenDocument> {
    const history = this.#history
    const rev = (await sheetTable.revs(this.#database, [sheet])).get(sheet) ?? 0
    const document = new SheetDocument()
    const unplaced: number[] = []
    for (let after = 0, isMore = true; isMore; ) {
      const texts = await textsAfter(this.#database, sheet, after, AT_ONCE)
      for (const { seq, position, expression, written, removedAt } of texts) {
        if (removedAt !== null) continue
        if (position === null) unplaced.push(seq)
        document.set(this.#line(seq, position ?? `${seq}`.padStart(10, '0'), expression, written ?? seq))
      }
      after = texts.at(-1)?.seq ?? after
      isMore = texts.length === AT_ONCE
    }
    const open = { sheet, document, rev, unplaced, history }
    this.keep(open)
    // Lines may have changed while it was read.
    await this.#catchUp(open, (await sheetTable.revs(this.#database, [sheet])).get(sheet) ?? 0)
    return open
  }

  async #catchUp(open: OpenDocument, rev: number): Promise<void> {
    while (open.rev < rev) {
      const lines = await linesAfter(this.#database, open.sheet, open.rev, rev, AT_ONCE)
      // In an order in which no two lines ever stand at one position.
      for (const { seq } of lines) open.document.remove(seq)
      for (const { seq, expression, position, removed, written } of lines)
        if (!removed) open.document.set(this.#line(seq, position, expression, written))
      open.rev = lines.length === AT_ONCE ? (lines.at(-1)?.rev ?? rev) : rev
    }
    this.keep(open)
  }

  #line(seq: number, position: string, expression: string, written: number): DocumentLine {
    return { seq, position, expression, written, reading: this.#read(expression) }
  }
}
