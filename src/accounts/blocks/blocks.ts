import type { FastifyBaseLogger } from 'fastify'
import type { Transaction } from 'kysely'
import { type ChannelEvent, type ChannelLayer, FrameError } from '../../channels/index.ts'
import {
  type Database,
  inTransaction,
  type Placeholder,
  prepared,
  runsSideBySide,
  type Tables,
} from '../../storage/index.ts'

/** People whom one person may have blocked. */
export const MOST_BLOCKED = 500

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

  /** The usernames of the people whom a person has blocked. */
  async namesOf(user: number): Promise<ReadonlySet<string>> {
    return new Set((await selectNames.execute(this.#database, { user })).map(({ name }) => name))
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
    .selectFrom('blocks')
    .innerJoin('users', 'users.id', 'blocked_id')
    .select('users.name')
    .where('user_id', '=', value('user')),
)
