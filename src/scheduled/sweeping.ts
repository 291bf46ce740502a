import type { FastifyInstance } from 'fastify'
import { rowSize } from '../accounts/index.ts'
import { inTransaction } from '../storage/index.ts'
import type { DeliveryQueue } from './delivery.ts'

/** Milliseconds between two times that what is over is deleted. */
const INTERVAL = 60 * 60 * 1_000

/** Hours for which what was done is remembered, so that a retry does nothing more. */
const DONE_HOURS = 24

/** Hours for which what could not be sent is kept, to be copied. */
const FAILED_HOURS = 30 * 24

/** Minutes after which what should have been sent has been forgotten by its job. */
const LATE_MINUTES = 1

/** Things that are looked at in one go. */
const AT_ONCE = 100

/** Deletes entries that are over, and sends those without a job. */
export function sweepScheduled(app: FastifyInstance, queue: DeliveryQueue): void {
  const { database, usage } = app
  app.jobs.every('sweep-scheduled', INTERVAL, async () => {
    const deleted = (await deleteOld('done', DONE_HOURS)) + (await deleteOld('failed', FAILED_HOURS))
    await goOn()
    return deleted >= AT_ONCE ? { again: 0 } : undefined
  })

  /** @returns how many */
  async function deleteOld(state: 'done' | 'failed', hours: number): Promise<number> {
    const old = await database
      .selectFrom('scheduled')
      .select('id')
      .where('state', '=', state)
      .where('due_at', '<', ago({ hours }))
      .orderBy('due_at')
      .limit(AT_ONCE)
      .execute()
    if (old.length === 0) return 0
    const ids = old.map(({ id }) => id)
    const deleted = await database
      .deleteFrom('scheduled')
      .where('id', 'in', ids)
      .where('state', '=', state)
      .returning(['user_id as user', 'text'])
      .execute()
    for (const { text, user } of deleted) await usage.free(user, rowSize(text))
    return old.length
  }

  /** A job that failed for good, or was left too often, leaves something that would never be sent. */
  async function goOn(): Promise<void> {
    const late = await database
      .selectFrom('scheduled')
      .select('id')
      .where('state', 'in', ['waiting', 'sending'])
      .where('due_at', '<', ago({ minutes: LATE_MINUTES }))
      .orderBy('due_at')
      .limit(AT_ONCE)
      .execute()
    await inTransaction(database, (transaction) =>
      queue.addAll(
        transaction,
        late.map(({ id }) => ({ payload: { id }, key: id })),
      ),
    )
  }
}

function ago(time: Temporal.DurationLike): string {
  return Temporal.Now.instant().subtract(time).toString({ fractionalSecondDigits: 3 })
}
