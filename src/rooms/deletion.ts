import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { type Kysely, sql, type Transaction } from 'kysely'
import { Type } from 'typebox'
import { type Actor, type AuditedRoom, recordAudit } from '../audit/index.ts'
import type { Job, JobQueue } from '../jobs/index.ts'
import { type Database, inTransaction, type Tables } from '../storage/index.ts'
import { noteAccessChange } from './access-changes.ts'
import { releaseName } from './name-claims.ts'
import { lockRoom } from './room-lock.ts'

/**
 * Deletes some of a feature's data in a room that is being deleted: at most 1,000 rows in one transaction, within about 20 ms
 * (`job.transaction`). It may be called again for data that it has deleted already.
 * @returns whether there is more
 */
export type EraseContents = (room: number, job: Job) => Promise<boolean>

/** Some of the rows that a feature keeps of rooms. */
export interface RowsOfRoom<Row> {
  /** Rows that are deleted in one go. */
  readonly atOnce: number
  /** Reads at most `limit` rows of a room. */
  readonly select: (room: number, limit: number) => Promise<readonly Row[]>
  /** Deletes rows that were read. It is not called for none. */
  readonly erase: (rows: readonly Row[], job: Job, room: number) => Promise<void>
}

/** Makes a function that deletes the rows of a room piece by piece, for `onDelete`. */
export function eraserOf<Row>({ atOnce, erase, select }: RowsOfRoom<Row>): EraseContents {
  return async (room, job) => {
    const rows = await select(room, atOnce)
    if (rows.length > 0) await erase(rows, job, room)
    return rows.length === atOnce
  }
}

/**
 * Work in a transaction that deletes people's contributions to a room together with the room.
 * @param authors the accounts whose texts go
 */
export type DeletionHook = (transaction: Transaction<Tables>, authors: readonly number[]) => Promise<void>

/** Rows about people of a room that are deleted in one transaction. */
const PEOPLE_AT_ONCE = 1_000

/** Tables with a row for each person in a room. They are emptied in pieces, where a foreign key would delete all rows in one go. */
const TABLES_OF_PEOPLE = ['memberships', 'bars', 'mutes', 'silenced_rooms'] as const
type TableOfPeople = (typeof TABLES_OF_PEOPLE)[number]

/** Milliseconds after which another job may be done before this one goes on. */
const SLICE = 2_000

const Payload = Type.Object({ room: Type.Integer() })
type DeletionQueue = JobQueue<{ room: number }>

/**
 * Deletes rooms. From the request on, nobody can find the room; a job deletes its content piece by piece, and the room itself at
 * the end.
 */
export class RoomDeletion {
  readonly #database: Database
  readonly #erasers: EraseContents[] = []
  readonly #hooks: DeletionHook[] = []
  readonly #queue: DeletionQueue
  readonly #eraseDeleted: FastifyInstance['eraseDeleted']

