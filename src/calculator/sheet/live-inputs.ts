import { LRUCache } from 'lru-cache'
import { rowSize } from '../../accounts/index.ts'
import type { GatheredLookUps } from '../../storage/index.ts'
import { CalculationError } from '../numbers/index.ts'
import { type AskedEdit, EditRefused } from './commands.ts'
import type { OpenDocument, SheetDocuments } from './documents.ts'
import { EditBatch } from './edit-batch.ts'
import type { SheetEditorOptions } from './editor-options.ts'
import type { InputDefinitions } from './inputs.ts'
import type { Line } from './line.ts'
import type { AddedLine } from './line-rows.ts'
import type { InputSetting } from './live-values.ts'
import { refusalOf } from './waiting-edits.ts'

/** Live values that are to be set. */
export interface WaitingSetting {
  readonly settings: readonly InputSetting[]
  readonly resolve: (lines: readonly Line[] | undefined) => void
  readonly reject: (error: unknown) => void
  readonly isDue: () => Promise<boolean>
}

/** Keeps the inputs of sheets, such as `today`, up to date, and sets live values, together with the lines that depend on them. */
export class LiveInputs {
  readonly #options: SheetEditorOptions
  readonly #documents: SheetDocuments
  readonly #added: GatheredLookUps<AddedLine, Line | undefined>
  /** The value of `now` when the inputs of a sheet were last checked. */
  readonly #refreshed = new LRUCache<number, string>({ max: 10_000 })

  constructor(
    options: SheetEditorOptions,
    documents: SheetDocuments,
    added: GatheredLookUps<AddedLine, Line | undefined>,
  ) {
    this.#options = options
    this.#documents = documents
    this.#added = added
  }

  forgetAll(): void {
    this.#refreshed.clear()
  }

  /** Tells whether the inputs of a sheet have been checked since they last changed. */
  isFresh({ sheet }: OpenDocument): boolean {
    return this.#refreshed.get(sheet) === this.#options.inputs().now
  }

  /** Has the inputs of a sheet be what they are now, and what depends on them follow. */
  async refresh(open: OpenDocument): Promise<void> {
    if (this.isFresh(open)) return
    const inputs = this.#options.inputs()
    const batch = this.#batch(open, inputs)
    let isStored = false
    try {
      if (batch.refresh()) {
        const lines = await batch.requests()
        const answers = await this.#options.pool.evaluateLines({ lines, person: `sheet ${open.sheet}` })
        if ('error' in answers) return
        const { change } = batch.changes(batch.outcomes(answers))
        const stored = await this.#options.writer.run(open.sheet, change)
        if (stored.outcome !== 'stored') return this.#documents.forget(open.sheet)
        isStored = true
        open.rev = change.base + change.lines.length
        this.#documents.keep(open)
      }
    } catch (error) {
      // More depends on an input than can be calculated: the old values stay, and say of when they are.
      if (!(error instanceof CalculationError)) throw error
    } finally {
      // If it failed, it is tried again in a minute. The sheet shows which day its values are from.
      this.#refreshed.set(open.sheet, inputs.now)
      if (!isStored) batch.undo()
    }
  }

  /** Sets live values, and has what depends on them follow. @throws what storing throws, when nothing is known of the sheet */
  async set(open: OpenDocument, { settings, isDue, resolve, reject }: WaitingSetting): Promise<void> {
    // If somebody changes the sheet after this is asked, this change is refused.
    if (!(await isDue())) return resolve(undefined)
    const batch = this.#batch(open, this.#options.inputs())
    const spent: InputSetting[] = []
    let isStored = false
    try {
      for (const setting of batch.setInputs(settings)) {
        if (!(await this.#options.usage.spend(setting.sender.id, sizeOf(setting))))
          throw new EditRefused('limit', this.#options.usage.refusal)
        spent.push(setting)
      }
      const lines = await batch.requests()
      const answers = await this.#options.pool.evaluateLines({
        lines,
        person: String(settings[0]?.sender.id),
      })
      if ('error' in answers) throw refusalOf(answers)
      const { change } = batch.changes(batch.outcomes(answers))
      if (change.lines.length === 0) return resolve([])
      const stored = await this.#options.writer.run(open.sheet, change)
      if (stored.outcome !== 'stored') {
        this.#documents.forget(open.sheet)
        return resolve(undefined)
      }
      isStored = true
      open.rev = change.base + change.lines.length
      this.#documents.keep(open)
      resolve(stored.lines)
    } catch (error) {
      if (!(error instanceof EditRefused || error instanceof CalculationError)) throw error
      reject(error instanceof EditRefused ? error : new EditRefused(error.code, error.message))
    } finally {
      if (!isStored) {
        batch.undo()
        for (const setting of spent) this.#options.usage.refund(setting.sender.id, sizeOf(setting))
      }
    }
  }

  #batch(open: OpenDocument, inputs: InputDefinitions): EditBatch<AskedEdit> {
    const { database, read } = this.#options
    return new EditBatch(database, this.#added, open, read, inputs)
  }
}

/** Bytes that a live value counts as kept: its value changes, and its name stays. */
function sizeOf({ name, expression = '' }: InputSetting): number {
  return rowSize(name, expression)
}
