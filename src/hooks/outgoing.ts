import type { FastifyInstance } from 'fastify'
import { Webhook } from 'standardwebhooks'
import { Type } from 'typebox'
import { changesAfter, type Message, messageFrame } from '../chat/index.ts'
import type { Job, Repeat } from '../jobs/index.ts'
import { AddressRefused, RequestFailed } from '../outbound/index.ts'
import { repeat } from '../repeat.ts'
import { findRoom, may } from '../rooms/index.ts'
import { type Database, inTransaction, isLogged, type Placeholder, prepared } from '../storage/index.ts'
import { noteDelivery } from './deliveries.ts'
import { eventOf } from './events.ts'
import { failureOfStatus, type HookFailure } from './failures.ts'
import type { DeliveryOutcome } from './metrics.ts'

/** Milliseconds between two looks for hooks of rooms in which something changed. */
const LOOK_INTERVAL = 1_000
/** Hooks that one look finds. */
const AT_ONCE = 500
/** Changes that one run of a job looks at, so that hooks take turns. */
const CHANGES = 20

const FIRST_WAIT = 5_000
const LONGEST_WAIT = 60 * 60 * 1_000
/** Milliseconds after which a delivery that fails is given up. */
const GIVEN_UP_AFTER = 24 * 60 * 60 * 1_000

/**
 * Delivers messages of rooms to other systems. Each hook follows its room by `rev`, one change after another, and delivers
 * messages in their current state, so that deleted ones are not sent. A room without a hook costs nothing, and nobody who posts
 * waits for a hook.
 * @param count told what became of each try
 */
export function deliverOutgoing(app: FastifyInstance, count: Count): void {
  const { database, log } = app
  const queue = app.jobs.handle(
    'hook-delivery',
    { about: 'Delivers what was said to a hook', payload: Type.Object({ hook: Type.String() }), atOnce: 16 },
    ({ hook }, job) => deliver(app, hook, job, count),
  )
  const looking = repeat(
    LOOK_INTERVAL,
    (error) => {
      if (!isLogged(error)) log.warn({ err: error }, 'hooks could not be processed; this will be tried again')
    },
    async () => {
      const behind = await selectBehind.execute(database, { now: new Date().toISOString(), limit: AT_ONCE })
      if (behind.length === 0) return
      await inTransaction(database, (transaction) =>
        queue.addAll(
          transaction,
          behind.map(({ id }) => ({ payload: { hook: id }, key: id })),
        ),
      )
      app.jobs.wake()
    },
  )
  // Not waited for: a database that hangs would keep the server.
  app.addHook('onClose', async () => void looking.stop())
}

type Outgoing = NonNullable<Awaited<ReturnType<typeof selectOutgoing.executeTakeFirst>>>

type Count = (outcome: DeliveryOutcome) => void

async function deliver(
  app: FastifyInstance,
  id: string,
  job: Job,
  count: Count,
): Promise<Repeat | undefined> {
  const { database } = app
  const hook = await selectOutgoing.executeTakeFirst(database, { id })
  if (!hook || (hook.retryAt !== null && Date.parse(hook.retryAt) > Date.now())) return undefined
  const isRefused = !(await mayRead(database, hook))
  const changes = isRefused ? [] : await changesAfter(database, hook.room, hook.position, hook.rev, CHANGES)
  let position = hook.position
  for (const change of changes) {
    const event = await eventOf(database, hook, change)
    if (event !== undefined && hook.events?.split(' ').includes(event)) {
      const failure = await send(app, hook, event, change, job.signal)
      job.signal.throwIfAborted()
      await job.transaction((transaction) =>
        noteDelivery(transaction, id, {
          event,
          seq: change.seq,
          status: failure?.status ?? (failure ? null : 200),
          error: failure?.error ?? null,
          failure: failure?.code ?? null,
        }),
      )
      count(failure ? (isGivenUp(hook) ? 'given-up' : 'failed') : 'delivered')
      if (failure && !isGivenUp(hook)) return failed(job, hook, position)
      // After an event was given up, later ones are tried once each until one succeeds.
      if (!failure) hook.failingSince = null
    }
    position = change.rev
    hook.failures = 0
    await advance(job, id, { position, failures: 0, failing_since: hook.failingSince, retry_at: null })
  }
  if (changes.length === CHANGES) return { again: 0 }
  // All that was there when this began is delivered, or is not for this hook.
  const end = Math.max(position, hook.rev)
  const base_at = changes.map(({ editedAt }) => editedAt ?? '').reduce(later, hook.baseAt)
  await advance(job, id, { position: end, base: end, base_at })
  return undefined
}

