import { randomUUIDv7 } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { blockedBy, identityOf } from '../accounts/index.ts'
import { FILES_OF_MESSAGE, type FileFacts } from '../files/index.ts'
import { fileView } from '../files/presentation.ts'
import { byName, type FoundRoom, isShown, may, mutedEnd } from '../rooms/index.ts'
import type { Database } from '../storage/index.ts'
import { personAddress } from '../web/presentation.ts'
import { plainExcerpt } from './excerpts.ts'
import { fittingPage, fittingPageAround } from './history.ts'
import { filesOf, type Message } from './message.ts'
import { firstOfOthers, messageAt, messagesAfter, messagesAround, messagesBefore } from './messages.ts'
import { PAGE, type RoomPage, renderedFrames, renderedPage } from './page-cache.ts'
import { namesFew } from './presentation.ts'
import type { MessageFrame, ReplyTo } from './protocol.ts'
import { emojiChosenFor } from './reactions.ts'
import { renderFor, renderMessages } from './render.ts'
import { COUNTED, unreadRooms } from './room-list.ts'
import { roomLinkView } from './room-presentation.ts'

export interface Composer {
  readonly message: string
  readonly error: string | null
  /** Sent with the form, so that a form that is sent twice says its message once. */
  readonly id: string
  /** The `seq` of the message that is answered; null: none. */
  readonly reply: number | null
  /** Files that were sent with the form before, and are a part of it still. */
  readonly files: readonly FileFacts[]
}

export function emptyForm(): Composer {
  return { message: '', error: null, id: randomUUIDv7(), reply: null, files: [] }
}

/**
 * The place in a room's history at which a page begins: at most one of these. Without any it begins where the unread begins, if
 * that is further up than the newest messages, and at those otherwise.
 */
export interface Place {
  readonly before?: number | undefined
  readonly after?: number | undefined
  /** The `seq` of a message that is to be in the middle, and marked. */
  readonly at?: number | undefined
  /** The `seq` of a message that is to be at the top. */
  readonly from?: number | undefined
}

/** `room.rev` was read before the messages, so that a socket which asks for later changes misses nothing. */
export async function roomPage(
  reply: FastifyReply,
  room: FoundRoom,
  form: Composer,
  place: Place = {},
): Promise<FastifyReply> {
  const { database, files } = reply.server
  const { largest } = files.keeper
  const { user } = identityOf(reply.request)
  const blockedAccounts = await blockedBy(database, user.id)
  const rooms = await unreadRooms(database, user.id, blockedAccounts)
  const { others = [], unread = 0 } = rooms.find(({ id }) => id === room.id) ?? {}
  const firstUnread = unread > 0 ? await firstUnreadIn(database, room, user.id) : undefined
  const { messages, oldest, newest, more, later } = await messagesOf(reply.server, room, place, firstUnread)
  // A refused message is shown instead of the draft, because it is newer.
  const draft = form.error === null ? await reply.server.drafts.of(user.id, room.id) : undefined
  const replied = form.reply ?? draft?.reply
  const answered = replied === undefined ? undefined : await messageAt(database, room.id, replied)
  const few = messages.filter(({ message }) => namesFew(message)).map(({ message }) => message.seq)
  const chosen = await emojiChosenFor(database, room.id, few, user.id)
  // Most people have blocked nobody.
  const blocked: ReadonlySet<string> =
    blockedAccounts.length === 0 ? new Set() : await reply.server.blocks.namesOf(user.id)
  const isPlain = form.error === null && Object.values(place).every((seq) => seq === undefined)
  const marks = { marked: place.at, unread: firstUnread, start: isPlain ? firstUnread : place.from }
  return reply.page('chat/room', {
    title: room.name,
    room,
    address: addressOf(others, user.name) ?? null,
    rooms: byName(rooms.filter(isShown)).map((other) => roomLinkView(other, other.id === room.id)),
    unread,
    firstUnread: firstUnread ?? null,
    newest,
    messages: renderFor(reply.server, { name: user.name, blocked }, marks, messages, chosen),
    blocked: [...blocked].join(' '),
    marked: place.at ?? null,
    from: place.from ?? null,
    // While the room is archived its page offers neither, and it may be in use again before the page is opened anew.
    moderates: may({ ...room, archived: false }, 'moderate'),
    pins: may({ ...room, archived: false }, 'pin'),
    administers: may(room, 'administer'),
    mutedUntil: mutedEnd(room),
    earlier: more ? oldest : null,
    later,
    form: { ...form, message: draft?.message ?? form.message, files: form.files.map(fileView) },
    draft: draft?.version ?? null,
    mostFiles: FILES_OF_MESSAGE,
    largestFile: Number.isFinite(largest) ? largest : '',
    answered: answered && !answered.deleted ? replyTo(answered, blocked) : null,
  })
}

/** The address of the page of the one other person in a direct room; undefined: there are several, or they have none. */
function addressOf([other, ...more]: readonly string[], user: string): string | undefined {
  return other === undefined || other === user || more.length > 0 ? undefined : personAddress(other)
}

/** The `seq` of the first message of others that a person has not read. */
function firstUnreadIn(database: Database, room: FoundRoom, user: number): Promise<number | undefined> {
  return firstOfOthers(database, { room: room.id, user, after: room.readSeq, among: COUNTED.most })
}

/** @param blocked the usernames of those whom the reader has blocked, of whose messages no beginning is shown */
function replyTo(message: Message, blocked: ReadonlySet<string>): ReplyTo {
  const { seq, sender, senderName, text } = message
  const excerpt = blocked.has(sender) ? '' : plainExcerpt(text, filesOf(message))
  return { seq, sender, ...(senderName && { sender_name: senderName }), excerpt }
}

/** @returns with `later`: whether there are messages after these */
async function messagesOf(
  app: FastifyInstance,
  room: FoundRoom,
  { before, after, at, from }: Place,
  firstUnread: number | undefined,
): Promise<RoomPage & { later: boolean }> {
  const { chat, database } = app
  const render = (messages: readonly MessageFrame[]) => renderMessages(app, messages)
  const around = async (seq: number) => {
    const page = fittingPageAround(await messagesAround(database, room.id, seq, PAGE), seq)
    return { ...(await renderedFrames(page.frames, render)), more: page.earlier, later: page.later }
  }
  const middle = at ?? from
  if (middle !== undefined) return around(middle)
  if (after !== undefined) {
    const page = fittingPage(await messagesAfter(database, room.id, after, PAGE), 'first')
    return { ...(await renderedFrames(page.frames, render)), more: after > 0, later: page.more }
  }
  if (before !== undefined) {
    const page = await renderedPage(await messagesBefore(database, room.id, before, PAGE), render)
    return { ...page, later: before <= room.rev }
  }
  const newest = await chat.pageCache.newest(room)
  const isFurtherUp = firstUnread !== undefined && newest.more && firstUnread < (newest.oldest ?? 0)
  return isFurtherUp ? around(firstUnread) : { ...newest, later: false }
}

/** A number of an address or form, which its schema has found to be digits. */
export function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits)
}
