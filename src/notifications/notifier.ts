import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { type Static, Type } from 'typebox'
import {
  type FoundMessage,
  findMentions,
  type Mentions,
  type Message,
  mentionsOf,
  messagesIn,
} from '../chat/index.ts'
import type { JobQueue } from '../jobs/index.ts'
import { membersAfter, presentGroup, readersNamed } from '../rooms/index.ts'
import type { Tables } from '../storage/index.ts'
import {
  changeReason,
  type MessageNotification,
  type Notified,
  notificationsOfMessage,
  notifyOf,
  withdraw,
} from './message-notifications.ts'
import { eventFor, occasionOf } from './recipients.ts'

/** Members who are looked at in one transaction, and notifications of one message. */
const MEMBERS_AT_ONCE = 200
const REVIEWED_AT_ONCE = 200

/** People in one room whom `@here` notifies. */
const HERE = 1_000
/** Milliseconds for which `@here` means those who are there. */
const HERE_FOR = 60 * 1_000

/** Milliseconds after which an edit notifies nobody any more. */
const LATE = 60 * 60 * 1_000

const Place = { room: Type.Integer(), seq: Type.Integer() }

/** Members of a room who are to be notified of a message, from one on. */
const MembersDue = Type.Object({
  ...Place,
  joinedAt: Type.String(),
  user: Type.Integer(),
  /** Only those whom it mentions. */
  mentioned: Type.Boolean(),
})

/** Notifications of a message that was edited or deleted, from one person on. */
const ReviewDue = Type.Object({ ...Place, after: Type.Integer() })

type MembersDue = Static<typeof MembersDue>
type ReviewDue = Static<typeof ReviewDue>

/**
 * Notifies people of messages in their rooms, after these were committed. In a room where nobody is mentioned or replied to, or
 * wants to be notified of everything, this costs no more than a look at the message.
 */
export function notifyOfMessages(app: FastifyInstance): void {
  const notifier = new Notifier(app)
  app.chat.follow({
    name: 'notifications',
    from: 'present',
    delay: 0,
    concerns: ({ changes, row }) =>
      row.kind === 'direct' || row.watched !== 0 || changes.some(mayConcernSomebody),
    apply: (transaction, room, changes, after) => notifier.apply(transaction, room, changes, after),
  })
}

/** A reaction to a message that was edited before looks like an edit: looking once more costs little. */
function mayConcernSomebody({ deleted, editedAt, reply, rev, seq, text }: Message): boolean {
  return rev === seq ? reply !== null || text.includes('@') : deleted || editedAt !== null
}

class Notifier {
  readonly #app: FastifyInstance
  readonly #members: JobQueue<MembersDue>
  readonly #reviews: JobQueue<ReviewDue>

