import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Feeds, LiveState } from '../channels/index.ts'
import { keepHidden } from '../rooms/index.ts'
import { type Follower, followStreams, openStreams, type TransactionHook } from '../streams/index.ts'
import { chatBelongings } from './belongings.ts'
import { ChatConsumer } from './consumer.ts'
import { eraseReplacedTexts } from './erasing.ts'
import { type Evaluate, MessageValues } from './expressions/message-values.ts'
import { prepareLinks } from './links.ts'
import { MessageWriter, talk } from './message-writer.ts'
import type { Message } from './messages.ts'
import { migrations } from './migrations/index.ts'
import { NewestMessages } from './page-cache.ts'
import { renderMessages } from './render.ts'
import { deleteOldMessages } from './retention.ts'
import { talkEraser } from './room-contents.ts'
import type { LockedRoom } from './room-table.ts'
import { chatRoutes } from './routes.ts'
import { TextCommands } from './text-commands.ts'
import { openTyping } from './typing.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly chat: Chat
  }
}

export interface Chat {
  /** What changes in rooms, for those who follow them in this process. */
  readonly feeds: Feeds<Message>
  /** The only way to say something, and to change what was said. */
  readonly writer: MessageWriter
  /** Has something follow what is said in all rooms, after it was committed. */
  follow(follower: Follower<Message, LockedRoom>): void
  /** Adds work to each transaction in which something is said or changed in rooms. It is to be short, and may run more than once. */
  within(hook: TransactionHook<LockedRoom, Message>): void
  /** Who is typing in rooms' live groups. */
  readonly typing: LiveState
  /** Commands that are written where messages are: `/remind …`. */
  readonly commands: TextCommands
  /** What expressions in messages come to. */
  readonly values: MessageValues
  /** What a page shows of a room. */
  readonly newest: NewestMessages
}

export interface ChatOptions {
  /** Calculates the expressions in messages. */
  readonly evaluate: Evaluate
  /** Days after which messages are deleted; 0: never. */
  readonly retentionDays: number
}

/** The talk of rooms: the pages, the sockets, and what is said there. */
export const chat = fp(async (app: FastifyInstance, { evaluate, retentionDays }: ChatOptions) => {
  const { database } = app
  await app.migrate('chat', migrations)
  const { feeds, writer } = openStreams(app, talk)
  writer.onCommitted((room, messages) => {
    app.roomAnnouncements.roomChanged(room)
    const latest = messages.at(-1)
    const isNew = latest !== undefined && latest.seq === latest.rev
    if (isNew) app.rooms.glances.tell(room, 'talk', latest)
  })
  writer.within((transaction, rooms) =>
    keepHidden(
      transaction,
      rooms
        .filter(({ row, changes }) => row.kind === 'direct' && changes.every(({ seq, rev }) => seq !== rev))
        .map(({ id, row, rev }) => ({ id, before: row.rev, rev })),
    ),
  )
  eraseReplacedTexts(app, writer)
  const typing = openTyping(app)
  const values = new MessageValues(evaluate, app.log)
  const newest = new NewestMessages(database, (messages) => renderMessages(app, messages))
  app.decorate('chat', {
    feeds,
    writer: new MessageWriter(writer, app.usage, database, values),
    follow: (follower) => followStreams(app, writer, follower),
    within: (hook) => writer.within(hook),
    typing,
    commands: new TextCommands(),
    values,
    newest,
  })
  app.belongings.add(...chatBelongings(app, app.chat.writer))
  if (retentionDays > 0) deleteOldMessages(app, app.chat.writer, retentionDays)
  app.changedPeople.listen(({ deleted, name }) => {
    // What was said under the name that they had is not known here any more.
    if (deleted) {
      newest.forgetAll()
      feeds.forget()
    } else newest.forgetPerson(name)
  })
  app.historyChanges.listen(() => newest.forgetAll())
  app.rooms.deletion.onDelete(talkEraser(app))

  app.addHook('onListen', async () => prepareLinks())

  app.consumer('/ws/chat/:room', ChatConsumer)
  await app.register(chatRoutes)
})

export { deletedAfter, showing } from './deleted-messages.ts'
export { findMentions, type Mentions } from './mentions.ts'
export {
  changesAfter,
  type FoundMessage,
  type Message,
  mentionsOf,
  messageFrame,
  messagesAfter,
  messagesIn,
} from './messages.ts'
export { excerptOf } from './presentation.ts'
export { checkMessage, MESSAGE_LENGTH, type MessageFrame, RoomEntry } from './protocol.ts'
export {
  type ListedRoom,
  type RoomNews,
  roomEntry,
  roomList,
  roomNews,
  unreadAmong,
} from './room-list.ts'
