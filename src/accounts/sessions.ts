import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { networkOf } from '../channels/index.ts'
import type { Database } from '../storage/index.ts'
import type { Place } from './device.ts'
import { EndedSessions, type EndedSessionsOptions, type EndHook, type EndWork } from './ended-sessions.ts'
import {
  expiry,
  now,
  type OpenSessions,
  SESSION_LIFE,
  selectActiveSession,
  selectIds,
  selectOpenSessions,
  TOKEN_SESSION_LIFE,
  TOKENS_ONLY,
  touchSessions,
} from './session-rows.ts'
import type { User } from './users.ts'

declare module 'fastify' {
  interface Session {
    user?: User
    /** The secret behind the forms of its pages. */
    csrf?: string | undefined
    device?: string
    address?: string
    /** ISO 8601; when the session was last known to be in use. */
    seenAt?: string
  }
}

/** A session that has not ended. */
export interface LiveSession {
  readonly user: User
  /** The secret behind the forms of its pages; none in a session for tokens alone. */
  readonly csrf?: string | undefined
  /** ISO 8601; when the session was last known to be in use. */
  readonly seenAt: string
}

/** An API key that was not revoked. */
export interface LiveKey {
  readonly user: User
  /** ISO 8601; when it was last known to be in use. */
  readonly seenAt: string
  /** Names with spaces between them. */
  readonly scopes: string
  /** True if nobody has used it yet. */
  readonly isNew: boolean
}

/** A session's use is written at most so often, in milliseconds. */
const TOUCH_INTERVAL = 60 * 1000

/** Sessions that one person may have; one more ends the one that was not used for the longest time. */
export const MAXIMUM_SESSIONS = 100

/**
 * Milliseconds after which a person's tombstones are deleted when they sign in again. Those of everyone else stay longer.
 */
const TOMBSTONE_LIFE = 10 * 60 * 1000

/** Milliseconds by which `ended` looks further back than its last time: clocks of machines differ, and commits take time. */
const OVERLAP = 10 * 1000

/** Sessions that are deleted in one statement. */
const SWEPT_AT_ONCE = 1_000

export interface SessionSummary {
  readonly id: string
  readonly device: string
  readonly address: string
  readonly createdAt: string
  readonly lastSeenAt: string
}

/** Derives the name that a session has outside of its cookie. It does not let anyone use the session. */
export function publicId(secretId: string): string {
  return createHash('sha256').update(secretId).digest('base64url')
}

/**
 * The sessions of people, in the database. One that ended stays there as a tombstone for a while, and is never written
 * again: a request or socket that was under way when it ended cannot bring it back.
 *
 * A session ends whether or not the database takes that: it is refused here from then on, noted in a file, and stored as
 * soon as that can be.
 */
export class Sessions {
  readonly #database: Database
  readonly #ended: EndedSessions
  #lookedAt = Date.now()

  constructor(database: Database, options: EndedSessionsOptions = {}) {
    this.#database = database
    this.#ended = new EndedSessions(database, options)
  }

  /** Adds work to each transaction in which sessions and API keys end, but for those of an account that is deactivated. */
  within(hook: EndHook): void {
    this.#ended.within(hook)
  }

