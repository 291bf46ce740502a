import { createHash, randomBytes } from 'node:crypto'
import type { SessionStore } from '@fastify/session'
import type { Session } from 'fastify'
import type { Transaction } from 'kysely'
import { networkOf } from '../channels/network.ts'
import { type Database, inTransaction } from '../storage/database.ts'
import { type Placeholder, prepared, preparedForRows } from '../storage/prepared.ts'
import type { Tables } from '../storage/tables.ts'
import type { User } from './users.ts'

declare module 'fastify' {
  interface Session {
    user?: User
    device?: string
    address?: string
    /** ISO 8601; when the session was last known to be in use. */
    seenAt?: string
  }
}

/** A session that nobody uses for so long ends, in milliseconds. */
export const SESSION_LIFE = 30 * 24 * 60 * 60 * 1000

/**
 * The same for a session that only tokens name: without a socket it is of no use once the last of them is too old, and
 * programs that begin one a minute would fill a person's list. Longer than sockets go without a `touch`.
 */
const TOKEN_SESSION_LIFE = 60 * 60 * 1000

/** What such a session carries, and no other does. */
const TOKENS_ONLY = JSON.stringify({ tokensOnly: true })

/** A session's use is written at most so often, in milliseconds. */
const TOUCH_INTERVAL = 60 * 1000

/** Sessions that one person may have; one more ends the one that was not used for the longest time. */
export const MAXIMUM_SESSIONS = 100

/** How far back `ended` looks beyond its last time: clocks of several machines differ, and commits take time. */
const OVERLAP = 10 * 1000

export interface SessionSummary {
  readonly id: string
  readonly device: string
  readonly address: string
  readonly createdAt: string
  readonly lastSeenAt: string
}

/** What a session is called outside of its cookie: who knows it cannot use the session. */
export function publicId(secretId: string): string {
  return createHash('sha256').update(secretId).digest('base64url')
}

/**
 * The sessions of people, in the database. One that ended stays there as a tombstone until it would have expired, and is
 * never written again: a request or socket that was under way when it ended cannot bring it back.
 */
export class Sessions {
  readonly #database: Database
  readonly #onEnd: (sessions: readonly string[]) => void
  #lookedAt = Date.now()

  /** @param onEnd called with the sessions that were just ended here */
  constructor(database: Database, onEnd: (sessions: readonly string[]) => void) {
    this.#database = database
    this.#onEnd = onEnd
  }

  async list(user: number): Promise<SessionSummary[]> {
    return this.#database
      .selectFrom('sessions')
      .select(['id', 'device', 'address', 'created_at as createdAt', 'last_seen_at as lastSeenAt'])
      .where('user_id', '=', user)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', now())
      .orderBy('last_seen_at', 'desc')
      .execute()
  }

  /** Whether somebody has a session under this name from a network (`networkOf`), or had one lately. */
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

