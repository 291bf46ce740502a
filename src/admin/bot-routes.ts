import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  addBot,
  deactivate,
  findPerson,
  listBots,
  NameRefused,
  type Person,
  renewKey,
} from '../accounts/index.ts'
import { actorOf } from '../audit/index.ts'
import { HttpError } from '../web/index.ts'
import { adminPage } from './pages.ts'
import { EmptyForm, NameForm, PersonParams } from './protocol.ts'

/** Bots that one administrator may make in a minute, and keys for them. */
const BOTS_PER_MINUTE = 20

interface BotFields {
  readonly name?: string
  readonly error?: string
  readonly made?: { readonly name: string; readonly key: string }
}

/** `/admin/bots`: accounts of programs. */
export async function botRoutes(instance: FastifyInstance): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { changedPeople, database, rateLimits, sessions } = app
  const path = '/admin/bots'
  const making = [...rateLimits.sending, ...rateLimits.perMinute('bots on the page', BOTS_PER_MINUTE)]

  app.get(path, { onRequest: rateLimits.reading }, (_request, reply) => botsPage(reply))

  app.post(path, { schema: { body: NameForm }, onRequest: making }, async (request, reply) => {
    const name = (request.body.name ?? '').trim()
    try {
      if (name === '') throw new NameRefused('invalid', name, 'Give the bot a name, such as build-bot.')
      const bot = await addBot(database, name, actorOf(request))
      return await withNewKey(request, reply, bot)
    } catch (error) {
      if (!(error instanceof NameRefused)) throw error
      const entered = name.slice(0, 100).toWellFormed()
      return botsPage(reply.code(400), { name: entered, error: error.message })
    }
  })

  app.post(
    `${path}/:name/key`,
    { schema: { params: PersonParams, body: EmptyForm }, onRequest: making },
    async (request, reply) => withNewKey(request, reply, await botNamed(request.params.name)),
  )

  app.post(
    `${path}/:name/end`,
    { schema: { params: PersonParams, body: EmptyForm }, onRequest: rateLimits.sending },
    async (request, reply) => {
      const bot = await botNamed(request.params.name)
      const change = await deactivate(database, bot.id, actorOf(request))
      if (change?.changed) changedPeople.announce(change.person)
      return reply.redirect(path, 303)
    },
  )

  /** Not a redirect: the key is shown in this answer, and kept nowhere. */
  async function withNewKey(
    request: FastifyRequest,
    reply: FastifyReply,
    bot: { readonly id: number; readonly name: string },
  ): Promise<FastifyReply> {
    const { key } = await renewKey(database, (user) => sessions.endKeys(user), bot, actorOf(request))
    return botsPage(reply, { made: { name: bot.name, key } })
  }

  async function botNamed(name: string): Promise<Person> {
    const found = name.includes('\0') ? undefined : await findPerson(database, name)
    if (found?.bot && !found.deactivated) return found
    throw new HttpError(404, 'There is no such bot', 'It may have been deleted.', undefined, 'not_found')
  }

  async function botsPage(
    reply: FastifyReply,
    { error, made, name = '' }: BotFields = {},
  ): Promise<FastifyReply> {
    return adminPage(reply, path, 'bots', {
      title: 'Bots',
      bots: await listBots(database),
      bot: { name, error: error ?? null, made: made ?? null },
    })
  }
}