/** A hook delivers nothing of a room which its maker may not read or administer any more. */
async function mayRead(
  database: Database,
  { deactivatedAt, maker, makerName, role, slug }: Outgoing,
): Promise<boolean> {
  if (deactivatedAt !== null) return false
  const person = { id: maker, name: makerName, administrator: role === 'administrator' }
  const room = await findRoom(database, slug, person)
  return room !== undefined && may(room, 'see') && may(room, 'administer')
}

interface Failure {
  readonly code: HookFailure
  readonly status: number | null
  readonly error: string
}

/** @returns why it failed, if it did */
async function send(
  app: FastifyInstance,
  { id, secret, url }: Outgoing,
  event: string,
  change: Message,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const { html, ...data } = messageFrame(change)
  const now = new Date()
  const body = JSON.stringify({ type: event, timestamp: now.toISOString(), data })
  // The same for each try of one delivery, and another one for each change.
  const webhookId = `msg_${id}_${change.rev}_${event}`
  try {
    const { status } = await app.outbound.request(url ?? '', {
      method: 'POST',
      body,
      signal,
      headers: {
        'content-type': 'application/json',
        'webhook-id': webhookId,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(webhookId, now, body),
      },
    })
    if (status >= 200 && status < 300) return undefined
    return { code: failureOfStatus(status), status, error: `the answer was ${status}` }
  } catch (error) {
    if (error instanceof AddressRefused) return { code: 'not_public', status: null, error: error.message }
    const { failure, message } = RequestFailed.from(error)
    return { code: failure, status: null, error: message }
  }
}

function isGivenUp({ failingSince }: Outgoing): boolean {
  return failingSince !== null && Date.parse(failingSince) < Date.now() - GIVEN_UP_AFTER
}

/** Waits 5 s after the first failure, and twice as long after each. */
async function failed(job: Job, hook: Outgoing, position: number): Promise<Repeat> {
  const wait = Math.min(FIRST_WAIT * 2 ** Math.min(hook.failures, 30), LONGEST_WAIT)
  await advance(job, hook.id, {
    position,
    failures: hook.failures + 1,
    failing_since: hook.failingSince ?? new Date().toISOString(),
    retry_at: new Date(Date.now() + wait).toISOString(),
  })
  return { again: wait }
}

interface Progress {
  readonly position: number
  readonly base?: number
  readonly base_at?: string
  readonly failures?: number
  readonly failing_since?: string | null
  readonly retry_at?: string | null
}

function advance(job: Job, id: string, progress: Progress): Promise<unknown> {
  return job.transaction((transaction) =>
    transaction.updateTable('hooks').set(progress).where('id', '=', id).execute(),
  )
}

function later(one: string, other: string): string {
  return one > other ? one : other
}

const selectBehind = prepared((database, value: Placeholder<{ now: string; limit: number }>) =>
  database
    .selectFrom('hooks')
    .innerJoin('rooms', 'rooms.id', 'hooks.room_id')
    .select('hooks.id')
    .where('hooks.direction', '=', 'out')
    .whereRef('rooms.rev', '>', 'hooks.position')
    .where(({ eb, or }) => or([eb('retry_at', 'is', null), eb('retry_at', '<=', value('now'))]))
    .limit(value('limit')),
)

const selectOutgoing = prepared((database, value: Placeholder<{ id: string }>) =>
  database
    .selectFrom('hooks')
    .innerJoin('rooms', 'rooms.id', 'hooks.room_id')
    .innerJoin('users as maker', 'maker.id', 'hooks.created_by')
    .select([
      'hooks.id',
      'hooks.secret',
      'hooks.url',
      'hooks.events',
      'hooks.position',
      'hooks.base',
      'hooks.base_at as baseAt',
      'hooks.failures',
      'hooks.failing_since as failingSince',
      'hooks.retry_at as retryAt',
      'rooms.id as room',
      'rooms.slug',
      'rooms.rev',
      'maker.id as maker',
      'maker.name as makerName',
      'maker.role',
      'maker.deactivated_at as deactivatedAt',
    ])
    .where('hooks.id', '=', value('id'))
    .where('hooks.direction', '=', 'out'),
)