  async list(user: number): Promise<SessionSummary[]> {
    const rows = await this.#database
      .selectFrom('sessions')
      .select(['id', 'device', 'address', 'created_at as createdAt', 'last_seen_at as lastSeenAt'])
      .where('user_id', '=', user)
      .where('scopes', 'is', null)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', now())
      .orderBy('last_seen_at', 'desc')
      .execute()
    return rows.filter(({ id }) => !this.#ended.has(id))
  }

  /** Tells whether somebody has a session under this name from a network (`networkOf`), or had one lately. */
  async isFamiliar(name: string, network: string): Promise<boolean> {
    const rows = await this.#database
      .selectFrom('sessions')
      .innerJoin('users', 'users.id', 'sessions.user_id')
      .select('address')
      .distinct()
      .where('name', '=', name)
      .limit(MAXIMUM_SESSIONS)
      .execute()
    return rows.some(({ address }) => networkOf(address) === network)
  }

  /** Finds a session of a person that has not ended. */
  async find(id: string): Promise<LiveSession | null> {
    const row = await this.#findActive(id)
    if (!row || row.scopes !== null) return null
    const { csrf }: { csrf?: string } = JSON.parse(row.content)
    return { user: userOf(row), csrf, seenAt: row.last_seen_at }
  }

  /** Finds an API key that was not revoked, of a person whose account is in use. */
  async findKey(id: string): Promise<LiveKey | null> {
    const row = await this.#findActive(id)
    if (!row || row.scopes === null) return null
    const { begunAt, last_seen_at: seenAt, scopes } = row
    return { user: userOf(row), seenAt, scopes, isNew: seenAt === begunAt }
  }

  /** Tells whether a session or key is refused already, though the database may not know that it ended. */
  hasEnded(id: string): boolean {
    return this.#ended.has(id)
  }

  /**
   * Begins a session of a browser. Where the person has too many, the one that was not used for the longest time ends.
   * @param csrf the secret behind the forms of its pages
   * @param secret for its cookie
   * @returns its public name, and the secret
   */
  async begin(
    user: number,
    place: Place,
    csrf: string,
    secret = randomBytes(32).toString('base64url'),
  ): Promise<{ id: string; secret: string }> {
    const id = publicId(secret)
    await this.#insert(id, user, place, JSON.stringify({ csrf }), SESSION_LIFE)
    return { id, secret }
  }

  /**
   * Begins a session that has no cookie, for tokens.
   * @returns its public name, to which no cookie's secret is known
   */
  async beginForTokens(user: number, place: Place): Promise<string> {
    const id = randomBytes(32).toString('base64url')
    await this.#insert(id, user, place, TOKENS_ONLY, TOKEN_SESSION_LIFE)
    return id
  }

  /** Ends one session of a person. One of somebody else is not found, and left alone. */
  async end(user: number, session: string): Promise<void> {
    await this.#endThose((query) =>
      query.where('user_id', '=', user).where('scopes', 'is', null).where('id', '=', session),
    )
  }

