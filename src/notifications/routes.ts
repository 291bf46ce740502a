import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { findPerson, identityOf, requireUser } from '../accounts/index.ts'
import { RoomEntry, roomEntry, roomList } from '../chat/index.ts'
import { isShown } from '../rooms/index.ts'
import { HttpError } from '../web/index.ts'
import { payloadFault } from './notification.ts'
import { unreadMentions } from './notification-rows.ts'
import { NotificationsPage, notificationsPage } from './page.ts'
import { NotificationsQuery, PushBody } from './protocol.ts'

export async function notificationRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  app.addHook('onRequest', requireUser)

  const rooms = {
    summary: 'List your rooms',
    answers: { 200: Type.Object({ rooms: Type.Array(RoomEntry) }) },
  }
  app.get(
    '/api/rooms',
    { config: { scope: 'read', docs: rooms }, onRequest: app.rateLimits.reading },
    async (request) => {
      const { id } = identityOf(request).user
      const rooms = await roomList(app.database, app.rooms.online, id)
      const mentions = (await unreadMentions(app.database, [id])).get(id)
      return { rooms: rooms.filter(isShown).map((room) => roomEntry(room, mentions?.get(room.id) ?? 0)) }
    },
  )

  app.get(
    '/api/notifications',
    {
      schema: { querystring: NotificationsQuery },
      config: {
        scope: 'read',
        docs: { summary: 'List your notifications, newest first', answers: { 200: NotificationsPage } },
      },
      onRequest: app.rateLimits.reading,
    },
    async (request) => {
      const { before } = request.query
      const { user } = identityOf(request)
      const earliest = before === undefined ? undefined : Number(before)
      const { last, rooms, ...page } = await notificationsPage(app.database, user.id, earliest)
      return page
    },
  )

  app.post(
    '/api/notifications',
    {
      schema: { body: PushBody },
      config: {
        scope: 'notify',
        docs: {
          summary: 'Notify somebody',
          answers: { 202: Type.Object({ id: Type.Integer() }) },
        },
      },
      onRequest: app.rateLimits.sending,
    },
    async (request, reply) => {
      if (!identityOf(request).scopes) throw onlyWithKey()
      const { payload, user } = request.body
      const fault = payloadFault(payload)
      if (fault !== undefined) throw new HttpError(400, 'This notification cannot be sent', `${fault}.`)
      const person = await findPerson(app.database, user)
      if (!person || person.deactivated)
        throw new HttpError(
          404,
          'There is nobody here with this name',
          'Check that the name is correct.',
          undefined,
          'not_found',
        )
      reply.code(202)
      return { id: await app.notifications.push(person.id, payload) }
    },
  )
}

function onlyWithKey(): HttpError {
  const advice = 'An administrator can create one at /account, with the scope notify.'
  return new HttpError(403, 'Only an API key can send notifications', advice, undefined, 'forbidden')
}
