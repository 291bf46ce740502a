import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { findPerson, identityOf } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import { fileView } from '../files/presentation.ts'
import { type FoundRoom, may, openRoom, roomOf } from '../rooms/index.ts'
import { HttpError } from '../web/index.ts'
import { personAddress } from '../web/presentation.ts'
import type { MessageResult } from './commands.ts'
import { isInConversation } from './conversation.ts'
import { type Message, messageFrame } from './message.ts'
import { messageAt } from './messages.ts'
import { moderatorIn } from './moderated.ts'
import { actionIn, seenText, valueView } from './presentation.ts'
import {
  checkEdit,
  checkReaction,
  DeletionForm,
  EditFields,
  EditForm,
  MESSAGE_LENGTH,
  MessageBody,
  MessageFrame,
  MessageParams,
  ReactionForm,
  ReactionParams,
} from './protocol.ts'
import { emojiChosenBy } from './reactions.ts'
import { seenFor } from './seen.ts'
import { textOf, typedLines } from './typed-text.ts'

/** Emoji that the page of a message offers, where no picker can be opened. */
const OFFERED = ['👍', '❤️', '😂', '🎉', '😮', '😢', '🙏', '👀']

/** The actions on one message: a page of forms for it, and the same for programs. */
export async function messageRoutes(app: FastifyInstance): Promise<void> {
  await app.register(pageRoutes)
  await app.register(apiRoutes)
}

async function pageRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { chat, rateLimits } = app
  const path = '/rooms/:room/messages/:seq'

  app.get(
    path,
    { schema: { params: MessageParams }, onRequest: rateLimits.reading },
    async (request, reply) => {
      const { room, message } = await messageIn(request)
      return messagePage(reply, room, message, { text: message.text, error: null })
    },
  )

  app.post(
    path,
    {
      schema: { params: MessageParams, body: EditForm },
      config: { written: 'message' },
      attachValidation: true,
      onRequest: rateLimits.sending,
      preValidation: typedLines,
    },
    async (request, reply) => {
      const { room, message } = await messageIn(request)
      const { user } = identityOf(request)
      const text = textOf(request.body)
      try {
        if (request.validationError)
          throw new FrameError(
            'invalid',
            `a message must have 1 to ${MESSAGE_LENGTH.toLocaleString('en')} characters`,
          )
        await chat.writer.edit(room.id, user, message.seq, text)
      } catch (error) {
        if (
          !(error instanceof FrameError) ||
          !['invalid', 'limit', 'syntax', 'evaluation'].includes(error.code)
        )
          throw error
        return messagePage(reply.code(400), room, message, { text, error: error.message })
      }
      return backTo(reply, room, message.seq)
    },
  )

  app.post(
    `${path}/delete`,
    { schema: { params: MessageParams, body: DeletionForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const { room, message } = await messageIn(request)
      const { user } = identityOf(request)
      await chat.writer.delete(room.id, user, message.seq, moderatorIn(room, request))
      return backTo(reply, room, message.seq)
    },
  )

  app.post(
    `${path}/reactions`,
    { schema: { params: MessageParams, body: ReactionForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const { room, message } = await messageIn(request)
      try {
        const { emoji: chosen, on: isOn } = request.body
        const { emoji, on } = checkReaction({ seq: message.seq, emoji: chosen, on: isOn === 'on' })
        await chat.writer.react(room.id, identityOf(request).user, message.seq, emoji, on)
      } catch (error) {
        if (!(error instanceof FrameError) || !['invalid', 'too_long', 'limit'].includes(error.code))
          throw error
        return messagePage(reply.code(400), room, message, {
          text: message.text,
          error: null,
          reactionError: error.message,
        })
      }
      return backTo(reply, room, message.seq)
    },
  )
}

async function apiRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { chat, rateLimits } = app
  const path = '/api/rooms/:room/messages/:seq'
  const answers = { 200: MessageFrame }
  const writing = (summary: string, body?: TSchema) =>
    ({ scope: 'write', docs: { summary, answers, ...(body && { body }) } }) as const
  const choice = (summary: string) => ({
    schema: { params: ReactionParams },
    config: writing(summary),
    onRequest: rateLimits.sending,
  })

  app.get(
    path,
    {
      schema: { params: MessageParams },
      config: { scope: 'read', docs: { summary: 'Read one message', answers } },
      onRequest: rateLimits.reading,
    },
    async (request) => messageFrame((await messageIn(request)).message),
  )

  app.put(
    path,
    {
      schema: { params: MessageParams, body: MessageBody },
      config: writing('Edit your own message', EditFields),
      onRequest: rateLimits.sending,
    },
    async (request): Promise<MessageFrame> => {
      const { _csrf, ...fields } = request.body
      const { message: text, seq } = checkEdit({ ...fields, seq: Number(request.params.seq) })
      const room = await openRoom(request, request.params.room, 'speak')
      return frameOf(await chat.writer.edit(room.id, identityOf(request).user, seq, text))
    },
  )

  const options = { schema: { params: MessageParams }, config: writing('Delete a message') }
  app.delete(path, { ...options, onRequest: rateLimits.sending }, async (request): Promise<MessageFrame> => {
    const room = await openRoom(request, request.params.room, 'speak')
    const { user } = identityOf(request)
    return frameOf(
      await chat.writer.delete(room.id, user, Number(request.params.seq), moderatorIn(room, request)),
    )
  })

  app.put(`${path}/reactions/:emoji`, choice('React with an emoji'), (request) =>
    react(request, request.params, true),
  )
  app.delete(`${path}/reactions/:emoji`, choice('Take back a reaction'), (request) =>
    react(request, request.params, false),
  )

  async function react(
    request: FastifyRequest,
    { room: slug, seq, emoji }: { room: string; seq: string; emoji: string },
    on: boolean,
  ): Promise<MessageFrame> {
    const checked = checkReaction({ seq: Number(seq), emoji, on })
    const room = await openRoom(request, slug, 'speak')
    return frameOf(await chat.writer.react(room.id, identityOf(request).user, checked.seq, emoji, on))
  }
}

