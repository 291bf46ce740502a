import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { rowSize } from '../accounts/index.ts'
import { scheduledBelongings } from './belongings.ts'
import { deliveries } from './delivery.ts'
import { editRoutes } from './edit-routes.ts'
import { migrations } from './migrations/index.ts'
import { remind, reminderWords } from './reminders.ts'
import { scheduledEraser } from './room-contents.ts'
import { scheduledRoutes } from './routes.ts'
import { cancelOfKeys, Schedule } from './schedule.ts'
import { sweepScheduled } from './sweeping.ts'
import type {} from './tables.ts'

/** Reminders, and messages that are sent later. */
export const scheduled = fp(async (app: FastifyInstance) => {
  await app.migrate('scheduled', migrations)
  const queue = deliveries(app)
  const schedule = new Schedule(app, queue)
  app.sessions.within(async (transaction, keys) => {
    const cancelled = await cancelOfKeys(transaction, app, queue, keys)
    return async () => {
      for (const { text, user } of cancelled) await app.usage.free(user, rowSize(text))
    }
  })
  app.chat.commands.add('remind', async (command) => {
    const reminder = await remind(app.timeZones, schedule, command)
    return { notice: reminderWords(reminder), page: '/scheduled' }
  })
  app.belongings.add(...scheduledBelongings(app, schedule))
  sweepScheduled(app, queue)
  app.rooms.deletion.onDelete(scheduledEraser(app))
  await app.register(scheduledRoutes, { schedule })
  await app.register(editRoutes, { schedule })
})
