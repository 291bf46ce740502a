import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { sql } from 'kysely'
import { FrameError } from '../channels/index.ts'
import { repeat } from '../repeat.ts'
import type { Database } from '../storage/index.ts'
import { isLogged, type Placeholder, prepared, preparedForRows } from '../storage/index.ts'
import { sizeText } from '../text/size.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly usage: Usage
  }
}

/** Bytes that a stored row takes beside its texts: for its numbers, its time and its index entries. */
const ROW = 200

/** Milliseconds between two times that the sums are written; a process that is killed forgets what came since. */
const SAVE_INTERVAL = 5_000

/** Milliseconds after which a person who keeps nothing new is read again. */
const FORGET_AFTER = 10 * 60_000

/** Bytes that texts take when they are stored as one row. */
export function rowSize(...texts: (string | null)[]): number {
  let size = ROW
  for (const text of texts) if (text !== null) size += Buffer.byteLength(text)
  return size
}

interface Entry {
  /** All that the person keeps, as far as this process knows. */
  bytes: number
  /** The part of `bytes` that is not saved in the database yet. */
  unsaved: number
  usedAt: number
}

/**
 * Counts the bytes that each person keeps in the database, over all features. It counts in memory, so that a message costs no
 * further statement, and saves the counts every few seconds, when it also learns those that other processes saved.
 */
export class Usage {
  readonly #database: Database
  readonly #limit: number
  readonly #entries = new Map<number, Entry>()
  readonly #loading = new Map<number, Promise<Entry>>()

  /** @param limit in bytes for one person; 0: none */
  constructor(database: Database, limit: number) {
    this.#database = database
    this.#limit = limit
  }

