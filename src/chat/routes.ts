import { randomUUIDv7 } from 'node:crypto'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { identityOf, requireUser } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import { HttpError, refuse } from '../web/index.ts'
import { DIRECTORY_PAGES, listRooms, otherRooms, searchRooms } from './directory.ts'
import { membersGroup } from './groups.ts'
import { fittingPage, fittingPageAround } from './history.ts'
import { leaveRoom, roomsOf, tryMarkRead } from './memberships.ts'
import { messageRoutes } from './message-routes.ts'
import { messageFrame, messagesAfter, messagesAround, messagesBefore } from './messages.ts'
import { moderates } from './moderation.ts'
import { PAGE, type RoomPage, renderedFrames, renderedPage } from './page-cache.ts'
import {
  checkMessage,
  DirectoryQuery,
  HistoryQuery,
  MESSAGE_LENGTH,
  MessageBody,
  MessageForm,
  type MessageFrame,
  ReadForm,
  RoomForm,
  RoomParams,
  RoomQuery,
} from './protocol.ts'
import { renderFor, renderMessages } from './render.ts'
import { roomNameFault } from './room-names.ts'
import { noSuchRoom, roomOf } from './room-requests.ts'
import {
  createRoom,
  type EnteredRoom,
  findRoom,
  NameTaken,
  type RoomLink,
  RoomsUsedUp,
  viewRoom,
} from './rooms.ts'
import { textOf, typedLines } from './typed-text.ts'

const NEW_ROOMS_PER_MINUTE = 20

const NAME_TAKEN = 'There is already a room whose name looks like this one. Choose another name, or go there:'

/** A link to one of the newest so many messages opens a page that reaches to the newest, and goes on live. */
const RECENT = 200

/** Characters of a search that are looked at. */
const SEARCH_LENGTH = 100

export interface ChatOptions {
  /** Rooms that one person may make a day; 0: no limit. */
  readonly roomsPerUser: number
}

export async function chatRoutes(app: FastifyInstance, options: ChatOptions): Promise<void> {
  app.get('/', { onRequest: app.pace.reading }, async (request, reply) =>
    request.identity
      ? homePage(reply)
      : reply.page('chat/welcome', { title: 'Partyline', open: await app.signUpPolicy.isOpen() }),
  )
  await app.register(pageRoutes, options)
  await app.register(apiRoutes)
  await app.register(messageRoutes)
}

async function pageRoutes(instance: FastifyInstance, { roomsPerUser }: ChatOptions): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, chat, pace } = app
  app.addHook('onRequest', requireUser)

  app.post(
    '/rooms',
    {
      schema: { body: RoomForm },
      config: { written: 'name' },
      onRequest: pace.perMinute('new rooms', NEW_ROOMS_PER_MINUTE),
    },
    async (request, reply) => {
      const { name = '', private: hidden } = request.body
      const error =
        hidden === undefined
          ? roomNameFault(name)
          : 'Private rooms are not made here yet. This one would be open to everyone.'
      if (error) return homePage(reply.code(400), { name, error, taken: null })
      const { user } = identityOf(request)
      try {
        const room = await createRoom(database, name, user.id, roomsPerUser)
        return reply.redirect(`/rooms/${room.slug}`, 303)
      } catch (error) {
        if (error instanceof RoomsUsedUp)
          return homePage(refuse(reply, error), { name, error: error.message, taken: null })
        if (!(error instanceof NameTaken)) throw error
        return homePage(reply.code(400), { name, error: NAME_TAKEN, taken: error.room })
      }
    },
  )

  app.get('/rooms', { schema: { querystring: DirectoryQuery }, onRequest: pace.reading }, (request, reply) =>
    directoryPage(reply, request.query.q ?? '', Number(request.query.page ?? 1)),
  )

  app.get(
    '/rooms/:room',
    { schema: { params: RoomParams, querystring: RoomQuery }, onRequest: pace.reading },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      const { at, before } = request.query
      return roomPage(reply, room, emptyForm(), { before: numberOf(before), at: numberOf(at) })
    },
  )

  app.post(
    '/rooms/:room/messages',
    {
      schema: { params: RoomParams, body: MessageForm },
      config: { written: 'message' },
      attachValidation: true,
      onRequest: pace.sending,
      preValidation: typedLines,
    },
    async (request, reply) => {
      const room = await roomOf(request, request.params.room)
      if (request.validationError) {
        const error = `A message has 1 to ${MESSAGE_LENGTH.toLocaleString('en')} characters, and is not blank.`
        return roomPage(reply.code(400), room, { ...emptyForm(), message: textOf(request.body), error })
      }
      const { message, id, reply: answers } = request.body
      try {
        const answered = answers ? Number(answers) : undefined
        await chat.writer.post(room.id, identityOf(request).user, message, id || undefined, answered)
      } catch (error) {
        if (!(error instanceof FrameError) || error.code !== 'limit') throw error
        return roomPage(reply.code(413), room, { ...emptyForm(), message, error: error.message })
      }
      return reply.redirect(`/rooms/${room.slug}`, 303)
    },
  )

  app.post(
    '/rooms/:room/read',
    { schema: { params: RoomParams, body: ReadForm }, onRequest: pace.sending },
    async (request, reply) => {
      const room = await findRoom(database, request.params.room)
      if (!room) throw noSuchRoom()
      const seq = Math.min(Number(request.body.seq), room.rev)
      await tryMarkRead(database, request.log, room.id, identityOf(request).user.id, seq)
      return reply.redirect(`/rooms/${room.slug}`, 303)
    },
  )

  app.post(
    '/rooms/:room/leave',
    { schema: { params: RoomParams }, onRequest: pace.sending },
    async (request, reply) => {
      const { user } = identityOf(request)
      const room = await findRoom(database, request.params.room)
      if (!room) throw noSuchRoom()
      await leaveRoom(database, room.id, user.id)
      await app.channelLayer.groupSend(membersGroup(room.id), { type: 'chat.left', user: user.id })
      return reply.redirect('/', 303)
    },
  )
}

