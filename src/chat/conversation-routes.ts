import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import type { FoundRoom } from '../rooms/index.ts'
import { conversationOf } from './conversation.ts'
import { fittingPage } from './history.ts'
import { messageIn } from './message-routes.ts'
import { Conversation, MessageParams } from './protocol.ts'
import { shownMessages } from './shown-messages.ts'

/** The messages of a room that answer each other, as a page and for programs. */
export async function conversationRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const options = { schema: { params: MessageParams }, onRequest: app.rateLimits.reading }
  const path = '/rooms/:room/messages/:seq/conversation'

  app.get(path, options, async (request, reply) => {
    const { room, seq, page } = await conversation(request)
    const { user } = identityOf(request)
    return reply.page('chat/conversation', {
      title: `Conversation in ${room.name}`,
      room,
      seq,
      messages: await shownMessages(app, room, user, page.frames, seq),
      more: page.more,
    })
  })

  app.get(
    `/api${path}`,
    {
      ...options,
      config: {
        scope: 'read',
        docs: { summary: 'Read the conversation that a message belongs to', answers: { 200: Conversation } },
      },
    },
    async (request, reply) => {
      const { page } = await conversation(request)
      return reply.type('application/json; charset=utf-8').send(page.json)
    },
  )

  async function conversation(
    request: FastifyRequest<{ Params: { room: string; seq: string } }>,
  ): Promise<{ room: FoundRoom; seq: number; page: ReturnType<typeof fittingPage> }> {
    const { room, message } = await messageIn(request)
    const { messages, more } = await conversationOf(app.database, room.id, message.seq)
    return { room, seq: message.seq, page: fittingPage({ messages, more }, 'first') }
  }
}
