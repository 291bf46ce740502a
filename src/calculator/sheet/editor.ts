import { randomUUIDv7 } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { LRUCache } from 'lru-cache'
import type { Usage } from '../../accounts/index.ts'
import { type Database, GatheredLookUps, WAIT_WITHIN } from '../../storage/index.ts'
import type { StreamRow, StreamWriter } from '../../streams/index.ts'
import { CalculationError, type SheetLine } from '../language/index.ts'
import { isOfClock } from '../live-value-presentation.ts'
import { type LinesAnswer, POSTPONED } from '../sandbox/answers.ts'
import type { Pool } from '../sandbox/pool.ts'
import { type Edited, EditRefused, type Sender, type SheetCommand } from './commands.ts'
import type { Reading } from './document/reading.ts'
import { type OpenDocument, SheetDocuments } from './documents.ts'
import { EditBatch, type Outcomes } from './edit-batch.ts'
import { EditPace, TimedReading } from './edit-pace.ts'
import type { SheetEditorOptions } from './editor-options.ts'
import { openFirst } from './first-opening.ts'
import type { InputDefinitions } from './inputs.ts'
import { inputName, type Line } from './line.ts'
import { type AddedLine, inputsOf, linesWithIds } from './line-rows.ts'
import { LiveInputs, type WaitingSetting } from './live-inputs.ts'
import type { InputSetting } from './live-values.ts'
import { SheetBusy } from './sheet-busy.ts'
import type { SheetChange, Stored } from './store-edits.ts'
import { WaitingCharacters } from './waiting-characters.ts'
import {
  charactersOf,
  cleaned,
  refuse,
  refuseTogether,
  takeBatch,
  takeLate,
  type WaitingEdit,
} from './waiting-edits.ts'

/** Edits that wait for one sheet. */
const WAITING = 500

/** Tries of an edit that takes long, while the sheet goes on changing: then the sheet waits for it. */
const TRIES = 3

/** Milliseconds for which the edits of somebody whose edit took long are not made together with those of others. */
const SLOW_FOR = 5_000

/** Somebody who looks at a sheet as it stands. */
interface Look {
  readonly look: (open: OpenDocument) => void
  readonly reject: (error: unknown) => void
}

/** The work that waits for one sheet. */
interface SheetQueue {
  readonly edits: WaitingEdit[]
  readonly looks: Look[]
  readonly settings: WaitingSetting[]
  /** Edits that take long and are calculated beside, while the sheet goes on, by their sender; most sheets never have any. */
  beside: Map<number, readonly WaitingEdit[]> | undefined
  isAtWork: boolean
}

/**
 * Edits sheets. Edits of one sheet that arrive while others are being made are made together: the lines that depend on any of
 * them are calculated once, against the text as it will be, and stored in one transaction if that text has not changed
 * meanwhile. An edit that takes long is calculated while the sheet continues without it, and made if everything that it needs is
 * still the same.
 */
export class SheetEditor {
  readonly #database: Database
  readonly #pool: Pool
  readonly #writer: StreamWriter<StreamRow, SheetChange, Stored, Line>
  readonly #usage: Usage
  readonly #documents: SheetDocuments
  readonly #added: GatheredLookUps<AddedLine, Line | undefined>
  readonly #read: (expression: string) => Reading
  readonly #inputs: () => InputDefinitions
  readonly #liveInputs: LiveInputs
  /** The sheets that somebody is at work on, each by one loop. */
  readonly #queues = new Map<number, SheetQueue>()
  /** Sheets that are known to be documents. */
  readonly #ready = new LRUCache<number, true>({ max: 10_000 })
  /** People whose edits took long lately. */
  readonly #slow = new LRUCache<number, true>({ max: 10_000, ttl: SLOW_FOR })
  readonly #pace = new EditPace()
  readonly #waiting = new WaitingCharacters()

  constructor(options: SheetEditorOptions) {
    const { database, pool, writer, usage, read, inputs, isAlone } = options
    this.#database = database
    this.#pool = pool
    this.#writer = writer
    this.#usage = usage
    this.#read = read
    this.#inputs = inputs
    this.#documents = new SheetDocuments(database, read, isAlone)
    this.#added = new GatheredLookUps((added) => linesWithIds(database, added))
    this.#liveInputs = new LiveInputs(options, this.#documents, this.#added)
  }

