import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { SessionStore } from '@fastify/session'
import type { Session } from 'fastify'
import { sql, type Transaction } from 'kysely'
import { networkOf } from '../channels/index.ts'
import type { Tables } from '../storage/index.ts'
import {
  type Database,
  inTransaction,
  type Placeholder,
  prepared,
  preparedForRows,
} from '../storage/index.ts'
import type { EndedJournal } from './ended-journal.ts'
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

/** Where a session begins. */
export interface Place {
  readonly device: string
  readonly address: string
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

/** How long the end of a session may take to be stored before it is noted elsewhere, in milliseconds. */
const STORED_WITHIN = 1_000

/** How long one person's tombstones are kept when they come again, in milliseconds: those of everyone else longer. */
const TOMBSTONE_LIFE = 10 * 60 * 1000

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

export interface SessionsOptions {
  /** Told of sessions that have just ended here, at once. */
  readonly onEnd?: (sessions: readonly string[]) => void
  /**
   * Told of them when that is stored, or noted elsewhere because the database takes nothing: others then cannot find it
   * there.
   */
  readonly onSettled?: (sessions: readonly string[], stored: boolean) => void
  /** Told why the journal could not note ends either: they are refused until this process stops. */
  readonly onLost?: (error: unknown) => void
  /** Where ends are noted that the database does not take; none: not taking one is an error. */
  readonly journal?: EndedJournal
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
  readonly #options: SessionsOptions
  /** Sessions whose end may not be stored yet. Few, since none can begin while the database cannot be written to. */
  readonly #refused = new Set<string>()
  /** Those of them that the journal holds. */
  readonly #noted = new Set<string>()
  #lookedAt = Date.now()

  constructor(database: Database, options: SessionsOptions = {}) {
    this.#database = database
    this.#options = options
  }

