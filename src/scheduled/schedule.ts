import { randomUUIDv7 } from 'node:crypto'
import { rowSize, type Usage } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import { type Database, inTransaction } from '../storage/index.ts'
import type { DeliveryQueue } from './delivery.ts'
import type { Scheduled } from './tables.ts'

/** How much one person can have scheduled. */
export const PER_PERSON = 100

export interface NewScheduled {
  readonly user: number
  readonly room: { readonly id: number; readonly slug: string }
  readonly kind: Scheduled['kind']
  readonly text: string
  readonly at: Temporal.ZonedDateTime
  /** The same person and id is scheduled once. */
  readonly clientId: string | undefined
}

/** What people want to be reminded of, and what they want to say later. */
export class Schedule {
  readonly #database: Database
  readonly #usage: Usage
  readonly #queue: DeliveryQueue

  constructor(database: Database, usage: Usage, queue: DeliveryQueue) {
    this.#database = database
    this.#usage = usage
    this.#queue = queue
  }

  /** @throws FrameError with `limit` */
  async add({ user, room, kind, text, at, clientId }: NewScheduled): Promise<Scheduled> {
    const id = randomUUIDv7()
    const bytes = rowSize(text)
    if (!(await this.#usage.spend(user, bytes))) throw new FrameError('limit', this.#usage.refusal)
    let isNew = false
    try {
      return await inTransaction(this.#database, async (transaction) => {
        isNew = false
        const of = await transaction
          .selectFrom('scheduled')
          .selectAll()
          .where('user_id', '=', user)
          .limit(PER_PERSON + 1)
          .execute()
        const before = of.find((one) => one.client_id === clientId)
        if (before) return before
        if (of.length >= PER_PERSON)
          throw new FrameError(
            'limit',
            `you have scheduled ${PER_PERSON} reminders and messages; cancel one of them first`,
          )
        const row = {
          id,
          user_id: user,
          client_id: clientId ?? id,
          room_id: room.id,
          room_slug: room.slug,
          kind,
          text,
          due_at: at.toInstant().toString({ fractionalSecondDigits: 3 }),
          created_at: new Date().toISOString(),
          failure: null,
        } as const
        await transaction.insertInto('scheduled').values(row).execute()
        await this.#queue.add(transaction, {
          payload: { id },
          key: id,
          delay: Math.max(1, at.epochMilliseconds - Date.now()),
        })
        isNew = true
        return row
      })
    } finally {
      if (!isNew) this.#usage.refund(user, bytes)
    }
  }

  /** Everything that a person has scheduled, the next first. */
  of(user: number): Promise<Scheduled[]> {
    return this.#database
      .selectFrom('scheduled')
      .selectAll()
      .where('user_id', '=', user)
      .orderBy('due_at')
      .orderBy('id')
      .limit(PER_PERSON)
      .execute()
  }

  /** Takes something back. @returns false where the person has nothing of that id */
  async cancel(user: number, id: string): Promise<boolean> {
    const cancelled = await inTransaction(this.#database, async (transaction) => {
      const row = await transaction
        .deleteFrom('scheduled')
        .where('id', '=', id)
        .where('user_id', '=', user)
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
