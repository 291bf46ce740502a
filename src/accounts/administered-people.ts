import type { Database } from '../storage/index.ts'
import { isNamedLike } from './directory.ts'
import type { Person } from './people.ts'
import { now } from './session-rows.ts'

/** A person as administrators see them, their account in use or not. */
export interface AdministeredPerson extends Omit<Person, 'bot' | 'deleted'> {
  readonly createdAt: string
  /** Sessions in browsers, and those of tokens. */
  readonly sessions: number
  /** API keys. */
  readonly keys: number
  /** When one of these was last in use; null: there is none. */
  readonly lastSeenAt: string | null
}

/**
 * A page of everyone who has an account, the newest first.
 * @param text words of their names or usernames, as in the directory; empty: everyone
 * @param page from 1
 * @param size how many are on a page
 */
export async function administeredPeople(
  database: Database,
  text: string,
  page: number,
  size: number,
): Promise<{ readonly people: AdministeredPerson[]; readonly more: boolean }> {
  const isNamed = isNamedLike(text)
  if (text !== '' && !isNamed) return { people: [], more: false }
  const rows = await selectPeople(database)
    .$if(isNamed !== undefined, (query) => (isNamed ? query.where(isNamed) : query))
    .orderBy('users.id', 'desc')
    .offset((page - 1) * size)
    .limit(size + 1)
    .execute()
  return { people: rows.slice(0, size).map(personOf), more: rows.length > size }
}

/** Finds a person as administrators see them. @param username as it is stored */
export async function administeredPerson(
  database: Database,
  username: string,
): Promise<AdministeredPerson | undefined> {
  const row = await selectPeople(database).where('users.name', '=', username).executeTakeFirst()
  return row && personOf(row)
}

/** The usernames of accounts, for lists that know them by number. @returns by number; those that were deleted are left out */
export async function usernamesOf(
  database: Database,
  users: Iterable<number>,
): Promise<ReadonlyMap<number, string>> {
  const wanted = [...new Set(users)]
  if (wanted.length === 0) return new Map()
  const rows = await database
    .selectFrom('users')
    .select(['id', 'name'])
    .where('id', 'in', wanted)
    .where('deleted_at', 'is', null)
    .execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}

function selectPeople(database: Database) {
  return database
    .selectFrom('users')
    .select(({ selectFrom }) => {
      const open = selectFrom('sessions')
        .whereRef('sessions.user_id', '=', 'users.id')
        .where('ended_at', 'is', null)
        .where('expires_at', '>', now())
      const sessions = open.where('scopes', 'is', null)
      const keys = open.where('scopes', 'is not', null)
      return [
        'users.id',
        'users.name',
        'users.display_name as displayName',
        'users.picture',
        'users.role',
        'users.created_at as createdAt',
        'users.deactivated_at as deactivatedAt',
        sessions.select(({ fn }) => fn.countAll<number>().as('count')).as('sessions'),
        keys.select(({ fn }) => fn.countAll<number>().as('count')).as('keys'),
        sessions.select(({ fn }) => fn.max('last_seen_at').as('seen')).as('lastSeenAt'),
      ]
    })
    .where('users.account_kind', '=', 'person')
    .where('users.deleted_at', 'is', null)
}

type Row = Awaited<ReturnType<ReturnType<typeof selectPeople>['executeTakeFirstOrThrow']>>

function personOf({ role, deactivatedAt, sessions, keys, ...person }: Row): AdministeredPerson {
  return {
    ...person,
    administrator: role === 'administrator',
    deactivated: deactivatedAt !== null,
    sessions: Number(sessions ?? 0),
    keys: Number(keys ?? 0),
  }
}
