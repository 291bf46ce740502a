import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { type Person, personById, rowSize } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import type { Job, JobQueue, Repeat } from '../jobs/index.ts'
import type { NewNotification } from '../notifications/index.ts'
import { findRoom, may } from '../rooms/index.ts'
import { DatabaseAway } from '../storage/index.ts'
import { sentence } from '../text/sentence.ts'
import type { Scheduled } from './tables.ts'

const Payload = Type.Object({ id: Type.String() })
export type DeliveryQueue = JobQueue<{ id: string }>

/** Attempts before a delivery is given up. */
const ATTEMPTS = 12

/**
 * Sends reminders and scheduled messages. Permissions are checked at the time of sending. A message has the `id` of its row, so
 * that it is posted once, even if the process is killed.
 */
export function deliveries(app: FastifyInstance): DeliveryQueue {
  const { database } = app
  return app.jobs.handle(
    'deliver-scheduled',
    // Each belongs to a row of `scheduled`, of which a person has so many at most.
    { payload: Payload, attempts: ATTEMPTS, waiting: Number.POSITIVE_INFINITY },
    async ({ id }, job): Promise<Repeat | undefined> => {
      const one = await database.selectFrom('scheduled').selectAll().where('id', '=', id).executeTakeFirst()
      if (!one || one.state === 'done' || one.state === 'failed') return undefined
      const wait = Date.parse(one.due_at) - Date.now()
      if (wait > 0) return { again: wait }
      try {
        await deliver(job, one)
      } catch (error) {
        if (job.signal.aborted || error instanceof DatabaseAway || job.attempts < ATTEMPTS) throw error
        job.log.error({ err: error }, 'a scheduled message or reminder could not be sent')
        await fail(job, one, 'Something went wrong here. Try again later.')
      }
      return undefined
    },
  )

  async function deliver(job: Job, one: Scheduled): Promise<void> {
    const person = await personById(database, one.user_id)
    if (!person || person.deactivated) return fail(job, one, 'Your account was deactivated when it was due.')
    // One that was begun may have been said.
    const isBegun = one.state === 'sending'
    if (!isBegun && one.key_id !== null && !(await app.sessions.findKey(one.key_id))) return forget(job, one)
    return one.kind === 'reminder' ? remind(job, one, person) : say(job, one, person)
  }

  async function remind(job: Job, one: Scheduled, person: Person): Promise<void> {
    const room = await findRoom(database, one.room_slug, person)
    const about = room && may(room, 'see') ? { room: room.id } : {}
    const payload = { text: one.text }
    await end(job, one, { state: 'done' }, [{ user: person.id, event: 'reminder', ...about, payload }])
  }

  async function say(job: Job, one: Scheduled, person: Person): Promise<void> {
    // The process that began to send it may have been killed after it was said.
    const isRetry = one.state === 'sending'
    if (!(isRetry && (await app.chat.writer.hasPosted(one.room_id, person, one.id)))) {
      const room = await findRoom(database, one.room_slug, person)
      if (!room || !may(room, 'speak')) return fail(job, one, 'You can no longer write in this room.')
      if (!(await begin(job, one))) return
      try {
        await app.chat.writer.post(room.id, person, one.text, one.id)
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        return fail(job, one, sentence(error.message))
      }
    }
    if (await end(job, one, { state: 'done', text: '' }, []))
      await app.usage.free(person.id, Buffer.byteLength(one.text))
  }

  /** From here on it cannot be cancelled. @returns false if it was */
  async function begin(job: Job, { id }: Scheduled): Promise<boolean> {
    const begun = await job.transaction((transaction) =>
      transaction
        .updateTable('scheduled')
        .set({ state: 'sending' })
        .where('id', '=', id)
        .returning('id')
        .execute(),
    )
    return begun.length > 0
  }

  /** Drops an entry of a revoked key without a word: its person wants to hear nothing more of it. */
  async function forget(job: Job, one: Scheduled): Promise<void> {
    const forgotten = await job.transaction((transaction) =>
      transaction.deleteFrom('scheduled').where('id', '=', one.id).returning('id').execute(),
    )
    if (forgotten.length > 0) await app.usage.free(one.user_id, rowSize(one.text))
  }

  /** Its text stays on the page of what is scheduled, to be copied. */
  async function fail(job: Job, one: Scheduled, failure: string): Promise<void> {
    const what = one.kind === 'reminder' ? 'A reminder' : 'The message'
    const text = `${what} for ${one.room_slug} that you scheduled was not sent. ${failure}`
    // Without the room, which its person may not read any more.
    await end(job, one, { state: 'failed', failure }, [
      { user: one.user_id, event: 'job', payload: { text } },
    ])
  }

  /** @returns false if it was cancelled just now */
  async function end(
    job: Job,
    { id }: Scheduled,
    changes: Partial<Pick<Scheduled, 'state' | 'text' | 'failure'>>,
    told: readonly NewNotification[],
  ): Promise<boolean> {
    const isEnded = await job.transaction(async (transaction) => {
      const ended = await transaction
        .updateTable('scheduled')
        .set(changes)
        .where('id', '=', id)
        .returning('id')
        .execute()
      if (ended.length > 0) await app.notifications.add(transaction, told)
      return ended.length > 0
    })
    app.notifications.wake()
    return isEnded
  }
}
