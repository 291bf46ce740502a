import { randomUUIDv7 } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { identityOf } from '../accounts/index.ts'
import { byName, type FoundRoom, isShown, may, mutedText } from '../rooms/index.ts'
import { fittingPageAround } from './history.ts'
import { type Message, messageAt, messagesAround, messagesBefore } from './messages.ts'
import { PAGE, type RoomPage, renderedFrames, renderedPage } from './page-cache.ts'
import { excerptOf, namesFew } from './presentation.ts'
import type { MessageFrame, ReplyTo } from './protocol.ts'
import { emojiChosenFor } from './reactions.ts'
import { renderFor, renderMessages } from './render.ts'
import { unreadRooms } from './room-list.ts'
import { roomLinkView } from './room-presentation.ts'

/** A link to one of the newest so many messages opens a page that reaches to the newest, and goes on live. */
const RECENT = 200

export interface Composer {
  readonly message: string
  readonly error: string | null
  /** Sent with the form, so that a form that is sent twice says its message once. */
  readonly id: string
  /** The `seq` of the message that is answered; null: none. */
  readonly reply: number | null
}

export function emptyForm(): Composer {
  return { message: '', error: null, id: randomUUIDv7(), reply: null }
}

/** Where in a room's history a page begins; without either it shows the newest messages. */
export interface Place {
  readonly before?: number | undefined
  /** The `seq` of a message that is to be in the middle, and marked. */
  readonly at?: number | undefined
}

/** `room.rev` was read before the messages: a socket that asks for what came since misses nothing. */
export async function roomPage(
  reply: FastifyReply,
  room: FoundRoom,
  form: Composer,
  place: Place = {},
): Promise<FastifyReply> {
  const { database } = reply.server
  const { user } = identityOf(reply.request)
  const { messages, oldest, newest, more, later } = await messagesOf(reply.server, room, place)
  const answered = form.reply === null ? undefined : await messageAt(database, room.id, form.reply)
  const few = messages.filter(({ message }) => namesFew(message)).map(({ message }) => message.seq)
  const chosen = await emojiChosenFor(database, room.id, few, user.id)
  const rooms = await unreadRooms(database, user.id)
  return reply.page('chat/room', {
    title: room.name,
    room,
    rooms: byName(rooms.filter(isShown)).map((other) => roomLinkView(other, other.id === room.id)),
    unread: rooms.find(({ id }) => id === room.id)?.unread ?? 0,
    newest,
    messages: renderFor(reply.server, user.name, place.at, messages, chosen),
    marked: place.at ?? null,
    moderates: may(room, 'moderate'),
    administers: may(room, 'administer'),
    muted: mutedText(room) ?? null,
    earlier: more ? oldest : null,
    later,
    form,
    answered: answered && !answered.deleted ? replyTo(answered) : null,
  })
}

function replyTo({ seq, sender, senderName, text }: Message): ReplyTo {
  return { seq, sender, ...(senderName && { sender_name: senderName }), excerpt: excerptOf(text) }
}

/** @returns with `later`: whether there are messages after these */
async function messagesOf(
  app: FastifyInstance,
  room: FoundRoom,
  { before, at }: Place,
): Promise<RoomPage & { later: boolean }> {
  const { chat, database } = app
  const render = (messages: readonly MessageFrame[]) => renderMessages(app, messages)
  if (at !== undefined) {
    const isRecent = room.rev - at < RECENT
    const around = await messagesAround(database, room.id, at, PAGE, isRecent ? RECENT : PAGE / 2)
    const page = fittingPageAround(around, at)
    return { ...(await renderedFrames(page.frames, render)), more: page.earlier, later: page.later }
  }
  if (before === undefined) return { ...(await chat.newest.of(room)), later: false }
  const page = await renderedPage(await messagesBefore(database, room.id, before, PAGE), render)
  return { ...page, later: true }
}

/** A number of an address or form, which its schema has found to be digits. */
export function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits)
}
