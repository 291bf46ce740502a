import type { Transaction } from 'kysely'
import { type Placeholder, prepared, preparedForRows, type Tables } from '../storage/index.ts'
import { addNotifications } from './additions.ts'
import { type MessageEvent, WITHDRAWN } from './notification.ts'
import { numberChanges } from './notification-log.ts'

/** Notifications that one person may cause for another in an hour: more are not added. */
const PER_HOUR = 100
const HOUR = 60 * 60 * 1_000

/** The message of which people are notified. */
export interface NotifiedMessage {
  readonly room: number
  readonly seq: number
  /** The `id` of whoever said it. */
  readonly sender: number
}

/** Somebody who is to be notified of a message, and why. */
export interface Notified {
  readonly user: number
  readonly event: MessageEvent
}

/** A notification of a message that is there. */
export interface MessageNotification {
  readonly id: number
  readonly user: number
  readonly username: string
  readonly event: string
}

/**
 * Notifies people of a message, each once however often this is called; whoever is mentioned after they were notified for another
 * reason is notified once more. Not those whom its sender has notified a hundred times within the hour.
 */
export async function notifyOf(
  transaction: Transaction<Tables>,
  { room, seq, sender }: NotifiedMessage,
  people: readonly Notified[],
): Promise<void> {
  if (people.length === 0) return
  const wanted = people.map(({ user }) => ({ room, seq, user }))
  const known = new Map((await selectNotified.execute(transaction, wanted)).map((row) => [row.user, row]))
  const full = await notifiedOften(transaction, sender, people)
  const replaced: number[] = []
  const added = people.filter(({ event, user }) => {
    const before = known.get(user)
    if (before && (event !== 'mention' || before.event === 'mention')) return false
    if (full.has(user)) return false
    if (before) replaced.push(before.id)
    return true
  })
  await withdraw(transaction, replaced)
  await addNotifications(
    transaction,
    added.map(({ event, user }) => ({ user, event, room, seq, sender })),
  )
}

/** What people were notified of a message. @param after the `id` of a person: those of people with a greater one */
export function notificationsOfMessage(
  transaction: Transaction<Tables>,
  { room, seq, after, limit }: { room: number; seq: number; after: number; limit: number },
): Promise<MessageNotification[]> {
  return selectOfMessage.execute(transaction, { room, seq, after, limit })
}

/** Takes notifications back: nothing is kept of what they were about. */
export async function withdraw(transaction: Transaction<Tables>, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  const last = await numberChanges(transaction, ids.length)
  for (const [index, id] of ids.entries())
    await withdrawOne.execute(transaction, { id, rev: last - ids.length + 1 + index })
}

/** Gives a notification another reason, without telling anybody of it once more. */
export async function changeReason(
  transaction: Transaction<Tables>,
  id: number,
  event: MessageEvent,
): Promise<void> {
  await setEvent.execute(transaction, { id, event })
}

async function notifiedOften(
  transaction: Transaction<Tables>,
  sender: number,
  people: readonly Notified[],
): Promise<Set<number>> {
  const after = new Date(Date.now() - HOUR).toISOString()
  const counts = await countCaused.execute(
    transaction,
    people.map(({ user }) => ({ sender, user, after })),
  )
  return new Set(counts.filter(({ count }) => Number(count) >= PER_HOUR).map(({ user }) => user))
}

const EVENTS: readonly MessageEvent[] = ['mention', 'reply', 'direct', 'everything']

const selectNotified = preparedForRows(
  (database, wanted: readonly Placeholder<{ room: number; seq: number; user: number }>[]) => {
    const [first] = wanted
    if (!first) throw new Error('nobody was to be notified')
    return database
      .selectFrom('notifications')
      .select(['id', 'user_id as user', 'event'])
      .where('room_id', '=', first('room'))
      .where('seq', '=', first('seq'))
      .where('event', 'in', EVENTS)
      .where(
        'user_id',
        'in',
        wanted.map((one) => one('user')),
      )
  },
)

const countCaused = preparedForRows(
  (database, wanted: readonly Placeholder<{ sender: number; user: number; after: string }>[]) => {
    const [first] = wanted
    if (!first) throw new Error('nobody was to be notified')
    return database
      .selectFrom('notifications')
      .select(({ fn }) => ['user_id as user', fn.countAll<number>().as('count')])
      .where('sender_id', '=', first('sender'))
      .where('created_at', '>', first('after'))
      .where(
        'user_id',
        'in',
        wanted.map((one) => one('user')),
      )
      .groupBy('user_id')
  },
)

const selectOfMessage = prepared(
  (database, value: Placeholder<{ room: number; seq: number; after: number; limit: number }>) =>
    database
      .selectFrom('notifications')
      .innerJoin('users', 'users.id', 'notifications.user_id')
      .select([
        'notifications.id',
        'notifications.user_id as user',
        'users.name as username',
        'notifications.event',
      ])
      .where('room_id', '=', value('room'))
      .where('seq', '=', value('seq'))
      .where('user_id', '>', value('after'))
      .where('event', 'in', EVENTS)
      .orderBy('notifications.user_id')
      .limit(value('limit')),
)

const withdrawOne = prepared((database, value: Placeholder<{ id: number; rev: number }>) =>
  database
    .updateTable('notifications')
    .set({
      rev: value('rev'),
      event: WITHDRAWN,
      room_id: null,
      seq: null,
      sender_id: null,
      payload: null,
    })
    .where('id', '=', value('id')),
)

const setEvent = prepared((database, value: Placeholder<{ id: number; event: string }>) =>
  database
    .updateTable('notifications')
    .set({ event: value('event') })
    .where('id', '=', value('id')),
)
