import { randomUUIDv7 } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database, GatheredLookUps } from '../../storage/index.ts'
import type { SheetLine } from '../language/index.ts'
import { isOfClock } from '../live-value-presentation.ts'
import type { Evaluation } from '../sandbox/answers.ts'
import { Calculation } from './calculation.ts'
import { changedBy, changedOf, newLine, shownOf, sizeOf, someAuthor, storedValue } from './changed-lines.ts'
import { type AskedEdit, type Edited, EditRefused, namedLines, type Sender } from './commands.ts'
import { OF_A_REFRESH, OF_AN_EDIT } from './document/bounds.ts'
import { DocumentEdit } from './document/document-edit.ts'
import { type DocumentLine, inputPosition, type Reading } from './document/reading.ts'
import { type Recalculation, recalculationOf } from './document/recalculation.ts'
import type { OpenDocument } from './documents.ts'
import { editToTakeBack } from './edit-to-take-back.ts'
import { dueInputs, type InputDefinitions } from './inputs.ts'
import type { Line } from './line.ts'
import { type AddedLine, type KnownLine, linesAt } from './line-rows.ts'
import { type InputSetting, MAXIMUM_VALUES } from './live-values.ts'
import type { KnownEdit } from './made-edits.ts'
import { type Planned, remembered } from './remembered-edits.ts'
import { renaming } from './rename.ts'
import { findMade, withIds } from './repeated-edits.ts'
import { NAMES, type RemovedLine, SheetEdit } from './sheet-edit.ts'
import type { ChangedLine, SheetChange } from './store-edits.ts'

/** The outcome of putting an edit into the document. */
type Added = Edited | 'planned' | 'later'

/** The outcome of each line that was calculated, by `seq`. */
export type Outcomes = ReadonlyMap<number, Evaluation>

/** The lines that an edit needed calculated, and the evaluator's answers. */
export interface CalculatedLines {
  readonly requests: readonly SheetLine[]
  readonly answers: readonly Evaluation[]
}

/** Lines that are prepared within one turn of the event loop. */
const AT_ONCE = 200

const NONE_REMOVED: ReadonlyMap<number, RemovedLine> = new Map()
const NOBODY: readonly string[] = []
const NO_SEQS: readonly number[] = []
const NONE_KNOWN: ReadonlyMap<number, KnownLine> = new Map()
const NO_SETTERS: ReadonlyMap<number, Sender> = new Map()

/** Edits of one sheet that are made together: applied to the document, calculated, and converted to the change to store. */
export class EditBatch<Asked extends AskedEdit> {
  readonly #database: Database
  readonly #added: GatheredLookUps<AddedLine, Line | undefined>
  readonly #open: OpenDocument
  readonly #read: (expression: string) => Reading
  readonly #edits: Planned<Asked>[] = []
  /** The lines that are calculated and those that these need, as they are stored. */
  #known: ReadonlyMap<number, KnownLine> = NONE_KNOWN
  #calculation: Calculation | undefined
  #madeBefore: ReadonlyMap<Asked, Edited | undefined> | undefined

  readonly #inputs: InputDefinitions
  #inputEdit: DocumentEdit | undefined
  #isRefresh = false
  /** The people who set live values, by the `seq` of the input. */
  #setters: ReadonlyMap<number, Sender> = NO_SETTERS

  /**
   * @param added finds lines that were added before
   * @param inputs as they are now
   */
  constructor(
    database: Database,
    added: GatheredLookUps<AddedLine, Line | undefined>,
    open: OpenDocument,
    read: (expression: string) => Reading,
    inputs: InputDefinitions,
  ) {
    this.#database = database
    this.#added = added
    this.#open = open
    this.#read = read
    this.#inputs = inputs
  }

  get edits(): readonly Planned<Asked>[] {
    return this.#edits
  }

  get isEmpty(): boolean {
    return this.#edits.length === 0
  }

  /**
   * Looks up together which edits were made before. To be called before any of them is added; lines that are appended need not
   * be looked up, since that is done when they are stored.
   */
  async lookUp(asked: readonly Asked[]): Promise<void> {
    const lookUps = { database: this.#database, added: this.#added, open: this.#open }
    this.#madeBefore = new Map(
      await Promise.all(asked.map(async (one) => [one, await findMade(lookUps, one)] as const)),
    )
  }

