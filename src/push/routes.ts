import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { identityOf, requireUser } from '../accounts/index.ts'
import { latestNotification } from '../notifications/index.ts'
import { AddressRefused } from '../outbound/index.ts'
import { HttpError } from '../web/index.ts'
import { isPublicKey } from './keys.ts'

/** Browsers to which one person can have notifications pushed; one more takes the place of the oldest. */
const PER_PERSON = 20

const NO_KEY = 'keys.p256dh: takes the public key that the browser gave.'

const Endpoint = Type.String({ maxLength: 2_000, pattern: '^[^\\u0000]+$' })
const SubscriptionBody = Type.Object({
  endpoint: Endpoint,
  keys: Type.Object({
    p256dh: Type.String({ pattern: '^[A-Za-z0-9_-]{87}=?$' }),
    auth: Type.String({ pattern: '^[A-Za-z0-9_-]{22}(==)?$' }),
  }),
})
const EndpointBody = Type.Object({ endpoint: Endpoint })

/** Which browsers a person has notifications pushed to. */
export async function pushRoutes(
  instance: FastifyInstance,
  { key }: { readonly key: string },
): Promise<void> {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>()
  const { database, outbound, rateLimits } = app
  app.addHook('onRequest', requireUser)

  const keyDocs = {
    summary: 'Read this server’s public key for Web Push',
    answers: { 200: Type.Object({ key: Type.String() }) },
  }
  app.get('/api/push/key', { config: { docs: keyDocs }, onRequest: rateLimits.reading }, async () => ({
    key,
  }))

  app.post(
    '/api/push/subscriptions',
    {
      schema: { body: SubscriptionBody },
      config: {
        docs: {
          summary: 'Push notifications to a browser',
          answers: { 201: Type.Object({ endpoint: Type.String() }) },
        },
      },
      onRequest: rateLimits.sending,
    },
    async (request, reply) => {
      const { session, user } = identityOf(request)
      const { keys } = request.body
      if (!isPublicKey(keys.p256dh))
        throw new HttpError(400, 'This subscription cannot be used', NO_KEY, undefined, 'invalid')
      const endpoint = await checked(request.body.endpoint)
      const row = {
        user_id: user.id,
        session_id: session.id,
        ...keys,
        pushed: await latestNotification(database),
      }
      await database
        .insertInto('push_subscriptions')
        .values({ ...row, endpoint, created_at: new Date().toISOString() })
        .onConflict((conflict) => conflict.column('endpoint').doUpdateSet(row))
        .execute()
      const kept = await database
        .selectFrom('push_subscriptions')
        .select('id')
        .where('user_id', '=', user.id)
        .orderBy('id', 'desc')
        .limit(PER_PERSON)
        .execute()
      const oldest = kept.length === PER_PERSON ? kept.at(-1) : undefined
      if (oldest)
        await database
          .deleteFrom('push_subscriptions')
          .where('user_id', '=', user.id)
          .where('id', '<', oldest.id)
          .execute()
      return reply.code(201).send({ endpoint })
    },
  )

  app.delete(
    '/api/push/subscriptions',
    {
      schema: { body: EndpointBody },
      config: { docs: { summary: 'Stop pushing notifications to a browser', answers: { 204: null } } },
      onRequest: rateLimits.sending,
    },
    async (request, reply) => {
      await database
        .deleteFrom('push_subscriptions')
        .where('endpoint', '=', request.body.endpoint)
        .where('user_id', '=', identityOf(request).user.id)
        .execute()
      return reply.code(204).send()
    },
  )

  async function checked(endpoint: string): Promise<string> {
    try {
      return await outbound.check(endpoint)
    } catch (error) {
      if (!(error instanceof AddressRefused)) throw error
      throw new HttpError(400, 'This address cannot be used', error.message, undefined, 'invalid')
    }
  }
}