  async list(user: number): Promise<SessionSummary[]> {
    const rows = await this.#database
      .selectFrom('sessions')
      .select(['id', 'device', 'address', 'created_at as createdAt', 'last_seen_at as lastSeenAt'])
      .where('user_id', '=', user)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', now())
      .orderBy('last_seen_at', 'desc')
      .execute()
    return rows.filter(({ id }) => !this.#refused.has(id))
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
  async find(id: string): Promise<LiveSession | null> {
    if (this.#refused.has(id)) return null
    const row = await selectActiveSession.executeTakeFirst(this.#database, { id, now: now() })
    if (!row || row.id === null || row.name === null) return null
    const { csrf }: { csrf?: string } = JSON.parse(row.content)
    const user = { id: row.id, name: row.name, administrator: row.role === 'administrator' }
    return { user, csrf, seenAt: row.last_seen_at }
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
   * As `@fastify/session` wants it. A session of a visitor is not stored, and one of a person is stored once: a request that
   * was under way when it ended cannot bring it back.
   */
  get store(): SessionStore {
    return {
      get: (secret, callback) => {
        this.find(publicId(secret)).then(
          // Its cookie the plugin makes by itself.
          (session) => callback(null, session as Session | null),
          (error) => callback(error),
        )
      },
      set: (secret, { user, csrf, device = '', address = '' }, callback) => {
        const stored = user ? this.begin(user.id, { device, address }, csrf ?? '', secret) : Promise.resolve()
        settle(stored, callback)
      },
      destroy: (secret, callback) => settle(this.endOwn(publicId(secret)), callback),
    }
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
    await this.#endThose((query) => query.where('user_id', '=', user).where('id', '=', session))
  }

  /** Ends all sessions of a person, except the one named. */
  async endAll(user: number, except = ''): Promise<void> {
    await this.#endThose((query) => query.where('user_id', '=', user).where('id', '!=', except))
  }

  /** Ends a session that is known to be of the person who ends it. */
  async endOwn(session: string): Promise<void> {
    await this.#end([session])
  }

  /** Refuses sessions that ended in another process, which could not store it. */
  refuse(sessions: readonly string[]): void {
    for (const session of sessions) this.#refused.add(session)
  }

  /** Refuses the sessions whose end was noted by processes that have stopped since. @throws when there is no room to note any */
  async readJournal(): Promise<void> {
    const noted = (await this.#options.journal?.read()) ?? []
    for (const session of noted) this.#noted.add(session)
    this.refuse(noted)
  }

  /** Stores the ends that the database did not take before. @throws while it takes nothing */
  async storeEnds(): Promise<void> {
    if (this.#refused.size > 0) await this.#store([...this.#refused])
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

  /** Forgets sessions and tombstones that expired over a day ago. */
  async sweep(): Promise<void> {
    const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString()
    await this.#database.deleteFrom('sessions').where('expires_at', '<', yesterday).execute()
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

  /** Ends sessions for tokens first, so that a script that signs in again and again does not sign its person out of browsers. */
  async #endSurplus(user: number, newest: string): Promise<void> {
    const surplus = await this.#database
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', user)
      .where('id', '!=', newest)
      .where('ended_at', 'is', null)
      .where('expires_at', '>', now())
      .orderBy(sql`case when content = ${TOKENS_ONLY} then 1 else 0 end`)
      .orderBy('last_seen_at', 'desc')
      .limit(MAXIMUM_SESSIONS)
      .offset(MAXIMUM_SESSIONS - 1)
      .execute()
    await this.#end(surplus.map(({ id }) => id))
    await this.#database
      .deleteFrom('sessions')
      .where('user_id', '=', user)
      .where('ended_at', '<', new Date(Date.now() - TOMBSTONE_LIFE).toISOString())
      .execute()
  }

  async #endThose(narrow: (query: Living) => Living): Promise<void> {
    const rows = await narrow(selectLiving(this.#database)).execute()
    await this.#end(rows.map(({ id }) => id))
  }

  async #end(sessions: readonly string[]): Promise<void> {
    if (sessions.length === 0) return
    const { journal, onEnd, onSettled } = this.#options
    this.refuse(sessions)
    onEnd?.(sessions)
    const stored = this.#store(sessions).then(() => true)
    if (!journal) {
      await stored
      return
    }
    const inTime = await Promise.race([stored, delay(STORED_WITHIN, false, { ref: false })]).catch(
      () => false,
    )
    // An end that was late or failed is stored by `storeEnds`.
    stored.catch(() => {})
    if (!inTime) await this.#note(journal, sessions)
    onSettled?.(sessions, inTime)
  }

  async #store(sessions: readonly string[]): Promise<void> {
    // Several at once may meet others in another order: one is then undone, and has to be tried again.
    await inTransaction(this.#database, (transaction) => ending(transaction, sessions).execute())
    for (const session of sessions) this.#refused.delete(session)
    await this.#strike(sessions)
  }

  async #note(journal: EndedJournal, sessions: readonly string[]): Promise<void> {
    try {
      await journal.add(sessions)
      for (const session of sessions) this.#noted.add(session)
    } catch (error) {
      this.#options.onLost?.(error)
    }
    await this.#strike(sessions.filter((session) => !this.#refused.has(session)))
  }

  async #strike(sessions: readonly string[]): Promise<void> {
    const noted = sessions.filter((session) => this.#noted.delete(session))
    if (noted.length > 0) await this.#options.journal?.remove(noted)
  }
}

/** Asked by every request. */
const selectActiveSession = prepared((database, value: Placeholder<{ id: string; now: string }>) =>
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
const touchSessions = preparedForRows((database, sessions: readonly Placeholder<Touched>[]) => {
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

type Living = ReturnType<typeof selectLiving>

function selectLiving(database: Database) {
  return database.selectFrom('sessions').select('id').where('ended_at', 'is', null)
}

function ending(transaction: Transaction<Tables>, sessions: readonly string[]) {
  return transaction
    .updateTable('sessions')
    .set({ ended_at: now() })
    .where('id', 'in', sessions)
    .where('ended_at', 'is', null)
}

function now(): string {
  return new Date().toISOString()
}

function expiry(life: number): string {
  return new Date(Date.now() + life).toISOString()
}

function settle(work: Promise<unknown>, callback: (error?: unknown) => void): void {
  work.then(
    () => callback(),
    (error) => callback(error),
  )
}
