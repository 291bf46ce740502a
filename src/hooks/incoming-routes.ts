import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Static } from 'typebox'
import { FrameError, hasVisible } from '../channels/index.ts'
import { MESSAGE_LENGTH } from '../chat/index.ts'
import { findRoom, may } from '../rooms/index.ts'
import { TooManyRequests } from '../web/index.ts'
import { noteDelivery } from './deliveries.ts'
import type { IncomingFailure } from './failures.ts'
import { findIncoming, type IncomingHook } from './hooks.ts'
import { IncomingBody, IncomingParams } from './protocol.ts'
import { textOfPayload } from './slack-text.ts'

export interface IncomingOptions {
  /** False: no limit on what comes in. */
  readonly limited: boolean
}

/** Messages a second through one hook and into one room, and at once. */
const OF_HOOK = { perSecond: 1, atOnce: 30 }
const OF_ROOM = { perSecond: 2, atOnce: 60 }

/** `/hooks/ID/SECRET`: messages from other systems, in the form that Slack takes. */
export async function incomingRoutes(instance: FastifyInstance, { limited }: IncomingOptions): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { chat, database } = app
  const { budgets } = app.limits
  const unlimited = { perSecond: 0, atOnce: 0 }
  const ofHook = budgets.add('messages of hooks', limited ? OF_HOOK : unlimited)
  const ofRoom = budgets.add('hooks of rooms', limited ? OF_ROOM : unlimited)

  // A body that cannot even be parsed is refused in the same words as any other, and is listed among the deliveries.
  app.setErrorHandler(async (error, request, reply) => {
    // The application's own handler answers everything else.
    if (!(error instanceof Error) || Reflect.get(error, 'statusCode') !== 400) throw error
    const hook = await hookOf(request.params as Static<typeof IncomingParams>)
    if (!hook) return refuseUnknown(reply)
    takeFromBudgets(hook)
    return refuse(reply, hook, 400, 'invalid_payload')
  })

  app.post(
    '/hooks/:hook/:secret',
    {
      schema: { params: IncomingParams },
      config: {
        docs: {
          summary: 'Post a message through a hook',
          body: IncomingBody,
          media: ['text/plain'],
          isOpen: true,
        },
      },
      attachValidation: true,
      onRequest: [
        async (request) => {
          // The address says who it is, and not the session of a browser that may have sent it.
          request.identity = null
          request.cookieless = true
        },
        ...app.rateLimits.reading,
      ],
    },
    async (request, reply) => {
      const hook = await hookOf(request.params)
      if (!hook) return refuseUnknown(reply)
      takeFromBudgets(hook)
      const text = textOfPayload(payloadOf(request.body))
      if (text === undefined || !hasVisible(text))
        return refuse(reply, hook, 400, text === undefined ? 'invalid_payload' : 'no_text')
      try {
        const speaker = { ...hook.speaker, bot: true }
        const { message } = await chat.writer.post(hook.room, speaker, shortened(text))
        const delivery = { event: 'in', seq: message.seq, status: 200, error: null, failure: null }
        await noteDelivery(database, hook.id, delivery)
        return reply.type('text/plain').send('ok')
      } catch (error) {
        if (!(error instanceof FrameError)) throw error
        if (error.code === 'forbidden') return refuse(reply, hook, 410, 'channel_is_archived')
        return refuse(reply, hook, 413, failureOf(error), error.code)
      }
    },
  )

  /** The hook of an address, if its maker may still speak in its room. */
  async function hookOf({ hook: id, secret }: Static<typeof IncomingParams>) {
    const hook = await findIncoming(database, id, secret)
    return hook && (await maySpeak(hook)) ? hook : undefined
  }

  /** A hook says nothing in a room in which its maker may not speak any more. */
  async function maySpeak({ maker, slug }: IncomingHook): Promise<boolean> {
    const room = await findRoom(database, slug, maker)
    // In a room that is archived nobody may speak; a program is told that in words of its own.
    return room !== undefined && may(room, room.archived ? 'see' : 'speak')
  }

  /** @throws TooManyRequests when the hook, or all of its room together, have sent too much */
  function takeFromBudgets({ id, room }: IncomingHook): void {
    const now = performance.now()
    const wait = ofHook.take(id, now) || ofRoom.take(`room ${room}`, now)
    if (wait > 0)
      throw new TooManyRequests('Too many messages', 'Send less through this hook, or send it later.', wait)
  }

  function refuseUnknown(reply: FastifyReply) {
    return reply.code(404).type('text/plain').send('no_service')
  }

  /** Answers in the words that Slack has for it, which are our codes for most failures. */
  async function refuse(
    reply: FastifyReply,
    { id }: IncomingHook,
    status: number,
    failure: IncomingFailure,
    error: string = failure,
  ) {
    await noteDelivery(database, id, { event: 'in', seq: null, status, error, failure })
    return reply.code(status).type('text/plain').send(error)
  }
}

/** Why a text was not posted as a message. */
function failureOf({ code }: FrameError): IncomingFailure {
  if (code === 'limit') return 'no_space_left'
  return code === 'invalid' || code === 'too_long' ? 'not_a_message' : 'unknown'
}

/** A form has JSON in its field `payload`. */
function payloadOf(body: unknown): unknown {
  const field: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'payload') : undefined
  if (typeof field !== 'string') return body
  try {
    return JSON.parse(field)
  } catch {
    return undefined
  }
}

/** A text that is too long for a message ends with an ellipsis. */
function shortened(text: string): string {
  const clean = text.replaceAll('\0', '').toWellFormed()
  if (clean.length <= MESSAGE_LENGTH) return clean
  const characters = Array.from(clean.slice(0, 2 * MESSAGE_LENGTH))
  if (characters.length <= MESSAGE_LENGTH) return characters.join('')
  return `${characters.slice(0, MESSAGE_LENGTH - 1).join('')}…`
}
