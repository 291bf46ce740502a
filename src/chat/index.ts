import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { encodeJson, Feeds } from '../channels/index.ts'
import { ChatConsumer } from './consumer.ts'
import { feedGroup } from './groups.ts'
import { MessageWriter } from './message-writer.ts'
import { changesAfter, type Message, messageFrame, revsOf } from './messages.ts'
import { NewestMessages } from './page-cache.ts'
import { shownToOthers } from './render.ts'
import { type ChatOptions, chatRoutes } from './routes.ts'
import { Typing } from './typing.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly chat: Chat
  }
}

export interface Chat {
  /** What changes in rooms, for those who follow them in this process. */
  readonly feeds: Feeds<Message>
  /** The only way to say something. */
  readonly writer: MessageWriter
  readonly typing: Typing
  /** What a page shows of a room. */
  readonly newest: NewestMessages
}

/** Chat rooms: the pages, the sockets, and what they say. */
export const chat = fp(async (app: FastifyInstance, options: ChatOptions) => {
  const { channelLayer: layer, database, log } = app
  const feeds = new Feeds<Message>({
    layer,
    log,
    source: {
      revs: (rooms) => revsOf(database, rooms),
      changes: (room, after, upTo, limit) => changesAfter(database, room, after, upTo, limit),
    },
    group: feedGroup,
    event: 'chat.changed',
    encode: (message) => encodeJson(messageFrame(message)),
  })
  const publish = (room: number, messages: readonly Message[]) => {
    feeds
      .publish(room, messages)
      .catch((error) => log.warn({ err: error }, 'a change was not published; feeds will read it'))
  }
  const writer = new MessageWriter(database, publish, app.usage)
  const typing = new Typing(layer, log)
  const newest = new NewestMessages(database, (messages) => shownToOthers(app, messages))
  app.decorate('chat', { feeds, writer, typing, newest })
  app.addHook('onClose', async () => {
    typing.close()
    feeds.close()
  })

  app.consumer('/ws/chat/:room', ChatConsumer)
  await app.register(chatRoutes, options)
})

export { membersGroup, type RoomLeft } from './groups.ts'
export { roomsOf } from './memberships.ts'
export { enterRoom, type Room, viewRoom } from './rooms.ts'
