import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Feeds, LiveState } from '../channels/index.ts'
import { keepHidden } from '../rooms/index.ts'
import { type Follower, followStreams, openStreams, type TransactionHook } from '../streams/index.ts'
import { chatBelongings } from './belongings.ts'
import { ChatConsumer } from './consumer.ts'
import { eraseReplacedTexts, removeFilesOfDeleted } from './erasing.ts'
import { type Evaluate, MessageValues } from './expressions/message-values.ts'
import { prepareLinks } from './links.ts'
import { colouring } from './markdown/colouring.ts'
import type { Message } from './message.ts'
import { MessageWriter, talk } from './message-writer.ts'
import { migrations } from './migrations/index.ts'
import { PageCache } from './page-cache.ts'
import { renderMessages } from './render.ts'
import { deleteOldMessages } from './retention.ts'
import { addRoomCommands } from './room-commands.ts'
import { talkEraser } from './room-contents.ts'
import type { LockedRoom } from './room-table.ts'
import { chatRoutes } from './routes.ts'
import { Seen } from './seen.ts'
import { TextCommands } from './text-commands.ts'
import { openTyping } from './typing.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readonly chat: Chat
  }
}

export interface Chat {
  /** The changes in rooms, for those who follow them in this process. */
  readonly feeds: Feeds<Message>
  /** The only way to say something, and to change what was said. */
  readonly writer: MessageWriter
  /** Has something follow what is said in all rooms, after it was committed. */
  follow(follower: Follower<Message, LockedRoom>): void
  /** Adds work to each transaction in which something is said or changed in rooms. It is to be short, and may run more than once. */
  within(hook: TransactionHook<LockedRoom, Message>): void
  /**
   * Calls back with each room in which this process has said or changed something, once that is on disk. A process that is killed in
   * between never calls: this is for what can be lost.
   */
  onCommitted(listener: (room: number) => void): void
  /** The people who are typing, in the live groups of rooms. */
  readonly typing: LiveState
  /** Commands that are written where messages are: `/remind …`. */
  readonly commands: TextCommands
  /** Calculates the values of expressions in messages. */
  readonly values: MessageValues
  /** Tells, in small rooms, how far people have read. */
  readonly seen: Seen
  /** The messages with which the pages of rooms begin. */
  readonly pageCache: PageCache
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
        .filter(({ row }) => row.kind === 'direct' || row.hides !== 0)
        .map(({ changes, id, row, rev }) => {
          const said = changes.filter(({ seq, rev }) => seq === rev)
          return { id, before: row.rev, rev, senders: [...new Set(said.map(({ sender }) => sender))] }
        }),
    ),
  )
  eraseReplacedTexts(app, writer)
  removeFilesOfDeleted(app, writer)
  const typing = openTyping(app)
  const values = new MessageValues(evaluate, app.log)
  const pageCache = new PageCache(database, (messages) => renderMessages(app, messages))
  const seen = new Seen(database, app.channelLayer, app.log)
  app.addHook('onClose', async () => seen.close())
  app.decorate('chat', {
    feeds,
    writer: new MessageWriter(writer, app.usage, database, values),
    follow: (follower) => followStreams(app, writer, follower),
    within: (hook) => writer.within(hook),
    onCommitted: (listener) => writer.onCommitted(listener),
    typing,
    commands: new TextCommands(),
    values,
    seen,
    pageCache,
  })
  addRoomCommands(app)
  app.belongings.add(...chatBelongings(app, app.chat.writer))
  if (retentionDays > 0) deleteOldMessages(app, app.chat.writer, retentionDays)
  app.changedPeople.listen(({ deleted, name }) => {
    // Messages of this process's caches may still show the former name.
    if (deleted) {
      pageCache.forgetAll()
      feeds.forget()
    } else pageCache.forgetPerson(name)
  })
  app.historyChanges.listen(() => pageCache.forgetAll())
  // A page on which code has no colours yet is made anew with them.
  const endLate = colouring.onLate(() => pageCache.forgetAll())
  app.addHook('onClose', async () => endLate())
  app.rooms.deletion.onDelete(talkEraser(app))

  app.addHook('onListen', async () => prepareLinks())

  app.consumer('/ws/chat/:room', ChatConsumer)
  await app.register(chatRoutes)
})

export { deletedAfter, showing } from './deleted-messages.ts'
export { plainExcerpt } from './excerpts.ts'
export { plainText } from './html.ts'
export { findMentions, type Mentions } from './mentions.ts'
export { filesOf, type Message, mentionsOf, messageFrame } from './message.ts'
export { changesAfter, type FoundMessage, messagesAfter, messagesIn } from './messages.ts'
export { neighboursOf } from './neighbours.ts'
export { actionIn } from './presentation.ts'
export { checkMessage, MESSAGE_LENGTH, type MessageFrame, RoomEntry } from './protocol.ts'
export {
  type ListedRoom,
  type Reader,
  type RoomNews,
  roomEntry,
  roomList,
  roomNews,
  unreadAmong,
} from './room-list.ts'
export { type MessageText, textsBefore, textsChangedAfter, withFileNames } from './texts.ts'
