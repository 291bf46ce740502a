import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { Type } from 'typebox'
import type { Belonging } from '../../accounts/index.ts'
import type { Job, JobQueue, Repeat } from '../../jobs/index.ts'
import type { Tables } from '../../storage/index.ts'
import { endOfExport } from '../exports.ts'
import type { PartStore } from '../part-store.ts'
import { type AccountExport, accountExportOf, isThere, isUnderWay, lockOf } from './account-exports.ts'

/** Bytes from which on a part is stored: beside them no more than one page of belongings is in memory. */
const PART = 512 * 1024

/** Milliseconds for which is read before others have their turn, and after which another job may be done. */
const TURN = 5
const SLICE = 4_000

/** Attempts before an export is given up. */
const ATTEMPTS = 8

const Payload = Type.Object({ user: Type.Integer() })
export type AccountExportQueue = JobQueue<{ user: number }>

export interface AccountExportJobOptions {
  readonly store: PartStore
  readonly announce: (one: AccountExport) => void
}

/** Writes all data of a person into a file, kind by kind; the progress is stored with each part. */
export function accountExportJobs(
  app: FastifyInstance,
  options: AccountExportJobOptions,
): AccountExportQueue {
  const { database } = app
  return app.jobs.handle(
    'export-account',
    {
      about: 'Exports what is stored about a person',
      payload: Payload,
      atOnce: 1,
      attempts: ATTEMPTS,
      timeout: 60_000,
    },
    async ({ user }, job): Promise<Repeat | undefined> => {
      const one = await accountExportOf(database, user)
      if (!one) return undefined
      // A message in it was deleted: what was written is not kept until somebody asks again.
      if (one.state === 'failed') await options.store.remove(one.id)
      if (!isUnderWay(one)) return undefined
      const writing = new Writing(app, options, job, one)
      try {
        return (await writing.run()) ? { again: 0 } : undefined
      } catch (error) {
        if (job.signal.aborted || job.attempts < ATTEMPTS) throw error
        job.log.error({ err: error }, 'an account could not be exported')
        await writing.fail('Something went wrong here. Try again later.')
        return undefined
      }
    },
  )
}

/** An export on which this process works. */
class Writing {
  readonly #app: FastifyInstance
  readonly #options: AccountExportJobOptions
  readonly #job: Job
  readonly #kinds: readonly Belonging[]
  #export: AccountExport

  constructor(app: FastifyInstance, options: AccountExportJobOptions, job: Job, one: AccountExport) {
    this.#app = app
    this.#options = options
    this.#job = job
    this.#kinds = app.belongings.all.filter(({ read }) => read !== undefined)
    this.#export = one
  }

  /** Writes until the file is whole, or until others should have a turn. @returns whether there is more to write */
  async run(): Promise<boolean> {
    const begun = performance.now()
    const goesOn = this.#export.parts > 0 && (await this.#canGoOn())
    if (!goesOn && !(await this.#begin())) return false
    while (performance.now() - begun < SLICE) {
      this.#job.signal.throwIfAborted()
      const started = performance.now()
      if (!(await this.#writePart())) return false
      await delay(performance.now() - started)
    }
    return true
  }

  /** Not where the database was moved or restored since, without files, or another version of the program wrote what is there. */
  async #canGoOn(): Promise<boolean> {
    const { id, step } = this.#export
    return (
      this.#kinds.some(({ name }) => name === step) &&
      (await isThere(this.#app.database, this.#options.store, id))
    )
  }

  async fail(error: string): Promise<void> {
    await this.#change({ state: 'failed', error, parts: 0, bytes: 0 }, (transaction) =>
      this.#deleteParts(transaction),
    )
    await this.#options.store.remove(this.#export.id)
  }

  /**
   * Says that it is read from now on, before anything is: a message that is deleted while it is read is in no file then.
   * @returns false where it was given up
   */
  #begin(): Promise<boolean> {
    const unwritten = { state: 'running', step: '', after: '', items: 0, parts: 0, bytes: 0 } as const
    return this.#change(unwritten, (transaction) => this.#deleteParts(transaction))
  }

  async #deleteParts(transaction: Transaction<Tables>): Promise<void> {
    await transaction.deleteFrom('account_export_parts').where('export_id', '=', this.#export.id).execute()
  }

  /** @returns whether there is more to write */
  async #writePart(): Promise<boolean> {
    const { bytes, id, parts } = this.#export
    const { content, isLast, ...place } = await this.#nextPart()
    const stored = await this.#options.store.write(id, content)
    const written = {
      ...place,
      state: isLast ? 'done' : 'running',
      parts: parts + 1,
      bytes: bytes + content.length,
      ...(isLast ? { expires_at: endOfExport() } : {}),
    } as const
    const isKept = await this.#change(written, async (transaction) => {
      await transaction
        .insertInto('account_export_parts')
        .values({ export_id: id, number: parts, ...stored })
        .execute()
    })
    // Its person has deleted it, or a message in it, meanwhile.
    if (!isKept) await this.#options.store.remove(id)
    return isKept && !isLast
  }

  /** The next part of the file, of about `PART` bytes. */
  async #nextPart() {
    const { created_at, parts, step } = this.#export
    let { after, items } = this.#export
    let index = Math.max(
      0,
      this.#kinds.findIndex(({ name }) => name === step),
    )
    const pieces: Buffer[] = []
    let size = 0
    const add = (text: string) => {
      const piece = Buffer.from(text)
      pieces.push(piece)
      size += piece.length
    }
    const begin = () => add(`,\n${JSON.stringify(this.#kinds[index]?.name)}:[`)
    if (parts === 0) {
      add(`{"exported_at":${JSON.stringify(created_at)}`)
      begin()
    }
    let turn = performance.now()
    while (size < PART && index < this.#kinds.length) {
      this.#job.signal.throwIfAborted()
      const page = await this.#kinds[index]?.read?.(this.#export.user_id, after)
      for (const item of page?.items ?? []) {
        add(`${items === 0 ? '' : ','}\n${JSON.stringify(item)}`)
        items += 1
      }
      if (page?.next !== undefined) after = page.next
      else {
        add(']')
        index += 1
        after = ''
        items = 0
        if (index < this.#kinds.length) begin()
      }
      if (performance.now() - turn < TURN) continue
      await delay(performance.now() - turn)
      turn = performance.now()
    }
    const isLast = index >= this.#kinds.length
    if (isLast) add('}\n')
    return { content: Buffer.concat(pieces), isLast, step: this.#kinds[index]?.name ?? '', after, items }
  }

  /** @returns false where it is not there any more, or was given up meanwhile */
  async #change(
    changes: Partial<AccountExport>,
    work: (transaction: Transaction<Tables>) => Promise<void>,
  ): Promise<boolean> {
    const { id, user_id: user } = this.#export
    const isChanged = await this.#job.transaction(
      async (transaction) => {
        const changed = await transaction
          .updateTable('account_exports')
          .set(changes)
          .where('id', '=', id)
          .where('state', 'in', ['waiting', 'running'])
          .returning('id')
          .executeTakeFirst()
        if (changed) await work(transaction)
        return changed !== undefined
      },
      async (transaction) => void (await lockOf(transaction, user)),
    )
    if (!isChanged) return false
    this.#export = { ...this.#export, ...changes }
    this.#options.announce(this.#export)
    return true
  }
}
