import { type Database, GatheredLookUps } from '../../storage/index.ts'
import type { DocumentLine, Reading } from './document/reading.ts'
import { SheetDocument } from './document/sheet-document.ts'
import { KeptDocuments } from './kept-documents.ts'
import { linesAfter, textsAfter } from './line-rows.ts'
import { sheetTable } from './sheets.ts'

/** Lines that one query reads. */
const AT_ONCE = 250

/** Milliseconds for which lines are read in one turn: long totals take several each. */
const TURN = 10

/** A sheet as this process has read it, with all changes up to `rev`. */
export interface OpenDocument {
  readonly sheet: number
  readonly document: SheetDocument
  rev: number
  /** Lines of an earlier release that have no position yet, in their order; they are not in the document. */
  unplaced: readonly DocumentLine[]
  /** The history of the database that it was read from. */
  readonly history: number
}

/** The documents of the sheets that are edited most. Only one edit changes a document at a time. */
export class SheetDocuments {
  readonly #database: Database
  readonly #read: (expression: string) => Reading
  readonly #isAlone: boolean
  /** Looks up the current `rev` of sheets. */
  readonly #revs: GatheredLookUps<number, number>
  readonly #documents = new KeptDocuments<OpenDocument>()
  readonly #turns = new OneATurn()

  /** Counts how often the database has gone back to an earlier state. */
  #history = 0

  /** @param isAlone no other process edits sheets, so that a document in memory is always current */
  constructor(database: Database, read: (expression: string) => Reading, isAlone: boolean) {
    this.#database = database
    this.#read = read
    this.#isAlone = isAlone
    this.#revs = new GatheredLookUps(async (sheets) => {
      const revs = await sheetTable.revs(database, sheets)
      return sheets.map((sheet) => revs.get(sheet) ?? 0)
    })
  }

  /**
   * The current document of a sheet, if it is known without asking the database, and needs no work before it is edited.
   * @param person who edits it; undefined: it is only looked at
   */
  current(sheet: number, person?: number): OpenDocument | undefined {
    const known = this.#isAlone && this.#documents.has(sheet) ? this.#documents.use(sheet, person) : undefined
    return known?.unplaced.length === 0 ? known : undefined
  }

  /**
   * The current document of a sheet. Call `keep` after changing it.
   * @param person as for `current`
   */
  async of(sheet: number, person?: number): Promise<OpenDocument> {
    const known = this.#documents.use(sheet, person)
    if (known && this.#isAlone) return known
    const rev = await this.#revs.find(sheet)
    // A `rev` that is lower than before means that the database went back to an earlier state.
    if (!known || known.rev > rev) return this.#load(sheet)
    await this.#catchUp(known, rev)
    return known
  }

  /** Keeps a document, with its size as it is now, unless the history that it belongs to is lost. */
  keep(open: OpenDocument): void {
    if (open.history === this.#history) this.#documents.keep(open)
    else this.#documents.delete(open.sheet)
  }

  /** Makes the next caller read a document again. */
  forget(sheet: number): void {
    this.#documents.delete(sheet)
  }

  /** Drops all documents, because the database now holds another history. */
  forgetAll(): void {
    this.#history += 1
    this.#documents.clear()
  }

  async #load(sheet: number): Promise<OpenDocument> {
    const history = this.#history
    const rev = (await sheetTable.revs(this.#database, [sheet])).get(sheet) ?? 0
    const document = new SheetDocument()
    const unplaced: DocumentLine[] = []
    for (let after = 0, isMore = true; isMore; ) {
      // A large sheet would hold everybody up, and several of them for as long as all take together.
      if (after > 0) await this.#turns.next()
      const texts = await textsAfter(this.#database, sheet, after, AT_ONCE)
      let until = performance.now() + TURN
      for (const { seq, position, expression, written, removedAt } of texts) {
        if (removedAt !== null) continue
        const line = this.#line(seq, position ?? '', expression, written ?? seq)
        if (line.position === '') unplaced.push(line)
        else document.set(line)
        if (performance.now() < until) continue
        await this.#turns.next()
        until = performance.now() + TURN
      }
      after = texts.at(-1)?.seq ?? after
      isMore = texts.length === AT_ONCE
    }
    const open: OpenDocument = { sheet, document, rev, unplaced, history }
    this.keep(open)
    // Lines may have changed while it was read.
    await this.#catchUp(open, (await sheetTable.revs(this.#database, [sheet])).get(sheet) ?? 0)
    return open
  }

  async #catchUp(open: OpenDocument, rev: number): Promise<void> {
    while (open.rev < rev) {
      const lines = await linesAfter(this.#database, open.sheet, open.rev, rev, AT_ONCE)
      // All are removed before any is set, so that no two lines ever have the same position.
      for (const { seq } of lines) open.document.remove(seq)
      const changed = new Set(lines.map(({ seq }) => seq))
      const unplaced = open.unplaced.filter(({ seq }) => !changed.has(seq))
      for (const { seq, expression, position, removed, written } of lines) {
        if (removed) continue
        const line = this.#line(seq, position, expression, written)
        if (position === '') unplaced.push(line)
        else open.document.set(line)
      }
      open.unplaced = unplaced
      open.rev = lines.length === AT_ONCE ? (lines.at(-1)?.rev ?? rev) : rev
    }
    this.keep(open)
  }

  #line(seq: number, position: string, expression: string, written: number): DocumentLine {
    return { seq, position, expression, written, reading: this.#read(expression) }
  }
}

/** Lets parts of long work go on, one in each turn of the event loop, and those that wait one after another. */
class OneATurn {
  readonly #waiting: (() => void)[] = []

  /** Resolves in a turn in which nothing else that waits here goes on. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === 1) setImmediate(this.#go)
    })
  }

  readonly #go = (): void => {
    const [first] = this.#waiting.splice(0, 1)
    first?.()
    if (this.#waiting.length > 0) setImmediate(this.#go)
  }
}
