import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { actorOf } from '../audit/index.ts'
import {
  type AuditedActionLimit,
  endInvitation,
  invitationOf,
  renewInvitation,
  type SettingsOptions,
} from './invitations.ts'
import { InvitationForm, RoomParams } from './protocol.ts'
import { configurableRoomOf, mayInvite, notAllowed } from './requests.ts'

export async function invitationRoutes(
  instance: FastifyInstance,
  options: SettingsOptions & AuditedActionLimit,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database } = app

  app.post(
    '/rooms/:room/invitation',
    {
      schema: { params: RoomParams, body: InvitationForm },
      config: { formPage: '/rooms/:room/settings' },
      onRequest: options.administering,
    },
    async (request, reply) => {
      const room = await configurableRoomOf(request, request.params.room, 'see')
      if (!mayInvite(room, options)) throw notAllowed(room, 'invite')
      const { end, renew } = request.body
      if (end === 'on') await endInvitation(database, room, actorOf(request))
      else if (renew === 'on' || !(await invitationOf(database, room.id)))
        await renewInvitation(database, room, identityOf(request).user, actorOf(request), (access) =>
          mayInvite(access, options),
        )
      return reply.redirect(`/rooms/${room.slug}/settings#invitation`, 303)
    },
  )
}
