import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { actorOf, type NewAuditEntry } from '../audit/index.ts'
import { FrameError } from '../channels/index.ts'
import { type FoundRoom, openRoom, RoomParams, roomOf } from '../rooms/index.ts'
import { messageFrame } from './message.ts'
import { backTo, messageIn, messagePage } from './message-routes.ts'
import { pinnedMessages } from './messages.ts'
import { MessageFrame, MessageParams, PinForm, Pins } from './protocol.ts'
import { shownMessages } from './shown-messages.ts'

/** The list of a room's pinned messages, and the routes that pin and unpin a message. */
export async function pinRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { chat, database, rateLimits } = app
  const list = { schema: { params: RoomParams }, onRequest: rateLimits.reading }

  app.get('/rooms/:room/pins', list, async (request, reply) => {
    const room = await roomOf(request, request.params.room)
    const { user } = identityOf(request)
    const pins = await pinnedMessages(database, room.id)
    // Each with its day and its name: beside each other they stand here alone. None says that it is pinned, as the page does.
    const messages = await Promise.all(
      pins.map((message) => shownMessages(app, room, user, [messageFrame({ ...message, pinnedAt: null })])),
    )
    return reply.page('chat/pins', { title: `Pinned in ${room.name}`, room, messages })
  })

  app.post(
    '/rooms/:room/messages/:seq/pin',
    { schema: { params: MessageParams, body: PinForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const room = await openRoom(request, request.params.room, 'pin')
      const { message } = await messageIn(request)
      try {
        await pin(request, room, request.body.on === 'on')
      } catch (error) {
        if (!(error instanceof FrameError) || error.code !== 'limit') throw error
        const form = { text: message.text, error: null, pinError: error.message }
        return messagePage(reply.code(400), room, message, form)
      }
      return backTo(reply, room, message.seq)
    },
  )

  app.get(
    '/api/rooms/:room/pins',
    {
      ...list,
      config: {
        scope: 'read',
        docs: { summary: 'Read the pinned messages of a room', answers: { 200: Pins } },
      },
    },
    async (request) => {
      const room = await roomOf(request, request.params.room)
      return { pins: (await pinnedMessages(database, room.id)).map(messageFrame) }
    },
  )

  const changing = (summary: string) => ({
    schema: { params: MessageParams },
    config: { scope: 'write', docs: { summary, answers: { 200: MessageFrame } } } as const,
    onRequest: rateLimits.sending,
  })
  const path = '/api/rooms/:room/pins/:seq'
  app.put(path, changing('Pin a message to its room'), async (request) =>
    pin(request, await openRoom(request, request.params.room, 'pin'), true),
  )
  app.delete(path, changing('Unpin a message'), async (request) =>
    pin(request, await openRoom(request, request.params.room, 'pin'), false),
  )

  async function pin(
    request: FastifyRequest<{ Params: { room: string; seq: string } }>,
    room: FoundRoom,
    on: boolean,
  ): Promise<MessageFrame> {
    const { message } = await chat.writer.pin(
      room.id,
      Number(request.params.seq),
      on,
      entryOf(request, room, on),
    )
    return messageFrame(message)
  }
}

/** Returns the entry for the audit log, for administrators who pin in rooms of others; undefined: none is due. */
function entryOf(
  request: FastifyRequest<{ Params: { seq: string } }>,
  room: FoundRoom,
  on: boolean,
): NewAuditEntry | undefined {
  if (room.kind !== 'open' || room.standing === 'owner') return undefined
  const action = on ? 'message.pin' : 'message.unpin'
  return { action, by: actorOf(request), room, detail: `message ${request.params.seq}` }
}
