import { randomUUIDv7 } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import { rowSize, type Usage } from '../accounts/index.ts'
import { FrameError, wellFormed } from '../channels/index.ts'
import { type Database, inTransaction, type Tables } from '../storage/index.ts'
import type { DeliveryQueue } from './delivery.ts'
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

/** Reminders, and messages to be sent later. */
export class Schedule {
  readonly #database: Database
  readonly #usage: Usage
  readonly #queue: DeliveryQueue

  constructor(database: Database, usage: Usage, queue: DeliveryQueue) {
    this.#database = database
    this.#usage = usage
    this.#queue = queue
  }

  /** The reminder or message that a person scheduled under an id of their client, also if it was done within the last day. */
  before(user: number, clientId: string | undefined): Promise<Scheduled | undefined> {
    return selectByClient(this.#database, user, clientId)
  }

  /** @throws FrameError with `limit`, or `invalid` for a text that cannot be stored */
  async add(asked: NewScheduled): Promise<Scheduled> {
    if (asked.text.includes('\0')) throw new FrameError('invalid', 'a text cannot contain the character NUL')
    const one = { ...asked, text: wellFormed(asked.text) }
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
        due_at: at.toInstant().toString({ fractionalSecondDigits: 3 }),
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
    const delay = Math.max(1, at.epochMilliseconds - Date.now())
    if (row.id === id) await this.#queue.add(transaction, { payload: { id }, key: id, delay })
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
      if (row) await this.#queue.cancel(transaction, id)
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
  return cancelled
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
