import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { actorOf } from '../audit/index.ts'
import { HttpError, noteSaved } from '../web/index.ts'
import { LEVELS } from './access.ts'
import { archiveRoom, unarchiveRoom } from './archive.ts'
import type { AuditedActionLimit, SettingsOptions } from './invitations.ts'
import { setLevel } from './memberships.ts'
import { NameTaken } from './name-claims.ts'
import { roomNameFault } from './names.ts'
import { nameTaken } from './presentation.ts'
import { EmptyForm, LevelForm, RoomParams, SettingsForm, SettingsQuery } from './protocol.ts'
import { configurableRoomOf, notInRoom, roomOf } from './requests.ts'
import { changeSettings, descriptionFault, roomDescription } from './settings.ts'
import { settingsPage } from './settings-page.ts'

export async function settingsRoutes(
  instance: FastifyInstance,
  options: SettingsOptions & AuditedActionLimit,
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, rateLimits, roomAnnouncements, rooms } = app
  const path = '/rooms/:room/settings'

  app.get(
    path,
    { schema: { params: RoomParams, querystring: SettingsQuery }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const room = await configurableRoomOf(request, request.params.room, 'know')
      return settingsPage(reply, room, options, { page: Number(request.query.page ?? 1) })
    },
  )

  app.post(
    path,
    {
      schema: { params: RoomParams, body: SettingsForm },
      config: { written: 'description' },
      onRequest: options.administering,
    },
    async (request, reply) => {
      const room = await configurableRoomOf(request, request.params.room, 'configure')
      const { name = room.name, description = room.description } = request.body
      const error = roomNameFault(name) ?? descriptionFault(description)
      if (error)
        return settingsPage(reply.code(400), room, options, {
          about: { name, description, error, taken: null },
        })
      try {
        const settings = { name, description: roomDescription(description) }
        await changeSettings(database, room, settings, actorOf(request))
      } catch (error) {
        if (!(error instanceof NameTaken)) throw error
        const about = { name, description, ...nameTaken(error) }
        return settingsPage(reply.code(400), room, options, { about })
      }
      roomAnnouncements.roomChanged(room.id)
      return noteSaved(reply, 'about').redirect(`/rooms/${room.slug}/settings`, 303)
    },
  )

  const bare = { schema: { params: RoomParams, body: EmptyForm }, onRequest: options.administering }

  for (const [path, change] of [
    ['/rooms/:room/archive', archiveRoom],
    ['/rooms/:room/unarchive', unarchiveRoom],
  ] as const) {
    app.post(path, bare, async (request, reply) => {
      const room = await roomOf(request, request.params.room, 'administer')
      await change(database, room.id, actorOf(request))
      await rooms.accessChanged()
      roomAnnouncements.roomChanged(room.id)
      return reply.redirect(`/rooms/${room.slug}`, 303)
    })
  }

  app.post(
    '/rooms/:room/level',
    { schema: { params: RoomParams, body: LevelForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      const { user } = identityOf(request)
      const level = LEVELS.find((level) => level === request.body.level)
      if (level === undefined) {
        const error = 'Choose one of these.'
        if (room.kind !== 'direct') return settingsPage(reply.code(400), room, options, { level: { error } })
        throw new HttpError(400, 'There is no such level', `It is one of ${LEVELS.join(', ')}.`)
      }
      if (!(await setLevel(database, room.id, user.id, level))) throw notInRoom()
      roomAnnouncements.listChanged(user.id)
      const page = room.kind === 'direct' ? `/rooms/${room.slug}` : `/rooms/${room.slug}/settings`
      return noteSaved(reply, 'level').redirect(page, 303)
    },
  )
}
