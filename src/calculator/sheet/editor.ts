import { randomUUIDv7 } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { type Database, GatheredLookUps, WAIT_WITHIN } from '../../storage/index.ts'
import type { StreamRow, StreamWriter } from '../../streams/index.ts'
import { isOfClock } from '../live-value-presentation.ts'
import type { Pool } from '../sandbox/pool.ts'
import type { Edited, Sender, SheetCommand } from './commands.ts'
import { type OpenDocument, SheetDocuments } from './documents.ts'
import { EditMaker, type EditQueue } from './edit-maker.ts'
import { EditPace } from './edit-pace.ts'
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
import { charactersOf, cleaned, takeBatch, takeLate, type WaitingEdit } from './waiting-edits.ts'

/** Edits that wait for one sheet. */
const WAITING = 500

/** Somebody who looks at a sheet as it stands. */
interface Look {
  readonly look: (open: OpenDocument) => void
  readonly reject: (error: unknown) => void
}

/** The work that waits for one sheet. */
interface SheetQueue extends EditQueue {
  readonly looks: Look[]
  readonly settings: WaitingSetting[]
  isAtWork: boolean
  /** Goes on with the edits of somebody who rests. */
  resting: NodeJS.Timeout | undefined
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
  readonly #documents: SheetDocuments
  readonly #maker: EditMaker
  readonly #inputs: () => InputDefinitions
  readonly #liveInputs: LiveInputs
  /** The sheets that somebody is at work on, each by one loop. */
  readonly #queues = new Map<number, SheetQueue>()
  /** Sheets that are known to be documents. */
  readonly #ready = new LRUCache<number, true>({ max: 10_000 })
  readonly #pace = new EditPace()
  readonly #waiting = new WaitingCharacters()

  constructor(options: SheetEditorOptions) {
    const { database, pool, writer, read, inputs, isAlone } = options
    this.#database = database
    this.#pool = pool
    this.#writer = writer
    this.#inputs = inputs
    this.#documents = new SheetDocuments(database, read, isAlone)
    const added = new GatheredLookUps((lines: readonly AddedLine[]) => linesWithIds(database, lines))
    this.#maker = new EditMaker(options, this.#documents, added, this.#pace, (sheet) => this.#queue(sheet))
    this.#liveInputs = new LiveInputs(options, this.#documents, added)
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
      const company = this.#maker.isSlow(sender.id) ? 'own' : 'anybody'
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
      resting: undefined,
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
        if (batch.length > 0) edits.unshift(...(await this.#maker.make(open, batch, queue)))
      } catch (error) {
        // The document may now differ from the database.
        this.#documents.forget(sheet)
        for (const { reject } of [...looking, ...setting, ...batch]) reject(error)
      }
      for (const late of takeLate(edits)) late.reject(new SheetBusy())
    }
    queue.isAtWork = false
    const rest = edits.length > 0 ? this.#pace.left : undefined
    if (rest !== undefined) this.#goOnAfter(rest, sheet, queue)
    else if (!queue.beside?.size) this.#queues.delete(sheet)
  }

  #goOnAfter(milliseconds: number, sheet: number, queue: SheetQueue): void {
    queue.resting ??= setTimeout(() => {
      queue.resting = undefined
      this.#queue(sheet)
    }, milliseconds)
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
}
