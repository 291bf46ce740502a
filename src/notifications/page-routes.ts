import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { identityOf, NO_SUCH_ZONE, requireUser } from '../accounts/index.ts'
import { noteSaved } from '../web/index.ts'
import { utcCalendar } from '../web/presentation.ts'
import { newestNotification } from './notification-rows.ts'
import { notificationsPage } from './page.ts'
import { notificationView } from './presentation.ts'
import { NotificationsQuery, QuietHoursForm, SeenForm } from './protocol.ts'
import { type QuietHours, quietHoursFault, quietHoursOf, setQuietHours } from './quiet-hours.ts'

/** The page of a person's notifications, and of when they want to be left alone. */
export async function notificationPageRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits, timeZones } = app
  app.addHook('onRequest', requireUser)

  app.get(
    '/notifications',
    { schema: { querystring: NotificationsQuery }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const { before } = request.query
      return page(reply, { before: before === undefined ? undefined : Number(before) })
    },
  )

  app.post(
    '/notifications/seen',
    { schema: { body: SeenForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      await app.notifications.markSeen(identityOf(request).user.id, Number(request.body.id))
      return reply.redirect('/notifications', 303)
    },
  )

  app.post(
    '/notifications/quiet-hours',
    { schema: { body: QuietHoursForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const { from = '', to = '', zone = '' } = request.body
      const { user } = identityOf(request)
      const hours = from === '' && to === '' ? undefined : { from, to }
      const error = hours && quietHoursFault(hours)
      if (error !== undefined) return page(reply.code(400), { form: { from, to, error } })
      if (zone !== '' && !(await timeZones.set(user.id, zone)))
        return page(reply.code(400), { form: { from, to, error: NO_SUCH_ZONE } })
      await setQuietHours(database, user.id, hours)
      return noteSaved(reply, 'quiet-hours').redirect('/notifications#quiet-hours', 303)
    },
  )
}

interface Shown {
  readonly before?: number | undefined
  /** The form as it was entered, with what is wrong with it. */
  readonly form?: QuietHours & { readonly error: string }
}

async function page(reply: FastifyReply, { before, form }: Shown): Promise<FastifyReply> {
  const { database, timeZones } = reply.server
  const { user } = identityOf(reply.request)
  const { last, more, notifications, rooms, unseen } = await notificationsPage(database, user.id, before)
  const hours = await quietHoursOf(database, user.id)
  const zone = await timeZones.told(user.id)
  return reply.page('notifications/page', {
    title: 'Notifications',
    notifications: notifications.map((one) => {
      const view = notificationView(one, one.seen, utcCalendar)
      const slug = rooms.get(one.id)
      if (slug === undefined) return view
      return {
        ...view,
        settings: { href: `/rooms/${slug}/settings#level-heading`, room: view.room ?? slug },
      }
    }),
    unseen,
    latest: (await newestNotification(database, user.id)) ?? null,
    earlier: before !== undefined,
    more: more ? last : null,
    hasQuietHours: hours !== undefined,
    quiet: form ?? { error: null, ...(hours ?? { from: '', to: '' }) },
    zone: { name: await timeZones.of(user.id), told: zone !== undefined },
  })
}
