import { randomUUIDv7 } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { LRUCache } from 'lru-cache'
import { rowSize, type Usage } from '../../accounts/index.ts'
import { wellFormed } from '../../channels/index.ts'
import { type Database, GatheredLookUps, WAIT_WITHIN } from '../../storage/index.ts'
import type { StreamRow, StreamWriter } from '../../streams/index.ts'
import { CalculationError, type SheetLine } from '../language/index.ts'
import { isOfClock } from '../live-value-presentation.ts'
import { type EvaluationError, type LinesAnswer, POSTPONED } from '../sandbox/answers.ts'
import type { Pool } from '../sandbox/pool.ts'
import {
  changesOf,
  type Edited,
  EditRefused,
  type LineChange,
  type Sender,
  type SheetCommand,
} from './commands.ts'
import type { Reading } from './document/reading.ts'
import { type OpenDocument, SheetDocuments } from './documents.ts'
import { type AskedEdit, EditBatch, type Outcomes, type Planned, type Worked } from './edit-batch.ts'
import { openFirst } from './first-opening.ts'
import type { InputDefinitions } from './inputs.ts'
import { type Added, inputName, inputsOf, type Line, linesWithIds } from './line-rows.ts'
import type { InputSetting } from './live-values.ts'
import { SheetBusy } from './sheet-busy.ts'
import type { SheetChange, Stored } from './store-edits.ts'

/** Edits that wait for one sheet, and those that are made in one go. */
const WAITING = 500
const TOGETHER = 50

/** Tries of an edit that takes long, while the sheet goes on changing: then the sheet waits for it. */
const TRIES = 3

/** Milliseconds for which the edits of somebody whose edit took long are not made together with those of others. */
const SLOW_FOR = 5_000

/** Characters of edits that wait, in all of this process. */
const WAITING_CHARACTERS = 8 * 1024 * 1024

interface Waiting extends AskedEdit {
  readonly deadline: number
  /** With whose edits it may be made: anybody's, the same person's, or with none, since it failed beside others. */
  company: 'anybody' | 'own' | 'none'
  /** Of one that takes long: what was calculated beside the sheet, for it and for those with the same. */
  worked?: Worked
  /** It may have been made before: that is looked up first. */
  mayBeRepeated: boolean
  tries: number
  readonly resolve: (edited: Edited) => void
  readonly reject: (error: unknown) => void
}

/** Somebody who looks at a sheet as it stands. */
interface Look {
  readonly look: (open: OpenDocument) => void
  readonly reject: (error: unknown) => void
}

/** Live values that are to be set. */
interface Setting {
  readonly settings: readonly InputSetting[]
  readonly resolve: (lines: readonly Line[] | undefined) => void
  readonly reject: (error: unknown) => void
  readonly isDue: () => Promise<boolean>
}

interface Desk {
  readonly edits: Waiting[]
  readonly looks: Look[]
  readonly settings: Setting[]
  /** Edits that take long and are calculated beside, while the sheet goes on, by their sender. */
  readonly beside: Map<number, readonly Waiting[]>
  isAtWork: boolean
}

export interface SheetEditorOptions {
  readonly database: Database
  readonly pool: Pool
  readonly writer: StreamWriter<StreamRow, SheetChange, Stored, Line>
  readonly usage: Usage
  readonly read: (expression: string) => Reading
  /** Returns the inputs of every sheet as they are now. */
  readonly inputs: () => InputDefinitions
  /** No other process edits sheets of this database. */
  readonly isAlone: boolean
}

/**
 * Edits sheets. The edits of one sheet that wait while others are made are made together: the lines that depend on any of them
 * are calculated once, against the text as it will be, and stored in one transaction if that text did not change meanwhile.
 * An edit that takes long is calculated while the sheet goes on without it, and made if what it needs is then still the same.
 */
