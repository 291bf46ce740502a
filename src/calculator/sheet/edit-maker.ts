import { isDeepStrictEqual } from 'node:util'
import { LRUCache } from 'lru-cache'
import type { GatheredLookUps } from '../../storage/index.ts'
import { CalculationError, type SheetLine } from '../language/index.ts'
import { type LinesAnswer, POSTPONED } from '../sandbox/answers.ts'
import { EditRefused } from './commands.ts'
import type { OpenDocument, SheetDocuments } from './documents.ts'
import { EditBatch, type Outcomes } from './edit-batch.ts'
import { type EditPace, TimedReading } from './edit-pace.ts'
import type { SheetEditorOptions } from './editor-options.ts'
import type { Line } from './line.ts'
import type { AddedLine } from './line-rows.ts'
import { refuse, refuseTogether, type WaitingEdit } from './waiting-edits.ts'

/** Tries of an edit that takes long, while the sheet goes on changing: then the sheet waits for it. */
const TRIES = 3

/** Milliseconds for which the edits of somebody whose edit took long are not made together with those of others. */
const SLOW_FOR = 5_000

/** The edits that wait for one sheet. */
export interface EditQueue {
  readonly edits: WaitingEdit[]
  /** Edits that take long and are calculated beside, while the sheet goes on, by their sender; most sheets never have any. */
  beside: Map<number, readonly WaitingEdit[]> | undefined
}

/** Makes the edits of a sheet that are taken together, each of them once: calculates them, and stores what comes out. */
export class EditMaker {
  readonly #options: SheetEditorOptions
  readonly #documents: SheetDocuments
  readonly #added: GatheredLookUps<AddedLine, Line | undefined>
  readonly #pace: EditPace
  readonly #wake: (sheet: number) => void
  /** People whose edits took long lately. */
  readonly #slow = new LRUCache<number, true>({ max: 10_000, ttl: SLOW_FOR })

  /**
   * @param added finds lines that were added before
   * @param wake called when edits of a sheet were put back into its queue
   */
  constructor(
    options: SheetEditorOptions,
    documents: SheetDocuments,
    added: GatheredLookUps<AddedLine, Line | undefined>,
    pace: EditPace,
    wake: (sheet: number) => void,
  ) {
    this.#options = options
    this.#documents = documents
    this.#added = added
    this.#pace = pace
    this.#wake = wake
  }

  /** Tells whether an edit of a person took long lately: theirs are then not made together with those of others. */
  isSlow(person: number): boolean {
    return this.#slow.has(person)
  }

  /**
   * Makes edits, and answers those that are made or refused. Where it throws, the document may differ from what is stored.
   * @returns those that are to be made again, in their order
   */
  async make(
    open: OpenDocument,
    waiting: readonly WaitingEdit[],
    queue: EditQueue,
  ): Promise<readonly WaitingEdit[]> {
    const timed = new TimedReading(this.#options.read)
    const batch = new EditBatch<WaitingEdit>(
      this.#options.database,
      this.#added,
      open,
      timed.read,
      this.#options.inputs(),
    )
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
    queue: EditQueue,
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
      return this.#refuseOne(batch, refused.waiting, refused.refusal)
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
    if (first && first.waiting.tries >= TRIES) return this.#options.pool.evaluateLines({ lines, person })
    return this.#options.pool.evaluateLines({ lines, person, others, isBrief: true })
  }

  /** Has edits of one person that take long calculated beside; those of several people are tried by person first. */
  #postpone(
    sheet: number,
    queue: EditQueue,
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
    this.#options.pool.evaluateLines({ lines, person }).then(
      (answers) => {
        beside.delete(id)
        if ('error' in answers) queue.edits.unshift(...refuseTogether(batch.edits, answers))
        else {
          const worked = { requests: lines, answers }
          queue.edits.unshift(...edits.map((waiting) => Object.assign(waiting, { worked })))
        }
        // The person's next edits can be made now; if there are none, the queue is deleted.
        this.#wake(sheet)
      },
      (error) => {
        beside.delete(id)
        for (const { reject } of edits) reject(error)
        this.#wake(sheet)
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
      if (size > 0 && !(await this.#options.usage.spend(waiting.sender.id, size))) {
        this.#refund(batch, sizes.slice(0, spent))
        return this.#refuseOne(batch, waiting, new EditRefused('limit', this.#options.usage.refusal))
      }
      spent += 1
    }
    let isStored = false
    try {
      const total = sizes.reduce((sum, size) => sum + size, 0)
      const stored = await this.#options.writer.run(open.sheet, change, total)
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

  /** Refuses one of the edits. @returns those that are to be made again */
  #refuseOne(
    batch: EditBatch<WaitingEdit>,
    refused: WaitingEdit,
    refusal: EditRefused,
  ): readonly WaitingEdit[] {
    const isAgain = !refuse(refused, refusal)
    batch.undo()
    return batch.edits.map(({ waiting }) => waiting).filter((other) => isAgain || other !== refused)
  }

  /** @param sizes of the first edits of the batch */
  #refund({ edits }: EditBatch<WaitingEdit>, sizes: readonly number[]): void {
    for (const [index, size] of sizes.entries()) {
      const edit = edits[index]
      if (edit) this.#options.usage.refund(edit.waiting.sender.id, size)
    }
  }
}