  /**
   * Puts an edit into the document.
   * @returns what became of it where it was made before, or changes nothing; `later` where another edit of the batch changes
   * the same line
   * @throws EditRefused, CalculationError; the document is then as it was
   */
  add(waiting: Asked): Added | Promise<Added> {
    const made = this.#madeBefore?.get(waiting)
    if (made) return made
    const { command, id } = waiting
    // Most edits add a line at the end, for which nothing has to be looked up.
    if (command.type !== 'append') return this.#addWithLookUps(waiting)
    const { expression } = command
    return this.#put(waiting, NONE_REMOVED, (edit) =>
      edit.change([{ type: 'insert', expression, before: null, id }]),
    )
  }

  async #addWithLookUps(waiting: Asked): Promise<Added> {
    const { sender, command } = waiting
    const { document, rev } = this.#open
    const takesBack =
      command.type === 'undo' || command.type === 'redo'
        ? await editToTakeBack(this.#database, this.#open, sender, command)
        : undefined
    if (takesBack && takesBack.takenBackBy !== null) return { rev: takesBack.takenBackBy, repeat: true }
    const named = takesBack?.revisions.map(({ seq }) => seq) ?? namedLines(command)
    const seqs = named.filter((seq) => !document.line(seq))
    const removed = seqs.length === 0 ? NONE_REMOVED : await this.#removed(seqs)
    const changes = await withIds(this.#database, this.#open.sheet, waiting)
    const change = (edit: SheetEdit) => {
      if (command.type === 'change') edit.change(changes)
      else if (command.type === 'edit') edit.changeAll(changes)
      else if (command.type === 'rename') edit.change(renaming(document, command.from, command.to, rev))
      else edit.takeBack(takesBack?.revisions ?? [])
    }
    return this.#put(waiting, removed, change, takesBack)
  }

  #put(
    waiting: Asked,
    removed: ReadonlyMap<number, RemovedLine>,
    change: (edit: SheetEdit) => void,
    takesBack?: KnownEdit,
  ): Added {
    const { document, rev } = this.#open
    const edit = new SheetEdit(document, { removed, firstRev: rev + this.#revs + 1, read: this.#read })
    change(edit)
    const { revisions } = edit
    if (revisions.length === 0) return { rev, repeat: false }
    if (this.#edits.length > 0 && revisions.some(({ seq }) => this.#changes(seq))) {
      edit.undo()
      return 'later'
    }
    try {
      const recalculation = recalculationOf(document, [edit])
      this.#edits.push({ waiting, edit, revisions, takesBack, recalculation })
    } catch (error) {
      edit.undo()
      throw error
    }
    return 'planned'
  }

  /** Has the inputs of the sheet be what they are now. @returns whether that changes any */
  refresh(): boolean {
    this.#isRefresh = true
    this.#putInputs()
    return this.#changedInputs.length > 0
  }

  /**
   * Has live values be what they are set to.
   * @returns those that are new
   * @throws EditRefused, CalculationError; the document is then to be put back by `undo`
   */
  setInputs(settings: readonly InputSetting[]): readonly InputSetting[] {
    const { document, rev } = this.#open
    const added: InputSetting[] = []
    const setters = new Map(this.#setters)
    this.#setters = setters
    for (const setting of settings) {
      const { name, expression, sender } = setting
      const present = document.input(name)
      if (expression === undefined) {
        if (!present) continue
        this.#inputsAsEdit().remove(present.seq)
        setters.set(present.seq, sender)
        continue
      }
      const seq = present?.seq ?? rev + 1 + added.length
      if (!present) added.push(setting)
      const reading = this.#read(expression)
      this.#inputsAsEdit().put({ seq, position: inputPosition(name), expression, written: seq, reading })
      setters.set(seq, sender)
    }
    if (added.length > 0 && document.names > NAMES)
      throw new EditRefused('limit', `A sheet can have at most ${NAMES} names. Reuse one of them.`)
    if (added.length > 0 && document.inputs.filter((name) => !isOfClock(name)).length > MAXIMUM_VALUES)
      throw new EditRefused(
        'limit',
        `A room can have at most ${MAXIMUM_VALUES} live values. Delete one that is no longer needed.`,
      )
    return added
  }

  /** Puts the document back as it was. */
  undo(): void {
    this.#inputEdit?.undo()
    for (const { edit } of this.#edits.toReversed()) edit.undo()
  }

  /** Finds what depends on the edits and has to be calculated. */
  async requests(): Promise<readonly SheetLine[]> {
    const { document, sheet, rev } = this.#open
    if (!this.#isRefresh && this.#setters.size === 0) this.#putInputs()
    const own = this.#written
    const also: DocumentLine[] = []
    for (const seq of own) {
      const line = document.line(seq)
      if (line && line.reading.role !== 'value') also.push(line)
    }
    const recalculation = this.#recalculation()
    const isLong = recalculation.order.length > AT_ONCE
    // With many lines each step takes long enough for others to be let in between; this batch alone changes the document.
    if (isLong) await nextTurn()
    const calculation = new Calculation(document, recalculation, also)
    this.#calculation = calculation
    // Lines that are being added have no row yet.
    const isStored = (seq: number) => seq <= rev
    const stored = [...calculation.seqs.filter(isStored), ...own.filter(isStored)]
    if (stored.length > 0) this.#known = await linesAt(this.#database, sheet, new Set(stored))
    if (isLong) await nextTurn()
    return calculation.requests(this.#known)
  }

  async #removed(seqs: readonly number[]): Promise<ReadonlyMap<number, RemovedLine>> {
    const removed = new Map<number, RemovedLine>()
    for (const [seq, { line }] of await linesAt(this.#database, this.#open.sheet, seqs))
      removed.set(seq, { expression: line.expression, rev: line.rev })
    return removed
  }

  #recalculation(): Recalculation {
    const [first, ...others] = this.#edits
    if (first && others.length === 0 && this.#changedInputs.length === 0) return first.recalculation
    const edits = [this.#inputsAsEdit(), ...this.#edits.map(({ edit }) => edit)]
    return recalculationOf(this.#open.document, edits, [], this.#isRefresh ? OF_A_REFRESH : OF_AN_EDIT)
  }

  /** The person whose edit is the first, and the others whose edits these are. */
  get people(): { readonly person: string; readonly others: readonly string[] } {
    const [first, ...more] = this.#edits
    const person = first ? String(first.waiting.sender.id) : ''
    if (more.length === 0) return { person, others: NOBODY }
    const others = new Set(more.map(({ waiting }) => String(waiting.sender.id)))
    others.delete(person)
    return { person, others: [...others] }
  }

  /** Returns the outcome of each line. @param answers to the `requests` */
  outcomes(answers: readonly Evaluation[]): Outcomes {
    const outcomes = new Map<number, Evaluation>(this.#calculation?.refused)
    const { lines = [] } = this.#calculation ?? {}
    for (const [index, seq] of lines.entries()) {
      const answer = answers[index]
      if (answer) outcomes.set(seq, answer)
    }
    return outcomes
  }

  /** The first edit that is not made because of what came out: a line that is appended has to have a value. */
  refused(outcomes: Outcomes): { readonly waiting: Asked; readonly refusal: EditRefused } | undefined {
    for (const { waiting, revisions } of this.#edits) {
      const added = waiting.command.type === 'append' ? revisions[0] : undefined
      const outcome = added && outcomes.get(added.seq)
      if (!outcome || !('error' in outcome)) continue
      const { code, message, position } = outcome.error
      const refusal = new EditRefused(
        code === 'cancelled' ? 'internal' : code,
        message,
        position === undefined ? {} : { position },
      )
      return { waiting, refusal }
    }
    return undefined
  }

  /** Returns the change to store, and the bytes that each of the `edits` adds. */
  changes(outcomes: Outcomes): { readonly change: SheetChange; readonly sizes: readonly number[] } {
    const at = presentTime()
    const sizes: number[] = []
    const lines: ChangedLine[] = []
    for (const { waiting, revisions } of this.#edits) {
      let size = 0
      for (const { seq, id } of revisions) {
        const changed = this.#changed(seq, id ?? waiting.id, waiting.sender, at, outcomes.get(seq))
        const known = this.#known.get(seq)
        lines.push(changed)
        size += Math.max(0, sizeOf(changed) - (known ? sizeOf(known) : 0))
      }
      sizes.push(size)
    }
    for (const seq of this.#changedInputs) {
      const input = this.#input(seq, at, outcomes.get(seq))
      if (input) lines.push(input)
      else this.#open.document.remove(seq)
    }
    const written = this.#known.size === 0 ? undefined : new Set(this.#written)
    for (const [seq, outcome] of outcomes) {
      const known = this.#known.get(seq)
      if (!known || written?.has(seq)) continue
      const changed = changedOf(known, outcome)
      if (changed) lines.push(changed)
    }
    const edits = remembered(this.#edits, lines.length, this.#revs)
    const appended: NonNullable<SheetChange['appended']>[number][] = []
    for (const { waiting } of this.#edits)
      if (!this.#madeBefore?.has(waiting)) appended.push({ sender: waiting.sender.id, id: waiting.id })
    return { change: { base: this.#open.rev, lines, edits, appended }, sizes }
  }

  #changed(
    seq: number,
    id: string,
    sender: Sender,
    at: string,
    outcome: Evaluation | undefined,
  ): ChangedLine {
    const line = this.#open.document.line(seq)
    const known = this.#known.get(seq)
    const isWritten = known?.line.expression !== line?.expression || known?.line.removed === true
    if (!known && line) return newLine(seq, id, sender, at, line, outcome)
    const base = !known ? newLine(seq, id, sender, at) : isWritten ? changedBy(known, sender) : known
    if (!line) return { ...base, line: { ...base.line, removed: true } }
    const { expression, position, written } = line
    return {
      ...base,
      line: { ...base.line, expression, position, written, removed: false, ...shownOf(outcome, expression) },
      value: storedValue(outcome),
    }
  }

  #putInputs(): void {
    const { document, rev } = this.#open
    const firstSeq = rev + this.#revs + 1
    for (const input of dueInputs(document, this.#inputs, firstSeq, this.#read, this.#isRefresh))
      this.#inputsAsEdit().put(input)
  }

  /** The edit of the inputs, which few batches change. */
  #inputsAsEdit(): DocumentEdit {
    this.#inputEdit ??= new DocumentEdit(this.#open.document)
    return this.#inputEdit
  }

  /** The `seq`s of the inputs and lines that are written, and not only calculated anew. */
  get #written(): number[] {
    const seqs = [...this.#changedInputs]
    for (const { revisions } of this.#edits) for (const { seq } of revisions) seqs.push(seq)
    return seqs
  }

  get #changedInputs(): readonly number[] {
    return this.#inputEdit ? [...this.#inputEdit.before.keys()] : NO_SEQS
  }

  #changes(seq: number): boolean {
    return this.#edits.some(({ revisions }) => revisions.some((revision) => revision.seq === seq))
  }

  /** Revs that the edits take, without those of the lines that depend on them. */
  get #revs(): number {
    return this.#edits.reduce((count, { revisions }) => count + revisions.length, 0)
  }

  #input(seq: number, at: string, outcome: Evaluation | undefined): ChangedLine | undefined {
    const line = this.#open.document.line(seq)
    const setter = this.#setters.get(seq)
    const known = this.#known.get(seq)
    const sender = setter ?? this.#edits[0]?.waiting.sender ?? someAuthor(this.#known.values())
    const base =
      (known && setter ? changedBy(known, setter) : known) ??
      (sender && newLine(seq, randomUUIDv7(), sender, at))
    if (!base) return undefined
    if (!line) return { ...base, line: { ...base.line, at, removed: true } }
    const { expression, position, written } = line
    const shown = { ...shownOf(outcome, expression), notes: null, kind: 'input' } as const
    return {
      ...base,
      line: { ...base.line, expression, position, written, at, ...shown },
      value: storedValue(outcome),
    }
  }
}

let present = { time: Number.NaN, text: '' }

/** The time to the millisecond, as it is stored: one text for all that is made within the same. */
function presentTime(): string {
  const time = Date.now()
  if (time !== present.time) present = { time, text: new Date(time).toISOString() }
  return present.text
}
