import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import { peopleWithNewer } from '../notifications/index.ts'
import { inTransaction } from '../storage/index.ts'
import { pushBelongings } from './belongings.ts'
import { pushDeliveries } from './delivery.ts'
import { loadPushKeys, readPushKeys } from './keys.ts'
import { pushMetrics } from './metrics.ts'
import { migrations } from './migrations/index.ts'
import { pushRoutes } from './routes.ts'
import type {} from './tables.ts'

export interface PushOptions {
  readonly registry: Registry
  /** `DATA_DIR`, in which the keys are kept where none are given. */
  readonly directory: string
  /** `PUBLIC,PRIVATE`; undefined: they are made once. */
  readonly keys: string | undefined
  readonly publicUrl: string
}

/** Subscriptions that are looked at together when a process starts. */
const LOOKED_AT = 200

/** Web Push: people who are not connected hear of their notifications through their browsers. */
export const push = fp(async (app: FastifyInstance, options: PushOptions) => {
  const { directory, keys: given, publicUrl, registry } = options
  const { database, log } = app
  await app.migrate('push', migrations)
  const keys = given === undefined ? loadPushKeys(directory) : readPushKeys(given)
  app.belongings.add(...pushBelongings(app))
  const subject = publicUrl.startsWith('https:') ? publicUrl : 'mailto:partyline@localhost'
  const queue = pushDeliveries(app, { keys, subject, count: pushMetrics(registry) })

  app.notifications.onAdded((users) => {
    add(users).catch((error) =>
      log.warn({ err: error }, 'notifications could not be pushed; pushing goes on with the next'),
    )
  })
  // Those of a process that was killed between a notification and the job that pushes it.
  app.addHook('onListen', async () => {
    addMissed().catch((error) => log.warn({ err: error }, 'notifications from before could not be pushed'))
  })
  await app.register(pushRoutes, { key: keys.publicKey })

  /** Every process adds the same jobs, of which there is one for each subscription. */
  async function add(users: readonly number[]): Promise<void> {
    const subscriptions = await database
      .selectFrom('push_subscriptions')
      .select('id')
      .where('user_id', 'in', users)
      .execute()
    await addJobs(subscriptions)
  }

  async function addMissed(): Promise<void> {
    for (let last: number | undefined = 0; last !== undefined; ) {
      const some = await database
        .selectFrom('push_subscriptions')
        .select(['id', 'user_id as user', 'pushed'])
        .where('id', '>', last)
        .orderBy('id')
        .limit(LOOKED_AT)
        .execute()
      const behind = await peopleWithNewer(
        database,
        some.map(({ pushed, user }) => ({ user, id: pushed })),
      )
      await addJobs(some.filter(({ user }) => behind.has(user)))
      last = some.length === LOOKED_AT ? some.at(-1)?.id : undefined
    }
  }

  async function addJobs(subscriptions: readonly { readonly id: number }[]): Promise<void> {
    if (subscriptions.length === 0) return
    await inTransaction(database, (transaction) =>
      queue.addAll(
        transaction,
        subscriptions.map(({ id }) => ({ payload: { subscription: id }, key: `${id}` })),
      ),
    )
    app.jobs.wake()
  }
})
