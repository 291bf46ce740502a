import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { actorOf } from '../audit/index.ts'
import { may } from './access.ts'
import { announceMember } from './announcements.ts'
import type { AuditedActionLimit, SettingsOptions } from './invitations.ts'
import { faultOf, memberPage, personNamedIn } from './member-page.ts'
import { addMember, hideRoom, leaveRoom, removeMember } from './members.ts'
import { MUTE_TIMES, muteMember, unmuteMember } from './mutes.ts'
import { peopleNamed } from './people.ts'
import { EmptyForm, MemberForm, MemberParams, MuteForm, RoomParams } from './protocol.ts'
import { configurableRoomOf, notAllowed, roomOf } from './requests.ts'
import { settingsPage } from './settings-page.ts'

export async function memberRoutes(
  instance: FastifyInstance,
  options: SettingsOptions & AuditedActionLimit,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits, rooms } = app

  app.post(
    '/rooms/:room/members',
    {
      schema: { params: RoomParams, body: MemberForm },
      config: { formPage: '/rooms/:room/settings' },
      onRequest: rateLimits.sending,
    },
    async (request, reply) => {
      const room = await configurableRoomOf(request, request.params.room, 'add')
      const { name = '' } = request.body
      const { people, fault = '' } = await peopleNamed(database, [name])
      const [person] = people
      if (!person) {
        return settingsPage(reply.code(400), room, options, { member: { name, error: fault } })
      }
      if (!(await addMember(database, room, person.id, may(room, 'administer'), actorOf(request))))
        throw notAllowed(room)
      announceMember(app, room, person.id)
      return reply.redirect(`/rooms/${room.slug}/settings`, 303)
    },
  )

  app.post(
    '/rooms/:room/members/:name/remove',
    { schema: { params: MemberParams, body: EmptyForm }, onRequest: options.administering },
    async (request, reply) => {
      const room = await configurableRoomOf(request, request.params.room, 'administer')
      const person = await personNamedIn(request, request.params.name)
      if (person.id === identityOf(request).user.id) {
        const error = 'You cannot remove yourself. Leave the room instead, and you can come back later.'
        return memberPage(reply.code(400), room, person, error)
      }
      await removeMember(database, room, person.id, actorOf(request))
      await rooms.accessChanged()
      announceMember(app, room, person.id)
      return reply.redirect(`/rooms/${room.slug}/settings`, 303)
    },
  )

  app.get(
    '/rooms/:room/members/:name',
    { schema: { params: MemberParams }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const room = await configurableRoomOf(request, request.params.room, 'administer')
      return memberPage(reply, room, await personNamedIn(request, request.params.name))
    },
  )

  app.post(
    '/rooms/:room/members/:name/mute',
    { schema: { params: MemberParams, body: MuteForm }, onRequest: options.administering },
    async (request, reply) => {
      const room = await configurableRoomOf(request, request.params.room, 'administer')
      const person = await personNamedIn(request, request.params.name)
      const { end, for: time = '' } = request.body
      const milliseconds = Object.hasOwn(MUTE_TIMES, time) ? MUTE_TIMES[time] : undefined
      const fault =
        end === 'on'
          ? undefined
          : ((await faultOf(request, room, person)) ??
            (milliseconds === undefined ? 'Choose how long.' : undefined))
      if (fault !== undefined) return memberPage(reply.code(400), room, person, fault)
      if (milliseconds === undefined || end === 'on')
        await unmuteMember(database, room, person.id, actorOf(request))
      else {
        const until = new Date(Date.now() + milliseconds).toISOString()
        await muteMember(database, room, person.id, actorOf(request), until)
      }
      await rooms.accessChanged()
      return reply.redirect(`/rooms/${room.slug}/settings#members`, 303)
    },
  )

  app.post(
    '/rooms/:room/leave',
    { schema: { params: RoomParams, body: EmptyForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      const { user } = identityOf(request)
      if (room.kind === 'direct') await hideRoom(database, room, user.id)
      else {
        await leaveRoom(database, room.id, user.id)
        await rooms.accessChanged()
      }
      announceMember(app, room, user.id)
      return reply.redirect('/', 303)
    },
  )
}
