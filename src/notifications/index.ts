import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Counter, type Registry } from 'prom-client'
import { type Database, migrateFeature } from '../storage/index.ts'
import { notificationBelongings } from './belongings.ts'
import { Boxes } from './boxes.ts'
import { NotificationsConsumer } from './consumer.ts'
import { migrations } from './migrations/index.ts'
import { Notifications } from './notifications.ts'
import { notifyOfMessages } from './notifier.ts'
import { notificationPageRoutes } from './page-routes.ts'
import { notificationsEraser } from './room-contents.ts'
import { RoomLists } from './room-lists.ts'
import { notificationRoutes } from './routes.ts'
import { sweepNotifications } from './sweeping.ts'
import { WatchedStatuses } from './watched-statuses.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly roomLists: RoomLists
    readonly notifications: Notifications
    readonly watchedStatuses: WatchedStatuses
  }
}

/** Everything that concerns a person wherever they are: the list of their rooms, and their notifications. */
export const notifications = fp(async (app: FastifyInstance, { registry }: { registry: Registry }) => {
  const { channelLayer, database, log, rooms, timeZones } = app
  await app.migrate('notifications', migrations)
  app.belongings.add(...notificationBelongings(app))
  const roomLists = new RoomLists(database, channelLayer, rooms.online, log)
  app.decorate('roomLists', roomLists)
  app.addHook('onClose', () => roomLists.close())
  app.changedPeople.listen(({ name }) => roomLists.personChanged(name))
  const watchedStatuses = new WatchedStatuses(database)
  app.decorate('watchedStatuses', watchedStatuses)
  app.changedPeople.listen((person) => watchedStatuses.personChanged(person))

  const boxes = new Boxes(database, channelLayer, timeZones, log)
  await boxes.start()
  app.addHook('onClose', () => boxes.close())
  boxes.onChange((users) => roomLists.mentionsChanged(users))
  boxes.onRestart(() => roomLists.startAnew())
  const added = new Counter({
    name: 'partyline_notifications_added_total',
    help: 'Notifications that were added by any process since this one started: each process counts all',
    registers: [registry],
  })
  boxes.onAdded((_users, count) => added.inc(count))
  app.decorate('notifications', new Notifications(database, boxes, timeZones))
  notifyOfMessages(app)
  sweepNotifications(app)
  rooms.deletion.onDelete(notificationsEraser(app))

  app.consumer('/ws/notifications', NotificationsConsumer)
  await app.register(notificationRoutes)
  await app.register(notificationPageRoutes)
})

/**
 * Brings the tables of notifications up to date where no server does, for commands.
 * @param url of the PostgreSQL, where it is one
 */
export function migrateNotifications(database: Database, url?: string): Promise<void> {
  return migrateFeature(database, 'notifications', migrations, url)
}

export { pushNotification } from './additions.ts'
export { type NewNotification, type NotificationFrame, type Payload, payloadFault } from './notification.ts'
export { latestChange as latestNotification } from './notification-log.ts'
export { peopleWithNewer } from './notification-rows.ts'
export { unseenAfter } from './page.ts'
