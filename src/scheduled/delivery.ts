import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { type Person, personById, rowSize } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import type { Job, JobQueue, Repeat } from '../jobs/index.ts'
import type { NewNotification } from '../notifications/index.ts'
import { findRoom, may } from '../rooms/index.ts'
import type { Scheduled } from './tables.ts'

const Payload = Type.Object({ id: Type.String() })
export type DeliveryQueue = JobQueue<{ id: string }>

/**
 * Reminds people, and says what they wanted to say later. What a person may do is looked at when the time has come. A message
 * carries the `id` of its row, so that it stands once, whenever the process is killed.
 */
export function deliveries(app: FastifyInstance): DeliveryQueue {
  const { database } = app
  return app.jobs.handle(
    'deliver-scheduled',
    // Each belongs to a row of `scheduled`, of which a person has so many at most.
    { payload: Payload, waiting: Number.POSITIVE_INFINITY },
    async ({ id }, job): Promise<Repeat | undefined> => {
      const one = await database.selectFrom('scheduled').selectAll().where('id', '=', id).executeTakeFirst()
      if (!one || one.failure !== null) return undefined
      const wait = Date.parse(one.due_at) - Date.now()
      if (wait > 0) return { again: wait }
      const person = await personById(database, one.user_id)
      if (!person || person.deactivated)
        return fail(job, one, 'Your account was deactivated when its time had come.')
      if (one.kind === 'reminder') return remind(job, one, person)
      return say(job, one, person)
    },
  )

  async function remind(job: Job, one: Scheduled, person: Person): Promise<undefined> {
    const room = await findRoom(database, one.room_slug, person)
    const about = room && may(room, 'see') ? { room: room.id } : {}
    await end(job, one, [{ user: person.id, event: 'reminder', ...about, payload: { text: one.text } }])
  }

  async function say(job: Job, one: Scheduled, person: Person): Promise<undefined> {
    const room = await findRoom(database, one.room_slug, person)
    if (!room || !may(room, 'speak')) return fail(job, one, 'You may not write in this room any more.')
    try {
      await app.chat.writer.post(room.id, person, one.text, one.id)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      return fail(
        job,
        one,
        `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`.replace('..', '.'),
      )
    }
    await end(job, one, [])
  }

  async function end(
    job: Job,
    { id, text, user_id }: Scheduled,
    told: readonly NewNotification[],
  ): Promise<void> {
    await job.transaction(async (transaction) => {
      const [gone] = await transaction.deleteFrom('scheduled').where('id', '=', id).returning('id').execute()
      // It was cancelled just now.
      if (gone) await app.notifications.add(transaction, told)
    })
    app.notifications.wake()
    await app.usage.free(user_id, rowSize(text))
  }

  /** Its text stays on the page of what is scheduled, to be copied. */
  async function fail(job: Job, { id, room_id, user_id }: Scheduled, failure: string): Promise<undefined> {
    await job.transaction(async (transaction) => {
      const [failed] = await transaction
        .updateTable('scheduled')
        .set({ failure })
        .where('id', '=', id)
        .returning('id')
        .execute()
      const text = `A message that you wanted to send later was not sent. ${failure}`
      if (failed)
        await app.notifications.add(transaction, [
          { user: user_id, event: 'job', room: room_id, payload: { text } },
        ])
    })
    app.notifications.wake()
  }
}
