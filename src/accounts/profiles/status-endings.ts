import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { JobQueue } from '../../jobs/index.ts'
import { changePerson } from '../people.ts'

const Payload = Type.Object({ user: Type.Integer() })
export type StatusEndings = JobQueue<{ user: number }>

/** Takes statuses away when their time has come, and has everyone told who sees them. */
export function statusEndings(app: FastifyInstance): StatusEndings {
  const { changedPeople, database } = app
  return app.jobs.handle(
    'end-status',
    // One for each person, at most.
    { about: 'Clears a status that has ended', payload: Payload, waiting: Number.POSITIVE_INFINITY },
    async ({ user }) => {
      const profile = await database
        .selectFrom('profiles')
        .select('status_until')
        .where('user_id', '=', user)
        .executeTakeFirst()
      const until = profile?.status_until
      if (!until) return undefined
      const wait = Date.parse(until) - Date.now()
      if (wait > 0) return { again: wait }
      const change = await changePerson(database, user, async (transaction) => {
        const ended = await transaction
          .updateTable('profiles')
          .set({ status_emoji: '', status_text: '', status_until: null })
          .where('user_id', '=', user)
          .where('status_until', '=', until)
          .returning('user_id')
          .execute()
        return ended.length > 0 ? {} : undefined
      })
      if (change?.changed) changedPeople.announce(change.person)
      return undefined
    },
  )
}
