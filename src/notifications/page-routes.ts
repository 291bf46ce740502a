import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf, requireUser } from '../accounts/index.ts'
import { utcCalendar } from '../web/presentation.ts'
import { notificationsPage } from './page.ts'
import { notificationView } from './presentation.ts'
import { NotificationsQuery, SeenForm } from './protocol.ts'

/** The page of a person's notifications. */
export async function notificationPageRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('onRequest', requireUser)

  app.get(
    '/notifications',
    { schema: { querystring: NotificationsQuery }, onRequest: app.pace.reading },
    async (request, reply) => {
      const { user } = identityOf(request)
      const before = request.query.before === undefined ? undefined : Number(request.query.before)
      const { last, more, notifications, unseen } = await notificationsPage(app.database, user.id, before)
      return reply.page('notifications/page', {
        title: 'Notifications',
        notifications: notifications.map((one) => notificationView(one, one.seen, utcCalendar)),
        unseen,
        latest: notifications[0]?.id ?? null,
        earlier: before !== undefined,
        more: more ? last : null,
      })
    },
  )

  app.post(
    '/notifications/seen',
    { schema: { body: SeenForm }, onRequest: app.pace.sending },
    async (request, reply) => {
      await app.notifications.markSeen(identityOf(request).user.id, Number(request.body.id))
      return reply.redirect('/notifications', 303)
    },
  )
}
