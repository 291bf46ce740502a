import type { Transaction } from 'kysely'
import { blockersAmong, usernameOf } from '../accounts/index.ts'
import { type Database, type Placeholder, prepared, preparedForRows, type Tables } from '../storage/index.ts'
import { addNotifications } from './additions.ts'
import { type MessageEvent, WITHDRAWN } from './notification.ts'
import { numberChanges } from './notification-log.ts'

/**
 * Notifications that one person may cause for another in an hour: by what they name or answer, and by everything else that they
 * say. One more takes the place of the one before from the same room.
 */
const NAMED_PER_HOUR = 300
const OTHERS_PER_HOUR = 100
/** Notifications that one person may cause for another and take back in an hour: then there are no more. */
const TAKEN_BACK_PER_HOUR = 100
const HOUR = 60 * 60 * 1_000

/** The message of which people are notified. */
export interface NotifiedMessage {
  readonly room: number
  readonly seq: number
  /** The sender's `id`. */
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
 * Notifies people of a message, each once however often this is called, except that a mention notifies again after another reason.
 * People who have blocked its sender are not notified. For people whom its sender notifies very often, it replaces an earlier
 * notification.
 */
export async function notifyOf(
  transaction: Transaction<Tables>,
  message: NotifiedMessage,
  wanting: readonly Notified[],
): Promise<void> {
  if (wanting.length === 0) return
  const { room, seq, sender } = message
  const asked = wanting.map(({ user }) => user)
  const blockers = await blockersAmong(transaction, sender, asked)
  const people = wanting.filter(({ user }) => !blockers.has(user))
  if (people.length === 0) return
  const wanted = people.map(({ user }) => ({ room, seq, user }))
  const known = new Map((await selectNotified.execute(transaction, wanted)).map((row) => [row.user, row]))
  const caused = await causedBy(transaction, sender, people)
  const replaced: number[] = []
  const added: Notified[] = []
  for (const person of people) {
    const before = known.get(person.user)
    if (before && (person.event !== 'mention' || before.event === 'mention')) continue
    const { named, others, takenBack } = caused.get(person.user) ?? NOTHING_CAUSED
    if (takenBack >= TAKEN_BACK_PER_HOUR) continue
    const isFull = isNamed(person.event) ? named >= NAMED_PER_HOUR : others >= OTHERS_PER_HOUR
    const previous = before ?? (isFull ? await latestLike(transaction, message, person) : undefined)
    if (previous) replaced.push(previous.id)
    added.push(person)
  }
  await withdraw(transaction, replaced, { isReplaced: true })
  await addNotifications(
    transaction,
    added.map(({ event, user }) => ({ user, event, room, seq, sender })),
  )
}

/** The notifications of a message. @param after the `id` of a person: those of people with a greater one */
export function notificationsOfMessage(
  transaction: Transaction<Tables>,
  { room, seq, after, limit }: { room: number; seq: number; after: number; limit: number },
): Promise<MessageNotification[]> {
  return selectOfMessage.execute(transaction, { room, seq, after, limit })
}

/**
 * Withdraws notifications: only who caused them is kept, as long as that is counted.
 * @param isReplaced whether others stand for them, so that they do not count as taken back
 */
export async function withdraw(
  transaction: Transaction<Tables>,
  ids: readonly number[],
  { isReplaced = false } = {},
): Promise<void> {
  if (ids.length === 0) return
  const last = await numberChanges(transaction, ids.length)
  const withdrawOne = isReplaced ? withdrawReplaced : withdrawTakenBack
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

/** The notifications that somebody has caused for another person within an hour. */
interface CausedCounts {
  readonly named: number
  readonly others: number
  readonly takenBack: number
}

const NOTHING_CAUSED: CausedCounts = { named: 0, others: 0, takenBack: 0 }

async function causedBy(
  transaction: Transaction<Tables>,
  sender: number,
  people: readonly Notified[],
): Promise<ReadonlyMap<number, CausedCounts>> {
  const after = anHourAgo()
  const counts = await countCaused.execute(
    transaction,
    people.map(({ user }) => ({ sender, user, after })),
  )
  const caused = new Map<number, CausedCounts>()
  for (const { count, event, user } of counts) {
    const before = caused.get(user) ?? NOTHING_CAUSED
    const kind = event === WITHDRAWN ? 'takenBack' : isNamed(event) ? 'named' : 'others'
    caused.set(user, { ...before, [kind]: before[kind] + Number(count) })
  }
  return caused
}

/**
 * The latest notification within the hour that one of a message may take the place of: by the same sender, in the same room.
 */
async function latestLike(
  transaction: Transaction<Tables>,
  { room, sender }: NotifiedMessage,
  { event, user }: Notified,
): Promise<{ readonly id: number } | undefined> {
  const select = isNamed(event) ? selectLatestNamed : selectLatestOther
  return select.executeTakeFirst(transaction, { sender, user, room, after: anHourAgo() })
}

function isNamed(event: string): boolean {
  return event === 'mention' || event === 'reply'
}

function anHourAgo(): string {
  return new Date(Date.now() - HOUR).toISOString()
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
      .select(({ fn }) => ['user_id as user', 'event', fn.countAll<number>().as('count')])
      .where('sender_id', '=', first('sender'))
      .where('created_at', '>', first('after'))
      .where(
        'user_id',
        'in',
        wanted.map((one) => one('user')),
      )
      .groupBy(['user_id', 'event'])
  },
)

interface Like {
  readonly sender: number
  readonly user: number
  readonly room: number
  readonly after: string
}

const selectLatestNamed = prepared((database, value: Placeholder<Like>) =>
  selectLike(database, value, ['mention', 'reply']),
)

const selectLatestOther = prepared((database, value: Placeholder<Like>) =>
  selectLike(database, value, ['direct', 'everything']),
)

function selectLike(database: Database, value: Placeholder<Like>, events: readonly MessageEvent[]) {
  return database
    .selectFrom('notifications')
    .select('id')
    .where('sender_id', '=', value('sender'))
    .where('user_id', '=', value('user'))
    .where('created_at', '>', value('after'))
    .where('room_id', '=', value('room'))
    .where('event', 'in', events)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
}

const selectOfMessage = prepared(
  (database, value: Placeholder<{ room: number; seq: number; after: number; limit: number }>) =>
    database
      .selectFrom('notifications')
      .select(({ ref }) => [
        'id',
        'user_id as user',
        usernameOf(ref('notifications.user_id')).as('username'),
        'event',
      ])
      .where('room_id', '=', value('room'))
      .where('seq', '=', value('seq'))
      .where('user_id', '>', value('after'))
      .where('event', 'in', EVENTS)
      .orderBy('user_id')
      .limit(value('limit')),
)

const withdrawTakenBack = prepared((database, value: Placeholder<{ id: number; rev: number }>) =>
  database
    .updateTable('notifications')
    .set({ rev: value('rev'), event: WITHDRAWN, room_id: null, seq: null, payload: null })
    .where('id', '=', value('id')),
)

const withdrawReplaced = prepared((database, value: Placeholder<{ id: number; rev: number }>) =>
  database
    .updateTable('notifications')
    .set({ rev: value('rev'), event: WITHDRAWN, room_id: null, seq: null, sender_id: null, payload: null })
    .where('id', '=', value('id')),
)

const setEvent = prepared((database, value: Placeholder<{ id: number; event: string }>) =>
  database
    .updateTable('notifications')
    .set({ event: value('event') })
    .where('id', '=', value('id')),
)
