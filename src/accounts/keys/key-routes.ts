import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type ClientScope, wellFormed } from '../../channels/index.ts'
import { labelFault } from '../../text/label.ts'
import { HttpError, type RateLimitHook } from '../../web/index.ts'
import { identityOf, requireUser } from '../access.ts'
import { accountPage } from '../account-page.ts'
import { placeOf } from '../device.ts'
import { type NewApiKey, TooManyKeys } from './api-keys.ts'
import { KEY_NAME_LENGTH, KeyBody, KeyForm, KeyParams, ListedKey, MadeKey } from './protocol.ts'
import { SCOPES, scopeNamed } from './scopes.ts'

/** Keys that one person may make in a minute. */
const KEYS_PER_MINUTE = 10

/** A person's API keys: made, listed and revoked, by programs and at `/account`. No key can do any of it. */
export async function keyRoutes(app: FastifyInstance): Promise<void> {
  app.addHook('onRequest', requireUser)
  const making = [...app.rateLimits.sending, ...app.rateLimits.perMinute('API keys', KEYS_PER_MINUTE)]
  await app.register(apiRoutes, { making })
  await app.register(formRoutes, { making })
}

async function apiRoutes(
  instance: FastifyInstance,
  { making }: { readonly making: RateLimitHook[] },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  const list = {
    summary: 'List your API keys, newest first',
    answers: { 200: Type.Object({ keys: Type.Array(ListedKey) }) },
  }
  app.get('/api/keys', { config: { docs: list }, onRequest: app.rateLimits.reading }, async (request) => {
    const keys = await app.apiKeys.list(identityOf(request).user.id)
    return {
      keys: keys.map(({ id, name, scopes, createdAt, lastUsedAt }) => ({
        id,
        name,
        scopes,
        created: createdAt,
        last_used: lastUsedAt,
      })),
    }
  })

  app.post(
    '/api/keys',
    {
      schema: { body: KeyBody },
      config: { docs: { summary: 'Create an API key', answers: { 201: MadeKey } } },
      attachValidation: true,
      onRequest: making,
    },
    async (request, reply) => {
      if (request.validationError) throw unreadable()
      const name = wellFormed(request.body.name).trim()
      const scopes = [...new Set(request.body.scopes)]
      const { id, key } = await create(request, name, scopes)
      return reply.code(201).send({ id, name, scopes, key })
    },
  )

  app.delete(
    '/api/keys/:id',
    {
      schema: { params: KeyParams },
      config: { docs: { summary: 'Revoke an API key', answers: { 204: null } } },
      onRequest: app.rateLimits.sending,
    },
    async (request, reply) => {
      if (!(await app.apiKeys.revoke(identityOf(request).user.id, request.params.id))) throw noSuchKey()
      return reply.code(204).send()
    },
  )
}

async function formRoutes(
  instance: FastifyInstance,
  { making }: { readonly making: RateLimitHook[] },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()

  app.post(
    '/account/keys',
    { schema: { body: KeyForm }, attachValidation: true, onRequest: making },
    async (request, reply) => {
      if (request.validationError) {
        const { name, scopes } = entered(request.body)
        const error = `Give the key a name of 1 to ${KEY_NAME_LENGTH} characters, and choose at least one permission.`
        return accountPage(reply.code(400), { key: { error, name, scopes, made: null } })
      }
      const name = wellFormed(request.body.name).trim()
      const scopes = [...new Set([request.body.scope].flat())]
      try {
        const { key } = await create(request, name, scopes)
        // Not a redirect: the key is shown in this answer, and kept nowhere.
        return accountPage(reply, { key: { error: null, name: '', scopes: [], made: { name, key } } })
      } catch (error) {
        if (!(error instanceof HttpError)) throw error
        const form = { error: error.message, name, scopes, made: null }
        return accountPage(reply.code(error.statusCode === 403 ? 403 : 400), { key: form })
      }
    },
  )

  app.post(
    '/account/keys/:id/revoke',
    { schema: { params: KeyParams }, onRequest: app.rateLimits.sending },
    async (request, reply) => {
      await app.apiKeys.revoke(identityOf(request).user.id, request.params.id)
      return reply.redirect('/account#keys', 303)
    },
  )
}

/** @throws HttpError 400 for a name that cannot be shown in a line, 403 for what only administrators may do, 409 where there are too many */
async function create(
  request: FastifyRequest,
  name: string,
  scopes: readonly ClientScope[],
): Promise<NewApiKey> {
  const { user } = identityOf(request)
  if (labelFault(name))
    throw new HttpError(
      400,
      'That name cannot be used',
      'Give the key a name in a single line, without invisible characters.',
      undefined,
      'invalid',
    )
  const reserved = scopes.find((scope) => scopeNamed(scope)?.forAdministrators)
  if (reserved !== undefined && !user.administrator)
    throw new HttpError(
      403,
      'You do not have access',
      `Only administrators can create keys for ${reserved}.`,
      undefined,
      'forbidden',
    )
  try {
    return await request.server.apiKeys.create(user.id, name, scopes, placeOf(request))
  } catch (error) {
    if (!(error instanceof TooManyKeys)) throw error
    throw new HttpError(409, 'There are too many keys', error.message, undefined, 'limit')
  }
}

/** Reads from a form, which may be anything, what is shown in it again. */
function entered(body: unknown): { readonly name: string; readonly scopes: readonly string[] } {
  if (typeof body !== 'object' || body === null) return { name: '', scopes: [] }
  const name: unknown = Reflect.get(body, 'name')
  const scopes: unknown[] = [Reflect.get(body, 'scope')].flat()
  return {
    name: typeof name === 'string' ? name.slice(0, 2 * KEY_NAME_LENGTH).toWellFormed() : '',
    scopes: SCOPES.map(({ scope }) => scope).filter((scope) => scopes.includes(scope)),
  }
}

function unreadable(): HttpError {
  const scopes = SCOPES.map(({ scope }) => scope).join(', ')
  const message = `Send a name of 1 to ${KEY_NAME_LENGTH} characters and a list of scopes: ${scopes}.`
  return new HttpError(400, 'That could not be read', message, undefined, 'invalid')
}

function noSuchKey(): HttpError {
  return new HttpError(
    404,
    'There is no such key',
    'It may already have been revoked.',
    undefined,
    'not_found',
  )
}