export class SheetEditor {
  readonly #database: Database
  readonly #pool: Pool
  readonly #writer: StreamWriter<StreamRow, SheetChange, Stored, Line>
  readonly #usage: Usage
  readonly #documents: SheetDocuments
  readonly #added: GatheredLookUps<Added, Line | undefined>
  readonly #read: (expression: string) => Reading
  readonly #inputs: () => InputDefinitions
  /** The sheets that somebody is at work on, each by one loop. */
  readonly #desks = new Map<number, Desk>()
  /** Sheets that are known to be documents. */
  readonly #ready = new LRUCache<number, true>({ max: 10_000 })
  /** The value of `now` when the inputs of a sheet were last checked. */
  readonly #refreshed = new LRUCache<number, string>({ max: 10_000 })
  /** People whose edits took long lately. */
  readonly #slow = new LRUCache<number, true>({ max: 10_000, ttl: SLOW_FOR })
  #waiting = 0

  constructor({ database, pool, writer, usage, read, inputs, isAlone }: SheetEditorOptions) {
    this.#database = database
    this.#pool = pool
    this.#writer = writer
    this.#usage = usage
    this.#read = read
    this.#inputs = inputs
    this.#documents = new SheetDocuments(database, read, isAlone)
    this.#added = new GatheredLookUps((added) => linesWithIds(database, added))
  }

  /** Forgets what it remembers of sheets: the database holds another history. */
  forgetAll(): void {
    this.#documents.forgetAll()
    this.#ready.clear()
    this.#refreshed.clear()
  }