  constructor({ database, eraseDeleted, jobs }: FastifyInstance) {
    this.#database = database
    this.#eraseDeleted = eraseDeleted
    this.#queue = jobs.handle(
      'delete-room',
      { about: 'Deletes what was said in a deleted room', payload: Payload, atOnce: 1 },
      ({ room }, job) => this.#erase(room, job),
    )
  }

  /** Has what a feature keeps of a room deleted with it. Rows that are few may be left to a reference that cascades. */
  onDelete(erase: EraseContents): void {
    this.#erasers.push(erase)
  }

  /** Adds work to each transaction in which texts of people go with their room, such as for copies of them. */
  within(hook: DeletionHook): void {
    this.#hooks.push(hook)
  }

  /** To be called by a feature in the transaction in which it deletes texts of people with their room. */
  async deleted(transaction: Transaction<Tables>, authors: Iterable<number>): Promise<void> {
    const distinct = [...new Set(authors)]
    for (const hook of this.#hooks) await hook(transaction, distinct)
  }

  /**
   * Has a room deleted, with all that is in it. When this resolves nobody finds it any more; call `accessChanged`, so that those
   * who are there are told.
   * @returns false where there is no such room, or it is direct, or the lobby, which is where everybody begins
   */
  async delete(room: number, by: Actor): Promise<boolean> {
    const isDeleted = await inTransaction(this.#database, async (transaction) => {
      await lockRoom(transaction, room)
      const deleted = await hide(transaction, room)
      if (!deleted) return false
      await recordAudit(transaction, { action: 'room.delete', by, room: deleted })
      await this.#queue.add(transaction, { payload: { room }, key: String(room) })
      return true
    })
    // Members may find the room in lists and searches until they are removed from it. If this process ends before that, the job does it.
    // The job may be doing so at the same time, in another connection, and remove some first.
    while (isDeleted && (await this.#hasMembers(room)))
      while (await erasePeople(this.#database, room, 'memberships'));
    return isDeleted
  }

  async #erase(room: number, job: Job): Promise<{ again: number } | undefined> {
    const begun = performance.now()
    if (!(await this.#isBeingDeleted(room))) return undefined
    const people = TABLES_OF_PEOPLE.map(
      (table): EraseContents =>
        (room, job) =>
          job.transaction((transaction) => erasePeople(transaction, room, table)),
    )
    for (const erase of [...people, ...this.#erasers]) {
      for (let more = true; more; ) {
        if (performance.now() - begun > SLICE) return { again: 0 }
        job.signal.throwIfAborted()
        const started = performance.now()
        more = await erase(room, job)
        // Half of the time at most, so that a long room does not slow everyone else down.
        if (more) await delay(performance.now() - started)
      }
    }
    await job.transaction(async (transaction) => {
      await transaction
        .deleteFrom('rooms')
        .where('id', '=', room)
        .where('deleted_at', 'is not', null)
        .execute()
      await this.#eraseDeleted(transaction)
    })
    return undefined
  }

  async #hasMembers(room: number): Promise<boolean> {
    const members = this.#database.selectFrom('memberships').select('user_id').where('room_id', '=', room)
    return (await members.limit(1).executeTakeFirst()) !== undefined
  }

  async #isBeingDeleted(room: number): Promise<boolean> {
    const found = await this.#database
      .selectFrom('rooms')
      .select('id')
      .where('id', '=', room)
      .where('deleted_at', 'is not', null)
      .executeTakeFirst()
    return found !== undefined
  }
}

/** Takes from a room everything by which those who are not in it can find it, its address and its name included. */
async function hide(transaction: Transaction<Tables>, room: number): Promise<AuditedRoom | undefined> {
  const found = await transaction
    .selectFrom('rooms')
    .select(['id', 'name', 'kind'])
    .where('id', '=', room)
    .where('kind', '<>', 'direct')
    .where('slug', '<>', 'lobby')
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (!found) return undefined
  const at = new Date().toISOString()
  await transaction
    .updateTable('rooms')
    .set({ kind: 'private', deleted_at: at, archived_at: sql`coalesce(archived_at, ${at})`, watched: 0 })
    .where('id', '=', room)
    .execute()
  await releaseName(transaction, room)
  await transaction.deleteFrom('invitations').where('room_id', '=', room).execute()
  await noteAccessChange(transaction, { room, user: null })
  return found
}

/** Deletes some of the data about people in a room. @returns whether there may be more */
export async function erasePeople(
  database: Kysely<Tables>,
  room: number,
  table: TableOfPeople,
): Promise<boolean> {
  const some = database.selectFrom(table).select('user_id').where('room_id', '=', room).limit(PEOPLE_AT_ONCE)
  const { numDeletedRows } = await database
    .deleteFrom(table)
    .where('room_id', '=', room)
    .where('user_id', 'in', some)
    .executeTakeFirstOrThrow()
  return numDeletedRows >= PEOPLE_AT_ONCE
}