  /** Forgets what it remembers of sheets: the database holds another history. */
  forgetAll(): void {
    this.#documents.forgetAll()
    this.#ready.clear()
    this.#liveInputs.forgetAll()
  }

  /**
   * Makes an edit. When this resolves it is on disk.
   * @param id makes a retry safe: what a sender did under it on this sheet is done once
   * @throws EditRefused when nothing was changed
   * @throws SheetBusy when too many wait for the sheet
   */
  edit(sheet: number, sender: Sender, command: SheetCommand, id: string = randomUUIDv7()): Promise<Edited> {
    const queue = this.#queues.get(sheet)
    const waiting = (queue?.edits.length ?? 0) + (queue?.beside?.size ?? 0)
    const characters = charactersOf(command)
    if (waiting >= WAITING || !this.#waiting.add(sender.id, characters))
      return Promise.reject(new SheetBusy())
    const deadline = performance.now() + WAIT_WITHIN
    const edited = new Promise<Edited>((resolve, reject) => {
      const company = this.#slow.has(sender.id) ? 'own' : 'anybody'
      const asked: WaitingEdit = {
        sender,
        command: cleaned(command),
        id,
        deadline,
        company,
        mayBeRepeated: command.type !== 'append',
        tries: 0,
        resolve,
        reject,
      }
      this.#queue(sheet).edits.push(asked)
    })
    const settled = () => this.#waiting.delete(sender.id, characters)
    edited.then(settled, settled)
    return edited
  }

  /** Has a sheet be read: makes a document of one of an earlier release, and its inputs what they are now. */
  async ready(sheet: number): Promise<void> {
    const now: readonly string[] = Object.values(this.#inputs())
    const isCurrent = async () =>
      (await inputsOf(this.#database, sheet)).every(
        (input) => !isOfClock(inputName(input)) || now.includes(input.expression),
      )
    if (this.#ready.has(sheet) && (await isCurrent())) return
    await this.look(sheet, () => undefined)
    this.#ready.set(sheet, true)
  }

  /**
   * Looks at a sheet as it stands, with nothing in it that is not on disk.
   * @param look is done at once, and leaves the document as it is
   */
  look<Result>(sheet: number, look: (open: OpenDocument) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const { looks } = this.#queue(sheet)
      if (looks.length >= WAITING) return reject(new SheetBusy())
      looks.push({
        look: (open) => {
          try {
            resolve(look(open))
          } catch (error) {
            reject(error)
          }
        },
        reject,
      })
    })
  }

  /**
   * Sets live values, each of another name, in one change.
   * @param isDue asked when nothing can come between the answer and the change
   * @returns those that are there now, as they are stored; undefined where the sheet changed meanwhile, or they are not due: nothing is stored
   * @throws EditRefused
   */
  setInputs(
    sheet: number,
    settings: readonly InputSetting[],
    isDue: () => Promise<boolean>,
  ): Promise<readonly Line[] | undefined> {
    return new Promise((resolve, reject) =>
      this.#queue(sheet).settings.push({ settings, isDue, resolve, reject }),
    )
  }

  #queue(sheet: number): SheetQueue {
    const queue = this.#queues.get(sheet) ?? {
      edits: [],
      looks: [],
      settings: [],
      beside: undefined,
      isAtWork: false,
    }
    this.#queues.set(sheet, queue)
    if (!queue.isAtWork) {
      queue.isAtWork = true
      setImmediate(() => void this.#work(sheet, queue))
    }
    return queue
  }

  /** Works on a sheet until nothing waits that can be done now. */
  async #work(sheet: number, queue: SheetQueue): Promise<void> {
    const { edits, looks, settings } = queue
    for (;;) {
      if (looks.length + settings.length + edits.length === 0) break
      const looking = looks.splice(0)
      const setting = settings.splice(0)
      const batch = takeBatch(edits, this.#pace.with(queue.beside))
      if (looking.length + setting.length + batch.length === 0) break
      try {
        const person = (batch[0] ?? setting[0]?.settings[0])?.sender.id
        const open = this.#documents.current(sheet, person) ?? (await this.#open(sheet, person))
        if (!this.#liveInputs.isFresh(open)) await this.#liveInputs.refresh(open)
        for (const { look } of looking) look(open)
        for (const one of setting) await this.#liveInputs.set(open, one)
        if (batch.length > 0) edits.unshift(...(await this.#make(open, batch, queue)))
      } catch (error) {
        // The document may now differ from the database.
        this.#documents.forget(sheet)
        for (const { reject } of [...looking, ...setting, ...batch]) reject(error)
      }
      for (const late of takeLate(edits)) late.reject(new SheetBusy())
    }
    queue.isAtWork = false
    const rest = edits.length > 0 ? this.#pace.left : undefined
    if (rest !== undefined) setTimeout(() => this.#queue(sheet), rest)
    else if (!queue.beside?.size) this.#queues.delete(sheet)
  }

  async #open(sheet: number, person: number | undefined): Promise<OpenDocument> {
    for (;;) {
      const open = await this.#documents.of(sheet, person)
      if (open.unplaced.length === 0) return open
      const opening = { database: this.#database, pool: this.#pool, writer: this.#writer, open }
      if (await openFirst(opening)) this.#documents.keep(open)
      // Another process changed the sheet, perhaps by opening it too.
      else this.#documents.forget(sheet)
    }
  }

  /** @returns those that are to be made again, in their order */
  async #make(
    open: OpenDocument,
    waiting: readonly WaitingEdit[],
    queue: SheetQueue,
  ): Promise<readonly WaitingEdit[]> {
    const timed = new TimedReading(this.#read)
    const batch = new EditBatch<WaitingEdit>(this.#database, this.#added, open, timed.read, this.#inputs())
    try {
      const perhapsMade = waiting.filter(({ mayBeRepeated }) => mayBeRepeated)
      if (perhapsMade.length > 0) await batch.lookUp(perhapsMade)
      const again: WaitingEdit[] = []
      for (const one of waiting) {
        const before = timed.milliseconds
        if (this.#pace.rests(one.sender.id) || !(await this.#plan(batch, one))) again.push(one)
        this.#pace.worked(one.sender.id, timed.milliseconds - before)
      }
      if (!batch.isEmpty) again.push(...(await this.#finish(open, batch, queue)))
      return again.length <= 1 ? again : waiting.filter((one) => again.includes(one))
    } catch (error) {
      batch.undo()
      throw error
    }
  }

  /** Calculates and stores what is planned. @returns those that are to be made again */
  async #finish(
    open: OpenDocument,
    batch: EditBatch<WaitingEdit>,
    queue: SheetQueue,
  ): Promise<readonly WaitingEdit[]> {
    let requests: readonly SheetLine[]
    try {
      requests = await batch.requests()
    } catch (error) {
      if (!(error instanceof CalculationError)) throw error
      batch.undo()
      return refuseTogether(batch.edits, { error: { code: error.code, message: error.message } })
    }
    const answers = await this.#answers(batch, requests)
    if (answers === POSTPONED) {
      batch.undo()
      return this.#postpone(open.sheet, queue, batch, requests)
    }
    if ('error' in answers) {
      batch.undo()
      return refuseTogether(batch.edits, answers)
    }
    const outcomes = batch.outcomes(answers)
    const refused = batch.refused(outcomes)
    if (refused) {
      const { waiting: one, refusal } = refused
      const isAgain = !refuse(one, refusal)
      batch.undo()
      return batch.edits.map((edit) => edit.waiting).filter((other) => isAgain || other !== one)
    }
    return await this.#store(open, batch, outcomes)
  }

  #answers(
    batch: EditBatch<WaitingEdit>,
    lines: readonly SheetLine[],
  ): LinesAnswer | Promise<LinesAnswer | typeof POSTPONED> {
    const first = batch.edits[0]
    if (first?.waiting.worked && isDeepStrictEqual(first.waiting.worked.requests, lines))
      return first.waiting.worked.answers
    const { person, others } = batch.people
    if (first && first.waiting.tries >= TRIES) return this.#pool.evaluateLines({ lines, person })
    return this.#pool.evaluateLines({ lines, person, others, isBrief: true })
  }

  /** Has edits of one person that take long calculated beside; those of several people are tried by person first. */
  #postpone(
    sheet: number,
    queue: SheetQueue,
    batch: EditBatch<WaitingEdit>,
    lines: readonly SheetLine[],
  ): readonly WaitingEdit[] {
    const edits = batch.edits.map(({ waiting }) => waiting)
    const { person, others } = batch.people
    if (others.length > 0) return edits.map((waiting) => Object.assign(waiting, { company: 'own' as const }))
    const id = Number(person)
    this.#slow.set(id, true)
    const beside = queue.beside ?? new Map<number, readonly WaitingEdit[]>()
    queue.beside = beside.set(id, edits)
    for (const waiting of edits) waiting.tries += 1
    this.#pool.evaluateLines({ lines, person }).then(
      (answers) => {
        beside.delete(id)
        if ('error' in answers) queue.edits.unshift(...refuseTogether(batch.edits, answers))
        else {
          const worked = { requests: lines, answers }
          queue.edits.unshift(...edits.map((waiting) => Object.assign(waiting, { worked })))
        }
        // The person's next edits can be made now; if there are none, the queue is deleted.
        this.#queue(sheet)
      },
      (error) => {
        beside.delete(id)
        for (const { reject } of edits) reject(error)
        this.#queue(sheet)
      },
    )
    return []
  }

  /**
   * Puts an edit into the document, unless it is done already or cannot be. What is decided is decided against what is stored:
   * an edit that would be refused, or change nothing, beside others that may yet fail waits for the next turn.
   * @returns false where it waits
   */
  async #plan(batch: EditBatch<WaitingEdit>, waiting: WaitingEdit): Promise<boolean> {
    try {
      const done = await batch.add(waiting)
      if (done === 'later') return false
      if (done === 'planned') return true
      if (!done.repeat && !batch.isEmpty) return false
      waiting.resolve(done)
    } catch (error) {
      if (!(error instanceof EditRefused || error instanceof CalculationError)) throw error
      if (!batch.isEmpty) return false
      return refuse(
        waiting,
        error instanceof EditRefused ? error : new EditRefused(error.code, error.message),
      )
    }
    return true
  }

  async #store(
    open: OpenDocument,
    batch: EditBatch<WaitingEdit>,
    outcomes: Outcomes,
  ): Promise<readonly WaitingEdit[]> {
    const { change, sizes } = batch.changes(outcomes)
    let spent = 0
    for (const { waiting } of batch.edits) {
      const size = sizes[spent] ?? 0
      // An edit that adds nothing, such as a removal, is never over the quota.
      if (size > 0 && !(await this.#usage.spend(waiting.sender.id, size))) {
        const isAgain = !refuse(waiting, new EditRefused('limit', this.#usage.refusal))
        this.#refund(batch, sizes.slice(0, spent))
        batch.undo()
        return batch.edits.map((edit) => edit.waiting).filter((other) => isAgain || other !== waiting)
      }
      spent += 1
    }
    let isStored = false
    try {
      const total = sizes.reduce((sum, size) => sum + size, 0)
      const stored = await this.#writer.run(open.sheet, change, total)
      if (stored.outcome !== 'stored') {
        batch.undo()
        if (stored.outcome === 'outdated') this.#documents.forget(open.sheet)
        return batch.edits.map(({ waiting }) => Object.assign(waiting, { mayBeRepeated: true }))
      }
      isStored = true
      open.rev = change.base + change.lines.length
      this.#documents.keep(open)
      for (const { waiting, revisions } of batch.edits) {
        const first = stored.lines.find(({ seq }) => seq === revisions[0]?.seq)
        const line = waiting.command.type === 'append' ? first : undefined
        waiting.resolve({ rev: first?.until ?? open.rev, repeat: false, ...(line && { line }) })
      }
      return []
    } finally {
      if (!isStored) this.#refund(batch, sizes)
    }
  }

  /** @param sizes of the first edits of the batch */
  #refund({ edits }: EditBatch<WaitingEdit>, sizes: readonly number[]): void {
    for (const [index, size] of sizes.entries()) {
      const edit = edits[index]
      if (edit) this.#usage.refund(edit.waiting.sender.id, size)
    }
  }
}