  /**
   * Makes an edit. When this resolves it is on disk.
   * @param id makes a retry safe: what a sender did under it on this sheet is done once
   * @throws EditRefused when nothing was changed
   * @throws SheetBusy when too many wait for the sheet
   */
  edit(sheet: number, sender: Sender, command: SheetCommand, id: string = randomUUIDv7()): Promise<Edited> {
    const desk = this.#desks.get(sheet)
    const waiting = (desk?.edits.length ?? 0) + (desk?.beside.size ?? 0)
    const characters = charactersOf(command)
    if (waiting >= WAITING || this.#waiting + characters > WAITING_CHARACTERS)
      return Promise.reject(new SheetBusy())
    this.#waiting += characters
    const deadline = performance.now() + WAIT_WITHIN
    const edited = new Promise<Edited>((resolve, reject) => {
      const company = this.#slow.has(sender.id) ? 'own' : 'anybody'
      const asked: Waiting = {
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
      this.#desk(sheet).edits.push(asked)
    })
    return edited.finally(() => {
      this.#waiting -= characters
    })
  }

  /** Has a sheet be read: makes a document of one of an earlier release, and its inputs what they are now. */
  async ready(sheet: number): Promise<void> {
    const now: readonly string[] = Object.values(this.#inputs())
    const isCurrent = async () =>
      (await inputsOf(this.#database, sheet)).every(
        (input) => !isOfClock(inputName(input)) || now.includes(input.expression),
      )
    if (!this.#ready.has(sheet) || !(await isCurrent())) await this.look(sheet, () => undefined)
  }

  /**
   * Looks at a sheet as it stands, with nothing in it that is not on disk.
   * @param look is done at once, and leaves the document as it is
   */
  look<Result>(sheet: number, look: (open: OpenDocument) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const { looks } = this.#desk(sheet)
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
      this.#desk(sheet).settings.push({ settings, isDue, resolve, reject }),
    )
  }

  #desk(sheet: number): Desk {
    const desk = this.#desks.get(sheet) ?? {
      edits: [],
      looks: [],
      settings: [],
      beside: new Map(),
      isAtWork: false,
    }
    this.#desks.set(sheet, desk)
    if (!desk.isAtWork) {
      desk.isAtWork = true
      setImmediate(() => void this.#work(sheet, desk))
    }
    return desk
  }

  /** Works on a sheet until nothing waits that can be done now. */
  async #work(sheet: number, desk: Desk): Promise<void> {
    const { edits, looks, settings, beside } = desk
    for (;;) {
      const looking = looks.splice(0)
      const setting = settings.splice(0)
      const batch = takeBatch(edits, beside)
      if (looking.length + setting.length + batch.length === 0) break
      try {
        const open = await this.#open(sheet)
        await this.#refresh(open)
        for (const { look } of looking) look(open)
        for (const one of setting) await this.#set(open, one)
        edits.unshift(...(await this.#make(open, batch, desk)))
      } catch (error) {
        // The document may now differ from the database.
        this.#documents.forget(sheet)
        for (const { reject } of [...looking, ...setting, ...batch]) reject(error)
      }
      for (const late of takeLate(edits)) late.reject(new SheetBusy())
    }
    desk.isAtWork = false
    if (beside.size === 0) this.#desks.delete(sheet)
  }

  async #open(sheet: number): Promise<OpenDocument> {
    for (;;) {
      const open = await this.#documents.of(sheet)
      if (open.unplaced.length === 0 || (await openFirst(this.#database, this.#pool, this.#writer, open))) {
        this.#ready.set(sheet, true)
        return open
      }
      // Another process changed it, perhaps by the same.
      this.#documents.forget(sheet)
    }
  }

  /** Has the inputs of a sheet be what they are now, and what depends on them follow. */
  async #refresh(open: OpenDocument): Promise<void> {
    const inputs = this.#inputs()
    if (this.#refreshed.get(open.sheet) === inputs.now) return
    const batch = new EditBatch<Waiting>(this.#database, this.#added, open, this.#read, inputs)
    let isStored = false
    try {
      if (batch.refresh()) {
        const lines = await batch.requests()
        const answers = await this.#pool.evaluateLines({ lines, person: `sheet ${open.sheet}` })
        if ('error' in answers) return
        const { change } = batch.changes(batch.outcomes(answers))
        const stored = await this.#writer.run(open.sheet, change)
        if (stored.outcome !== 'stored') return this.#documents.forget(open.sheet)
        isStored = true
        open.rev = change.base + change.lines.length
        this.#documents.keep(open)
      }
    } catch (error) {
      // More depends on an input than can be calculated: the old values stay, and say of when they are.
      if (!(error instanceof CalculationError)) throw error
    } finally {
      // Where it cannot be done it is tried again in a minute, and the sheet says of what day it is.
      this.#refreshed.set(open.sheet, inputs.now)
      if (!isStored) batch.undo()
    }
  }

  /** Sets live values, and has what depends on them follow. @throws what storing throws, when nothing is known of the sheet */
  async #set(open: OpenDocument, { settings, isDue, resolve, reject }: Setting): Promise<void> {
    // Whoever changes the sheet after this is asked has this change refused.
    if (!(await isDue())) return resolve(undefined)
    const batch = new EditBatch<Waiting>(this.#database, this.#added, open, this.#read, this.#inputs())
    const spent: InputSetting[] = []
    let isStored = false
    try {
      for (const setting of batch.setInputs(settings)) {
        if (!(await this.#usage.spend(setting.sender.id, sizeOf(setting))))
          throw new EditRefused('limit', this.#usage.refusal)
        spent.push(setting)
      }
      const lines = await batch.requests()
      const answers = await this.#pool.evaluateLines({ lines, person: String(settings[0]?.sender.id) })
      if ('error' in answers) throw refusalOf(answers)
      const { change } = batch.changes(batch.outcomes(answers))
      if (change.lines.length === 0) return resolve([])
      const stored = await this.#writer.run(open.sheet, change)
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
        for (const setting of spent) this.#usage.refund(setting.sender.id, sizeOf(setting))
      }
    }
  }

  /** @returns those that are to be made again, in their order */
  async #make(open: OpenDocument, waiting: readonly Waiting[], desk: Desk): Promise<readonly Waiting[]> {
    const batch = new EditBatch<Waiting>(this.#database, this.#added, open, this.#read, this.#inputs())
    try {
      const again = new Set<Waiting>()
      await batch.lookUp(waiting.filter(({ mayBeRepeated }) => mayBeRepeated))
      for (const one of waiting) if (!(await this.#plan(batch, one))) again.add(one)
      if (!batch.isEmpty) for (const one of await this.#finish(open, batch, desk)) again.add(one)
      return waiting.filter((one) => again.has(one))
    } catch (error) {
      batch.undo()
      throw error
    }
  }

  /** Calculates and stores what is planned. @returns those that are to be made again */
  async #finish(open: OpenDocument, batch: EditBatch<Waiting>, desk: Desk): Promise<readonly Waiting[]> {
    const requests = await requestsOf(batch)
    if ('error' in requests) {
      batch.undo()
      return refuseTogether(batch.edits, requests)
    }
    const answers = await this.#answers(batch, requests)
    if (answers === POSTPONED) {
      batch.undo()
      return this.#postpone(open.sheet, desk, batch, requests)
    }
    if ('error' in answers) {
      batch.undo()
      return refuseTogether(batch.edits, answers)
    }
    const outcomes = batch.outcomes(answers)
    for (const { waiting: one, refusal } of batch.refused(outcomes)) {
      const isAgain = !refuse(one, refusal)
      batch.undo()
      return batch.edits.map((edit) => edit.waiting).filter((other) => isAgain || other !== one)
    }
    return await this.#store(open, batch, outcomes)
  }

  async #answers(
    batch: EditBatch<Waiting>,
    lines: readonly SheetLine[],
  ): Promise<LinesAnswer | typeof POSTPONED> {
    const [first] = batch.edits
    if (first?.waiting.worked && isDeepStrictEqual(first.waiting.worked.requests, lines))
      return first.waiting.worked.answers
    const [person, ...others] = batch.people
    if (first && first.waiting.tries >= TRIES) return this.#pool.evaluateLines({ lines, person })
    return this.#pool.evaluateLines({ lines, person, others, isBrief: true })
  }

  /** Has edits of one person that take long calculated beside; those of several people are tried by person first. */
  #postpone(
    sheet: number,
    desk: Desk,
    batch: EditBatch<Waiting>,
    lines: readonly SheetLine[],
  ): readonly Waiting[] {
    const edits = batch.edits.map(({ waiting }) => waiting)
    const [person, ...others] = batch.people
    if (others.length > 0) return edits.map((waiting) => Object.assign(waiting, { company: 'own' as const }))
    const id = Number(person)
    this.#slow.set(id, true)
    desk.beside.set(id, edits)
    for (const waiting of edits) waiting.tries += 1
    this.#pool.evaluateLines({ lines, person }).then(
      (answers) => {
        desk.beside.delete(id)
        if ('error' in answers) desk.edits.unshift(...refuseTogether(batch.edits, answers))
        else {
          const worked = { requests: lines, answers }
          desk.edits.unshift(...edits.map((waiting) => Object.assign(waiting, { worked })))
        }
        // The person's next edits can be made now; if there are none, the desk is cleared.
        this.#desk(sheet)
      },
      (error) => {
        desk.beside.delete(id)
        for (const { reject } of edits) reject(error)
        this.#desk(sheet)
      },
    )
    return []
  }

  /**
   * Puts an edit into the document, unless it is done already or cannot be. What is decided is decided against what is stored:
   * an edit that would be refused, or change nothing, beside others that may yet fail waits for the next turn.
   * @returns false where it waits
   */
  async #plan(batch: EditBatch<Waiting>, waiting: Waiting): Promise<boolean> {
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
    batch: EditBatch<Waiting>,
    outcomes: Outcomes,
  ): Promise<readonly Waiting[]> {
    const { change, sizes } = batch.changes(outcomes)
    for (const { waiting } of batch.edits) {
      const size = sizes.get(waiting) ?? 0
      // An edit that adds nothing, such as a removal, is never over the quota.
      if (size === 0 || (await this.#usage.spend(waiting.sender.id, size))) continue
      const isAgain = !refuse(waiting, new EditRefused('limit', this.#usage.refusal))
      for (const { waiting: other } of batch.edits) {
        if (other === waiting) break
        this.#usage.refund(other.sender.id, sizes.get(other) ?? 0)
      }
      batch.undo()
      return batch.edits.map((edit) => edit.waiting).filter((other) => isAgain || other !== waiting)
    }
    let isStored = false
    try {
      const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
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
        const appended = waiting.command.type === 'append' ? revisions[0]?.seq : undefined
        const line = stored.lines.find(({ seq }) => seq === appended)
        const until = stored.lines.find(({ seq }) => seq === revisions[0]?.seq)?.until ?? open.rev
        waiting.resolve({ rev: until, repeat: false, ...(line && { line }) })
      }
      return []
    } finally {
      if (!isStored)
        for (const { waiting } of batch.edits) this.#usage.refund(waiting.sender.id, sizes.get(waiting) ?? 0)
    }
  }
}

/** Returns the lines to calculate for edits that are made together, or the reason why they are too many. */
async function requestsOf(batch: EditBatch<Waiting>): Promise<readonly SheetLine[] | EvaluationError> {
  try {
    return await batch.requests()
  } catch (error) {
    if (!(error instanceof CalculationError)) throw error
    return { error: { code: error.code, message: error.message } }
  }
}

/** Edits that failed together are made one by one; one that failed by itself is refused. @returns those that are made again */
function refuseTogether(edits: readonly Planned<Waiting>[], why: EvaluationError): readonly Waiting[] {
  const [only, ...others] = edits
  if (!only || others.length > 0) return eachAlone(edits)
  const isRefused = refuse(only.waiting, refusalOf(why))
  return isRefused ? [] : [only.waiting]
}

function refusalOf({ error: { code, message } }: EvaluationError): EditRefused {
  return new EditRefused(code === 'cancelled' ? 'internal' : code, message)
}

/** Bytes that a live value counts as kept: its value changes, and its name stays. */
function sizeOf({ name, expression = '' }: InputSetting): number {
  return rowSize(name, expression)
}

function eachAlone(edits: readonly Planned<Waiting>[]): readonly Waiting[] {
  return edits.map(({ waiting }) => Object.assign(waiting, { company: 'none' as const }))
}

/**
 * Refuses an edit, unless it may be one that was made before, which is answered as it was then.
 * @returns false where that has to be looked up: it is to be made again
 */
function refuse(waiting: Waiting, refusal: EditRefused): boolean {
  if (!waiting.mayBeRepeated) {
    waiting.mayBeRepeated = true
    return false
  }
  waiting.reject(refusal)
  return true
}

/**
 * The next edits that can be made together. Beside lines that are appended, one of each person: each can then be taken back by
 * itself. What a person does is done in the order in which they did it.
 * @param beside people whose earlier edits are still being calculated
 */
function takeBatch(queue: Waiting[], beside: ReadonlyMap<number, unknown>): Waiting[] {
  const batch: Waiting[] = []
  /** People of whom nothing more may be taken. */
  const done = new Set<number>(beside.keys())
  for (const waiting of queue) {
    if (batch.length >= TOGETHER) break
    const { id } = waiting.sender
    if (done.has(id)) continue
    if (batch.every((other) => goTogether(other, waiting))) batch.push(waiting)
    else done.add(id)
    if (waiting.command.type !== 'append') done.add(id)
  }
  for (const waiting of batch) queue.splice(queue.indexOf(waiting), 1)
  return batch
}

/** Tells whether an edit can be made together with an earlier one. */
function goTogether(one: Waiting, other: Waiting): boolean {
  if (one.worked !== other.worked || one.company === 'none' || other.company === 'none') return false
  if (one.sender.id !== other.sender.id) return one.company === 'anybody' && other.company === 'anybody'
  return one.id !== other.id && other.command.type === 'append'
}

function takeLate(queue: Waiting[]): Waiting[] {
  const now = performance.now()
  const late = queue.filter(({ deadline }) => deadline < now)
  for (const waiting of late) queue.splice(queue.indexOf(waiting), 1)
  return late
}

function cleaned(command: SheetCommand): SheetCommand {
  if (command.type === 'append') return { ...command, expression: wellFormed(command.expression) }
  if (command.type === 'change') return { ...command, change: cleanedChange(command.change) }
  if (command.type === 'edit') return { ...command, changes: command.changes.map(cleanedChange) }
  return command
}

function cleanedChange(change: LineChange): LineChange {
  return 'expression' in change ? { ...change, expression: wellFormed(change.expression) } : change
}

function charactersOf(command: SheetCommand): number {
  if (command.type === 'append') return command.expression.length
  return changesOf(command).reduce(
    (sum, change) => sum + ('expression' in change ? change.expression.length : 0),
    0,
  )
}
