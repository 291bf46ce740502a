import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { identityOf, NameRefused, requireUser } from '../accounts/index.ts'
import { actorOf } from '../audit/index.ts'
import { AddressRefused } from '../outbound/index.ts'
import { configurableRoomOf, type FoundRoom, notAllowed, RoomParams } from '../rooms/index.ts'
import { HttpError, type RateLimitHook } from '../web/index.ts'
import { deliveriesOf } from './deliveries.ts'
import { failureWords } from './failures.ts'
import { createIncoming, createOutgoing, deleteHook, listHooks, type Maker, TooManyHooks } from './hooks.ts'
import { EVENTS, type EventName, HookBody, HookForm, HookParams, HooksAnswer, MadeHook } from './protocol.ts'

/** Hooks that one person may make in a minute. */
const HOOKS_PER_MINUTE = 20

/** The hooks of a room, for those who administer it. No key can do any of it. */
export async function roomRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', requireUser)
  const making = [...app.rateLimits.sending, ...app.rateLimits.perMinute('hooks', HOOKS_PER_MINUTE)]
  await app.register(apiRoutes, { making })
  await app.register(pageRoutes, { making })
}

interface Making {
  readonly making: RateLimitHook[]
}

async function apiRoutes(instance: FastifyInstance, { making }: Making): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const path = '/api/rooms/:room/hooks'

  const list = { summary: 'List the hooks of a room', answers: { 200: HooksAnswer } }
  const reading = {
    schema: { params: RoomParams },
    config: { docs: list },
    onRequest: app.rateLimits.reading,
  }
  app.get(path, reading, async (request) => {
    const room = await configurableRoomOf(request, request.params.room, 'administer')
    const hooks = await listHooks(app.database, room.id)
    const deliveries = await deliveriesOf(app.database, hooks)
    return {
      hooks: hooks.map(({ createdAt, direction, events, id, madeBy, name, url, username }) => ({
        id,
        direction,
        ...(direction === 'in' ? { name, username } : { url, events }),
        created: createdAt,
        made_by: madeBy,
        deliveries: deliveries.get(id) ?? [],
      })),
    }
  })

  app.post(
    path,
    {
      schema: { params: RoomParams, body: HookBody },
      config: { docs: { summary: 'Create a hook', answers: { 201: MadeHook } } },
      attachValidation: true,
      onRequest: making,
    },
    async (request, reply) => {
      const room = await administeredRoom(request, request.params.room)
      if (request.validationError) throw unreadable()
      const { body } = request
      try {
        reply.code(201)
        if (body.direction === 'in') {
          const { id, url } = await makeIncoming(request, room, body.name)
          return { id, url }
        }
        const { id, secret } = await makeOutgoing(request, room, body.url, body.events ?? EVENTS)
        return { id, secret }
      } catch (error) {
        throw asHttpError(error)
      }
    },
  )

  app.delete(
    `${path}/:hook`,
    {
      schema: { params: HookParams },
      config: { docs: { summary: 'Delete a hook', answers: { 204: null } } },
      onRequest: app.rateLimits.sending,
    },
    async (request, reply) => {
      const room = await configurableRoomOf(request, request.params.room, 'administer')
      if (!(await deleteHook(app.database, room, request.params.hook, actorOf(request))))
        throw new HttpError(
          404,
          'There is no such hook',
          'It may already have been deleted.',
          undefined,
          'not_found',
        )
      return reply.code(204).send()
    },
  )
}