async function apiRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, chat, pace } = app
  const path = '/api/rooms/:room/messages'
  app.addHook('onRequest', requireUser)

  app.get(
    path,
    { schema: { params: RoomParams, querystring: HistoryQuery }, onRequest: pace.reading },
    async (request, reply) => {
      const room = await viewRoom(database, request.params.room, identityOf(request).user.id)
      if (!room) throw noSuchRoom()
      const before = numberOf(request.query.before)
      const after = numberOf(request.query.after)
      const around = numberOf(request.query.around)
      const limit = numberOf(request.query.limit) ?? PAGE
      if ([before, after, around].filter((place) => place !== undefined).length > 1) {
        throw new HttpError(
          400,
          'That could not be read',
          'Ask for messages before, after or around a place: only one of them.',
        )
      }
      reply.type('application/json; charset=utf-8')
      if (around !== undefined)
        return reply.send(
          fittingPageAround(await messagesAround(database, room.id, around, limit), around).json,
        )
      const page =
        after === undefined
          ? await messagesBefore(database, room.id, before, limit)
          : await messagesAfter(database, room.id, after, limit)
      return reply.send(fittingPage(page, after === undefined ? 'last' : 'first').json)
    },
  )

  app.post(
    path,
    { schema: { params: RoomParams, body: MessageBody }, onRequest: pace.sending },
    async (request, reply): Promise<MessageFrame> => {
      const { message, id, reply: answers } = messageOf(request.body)
      const room = await roomOf(request, request.params.room)
      const said = await chat.writer.post(room.id, identityOf(request).user, message, id, answers)
      reply.code(201)
      return messageFrame(said.message)
    },
  )
}

interface NewRoomForm {
  readonly name: string
  readonly error: string | null
  /** The room whose name is too much like it. */
  readonly taken: RoomLink | null
}

async function homePage(
  reply: FastifyReply,
  form: NewRoomForm = { name: '', error: null, taken: null },
): Promise<FastifyReply> {
  const { database } = reply.server
  const { user } = identityOf(reply.request)
  const [rooms, others] = await Promise.all([roomsOf(database, user.id), otherRooms(database, user.id)])
  return reply.page('chat/rooms', { title: 'Rooms', rooms, others, form })
}

async function directoryPage(reply: FastifyReply, typed: string, wanted: number): Promise<FastifyReply> {
  const { database } = reply.server
  const { user } = identityOf(reply.request)
  const q = typed.trim().slice(0, SEARCH_LENGTH).toWellFormed()
  const page = Math.min(Math.max(wanted, 1), DIRECTORY_PAGES)
  const { rooms, more } = q
    ? await searchRooms(database, user.id, q, page)
    : await listRooms(database, user.id, page)
  const address = (number: number) =>
    `/rooms?${new URLSearchParams({ ...(q ? { q } : {}), page: String(number) })}`
  return reply.page('chat/directory', {
    title: 'All rooms',
    q,
    rooms,
    page,
    earlier: page > 1 ? address(page - 1) : null,
    later: more && page < DIRECTORY_PAGES ? address(page + 1) : null,
  })
}

interface Composer {
  readonly message: string
  readonly error: string | null
  /** Sent with the form, so that a form that is sent twice says its message once. */
  readonly id: string
}

function emptyForm(): Composer {
  return { message: '', error: null, id: randomUUIDv7() }
}

/** Where in a room's history a page begins; without either it shows the newest messages. */
interface Place {
  readonly before?: number | undefined
  /** The `seq` of a message that is to be in the middle, and marked. */
  readonly at?: number | undefined
}

/** `room.rev` was read before the messages: a socket that asks for what came since misses nothing. */
async function roomPage(
  reply: FastifyReply,
  room: EnteredRoom,
  form: Composer,
  place: Place = {},
): Promise<FastifyReply> {
  const { database } = reply.server
  const { user } = identityOf(reply.request)
  const { messages, oldest, newest, more, later } = await messagesOf(reply.server, room, place)
  const rooms = await roomsOf(database, user.id)
  return reply.page('chat/room', {
    title: room.name,
    room,
    rooms,
    unread: rooms.find(({ slug }) => slug === room.slug)?.unread ?? 0,
    newest,
    messages: renderFor(reply.server, user.name, place.at, messages),
    marked: place.at ?? null,
    moderates: moderates(user, room),
    earlier: more ? oldest : null,
    later,
    form,
  })
}

/** @returns with `later`: whether there are messages after these */
async function messagesOf(
  app: FastifyInstance,
  room: EnteredRoom,
  { before, at }: Place,
): Promise<RoomPage & { later: boolean }> {
  const { chat, database } = app
  const render = (messages: readonly MessageFrame[]) => renderMessages(app, messages)
  if (at !== undefined) {
    const isRecent = room.rev - at < RECENT
    const around = await messagesAround(database, room.id, at, PAGE, isRecent ? RECENT : PAGE / 2)
    const page = fittingPageAround(around, at)
    return { ...renderedFrames(page.frames, render), more: page.earlier, later: page.later }
  }
  if (before === undefined) return { ...(await chat.newest.of(room)), later: false }
  return { ...renderedPage(await messagesBefore(database, room.id, before, PAGE), render), later: true }
}

function numberOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits)
}

/** @throws FrameError that says what is wrong with which field */
function messageOf({ _csrf, ...fields }: Record<string, unknown>) {
  return checkMessage(fields)
}
