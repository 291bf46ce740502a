import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { Type } from 'typebox'
import { type Person, personById, rowSize } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import type { Job, JobQueue, Repeat } from '../jobs/index.ts'
import type { NewNotification } from '../notifications/index.ts'
import { findRoom, may } from '../rooms/index.ts'
import { DatabaseAway, type Tables } from '../storage/index.ts'
import { sentence } from '../text/sentence.ts'
import { deleteAsRead, lockEntry, updateAsRead } from './rows.ts'
import type { Scheduled } from './tables.ts'

const Payload = Type.Object({ id: Type.String() })
export type DeliveryQueue = JobQueue<{ id: string }>

/** Attempts before a delivery is given up. */
const ATTEMPTS = 12

/**
 * Sends reminders and scheduled messages. Permissions are checked at the time of sending. A message has the `id` of its row, so
 * that it is posted once, even if the process is killed. An entry that its person has changed since it was read here is left
 * alone: with the change its job was added once more.
 */
export function deliveries(app: FastifyInstance): DeliveryQueue {
  const { database } = app
  return app.jobs.handle(
    'deliver-scheduled',
    // Each belongs to a row of `scheduled`, and the rows of a person are limited.
    {
      about: 'Sends a reminder or a scheduled message',
      payload: Payload,
      attempts: ATTEMPTS,
      waiting: Number.POSITIVE_INFINITY,
    },
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
    await end(job, one, { state: 'done' }, ({ text }) => ({
      user: person.id,
      event: 'reminder',
      ...about,
      payload: { text },
    }))
  }

  async function say(job: Job, one: Scheduled, person: Person): Promise<void> {
    // The process that began to send it may have been killed after it was said.
    const isRetry = one.state === 'sending'
    const isSaid = isRetry && (await app.chat.writer.hasPosted(one.room_id, person, one.id))
    const begun = isSaid ? one : await begin(job, one, person)
    if (begun && (await end(job, begun, { state: 'done', text: '' })))
      await app.usage.free(person.id, Buffer.byteLength(begun.text))
  }

  /** @returns the message that was said; undefined if it was not */
  async function begin(job: Job, one: Scheduled, person: Person): Promise<Scheduled | undefined> {
    const room = await findRoom(database, one.room_slug, person)
    if (!room || !may(room, 'speak')) {
      await fail(job, one, 'You can no longer write in this room.')
      return undefined
    }
    // From here on it can be neither changed nor cancelled.
    const begun = await change(job, one, (transaction) =>
      updateAsRead(transaction, one, { state: 'sending' }),
    )
    if (!begun) return undefined
    try {
      await app.chat.writer.post(room.id, person, begun.text, begun.id)
      return begun
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      await fail(job, begun, sentence(error.message))
      return undefined
    }
  }

  /** Drops an entry of a revoked key without a word: its person wants to hear nothing more of it. */
  async function forget(job: Job, one: Scheduled): Promise<void> {
    const forgotten = await change(job, one, (transaction) => deleteAsRead(transaction, one))
    if (forgotten) await app.usage.free(one.user_id, rowSize(forgotten.text))
  }

  /** Its text stays on the page of what is scheduled, to be copied or tried again. */
  async function fail(job: Job, one: Scheduled, failure: string): Promise<void> {
    const what = one.kind === 'reminder' ? 'A reminder' : 'The message'
    const text = `${what} for ${one.room_slug} that you scheduled was not sent. ${failure}`
    // Without the room, which its person may not read any more.
    await end(job, one, { state: 'failed', failure }, () => ({
      user: one.user_id,
      event: 'job',
      payload: { text },
    }))
  }

  /** @returns false if it was cancelled or changed just now */
  async function end(
    job: Job,
    one: Scheduled,
    changes: Partial<Pick<Scheduled, 'state' | 'text' | 'failure'>>,
    told?: (ended: Scheduled) => NewNotification,
  ): Promise<boolean> {
    const isEnded = await change(job, one, async (transaction) => {
      const ended = await updateAsRead(transaction, one, changes)
      if (ended && told) await app.notifications.add(transaction, [told(ended)])
      return ended !== undefined
    })
    app.notifications.wake()
    return isEnded
  }

  function change<Result>(
    job: Job,
    { id }: Scheduled,
    work: (transaction: Transaction<Tables>) => Promise<Result>,
  ): Promise<Result> {
    return job.transaction(work, async (transaction) => void (await lockEntry(transaction, id)))
  }
}
