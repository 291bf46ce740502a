import type { FastifyInstance } from 'fastify'
import { type Kysely, sql, type Transaction } from 'kysely'
import { Type } from 'typebox'
import type { JobQueue } from '../jobs/index.ts'
import { inTransaction, type Placeholder, preparedForRows, type Tables } from '../storage/index.ts'
import { markRemoved, UNUSED_FOR } from './files.ts'
import type { FileStore } from './store/file-store.ts'

/** Files that are removed before other jobs have a turn. */
const AT_ONCE = 20

/** Milliseconds between two times that files are looked for that no message uses. */
const SWEEP_INTERVAL = 10 * 60_000

/** A place in a room's talk. */
export interface MessagePlace {
  readonly room: number
  readonly seq: number
}

/** Deletes files: they are inaccessible at once, and a job in any process deletes their bytes. */
export class FileRemoval {
  readonly #app: FastifyInstance
  readonly #store: FileStore
  readonly #queue: JobQueue<Record<string, never>>

  constructor(app: FastifyInstance, store: FileStore) {
    this.#app = app
    this.#store = store
    this.#queue = app.jobs.handle(
      'remove-files',
      { about: 'Deletes files that nothing refers to any more', payload: Type.Object({}), atOnce: 1 },
      async (_payload, job) => {
        const more = await this.#removeSome((id) =>
          job.transaction((transaction) => deleteRow(transaction, id)),
        )
        return more ? { again: 0 } : undefined
      },
    )
    app.jobs.every('sweep-files', SWEEP_INTERVAL, async () => {
      const more = await this.#markUnused()
      // Also what a process left that was killed before its job was there.
      const left = await this.#removeSome((id) => deleteRow(app.database, id))
      return more || left ? { again: 0 } : undefined
    })
  }

  /** To be called in the transaction in which messages are deleted: their files go with them. */
  async ofMessages(transaction: Transaction<Tables>, places: readonly MessagePlace[]): Promise<void> {
    const found = await selectOfMessages.execute(transaction, places)
    await this.mark(
      transaction,
      found.map(({ id }) => id),
    )
  }

  /** Has files removed, in a transaction. */
  async mark(transaction: Transaction<Tables>, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await markRemoved(transaction, ids)
    await this.#queue.add(transaction, { payload: {}, key: 'all' })
  }

  /** @returns whether there is more */
  async #removeSome(forget: (id: string) => Promise<unknown>): Promise<boolean> {
    const { database, usage } = this.#app
    const removed = await database
      .selectFrom('files')
      .select(['id', 'user_id as user', 'bytes'])
      .where('removed_at', 'is not', null)
      .orderBy('removed_at')
      .limit(AT_ONCE)
      .execute()
    for (const { bytes, id, user } of removed) {
      await this.#store.remove(id)
      if (await forget(id)) await usage.free(user, bytes)
    }
    return removed.length === AT_ONCE
  }

  /** @returns whether there is more */
  async #markUnused(): Promise<boolean> {
    const before = new Date(Date.now() - UNUSED_FOR).toISOString()
    return inTransaction(this.#app.database, async (transaction) => {
      const unused = await transaction
        .selectFrom('files')
        .select('id')
        .where('message_seq', 'is', null)
        .where('removed_at', 'is', null)
        .where('created_at', '<', before)
        .orderBy('created_at')
        .limit(AT_ONCE)
        .execute()
      // PostgreSQL takes no empty list.
      if (unused.length === 0) return false
      // One that a message takes meanwhile has a place, and is not marked.
      await transaction
        .updateTable('files')
        .set({ removed_at: new Date().toISOString(), name: '', digest: '' })
        .where(
          'id',
          'in',
          unused.map(({ id }) => id),
        )
        .where('message_seq', 'is', null)
        .execute()
      return unused.length === AT_ONCE
    })
  }
}

/** @returns whether it was there */
async function deleteRow(database: Kysely<Tables>, id: string): Promise<boolean> {
  const { numDeletedRows } = await database.deleteFrom('files').where('id', '=', id).executeTakeFirstOrThrow()
  return numDeletedRows > 0n
}

const selectOfMessages = preparedForRows((database, places: readonly Placeholder<MessagePlace>[]) => {
  const wanted = places.map(
    (place) => sql`(cast(${place('room')} as bigint), cast(${place('seq')} as bigint))`,
  )
  return database
    .selectFrom('files')
    .select('id')
    .where(sql<boolean>`(room_id, message_seq) in (values ${sql.join(wanted)})`)
})