  /** What a session carries, unless it has ended. */
  async find(id: string): Promise<Session | null> {
    const row = await living.executeTakeFirst(this.#database, { id, now: now() })
    if (!row) return null
    const user =
      row.id === null || row.name === null
        ? {}
        : { user: { id: row.id, name: row.name, administrator: row.role === 'administrator' } }
    const { device, address, last_seen_at: seenAt } = row
    return { ...JSON.parse(row.content), ...user, device, address, seenAt }
  }

  /**
   * Begins a session that has no cookie, for tokens.
   * @returns its public name, to which no cookie's secret is known
   */
  async begin(user: number, device: string, address: string): Promise<string> {
    const id = randomBytes(32).toString('base64url')
    await this.#database
      .insertInto('sessions')
      .values({
        id,
        user_id: user,
        content: TOKENS_ONLY,
        device,
        address,
        created_at: now(),
        last_seen_at: now(),
        expires_at: expiry(TOKEN_SESSION_LIFE),
        ended_at: null,
      })
      .execute()
    return id
  }

  /** Ends one session of a person. One of somebody else is not found, and left alone. */
  async end(user: number, session: string): Promise<void> {
    await this.#end((query) => query.where('user_id', '=', user).where('id', '=', session))
  }

  /** Ends all sessions of a person, except the one named. */
  async endAll(user: number, except = ''): Promise<void> {
    await this.#end((query) => query.where('user_id', '=', user).where('id', '!=', except))
  }

  /** Ends a session by its cookie's secret. */
  async endSecret(secretId: string): Promise<void> {
    await this.#end((query) => query.where('id', '=', publicId(secretId)))
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

  /** Which of these sessions have no row any more: a backup was restored, or somebody deleted them by hand. */
  async missing(sessions: readonly string[]): Promise<string[]> {
    const rows = await selectIds.execute(
      this.#database,
      sessions.map((id) => ({ id })),
    )
    const present = new Set(rows.map((row) => row.id))
    return sessions.filter((id) => !present.has(id))
  }

  isStale(session: Pick<Session, 'seenAt'>): boolean {
    return session.seenAt !== undefined && Date.parse(session.seenAt) < Date.now() - TOUCH_INTERVAL
  }

  /** Says that sessions are in use: their life begins anew. */
  async touch(sessions: readonly string[]): Promise<void> {
    const times = { now: now(), expiry: expiry(SESSION_LIFE), tokenExpiry: expiry(TOKEN_SESSION_LIFE) }
    await touching.execute(
      this.#database,
      sessions.map((id) => ({ id, ...times })),
    )
  }

  /** Forgets sessions and tombstones that expired over a day ago. */
  async sweep(): Promise<void> {
    const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString()
    await this.#database.deleteFrom('sessions').where('expires_at', '<', yesterday).execute()
  }

  /** As `@fastify/session` wants it. */
  get store(): SessionStore {
    return {
      get: (id, callback) => {
        this.find(publicId(id)).then(
          (session) => callback(null, session),
          (error) => callback(error),
        )
      },
      set: (id, session, callback) => settle(this.#write(id, session), callback),
      destroy: (id, callback) => settle(this.endSecret(id), callback),
    }
  }

  async #write(secretId: string, session: Session): Promise<void> {
    const content = JSON.stringify({ csrf: session.csrf })
    await this.#database
      .insertInto('sessions')
      .values({
        id: publicId(secretId),
        user_id: session.user?.id ?? null,
        content,
        device: session.device ?? '',
        address: session.address ?? '',
        created_at: now(),
        last_seen_at: now(),
        expires_at: expiry(SESSION_LIFE),
        ended_at: null,
      })
      .onConflict((conflict) =>
        conflict
          .column('id')
          .doUpdateSet({
            user_id: session.user?.id ?? null,
            content,
            device: session.device ?? '',
            address: session.address ?? '',
          })
          .where('sessions.ended_at', 'is', null),
      )
      .execute()
  }

  async #end(narrow: (query: Ending) => Ending): Promise<void> {
    // Several at once may meet others in another order: one is then undone, and has to be tried again.
    const ended = await inTransaction(this.#database, (transaction) =>
      narrow(ending(transaction)).returning('id').execute(),
    )
    if (ended.length > 0) this.#onEnd(ended.map((row) => row.id))
  }
}

/** Asked by every request. */
const living = prepared((database, value: Placeholder<{ id: string; now: string }>) =>
  database
    .selectFrom('sessions')
    .leftJoin('users', 'users.id', 'sessions.user_id')
    .select(['users.id', 'users.name', 'users.role', 'content', 'device', 'address', 'last_seen_at'])
    .where('sessions.id', '=', value('id'))
    .where('ended_at', 'is', null)
    .where('expires_at', '>', value('now')),
)

const selectIds = preparedForRows((database, sessions: readonly Placeholder<{ id: string }>[]) =>
  database
    .selectFrom('sessions')
    .select('id')
    .where(
      'id',
      'in',
      sessions.map((session) => session('id')),
    ),
)

interface Touched {
  readonly id: string
  readonly now: string
  readonly expiry: string
  readonly tokenExpiry: string
}

/** The times are the same for all of them, so those of the first stand for all. */
const touching = preparedForRows((database, sessions: readonly Placeholder<Touched>[]) => {
  const [first] = sessions
  if (!first) throw new Error('no session was to be touched')
  return database
    .updateTable('sessions')
    .set(({ case: when }) => ({
      last_seen_at: first('now'),
      expires_at: when()
        .when('content', '=', TOKENS_ONLY)
        .then(first('tokenExpiry'))
        .else(first('expiry'))
        .end(),
    }))
    .where(
      'id',
      'in',
      sessions.map((session) => session('id')),
    )
    .where('ended_at', 'is', null)
})

type Ending = ReturnType<typeof ending>

function ending(database: Transaction<Tables>) {
  return database.updateTable('sessions').set({ ended_at: now() }).where('ended_at', 'is', null)
}

function now(): string {
  return new Date().toISOString()
}

function expiry(life: number): string {
  return new Date(Date.now() + life).toISOString()
}

function settle(work: Promise<void>, callback: (error?: unknown) => void): void {
  work.then(
    () => callback(),
    (error) => callback(error),
  )
}
