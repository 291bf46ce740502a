import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import webPush from 'web-push'
import { personById } from '../accounts/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import { unseenAfter } from '../notifications/index.ts'
import { AddressRefused } from '../outbound/index.ts'
import type { PushKeys } from './keys.ts'
import type { PushOutcome } from './metrics.ts'
import { type PushedText, pushedSummary, pushedText } from './pushed-text.ts'
import type { Subscription } from './tables.ts'

/** Notifications that are pushed one by one; more are pushed as one that says how many. */
const ONE_BY_ONE = 3

/** Seconds for which a push service keeps what it cannot deliver. */
const TTL = 24 * 60 * 60

/** Attempts to reach a push service that does not answer. */
const ATTEMPTS = 6

const Payload = Type.Object({ subscription: Type.Integer() })
export type PushQueue = JobQueue<{ subscription: number }>

export interface PushDeliveryOptions {
  readonly keys: PushKeys
  /** The contact for operators of push services: an address with https, or `mailto:`. */
  readonly subject: string
  /** Counts what became of one message to a push service. */
  readonly count: (outcome: PushOutcome) => void
}

/** Pushes unseen notifications to people's browsers, unless they are connected or in their quiet hours. */
export function pushDeliveries(
  app: FastifyInstance,
  { keys, subject, count }: PushDeliveryOptions,
): PushQueue {
  const { database } = app
  return app.jobs.handle(
    'push',
    {
      about: 'Pushes notifications to a browser',
      payload: Payload,
      attempts: ATTEMPTS,
      timeout: 60_000,
      // One for each subscription, of which a person has so many at most.
      waiting: Number.POSITIVE_INFINITY,
    },
    async ({ subscription: id }, job) => {
      const subscription = await database
        .selectFrom('push_subscriptions')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst()
      if (!subscription) return
      const { pushed, session_id: session, user_id: user } = subscription
      const person = await personById(database, user)
      if (!person || person.deactivated || !(await app.sessions.isOpen(session))) return forget(id)
      const unseen = await unseenAfter(database, user, pushed)
      const last = unseen.at(-1)?.id
      if (last === undefined) return
      const isDisturbed =
        app.rooms.online.present([person.name]) === 0 && !(await app.notifications.isQuiet(user))
      if (isDisturbed)
        for (const text of unseen.length > ONE_BY_ONE
          ? [pushedSummary(unseen.length)]
          : unseen.map(pushedText))
          if (!(await send(subscription, text, job.signal))) return forget(id)
      await database.updateTable('push_subscriptions').set({ pushed: last }).where('id', '=', id).execute()
    },
  )

  /** @returns false where the browser has taken its subscription back @throws where it should be tried again */
  async function send(subscription: Subscription, text: PushedText, signal: AbortSignal): Promise<boolean> {
    const { auth, endpoint, p256dh } = subscription
    const { headers, body } = webPush.generateRequestDetails(
      { endpoint, keys: { auth, p256dh } },
      JSON.stringify(text),
      {
        vapidDetails: { subject, ...keys },
        TTL,
        contentEncoding: 'aes128gcm',
      },
    )
    const strings = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    try {
      const { status } = await app.outbound.request(endpoint, {
        method: 'POST',
        headers: strings,
        body: body ?? '',
        signal,
      })
      if (status >= 200 && status < 300) {
        count('sent')
        return true
      }
      // Another 4xx says that this will never be taken.
      if (status === 429 || status >= 500) throw new Error(`the push service answered ${status}`)
      const isGone = status === 404 || status === 410 || status === 403
      count(isGone ? 'gone' : 'refused')
      return !isGone
    } catch (error) {
      count(error instanceof AddressRefused ? 'refused' : 'failed')
      if (error instanceof AddressRefused) return false
      throw error
    }
  }

  async function forget(id: number): Promise<undefined> {
    await database.deleteFrom('push_subscriptions').where('id', '=', id).execute()
  }
}
