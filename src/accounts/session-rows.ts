import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../storage/index.ts'
import { type Placeholder, prepared, preparedForRows } from '../storage/index.ts'

/** Milliseconds after which a session that nobody uses ends. */
export const SESSION_LIFE = 30 * 24 * 60 * 60 * 1000

/**
 * The same for a session that is used by tokens alone. Without a socket it is of no use once the last of its tokens is too old,
 * and a program that begins one a minute would fill a person's list. It is longer than sockets go without being touched.
 */
export const TOKEN_SESSION_LIFE = 60 * 60 * 1000

/** The content of a session that is used by tokens alone, and of no other. */
export const TOKENS_ONLY = JSON.stringify({ tokensOnly: true })

/** Finds a session that has not ended, of a person whose account is in use. Every request asks for one. */
export const selectActiveSession = prepared((database, value: Placeholder<{ id: string; now: string }>) =>
  database
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select([
      'users.id',
      'users.name',
      'users.display_name as displayName',
      'users.picture',
      'users.role',
      'users.account_kind as kind',
      'content',
      'last_seen_at',
      'sessions.created_at as begunAt',
      'scopes',
    ])
    .where('sessions.id', '=', value('id'))
    .where('ended_at', 'is', null)
    .where('expires_at', '>', value('now'))
    .where('users.deactivated_at', 'is', null),
)

/** Finds out which of these sessions have a row. */
export const selectIds = preparedForRows((database, sessions: readonly Placeholder<{ id: string }>[]) =>
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

/** Marks sessions as used now. The times are the same for all of them, so those of the first are taken. */
export const touchSessions = preparedForRows((database, sessions: readonly Placeholder<Touched>[]) => {
  const [first] = sessions
  if (!first) throw new Error('no session was to be touched')
  return database
    .updateTable('sessions')
    .set(({ case: when, ref }) => ({
      last_seen_at: first('now'),
      expires_at: when()
        .when('scopes', 'is not', null)
        .then(ref('expires_at'))
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

export type OpenSessions = ReturnType<typeof selectOpenSessions>

/** Selects the sessions that have not ended; to be narrowed down. */
export function selectOpenSessions(database: Kysely<Tables>) {
  return database.selectFrom('sessions').select('id').where('ended_at', 'is', null)
}

/** Leaves a tombstone in the place of each of these sessions. */
export function endSessions(transaction: Transaction<Tables>, sessions: readonly string[]) {
  return transaction
    .updateTable('sessions')
    .set({ ended_at: now() })
    .where('id', 'in', sessions)
    .where('ended_at', 'is', null)
}

/** The present time as it is stored. */
export function now(): string {
  return new Date().toISOString()
}

/** When a session that is used now ends, if it is not used again. @param life milliseconds */
export function expiry(life: number): string {
  return new Date(Date.now() + life).toISOString()
}
