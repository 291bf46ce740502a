import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { deliveries } from './delivery.ts'
import { migrations } from './migrations/index.ts'
import { remind, reminderWords } from './reminders.ts'
import { scheduledRoutes } from './routes.ts'
import { Schedule } from './schedule.ts'
import type {} from './tables.ts'

/** Milliseconds between two times that messages which could not be sent are deleted. */
const SWEEP_INTERVAL = 60 * 60 * 1_000

/** Days for which a message that could not be sent is kept, to be copied. */
const KEPT_DAYS = 30

export interface ScheduledOptions {
  /** The zone of those who have not said theirs; undefined: that of the machine. */
  readonly timeZone: string | undefined
}

/** Reminders, and messages that are sent later. */
export const scheduled = fp(async (app: FastifyInstance, { timeZone }: ScheduledOptions) => {
  await app.migrate('scheduled', migrations)
  const schedule = new Schedule(app.database, app.usage, deliveries(app))
  const zone = timeZone ?? Temporal.Now.timeZoneId()
  app.chat.commands.add('remind', async (command) => {
    const reminder = await remind(app.database, schedule, command, zone)
    return reminderWords(reminder)
  })
  app.jobs.every('sweep-scheduled', SWEEP_INTERVAL, async () => {
    const before = Temporal.Now.instant()
      .subtract({ hours: 24 * KEPT_DAYS })
      .toString()
    const old = await app.database
      .selectFrom('scheduled')
      .select(['id', 'user_id as user'])
      .where('due_at', '<', before)
      .where('failure', 'is not', null)
      .limit(100)
      .execute()
    for (const { id, user } of old) await schedule.cancel(user, id)
    return old.length === 100 ? { again: 0 } : undefined
  })
  await app.register(scheduledRoutes, { schedule, zone })
})