  /** The message for a person who may not keep anything more. */
  get refusal(): string {
    return refusal(this.#limit)
  }

  /** Counts something that a person wants to keep. @returns false, and counts nothing, when it is more than they may */
  spend(user: number, bytes: number): boolean | Promise<boolean> {
    const known = this.#entries.get(user)
    // Most are known, and need nothing that is waited for.
    return known ? this.#count(known, bytes) : this.#load(user).then((entry) => this.#count(entry, bytes))
  }

  /**
   * Counts what `run` stores as kept by a person.
   * @param run is told whether it fits; where it does not, `run` throws a FrameError with `limit`, unless it needs nothing new
   * @returns its result, of which `changed` says whether something new was kept
   * @throws what `run` throws; for `limit`, where it did not fit, a FrameError that says what the person can do
   */
  keep<Result extends { readonly changed: boolean }>(
    user: number,
    bytes: number,
    run: (fits: boolean) => Promise<Result>,
  ): Promise<Result> {
    const fits = this.spend(user, bytes)
    if (typeof fits === 'boolean') return this.#kept(user, bytes, fits, run(fits))
    return fits.then((fits) => this.#kept(user, bytes, fits, run(fits)))
  }

  #kept<Result extends { readonly changed: boolean }>(
    user: number,
    bytes: number,
    fits: boolean,
    stored: Promise<Result>,
  ): Promise<Result> {
    return stored.then(
      (result) => {
        if (fits && !result.changed) this.refund(user, bytes)
        return result
      },
      (error) => {
        if (fits) this.refund(user, bytes)
        else if (error instanceof FrameError && error.code === 'limit')
          throw new FrameError('limit', this.refusal)
        throw error
      },
    )
  }

  /** Takes back what was spent on something that was not stored, or is deleted. */
  refund(user: number, bytes: number): void {
    const entry = this.#entries.get(user)
    if (!entry) return
    entry.bytes -= bytes
    entry.unsaved -= bytes
  }

  /** Takes back what somebody kept, who may not have been here for a while. */
  async free(user: number, bytes: number): Promise<void> {
    if (!this.#entries.has(user)) await this.#load(user)
    this.refund(user, bytes)
  }

  /** Takes back what several kept, as `free` does. */
  async freeAll(kept: readonly { readonly user: number; readonly bytes: number }[]): Promise<void> {
    const sums = new Map<number, number>()
    for (const { bytes, user } of kept) sums.set(user, (sums.get(user) ?? 0) + bytes)
    for (const [user, bytes] of sums) await this.free(user, bytes)
  }

  /** Writes what was counted since the last time. @throws when the database cannot; then it is written the next time */
  async save(): Promise<void> {
    const changes: { user: number; bytes: number }[] = []
    for (const [user, entry] of this.#entries) {
      if (entry.unsaved !== 0) changes.push({ user, bytes: entry.unsaved })
      else if (performance.now() - entry.usedAt > FORGET_AFTER) this.#entries.delete(user)
      entry.unsaved = 0
    }
    if (changes.length === 0) return
    // In one order everywhere, so that no two processes wait for each other's rows.
    changes.sort((a, b) => a.user - b.user)
    try {
      for (const { user, bytes } of await addBytes.execute(this.#database, changes)) {
        const entry = this.#entries.get(user)
        if (entry) entry.bytes = bytes + entry.unsaved
      }
    } catch (error) {
      for (const { user, bytes } of changes) {
        const entry = this.#entries.get(user)
        if (entry) entry.unsaved += bytes
      }
      throw error
    }
  }

  #count(entry: Entry, bytes: number): boolean {
    entry.usedAt = performance.now()
    if (this.#limit > 0 && entry.bytes + bytes > this.#limit) return false
    entry.bytes += bytes
    entry.unsaved += bytes
    return true
  }

  #load(user: number): Promise<Entry> {
    const loading = this.#loading.get(user) ?? this.#read(user).finally(() => this.#loading.delete(user))
    this.#loading.set(user, loading)
    return loading
  }

  async #read(user: number): Promise<Entry> {
    const row = await selectBytes.executeTakeFirst(this.#database, { user })
    const entry = { bytes: row?.bytes ?? 0, unsaved: 0, usedAt: performance.now() }
    this.#entries.set(user, entry)
    return entry
  }
}

/** People who keep something. */
const LARGEST = 20

/** Somebody who takes up much of the disk. */
export interface LargestUser {
  readonly name: string
  readonly displayName: string | null
  readonly bytes: number
  /** False for programs, and for accounts that were deleted. */
  readonly isPerson: boolean
}

/** Finds the people who keep most, with the number of bytes. */
export async function largestUsers(database: Database): Promise<LargestUser[]> {
  const most = database.selectFrom('usage').selectAll().orderBy('bytes', 'desc').limit(LARGEST)
  const rows = await database
    .selectFrom(most.as('most'))
    .innerJoin('users', 'users.id', 'most.user_id')
    .select(['users.name', 'users.display_name as displayName', 'most.bytes', 'account_kind', 'deleted_at'])
    .orderBy('most.bytes', 'desc')
    .execute()
  return rows.map(({ account_kind, bytes, deleted_at, displayName, name }) => ({
    name,
    displayName,
    bytes: Number(bytes),
    isPerson: account_kind === 'person' && deleted_at === null,
  }))
}

/** Adds `app.usage`. @param limit in bytes for one person; 0: none */
export const usage = fp(async (app: FastifyInstance, { limit }: { limit: number }) => {
  const usage = new Usage(app.database, limit)
  const complain = (error: unknown) => {
    if (!isLogged(error))
      app.log.warn({ err: error }, 'how much people keep could not be stored; this will be tried again')
  }
  const saving = repeat(SAVE_INTERVAL, complain, () => usage.save())
  app.decorate('usage', usage)
  app.addHook('onClose', async () => {
    await saving.stop()
    await usage.save().catch(complain)
  })
})

const selectBytes = prepared((database, value: Placeholder<{ user: number }>) =>
  database.selectFrom('usage').select('bytes').where('user_id', '=', value('user')),
)

const addBytes = preparedForRows(
  (database, changes: readonly Placeholder<{ user: number; bytes: number }>[]) =>
    database
      .insertInto('usage')
      .values(changes.map((change) => ({ user_id: change('user'), bytes: change('bytes') })))
      .onConflict((conflict) =>
        conflict.column('user_id').doUpdateSet({ bytes: sql`usage.bytes + excluded.bytes` }),
      )
      .returning(['user_id as user', 'bytes']),
)

function refusal(limit: number): string {
  return `You have used all of your ${sizeText(limit)} of storage. Nothing is lost, but nothing new can be added. Ask whoever runs this server for more.`
}
