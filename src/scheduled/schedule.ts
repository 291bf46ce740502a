import { randomUUIDv7 } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Kysely, Transaction } from 'kysely'
import { lockPerson, rowSize, type Usage } from '../accounts/index.ts'
import { FrameError, wellFormed } from '../channels/index.ts'
import { type Database, inTransaction, type Tables } from '../storage/index.ts'
import type { DeliveryQueue } from './delivery.ts'
import { lockEntry } from './rows.ts'
import type { Scheduled } from './tables.ts'

/** Limits on what one person can have scheduled. */
export const PER_PERSON = 100

export interface NewScheduled {
  readonly user: number
  readonly room: { readonly id: number; readonly slug: string }
  readonly kind: Scheduled['kind']
  readonly text: string
  readonly at: Temporal.ZonedDateTime
  /** The same person and id is scheduled once. */
  readonly clientId: string | undefined
  /** The API key that schedules it; undefined: its person does so themselves. */
  readonly key: string | undefined
}

/** The changes to an entry; what is left out stays. */
export interface ScheduledEdit {
  readonly text: string | undefined
  readonly at: Temporal.ZonedDateTime | undefined
  /** The API key that asks for it, with which the entry ends from now on; undefined: its person does so themselves. */
  readonly key: string | undefined
}

/** An entry after an edit; `begun`: it was too late for that; undefined: the person has no such entry. */
export type EditOutcome = Scheduled | 'begun' | undefined

/** Reminders, and messages to be sent later. */
export class Schedule {
  readonly #database: Database
  readonly #usage: Usage
  readonly #eraseDeleted: FastifyInstance['eraseDeleted']
  readonly #queue: DeliveryQueue

  constructor({ database, eraseDeleted, usage }: FastifyInstance, queue: DeliveryQueue) {
    this.#database = database
    this.#usage = usage
    this.#eraseDeleted = eraseDeleted
    this.#queue = queue
  }

  /** The reminder or message that a person scheduled under an id of their client, also if it was done within the last day. */
  before(user: number, clientId: string | undefined): Promise<Scheduled | undefined> {
    return selectByClient(this.#database, user, clientId)
  }

  /** @throws FrameError with `limit`, or `invalid` for a text that cannot be stored */
  async add(asked: NewScheduled): Promise<Scheduled> {
    const one = { ...asked, text: storable(asked.text) }
    const bytes = rowSize(one.text)
    if (!(await this.#usage.spend(one.user, bytes))) throw new FrameError('limit', this.#usage.refusal)
    const id = randomUUIDv7()
    let isNew = false
    try {
      const added = await inTransaction(this.#database, (transaction) => this.#insert(transaction, id, one))
      isNew = added.id === id
      return added
    } finally {
      if (!isNew) this.#usage.refund(one.user, bytes)
    }
  }

  /** @returns what the person had under this client's id before, if there is such a thing */
  async #insert(
    transaction: Transaction<Tables>,
    id: string,
    { at, clientId, key, kind, room, text, user }: NewScheduled,
  ): Promise<Scheduled> {
    await lockPerson(transaction, user)
    const before = await selectByClient(transaction, user, clientId)
    if (before) return before
    const { count } = await transaction
      .selectFrom('scheduled')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('user_id', '=', user)
      .where('state', '<>', 'done')
      .executeTakeFirstOrThrow()
    if (Number(count) >= PER_PERSON)
      throw new FrameError(
        'limit',
        `you have scheduled ${PER_PERSON} reminders and messages, which is the limit; cancel one of them first`,
      )
    const row = await transaction
      .insertInto('scheduled')
      .values({
        id,
        user_id: user,
        client_id: clientId ?? id,
        room_id: room.id,
        room_slug: room.slug,
        kind,
        text,
        due_at: timeText(at),
        created_at: new Date().toISOString(),
        key_id: key ?? null,
        failure: null,
      })
      // Sent twice at once: the other one is as good.
      .onConflict((conflict) =>
        conflict
          .columns(['user_id', 'client_id'])
          .doUpdateSet(({ ref }) => ({ client_id: ref('excluded.client_id') })),
      )
      .returningAll()
      .executeTakeFirstOrThrow()
    if (row.id === id) await this.#deliverAt(transaction, row)
    return row
  }

  /** Everything that a person has scheduled and that was not done yet, the next first. */
  of(user: number): Promise<Scheduled[]> {
    return this.#database
      .selectFrom('scheduled')
      .selectAll()
      .where('user_id', '=', user)
      .where('state', '<>', 'done')
      .orderBy('due_at')
      .orderBy('id')
      .limit(PER_PERSON)
      .execute()
  }

  /** An entry of a person, also one that is being sent, or was within the last day. */
  find(user: number, id: string): Promise<Scheduled | undefined> {
    return this.#database
      .selectFrom('scheduled')
      .selectAll()
      .where('id', '=', id)
      .where('user_id', '=', user)
      .executeTakeFirst()
  }

  /**
   * Changes an entry that waits. One that has failed is tried again at the time that it is given.
   * @param one as it was found
   * @throws FrameError with `limit`, or `invalid` for a text that cannot be stored, and where one that has failed gets no time
   */
  async edit(one: Scheduled, edit: ScheduledEdit): Promise<EditOutcome> {
    const text = edit.text === undefined ? undefined : storable(edit.text)
    const growth = text === undefined ? 0 : Math.max(0, rowSize(text) - rowSize(one.text))
    if (growth > 0 && !(await this.#usage.spend(one.user_id, growth)))
      throw new FrameError('limit', this.#usage.refusal)
    let grown: number | undefined
    try {
      const outcome = await inTransaction(this.#database, async (transaction) => {
        const before = await lockEntry(transaction, one.id)
        if (!before || !isChangeable(before)) return { edited: before && ('begun' as const), grown: 0 }
        if (before.state === 'failed' && edit.at === undefined)
          throw new FrameError('invalid', 'it was not sent; choose a new time to try it again')
        const edited = await this.#change(transaction, before, edit.key, {
          text: text ?? before.text,
          due_at: edit.at === undefined ? before.due_at : timeText(edit.at),
        })
        if (edited.text !== before.text) await this.#eraseDeleted(transaction)
        return { edited, grown: rowSize(edited.text) - rowSize(before.text) }
      })
      grown = outcome.grown
      return outcome.edited
    } finally {
      if (grown === undefined) this.#usage.refund(one.user_id, growth)
      else if (grown !== growth) await this.#usage.free(one.user_id, growth - grown)
    }
  }

  /** Has a message sent at once that waits or has failed. One that is being sent, or was, stays as it is. @returns false: there is none */
  async sendNow(user: number, id: string): Promise<boolean> {
    return inTransaction(this.#database, async (transaction) => {
      const before = await lockEntry(transaction, id)
      if (before?.user_id !== user || before.kind !== 'message') return false
      if (isChangeable(before))
        await this.#change(transaction, before, undefined, { due_at: new Date().toISOString() })
      return true
    })
  }

  async #change(
    transaction: Transaction<Tables>,
    { id }: Scheduled,
    key: string | undefined,
    changes: Partial<Pick<Scheduled, 'text' | 'due_at'>>,
  ): Promise<Scheduled> {
    const row = await transaction
      .updateTable('scheduled')
      .set({ ...changes, state: 'waiting', failure: null, key_id: key ?? null })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow()
    // A job that runs just now stays, and runs once more afterwards.
    await this.#queue.cancel(transaction, id)
    await this.#deliverAt(transaction, row)
    return row
  }

  #deliverAt(transaction: Transaction<Tables>, { due_at, id }: Scheduled): Promise<void> {
    const delay = Math.max(0, Date.parse(due_at) - Date.now())
    return this.#queue.add(transaction, { payload: { id }, key: id, delay })
  }