/**
 * The message that a request is about: to read it, or with `POST` to change it.
 * @throws HttpError 404 when the room or the message is not there, 403 when the person may not change it
 */
export async function messageIn(
  request: FastifyRequest<{ Params: { room: string; seq: string } }>,
): Promise<{ room: FoundRoom; message: Message }> {
  const { room: slug } = request.params
  const room = await (request.method === 'POST' ? openRoom(request, slug, 'speak') : roomOf(request, slug))
  const message = await messageAt(request.server.database, room.id, Number(request.params.seq))
  if (!message)
    throw new HttpError(
      404,
      'There is no such message',
      'Check that the address is correct.',
      undefined,
      'not_found',
    )
  return { room, message }
}

interface Edited {
  readonly text: string
  readonly error: string | null
  /** The fault of an emoji that was chosen. */
  readonly reactionError?: string
  /** Why it was not pinned. */
  readonly pinError?: string
}

/** A message by itself, with forms for all that this person may do with it. */
export async function messagePage(
  reply: FastifyReply,
  room: FoundRoom,
  message: Message,
  form: Edited,
): Promise<FastifyReply> {
  const { user } = identityOf(reply.request)
  const frame = messageFrame(message)
  const seen = seenFor(await reply.server.chat.seen.frame(room.id), user.name)
  // A frame names only the first of those who chose an emoji.
  const chosen = await emojiChosenBy(reply.server.database, room.id, message.seq, user.id)
  const reactions = Object.entries(frame.reactions ?? {}).map(([emoji, { count }]) => ({
    emoji,
    count,
    mine: chosen.has(emoji),
  }))
  const mayMute = message.sender !== user.name && !message.bot && may(room, 'administer')
  // Of an account that was deleted there is no page.
  const sender = mayMute ? await findPerson(reply.server.database, message.sender) : undefined
  const blocked = await reply.server.blocks.namesOf(user.id)
  return reply.page('chat/message-page', {
    title: `Message from ${message.senderName ?? message.sender}`,
    room,
    message: frame,
    address: message.bot ? undefined : personAddress(message.sender),
    values: (frame.values ?? []).map((value) => valueView(room.slug, value)),
    files: (frame.files ?? []).map(fileView),
    isAction: actionIn(message.text) !== undefined,
    isChangeable: !message.deleted && may(room, 'speak'),
    isMine: message.sender === user.name,
    isBlocked: blocked.has(message.sender) && !message.deleted,
    seen: seenText(seen.seen, message.seq, [user.name, message.sender]),
    isInConversation: await isInConversation(reply.server.database, room.id, message.seq),
    mayPin: !message.deleted && may(room, 'pin'),
    mayDelete: !message.deleted && (message.sender === user.name || may(room, 'moderate')),
    member: sender ? `/rooms/${room.slug}/members/${sender.name}` : null,
    reactions,
    offered: OFFERED.filter((emoji) => !Object.hasOwn(frame.reactions ?? {}, emoji)),
    form,
  })
}

export function backTo(reply: FastifyReply, room: FoundRoom, seq: number): FastifyReply {
  return reply.redirect(`/rooms/${room.slug}?at=${seq}#message-${seq}`, 303)
}

function frameOf({ message }: MessageResult): MessageFrame {
  return messageFrame(message)
}
