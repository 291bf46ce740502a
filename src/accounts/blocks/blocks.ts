import type { FastifyBaseLogger } from 'fastify'
import type { Transaction } from 'kysely'
import { type ChannelEvent, type ChannelLayer, FrameError } from '../../channels/index.ts'
import {
  type Database,
  inTransaction,
  isLogged,
  type Placeholder,
  prepared,
  runsSideBySide,
  type Tables,
} from '../../storage/index.ts'
import { blockedAccounts } from './conditions.ts'

/** People whom one person may have blocked. */
export const MOST_BLOCKED = 500

/** People who are told at once that somebody whom they have blocked has made a hook. The others find out within a while. */
const TOLD_OF_HOOK = 1_000

/** Somebody whom a person has blocked. */
export interface BlockedPerson {
  /** The username. */
  readonly name: string
  /** The name that they chose to be shown; null: their username is shown. */
  readonly displayName: string | null
  /** ISO 8601. */
  readonly blockedAt: string
}

/** A person has blocked somebody, or has somebody blocked no more. */
export interface BlocksChanged extends ChannelEvent {
  readonly type: 'blocks.changed'
}

/** The group of a person's devices, for whom they have blocked. */
export function blocksGroup(user: number): string {
  return `person.${user}.blocks`
}

/** Keeps which people have blocked which others: what these say is folded for them, and they are notified of none of it. */
export class Blocks {
  readonly #database: Database
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  readonly #listeners: ((user: number) => void)[] = []

  constructor(database: Database, layer: ChannelLayer, log: FastifyBaseLogger) {
    this.#database = database
    this.#layer = layer
    this.#log = log
  }

  /** Calls back with each person who has blocked somebody, or no more, in this process. To be called while the server starts. */
  listen(listener: (user: number) => void): void {
    this.#listeners.push(listener)
  }

  /** Lists the people whom a person has blocked, the latest first. */
  list(user: number): Promise<BlockedPerson[]> {
    return selectBlocked.execute(this.#database, { user })
  }

  /** The usernames of the people whom a person has blocked, and of the hooks that these have made. */
  async namesOf(user: number): Promise<ReadonlySet<string>> {
    return new Set((await selectNames.execute(this.#database, { user })).map(({ name }) => name))
  }

  /** As `namesOf`, people and hooks each by themselves. */
  async namesByKind(user: number): Promise<{ readonly people: string[]; readonly hooks: string[] }> {
    const names = await selectNames.execute(this.#database, { user })
    return {
      people: names.filter(({ kind }) => kind !== 'hook').map(({ name }) => name),
      hooks: names.filter(({ kind }) => kind === 'hook').map(({ name }) => name),
    }
  }

  /** Tells those who have blocked somebody who has just made a hook: what it says is hidden from them, too. It never rejects. */
  async hookWasMade(maker: number): Promise<void> {
    try {
      const blockers = await selectBlockers.execute(this.#database, { maker, limit: TOLD_OF_HOOK })
      for (const { user } of blockers) this.#tell(user)
    } catch (error) {
      if (!isLogged(error))
        this.#log.warn({ err: error }, 'those who blocked the maker of a hook were not told')
    }
  }

  /**
   * Has a person block another; one who is blocked stays so.
   * @throws FrameError with `limit` where the person has blocked too many
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

  /** Ends that a person blocks another, if they do. @param username as it is now, also of an account that was deleted */
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

/**
 * Makes others wait who are about to write a notification for the person (`blockersAmong`), until the transaction ends. On SQLite
 * all transactions wait for each other.
 */
async function lockPerson(transaction: Transaction<Tables>, user: number): Promise<void> {
  if (!runsSideBySide(transaction)) return
  await transaction.selectFrom('users').select('id').where('id', '=', user).forNoKeyUpdate().execute()
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

const selectNames = prepared((database, value: Placeholder<{ user: number }>) =>
  database
    .selectFrom(blockedAccounts(value('user')).as('blocked'))
    .innerJoin('users', 'users.id', 'blocked.id')
    .select(['users.name', 'account_kind as kind']),
)

const selectBlockers = prepared((database, value: Placeholder<{ maker: number; limit: number }>) =>
  database
    .selectFrom('blocks')
    .select('user_id as user')
    .where('blocked_id', '=', value('maker'))
    .limit(value('limit')),
)