  /** Takes back what waits or has failed. @returns false where the person has nothing of that id, or it is being sent */
  async cancel(user: number, id: string): Promise<boolean> {
    const cancelled = await inTransaction(this.#database, async (transaction) => {
      const row = await transaction
        .deleteFrom('scheduled')
        .where('id', '=', id)
        .where('user_id', '=', user)
        .where('state', 'in', ['waiting', 'failed'])
        .returning('text')
        .executeTakeFirst()
      if (!row) return undefined
      await this.#queue.cancel(transaction, id)
      await this.#eraseDeleted(transaction)
      return row
    })
    if (!cancelled) return false
    await this.#usage.free(user, rowSize(cancelled.text))
    return true
  }
}

/** Cancels everything that API keys have scheduled, in the transaction in which they are revoked. */
export async function cancelOfKeys(
  transaction: Transaction<Tables>,
  { eraseDeleted }: FastifyInstance,
  queue: DeliveryQueue,
  keys: readonly string[],
): Promise<{ user: number; text: string }[]> {
  const cancelled = await transaction
    .deleteFrom('scheduled')
    .where('key_id', 'in', keys)
    .where('state', 'in', ['waiting', 'failed'])
    .returning(['id', 'user_id as user', 'text'])
    .execute()
  for (const { id } of cancelled) await queue.cancel(transaction, id)
  if (cancelled.length > 0) await eraseDeleted(transaction)
  return cancelled
}

function isChangeable({ state }: Scheduled): boolean {
  return state === 'waiting' || state === 'failed'
}

function timeText(at: Temporal.ZonedDateTime): string {
  return at.toInstant().toString({ fractionalSecondDigits: 3 })
}

/** @throws FrameError with `invalid` */
function storable(text: string): string {
  if (text.includes('\0')) throw new FrameError('invalid', 'a text cannot contain the character NUL')
  return wellFormed(text)
}

function selectByClient(
  database: Kysely<Tables>,
  user: number,
  clientId: string | undefined,
): Promise<Scheduled | undefined> {
  if (clientId === undefined) return Promise.resolve(undefined)
  return database
    .selectFrom('scheduled')
    .selectAll()
    .where('user_id', '=', user)
    .where('client_id', '=', clientId)
    .executeTakeFirst()
}
