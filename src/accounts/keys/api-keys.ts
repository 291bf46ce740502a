import { randomBytes } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { ClientScope } from '../../channels/index.ts'
import { type Database, inTransaction, lockTable, type Tables } from '../../storage/index.ts'
import { HttpError } from '../../web/index.ts'
import type { Place } from '../device.ts'
import { now } from '../session-rows.ts'
import { publicId, type Sessions } from '../sessions.ts'

/** The beginning of every key, by which scanners for secrets and people know one when they see it. */
export const KEY_PREFIX = 'pl_'

const KEY = /^pl_[A-Za-z0-9_-]{43}$/

/** Keys that one person may have. */
const MAXIMUM_KEYS = 50

/** A key has no end of its own. */
const NEVER = '9999-12-31T23:59:59.999Z'

/** A key as its person sees it in a list: what it is good for, but not the key itself, which is not kept. */
export interface ApiKey {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  /** ISO 8601. */
  readonly createdAt: string
  /** ISO 8601, to a minute; null: it was never used. */
  readonly lastUsedAt: string | null
}

/** A key that was just made: the only time that it can be seen. */
export interface NewApiKey {
  readonly id: string
  readonly key: string
}

/** Thrown if a person has as many keys as allowed. The message is for them. */
export class TooManyKeys extends Error {
  constructor() {
    super(`You have ${MAXIMUM_KEYS} keys, which is the limit for one person. Revoke one first.`)
  }
}

/**
 * People's API keys. A key is a session with scopes: it is stored as a hash, ends in every process when it is revoked, even
 * while the database cannot be written, and ends with its person's account. It does not end when they sign out or change their
 * password, so that programs keep working.
 */
export class ApiKeys {
  readonly #database: Database
  readonly #sessions: Sessions

  constructor(database: Database, sessions: Sessions) {
    this.#database = database
    this.#sessions = sessions
  }

  /**
   * Makes a key.
   * @param place from where it was made
   * @throws TooManyKeys
   * @throws HttpError where the account was deactivated meanwhile
   */
  create(user: number, name: string, scopes: readonly ClientScope[], { address }: Place): Promise<NewApiKey> {
    return inTransaction(this.#database, async (transaction) => {
      // Otherwise two that come together could both be the last.
      await lockTable(transaction, 'users')
      if (!(await isActive(transaction, user)))
        throw new HttpError(401, 'You are signed out', 'Sign in, then try again.')
      if ((await countKeys(transaction, user)) >= MAXIMUM_KEYS) throw new TooManyKeys()
      return insertKey(transaction, user, name, scopes, address)
    })
  }

  /** Returns the keys of a person, the newest first. */
  async list(user: number): Promise<ApiKey[]> {
    const rows = await this.#database
      .selectFrom('sessions')
      .select(['id', 'device', 'scopes', 'created_at', 'last_seen_at'])
      .where('user_id', '=', user)
      .where('scopes', 'is not', null)
      .where('ended_at', 'is', null)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute()
    return rows
      .filter(({ id }) => !this.#sessions.hasEnded(id))
      .map(({ id, device, scopes, created_at, last_seen_at }) => ({
        id,
        name: device,
        scopes: (scopes ?? '').split(' '),
        createdAt: created_at,
        lastUsedAt: last_seen_at === created_at ? null : last_seen_at,
      }))
  }

  /** Revokes a key of a person, whose sockets are closed. @returns false where they have no such key */
  revoke(user: number, id: string): Promise<boolean> {
    return this.#sessions.endKey(user, id)
  }
}

/** Inserts a key, however many there are. */
export async function insertKey(
  transaction: Transaction<Tables>,
  user: number,
  name: string,
  scopes: readonly ClientScope[],
  address: string,
): Promise<NewApiKey> {
  const key = KEY_PREFIX + randomBytes(32).toString('base64url')
  const id = publicId(key)
  const created = now()
  await transaction
    .insertInto('sessions')
    .values({
      id,
      user_id: user,
      content: '{}',
      scopes: scopes.join(' '),
      device: name,
      address,
      created_at: created,
      last_seen_at: created,
      expires_at: NEVER,
      ended_at: null,
    })
    .execute()
  return { id, key }
}

/** @returns the identifier of a key; undefined for what cannot be one */
export function keyId(presented: string): string | undefined {
  return KEY.test(presented) ? publicId(presented) : undefined
}

async function isActive(transaction: Transaction<Tables>, user: number): Promise<boolean> {
  const row = await transaction
    .selectFrom('users')
    .select('id')
    .where('id', '=', user)
    .where('deactivated_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

async function countKeys(transaction: Transaction<Tables>, user: number): Promise<number> {
  const { count } = await transaction
    .selectFrom('sessions')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', user)
    .where('scopes', 'is not', null)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(count)
}
