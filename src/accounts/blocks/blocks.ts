import type { FastifyBaseLogger } from 'fastify'
import { sql } from 'kysely'
import { type ChannelEvent, type ChannelLayer, FrameError } from '../../channels/index.ts'
import { type Database, inTransaction, isLogged, type Placeholder, prepared } from '../../storage/index.ts'
import { lockPerson } from '../person-lock.ts'
import { blockedAccounts } from './conditions.ts'

/** The most people that one person may block. */
const MOST_BLOCKED = 500

/** Hooks of blocked people that are hidden on a person's devices, the newest first. */
const MOST_HOOKS = 2_000

/** Finds those of some rooms that a person may read. */
export type FindReadableRooms = (user: number, rooms: readonly number[]) => Promise<ReadonlySet<number>>

/** People who are told at once that somebody they have blocked has created a hook. Others find out a little later. */
const TOLD_OF_HOOK = 1_000

/** A person whom another one has blocked. */
export interface BlockedPerson {
  /** The username. */
  readonly name: string
  /** Their display name; null: their username is shown. */
  readonly displayName: string | null
  /** ISO 8601. */
  readonly blockedAt: string
}

/** A person has blocked or unblocked somebody. */
export interface BlocksChanged extends ChannelEvent {
  readonly type: 'blocks.changed'
}

/** The group of a person's devices, for changes of the people they have blocked. */
export function blocksGroup(user: number): string {
  return `person.${user}.blocks`
}

/** Blocks between people. Messages by a blocked person are folded for the person who blocked them, and never notify them. */
export class Blocks {
  readonly #database: Database
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  readonly #listeners: ((user: number) => void)[] = []
  #findReadableRooms: FindReadableRooms = async () => new Set()

  constructor(database: Database, layer: ChannelLayer, log: FastifyBaseLogger) {
    this.#database = database
    this.#layer = layer
    this.#log = log
  }

  /** Calls back with each person who blocks or unblocks somebody in this process. To be called while the server starts. */
  listen(listener: (user: number) => void): void {
    this.#listeners.push(listener)
  }

  /** Sets how rooms are found that a person may read. To be called while the server starts. */
  findReadableWith(find: FindReadableRooms): void {
    this.#findReadableRooms = find
  }

  /** Lists the people that a person has blocked, latest first. */
  list(user: number): Promise<BlockedPerson[]> {
    return selectBlocked.execute(this.#database, { user })
  }

  /**
   * The usernames of the people that a person has blocked, and of the hooks that these have created in rooms that the person may
   * read: blocking somebody reveals nothing of others.
   */
  async namesOf(user: number): Promise<ReadonlySet<string>> {
    const { hooks, people } = await this.namesByKind(user)
    return new Set([...people, ...hooks])
  }

  /** As `namesOf`, with people and hooks in separate lists. */
  async namesByKind(user: number): Promise<{ readonly people: string[]; readonly hooks: string[] }> {
    const names = await selectNames.execute(this.#database, { user, limit: MOST_BLOCKED + MOST_HOOKS })
    const hooks = names.flatMap(({ kind, name, room }) =>
      kind === 'hook' && room !== null ? { name, room } : [],
    )
    const rooms = [...new Set(hooks.map(({ room }) => room))]
    const readable = rooms.length === 0 ? new Set() : await this.#findReadableRooms(user, rooms)
    return {
      people: names.filter(({ kind }) => kind !== 'hook').map(({ name }) => name),
      hooks: hooks.filter(({ room }) => readable.has(room)).map(({ name }) => name),
    }
  }

  /** Tells people who have blocked the creator of a new hook, whose messages are hidden from them too. It never rejects. */
  async hookWasMade(maker: number): Promise<void> {
    try {
      const blockers = await selectBlockers.execute(this.#database, { maker, limit: TOLD_OF_HOOK })
      for (const { user } of blockers) this.#tell(user)
    } catch (error) {
      if (!isLogged(error))
        this.#log.warn({ err: error }, 'people who blocked the creator of a hook were not told')
    }
  }

  /**
   * Blocks a person for another. Does nothing if they are blocked already.
   * @throws FrameError `limit` if the person has blocked too many
   */
  async block(user: number, other: number): Promise<void> {
    const isNew = await inTransaction(this.#database, async (transaction) => {
      await lockPerson(transaction, user)
      const mine = transaction.selectFrom('blocks').where('user_id', '=', user)
      if (await mine.select('user_id').where('blocked_id', '=', other).executeTakeFirst()) return false
      const { count } = await mine
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      if (Number(count) >= MOST_BLOCKED)
        throw new FrameError('limit', `you have blocked ${MOST_BLOCKED} people; unblock one of them first`)
      await transaction
        .insertInto('blocks')
        .values({ user_id: user, blocked_id: other, blocked_at: new Date().toISOString() })
        .execute()
      return true
    })
    if (isNew) this.#tell(user)
  }

  /** Unblocks a person, if they are blocked. @param username their current one, which a deleted account has too */
  async unblock(user: number, username: string): Promise<void> {
    const ended = await inTransaction(this.#database, (transaction) =>
      transaction
        .deleteFrom('blocks')
        .where('user_id', '=', user)
        .where('blocked_id', 'in', (named) =>
          named.selectFrom('users').select('id').where('name', '=', username),
        )
        .returning('blocked_id')
        .executeTakeFirst(),
    )
    if (ended) this.#tell(user)
  }

  #tell(user: number): void {
    const event: BlocksChanged = { type: 'blocks.changed' }
    this.#layer
      .groupSend(blocksGroup(user), event)
      .catch((error) =>
        this.#log.warn({ err: error }, 'the devices of a person were not told whom they have blocked'),
      )
    for (const listener of this.#listeners) listener(user)
  }
}

const selectBlocked = prepared((database, value: Placeholder<{ user: number }>) =>
  database
    .selectFrom('blocks')
    .innerJoin('users', 'users.id', 'blocked_id')
    .select(['users.name', 'display_name as displayName', 'blocked_at as blockedAt'])
    .where('user_id', '=', value('user'))
    .orderBy('blocked_at', 'desc')
    .orderBy('blocked_id', 'desc'),
)

const selectNames = prepared((database, value: Placeholder<{ user: number; limit: number }>) =>
  database
    .selectFrom(blockedAccounts(value('user')).as('blocked'))
    .innerJoin('users', 'users.id', 'blocked.id')
    .select(['users.name', 'account_kind as kind', 'made_in as room'])
    // People before their hooks.
    .orderBy(sql`case when account_kind = 'hook' then 1 else 0 end`)
    .orderBy('users.id', 'desc')
    .limit(value('limit')),
)

const selectBlockers = prepared((database, value: Placeholder<{ maker: number; limit: number }>) =>
  database
    .selectFrom('blocks')
    .select('user_id as user')
    .where('blocked_id', '=', value('maker'))
    .limit(value('limit')),
)
