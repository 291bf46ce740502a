import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { actorOf } from '../../audit/index.ts'
import { HttpError, type RateLimitHook, Time } from '../../web/index.ts'
import { guard, identityOf, requireUser } from '../access.ts'
import { accountPage } from '../account-page.ts'
import { deactivate, findPerson, type Person } from '../people.ts'
import { NameRefused } from '../users.ts'
import { addBot, listBots, renewKey } from './bots.ts'

const BotBody = Type.Object({ name: Type.String({ minLength: 1, maxLength: 200 }) })
const BotParams = Type.Object({ name: Type.String({ maxLength: 64 }) })

const Bot = Type.Object({
  name: Type.String(),
  display_name: Type.Optional(Type.String()),
  created: Time,
  last_used: Type.Union([Time, Type.Null()], { description: 'null if it has not been used yet' }),
})
const BotWithKey = Type.Object({
  name: Type.String(),
  key: Type.String({ description: 'shown only once' }),
})

/** Bots that one administrator may make in a minute. */
const BOTS_PER_MINUTE = 20

/** Bots: accounts of programs, which administrators make and end. No key can do any of it. */
export async function botRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', requireUser)
  app.addHook('onRequest', requireAdministrator)
  const making = [...app.rateLimits.sending, ...app.rateLimits.perMinute('bots', BOTS_PER_MINUTE)]
  await app.register(apiRoutes, { making })
  await app.register(formRoutes, { making })
}

async function apiRoutes(
  instance: FastifyInstance,
  { making }: { readonly making: RateLimitHook[] },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  const list = { summary: 'List bots', answers: { 200: Type.Object({ bots: Type.Array(Bot) }) } }
  app.get('/api/bots', { config: { docs: list }, onRequest: app.rateLimits.reading }, async () => {
    const bots = await listBots(app.database)
    return {
      bots: bots.map(({ name, displayName, createdAt, lastUsedAt }) => ({
        name,
        ...(displayName !== null && { display_name: displayName }),
        created: createdAt,
        last_used: lastUsedAt,
      })),
    }
  })

  const make = { summary: 'Create a bot', answers: { 201: BotWithKey } }
  app.post(
    '/api/bots',
    { schema: { body: BotBody }, config: { docs: make }, onRequest: making },
    async (request, reply) => {
      try {
        const bot = await addBot(app.database, request.body.name, actorOf(request))
        const { key } = await newKey(request, bot)
        return reply.code(201).send({ name: bot.name, key })
      } catch (error) {
        if (!(error instanceof NameRefused)) throw error
        const status = error.reason === 'invalid' ? 400 : 409
        throw new HttpError(status, 'That name is not valid', error.message)
      }
    },
  )

  app.post(
    '/api/bots/:name/key',
    {
      schema: { params: BotParams },
      config: { docs: { summary: 'Give a bot a new key', answers: { 201: BotWithKey } } },
      onRequest: making,
    },
    async (request, reply) => {
      const bot = await botNamed(request.params.name)
      const { key } = await newKey(request, bot)
      return reply.code(201).send({ name: bot.name, key })
    },
  )

  app.delete(
    '/api/bots/:name',
    {
      schema: { params: BotParams },
      config: { docs: { summary: 'End a bot', answers: { 204: null } } },
      onRequest: app.rateLimits.sending,
    },
    async (request, reply) => {
      await end(request, await botNamed(request.params.name))
      return reply.code(204).send()
    },
  )

  async function botNamed(name: string): Promise<Person> {
    const bot = await findBot(app, name)
    if (!bot) throw new HttpError(404, 'There is no such bot', 'It may have ended.', undefined, 'not_found')
    return bot
  }
}

async function formRoutes(
  instance: FastifyInstance,
  { making }: { readonly making: RateLimitHook[] },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.post(
    '/account/bots',
    { schema: { body: BotBody }, attachValidation: true, onRequest: making },
    async (request, reply) => {
      if (request.validationError)
        return botForm(reply.code(400), { name: '', error: 'Give the bot a name, such as build-bot.' })
      const { name } = request.body
      try {
        const bot = await addBot(app.database, name, actorOf(request))
        const { key } = await newKey(request, bot)
        // Not a redirect: the key is shown in this answer, and kept nowhere.
        return botForm(reply, { made: { name: bot.name, key } })
      } catch (error) {
        if (!(error instanceof NameRefused)) throw error
        return botForm(reply.code(400), { name: name.slice(0, 100), error: error.message })
      }
    },
  )

  app.post(
    '/account/bots/:name/key',
    { schema: { params: BotParams }, onRequest: making },
    async (request, reply) => {
      const bot = await findBot(app, request.params.name)
      if (!bot) return reply.callNotFound()
      const { key } = await newKey(request, bot)
      return botForm(reply, { made: { name: bot.name, key } })
    },
  )

  app.post(
    '/account/bots/:name/end',
    { schema: { params: BotParams }, onRequest: app.rateLimits.sending },
    async (request, reply) => {
      const bot = await findBot(app, request.params.name)
      if (!bot) return reply.callNotFound()
      await end(request, bot)
      return reply.redirect('/account#bots', 303)
    },
  )
}

interface BotForm {
  readonly name?: string
  readonly error?: string
  readonly made?: { readonly name: string; readonly key: string }
}

function botForm(reply: FastifyReply, { name = '', error, made }: BotForm): Promise<FastifyReply> {
  return accountPage(reply, { bot: { name, error: error ?? null, made: made ?? null } })
}

const requireAdministrator = guard(async (request) => {
  if (identityOf(request).user.administrator) return undefined
  throw new HttpError(
    403,
    'You do not have access',
    'Only administrators can create and end bots.',
    undefined,
    'forbidden',
  )
})

function newKey(request: FastifyRequest, bot: { readonly id: number; readonly name: string }) {
  const { database, sessions } = request.server
  return renewKey(database, (user) => sessions.endKeys(user), bot, actorOf(request))
}

async function findBot({ database }: FastifyInstance, name: string): Promise<Person | undefined> {
  const found = await findPerson(database, name)
  return found?.bot && !found.deactivated ? found : undefined
}

async function end(request: FastifyRequest, bot: Person): Promise<void> {
  const { changedPeople, database } = request.server
  const change = await deactivate(database, bot.id, actorOf(request))
  if (change?.changed) changedPeople.announce(change.person)
}