  /**
   * Ends all sessions of a person, except the one named. Their API keys stay.
   * @param work in the transaction that does it; it is not done where there are none
   */
  async endAll(user: number, except = '', work?: EndWork): Promise<void> {
    await this.#endThose(
      (query) => query.where('user_id', '=', user).where('scopes', 'is', null).where('id', '!=', except),
      work,
    )
  }

  /** Ends all API keys of a person. @param work as of `endAll` */
  async endKeys(user: number, work?: EndWork): Promise<void> {
    await this.#endThose((query) => query.where('user_id', '=', user).where('scopes', 'is not', null), work)
  }

  /** Ends an API key of a person. @returns false where they have no such key */
  async endKey(user: number, key: string): Promise<boolean> {
    return this.#endThose((query) =>
      query.where('user_id', '=', user).where('scopes', 'is not', null).where('id', '=', key),
    )
  }

  /** Ends a session that is known to be of the person who ends it. */
  async endOwn(session: string): Promise<void> {
    await this.#ended.end([session])
  }

  /** Refuses sessions that ended in another process, which could not store that. */
  refuse(sessions: readonly string[]): void {
    this.#ended.refuse(sessions)
  }

  /**
   * Refuses the sessions whose end was noted by processes that have stopped since. @throws when there is no room to note
   * any
   */
  readJournal(): Promise<void> {
    return this.#ended.readJournal()
  }

  /** Stores the ends that the database did not take before. @throws while it takes nothing */
  storeEnds(): Promise<void> {
    return this.#ended.storeAll()
  }

  /**
   * The sessions that ended or expired since this was last answered, in whichever process; some are named more than once.
   */
  async ended(): Promise<string[]> {
    const since = new Date(this.#lookedAt - OVERLAP).toISOString()
    const asked = Date.now()
    const rows = await this.#database
      .selectFrom('sessions')
      .select('id')
      .where((where) =>
        where.or([
          where('ended_at', '>', since),
          where.and([where('expires_at', '>', since), where('expires_at', '<=', now())]),
        ]),
      )
      .execute()
    this.#lookedAt = asked
    return rows.map((row) => row.id)
  }

  /** Tells whether a session has neither ended nor expired. */
  async isOpen(session: string): Promise<boolean> {
    const row = await selectOpenSessions(this.#database)
      .where('id', '=', session)
      .where('expires_at', '>', now())
      .executeTakeFirst()
    return row !== undefined
  }

  /** Returns those of these sessions that have no row any more: a backup was restored, or somebody deleted them by hand. */
  async missing(sessions: readonly string[]): Promise<string[]> {
    const rows = await selectIds.execute(
      this.#database,
      sessions.map((id) => ({ id })),
    )
    const present = new Set(rows.map((row) => row.id))
    return sessions.filter((id) => !present.has(id))
  }

  isStale({ seenAt }: Pick<LiveSession, 'seenAt'>): boolean {
    return Date.parse(seenAt) < Date.now() - TOUCH_INTERVAL
  }

  /** Says that sessions are in use: their life begins anew. */
  async touch(sessions: readonly string[]): Promise<void> {
    const times = { now: now(), expiry: expiry(SESSION_LIFE), tokenExpiry: expiry(TOKEN_SESSION_LIFE) }
    await touchSessions.execute(
      this.#database,
      sessions.map((id) => ({ id, ...times })),
    )
  }

  /** Deletes sessions and tombstones that expired over a day ago, and keys that were revoked so long ago, some at a time. @returns whether there may be more */
  async sweep(): Promise<boolean> {
    const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString()
    const expired = this.#database
      .selectFrom('sessions')
      .select('id')
      .where((where) =>
        where.or([
          where('expires_at', '<', yesterday),
          where.and([where('ended_at', '<', yesterday), where('scopes', 'is not', null)]),
        ]),
      )
      .limit(SWEPT_AT_ONCE)
    const { numDeletedRows } = await this.#database
      .deleteFrom('sessions')
      .where('id', 'in', expired)
      .executeTakeFirstOrThrow()
    return numDeletedRows >= SWEPT_AT_ONCE
  }

  async #insert(id: string, user: number, place: Place, content: string, life: number): Promise<void> {
    await this.#database
      .insertInto('sessions')
      .values({
        id,
        user_id: user,
        content,
        ...place,
        created_at: now(),
        last_seen_at: now(),
        expires_at: expiry(life),
        ended_at: null,
      })
      .execute()
    await this.#endSurplus(user, id)
  }

  /**
   * Ends sessions for tokens first, so that a script that signs in again and again does not sign its person out of
   * browsers.
   */
  async #endSurplus(user: number, newest: string): Promise<void> {
    const surplus = await this.#database
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', user)
      .where('id', '!=', newest)
      .where('scopes', 'is', null)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', now())
      .orderBy(sql`case when content = ${TOKENS_ONLY} then 1 else 0 end`)
      .orderBy('last_seen_at', 'desc')
      .limit(MAXIMUM_SESSIONS)
      .offset(MAXIMUM_SESSIONS - 1)
      .execute()
    await this.#ended.end(surplus.map(({ id }) => id))
    await this.#database
      .deleteFrom('sessions')
      .where('user_id', '=', user)
      .where('ended_at', '<', new Date(Date.now() - TOMBSTONE_LIFE).toISOString())
      .execute()
  }

  async #findActive(id: string): Promise<ActiveSession | undefined> {
    if (this.#ended.has(id)) return undefined
    return selectActiveSession.executeTakeFirst(this.#database, { id, now: now() })
  }

  /** @returns whether there were any */
  async #endThose(narrow: (query: OpenSessions) => OpenSessions, work?: EndWork): Promise<boolean> {
    const rows = await narrow(selectOpenSessions(this.#database)).execute()
    await this.#ended.end(
      rows.map(({ id }) => id),
      work,
    )
    return rows.length > 0
  }
}

type ActiveSession = NonNullable<Awaited<ReturnType<typeof selectActiveSession.executeTakeFirst>>>

function userOf({ id, name, displayName, picture, role, kind }: ActiveSession): User {
  const bot = kind !== 'person'
  return { id, name, displayName, picture, administrator: role === 'administrator', ...(bot && { bot }) }
}