  constructor(app: FastifyInstance) {
    this.#app = app
    // Unlimited, because a message must not be refused when notifications pile up. Each message adds two jobs at most.
    const waiting = Number.POSITIVE_INFINITY
    this.#members = app.jobs.handle(
      'notify-members',
      { about: 'Notifies the members of a room of a message', payload: MembersDue, waiting },
      async (due, job) => {
        const [message] = await messagesIn(app.database, [due])
        if (!message) return undefined
        const mentions = findMentions(message.text)
        const here = await this.#here(message, mentions)
        const last = await job.transaction((transaction) =>
          this.#notifyMembers(transaction, mentions, here, due),
        )
        app.notifications.wake()
        return last && { again: 0, payload: { ...due, ...last } }
      },
    )
    this.#reviews = app.jobs.handle(
      'review-notifications',
      { about: 'Updates notifications after a message was changed', payload: ReviewDue, waiting },
      async (due, job) => {
        const last = await job.transaction((transaction) => this.#review(transaction, due))
        app.notifications.wake()
        return last === undefined ? undefined : { again: 0, payload: { ...due, after: last } }
      },
    )
  }

  /** @param after what has a greater `seq` has not been looked at before */
  async apply(
    transaction: Transaction<Tables>,
    room: number,
    changes: readonly Message[],
    after: number,
  ): Promise<void> {
    const late = new Date(Date.now() - LATE).toISOString()
    for (const { deleted, editedAt, seq } of changes)
      if (seq <= after && (deleted || editedAt !== null)) await this.#reviewLater(transaction, room, seq)
    const said = changes.filter(({ deleted, editedAt, seq }) =>
      deleted ? false : seq > after || (editedAt !== null && editedAt > late),
    )
    const found = await messagesIn(
      transaction,
      said.map(({ seq }) => ({ room, seq })),
    )
    found.sort((a, b) => a.seq - b.seq)
    const notified: (readonly Notified[])[] = []
    for (const message of found)
      notified.push(await this.#toNotify(transaction, message, message.seq > after))
    // Last, as notifications are added.
    for (const [index, { senderId: sender, seq }] of found.entries())
      await notifyOf(transaction, { room, seq, sender }, notified[index] ?? [])
    this.#app.jobs.wake()
    this.#app.notifications.wake()
  }

  /**
   * Finds who is to be notified of a message by name, and has the others looked for afterwards.
   * @param isNew false for a message that was edited: then only those are notified whom it mentions
   */
  async #toNotify(
    transaction: Transaction<Tables>,
    message: FoundMessage,
    isNew: boolean,
  ): Promise<Notified[]> {
    const { isWatched, kind, reply, roomId: room, seq } = message
    const mentions = findMentions(message.text)
    const mentioned = mentionsOf(message)
    const isDirect = kind === 'direct'
    const occasion = occasionOf(message, mentions, mentioned, isDirect)
    // A direct room has eight members at most.
    const recipients =
      isDirect && isNew
        ? (await membersAfter(transaction, room, { joinedAt: '', user: 0 }, MEMBERS_AT_ONCE)).members
        : await readersNamed(transaction, room, [
            ...new Set([...mentioned, ...(reply ? [reply.sender] : [])]),
          ])
    if (mentions.room || mentions.here || (isNew && isWatched && !isDirect))
      await this.#members.add(transaction, {
        payload: { room, seq, joinedAt: '', user: 0, mentioned: !isNew },
        key: `${room} ${seq}`,
      })
    return recipients.flatMap((recipient): Notified[] => {
      const event = eventFor(occasion, recipient)
      return event && (isNew || event === 'mention') ? [{ user: recipient.id, event }] : []
    })
  }

  async #notifyMembers(
    transaction: Transaction<Tables>,
    mentions: Mentions,
    here: readonly string[],
    due: MembersDue,
  ) {
    // It may have been deleted since: what is notified of now would be taken back by nobody.
    const [message] = await messagesIn(transaction, [due])
    if (!message) return undefined
    const { kind, roomId: room, senderId: sender, seq } = message
    const { last, members } = await membersAfter(
      ...([transaction, room, due, MEMBERS_AT_ONCE] as const),
      mentions.room || mentions.here ? undefined : 'everything',
    )
    const occasion = occasionOf(message, mentions, mentionsOf(message), kind === 'direct', here)
    const people = members.flatMap((member): Notified[] => {
      const event = eventFor(occasion, member)
      return event && (event === 'mention' || !due.mentioned) ? [{ user: member.id, event }] : []
    })
    await notifyOf(transaction, { room, seq, sender }, people)
    return last
  }

  /** The usernames of those who are in the room, where a message that was just said mentions them. */
  async #here({ at, editedAt, roomId }: FoundMessage, { here }: Mentions): Promise<string[]> {
    if (!here || Date.now() - Date.parse(editedAt ?? at) > HERE_FOR) return []
    return this.#app.presence.namesIn(presentGroup(roomId), HERE)
  }

  async #reviewLater(transaction: Transaction<Tables>, room: number, seq: number): Promise<void> {
    const some = await notificationsOfMessage(transaction, { room, seq, after: 0, limit: 1 })
    if (some.length > 0)
      await this.#reviews.add(transaction, { payload: { room, seq, after: 0 }, key: `${room} ${seq}` })
  }

  /** Takes back what people were notified of and is there no more. @returns the person after whom it goes on */
  async #review(transaction: Transaction<Tables>, due: ReviewDue): Promise<number | undefined> {
    const notified = await notificationsOfMessage(transaction, { ...due, limit: REVIEWED_AT_ONCE })
    const [message] = await messagesIn(transaction, [due])
    const withdrawn = message ? await this.#reviewMentions(transaction, message, notified) : notified
    await withdraw(
      transaction,
      withdrawn.map(({ id }) => id),
    )
    return notified.length < REVIEWED_AT_ONCE ? undefined : notified.at(-1)?.user
  }

  /** @returns the notifications of those whom a message mentions no more, and who are told of it for no other reason */
  async #reviewMentions(
    transaction: Transaction<Tables>,
    message: FoundMessage,
    notified: readonly MessageNotification[],
  ): Promise<MessageNotification[]> {
    const mentions = findMentions(message.text)
    if (mentions.room || mentions.here) return []
    const mentioned = mentionsOf(message)
    const gone = notified.filter(
      ({ event, username }) => event === 'mention' && !mentioned.includes(username),
    )
    const names = gone.map(({ username }) => username)
    const recipients = await readersNamed(transaction, message.roomId, names)
    const occasion = occasionOf(message, mentions, mentioned, message.kind === 'direct')
    const events = new Map(recipients.map((recipient) => [recipient.id, eventFor(occasion, recipient)]))
    const withdrawn: MessageNotification[] = []
    for (const notification of gone) {
      const event = events.get(notification.user)
      if (event) await changeReason(transaction, notification.id, event)
      else withdrawn.push(notification)
    }
    return withdrawn
  }
}