async function pageRoutes(instance: FastifyInstance, { making }: Making): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const path = '/rooms/:room/hooks'

  app.get(
    path,
    { schema: { params: RoomParams }, onRequest: app.rateLimits.reading },
    async (request, reply) =>
      hooksPage(reply, await configurableRoomOf(request, request.params.room, 'administer'), {}),
  )

  app.post(
    path,
    { schema: { params: RoomParams, body: HookForm }, attachValidation: true, onRequest: making },
    async (request, reply) => {
      const room = await administeredRoom(request, request.params.room)
      if (request.validationError)
        return hooksPage(reply.code(400), room, { error: 'Something in the form is missing or too long.' })
      const { direction, event, name = '', url = '' } = request.body
      const entered = { direction, name, url, events: event === undefined ? [] : [event].flat() }
      try {
        if (direction === 'in') {
          const made = await makeIncoming(request, room, name)
          // Not a redirect: the address is shown in this answer, and kept nowhere.
          return hooksPage(reply, room, { made: { label: 'The address of the new hook', text: made.url } })
        }
        if (entered.events.length === 0)
          return hooksPage(reply.code(400), room, {
            ...entered,
            error: 'Choose what the hook should send.',
          })
        const { secret } = await makeOutgoing(request, room, url, entered.events)
        return hooksPage(reply, room, { made: { label: 'The secret that signs deliveries', text: secret } })
      } catch (error) {
        const { message } = asHttpError(error)
        return hooksPage(reply.code(400), room, { ...entered, error: message })
      }
    },
  )

  app.post(
    `${path}/:hook/delete`,
    { schema: { params: HookParams }, onRequest: app.rateLimits.sending },
    async (request, reply) => {
      const room = await configurableRoomOf(request, request.params.room, 'administer')
      if (!(await deleteHook(app.database, room, request.params.hook, actorOf(request))))
        return reply.callNotFound()
      return reply.redirect(`/rooms/${room.slug}/hooks`, 303)
    },
  )
}

/** The form as it was sent, and its outcome. */
interface Entered {
  readonly direction?: 'in' | 'out'
  readonly name?: string
  readonly url?: string
  readonly events?: readonly EventName[]
  readonly error?: string
  /** A secret, which is shown once. */
  readonly made?: { readonly label: string; readonly text: string }
}

async function hooksPage(reply: FastifyReply, room: FoundRoom, entered: Entered): Promise<FastifyReply> {
  const { database } = reply.server
  const hooks = await listHooks(database, room.id)
  const deliveries = await deliveriesOf(database, hooks)
  const { direction = null, error = null, events = EVENTS, made = null, name = '', url = '' } = entered
  return reply.page('hooks/hooks', {
    title: `Hooks of ${room.name}`,
    room,
    hooks: hooks.map((hook) => ({
      ...hook,
      deliveries: (deliveries.get(hook.id) ?? []).map((one) => ({
        ...one,
        failure: failureWords(one) ?? null,
      })),
    })),
    allEvents: EVENTS,
    form: { direction, error, events, name, url },
    made,
  })
}

/** A room in which somebody may make hooks: nothing comes into one that is archived. */
async function administeredRoom(request: FastifyRequest, slug: string): Promise<FoundRoom> {
  const room = await configurableRoomOf(request, slug, 'administer')
  if (room.archived) throw notAllowed(room)
  return room
}

async function makeIncoming(request: FastifyRequest, room: FoundRoom, name: string) {
  const { blocks, database } = request.server
  const maker = makerIn(request)
  const { id, secret } = await createIncoming(database, room, maker, name)
  await blocks.hookWasMade(maker.user)
  return { id, url: `${request.protocol}://${request.host}/hooks/${id}/${secret}` }
}

async function makeOutgoing(
  request: FastifyRequest,
  room: FoundRoom,
  url: string,
  events: readonly EventName[],
) {
  const { database, outbound } = request.server
  const checked = await outbound.check(url)
  return createOutgoing(database, room, makerIn(request), checked, [...new Set(events)])
}

function makerIn(request: FastifyRequest): Maker {
  return { ...actorOf(request), user: identityOf(request).user.id }
}

function asHttpError(error: unknown): HttpError {
  if (error instanceof AddressRefused)
    return new HttpError(400, 'That address is not valid', error.message, undefined, 'invalid')
  if (error instanceof TooManyHooks)
    return new HttpError(409, 'There are too many hooks', error.message, undefined, 'limit')
  if (error instanceof NameRefused) {
    const status = error.reason === 'invalid' ? 400 : 409
    return new HttpError(status, 'That name is not valid', error.message)
  }
  throw error
}

function unreadable(): HttpError {
  const message = `Send a direction "in" with a name, or "out" with a url and events: ${EVENTS.join(', ')}.`
  return new HttpError(400, 'That could not be read', message, undefined, 'invalid')
}
