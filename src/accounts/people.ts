import type { Transaction } from 'kysely'
import { type Actor, recordAudit } from '../audit/index.ts'
import type { Tables } from '../storage/index.ts'
import {
  type Database,
  inTransaction,
  lockTable,
  type Placeholder,
  prepared,
  preparedForRows,
} from '../storage/index.ts'
import { nothingForMembers } from './access.ts'
import { displayName, sortName } from './display-names.ts'
import { canonicalName } from './names.ts'
import { indexPerson } from './person-words.ts'
import { keptVersion, type Picture, removePicture, storePicture } from './pictures/pictures.ts'
import { type ShownStatus, STATUS_COLUMNS, type StatusRow, statusOf } from './profiles/shown-status.ts'
import { endSessions, selectOpenSessions } from './session-rows.ts'
import type { User } from './users.ts'

/** A person whose account may be deactivated. */
export interface Person extends User {
  readonly deactivated: boolean
  /** True if the account was deleted: then it is deactivated too, and is not brought back. */
  readonly deleted?: boolean
  /** Left out: they have none. */
  readonly status?: ShownStatus
}

/** The outcome of a change to a person's account. */
export interface PersonChange {
  readonly person: Person
  /** False where everything was so already. */
  readonly changed: boolean
}

/** Thrown when the only administrator would be deactivated or lose the role: somebody has to be able to administer. */
export class LastAdministrator extends Error {
  constructor() {
    super('this is the only administrator')
  }
}

/**
 * Finds a person or a bot by their username, which may be typed in either case and with blanks around it.
 * @returns undefined when nobody has this username
 */
export async function findPerson(database: Database, username: string): Promise<Person | undefined> {
  // PostgreSQL refuses it.
  if (username.includes('\0')) return undefined
  const row = await selectByName.executeTakeFirst(database, { name: canonicalName(username) })
  return row && personOf(row)
}

/** A username with the name that its person goes by, null if they go by the username, and with their picture. */
export interface NamedUser {
  readonly name: string
  readonly displayName: string | null
  /** The version of their picture; null: they have none. */
  readonly picture: string | null
  /** Undefined: they have none. */
  readonly status: ShownStatus | undefined
}

/** Finds what people are called, and how they look. @param usernames those that nobody has are left out */
export async function displayNamesOf(database: Database, usernames: Iterable<string>): Promise<NamedUser[]> {
  const rows = await selectDisplayNames.execute(
    database,
    Array.from(usernames, (name) => ({ name })),
  )
  return rows.map(({ name, displayName, picture, ...row }) => ({
    name,
    displayName,
    picture,
    status: statusOf(row),
  }))
}

/** Gives a person the role of administrator, or takes it. @throws LastAdministrator */
export function setAdministrator(
  database: Database,
  user: number,
  administrator: boolean,
  by: Actor,
): Promise<PersonChange | undefined> {
  return administer(database, user, by, async (transaction, person) => {
    if (person.administrator === administrator) return undefined
    if (!administrator && !person.deactivated) await assertOthers(transaction, user)
    const action = administrator ? 'administrator.make' : 'administrator.remove'
    await recordAudit(transaction, { action, by, person: user })
    return { role: administrator ? 'administrator' : 'member' }
  })
}

/**
 * Deactivates an account: its person cannot sign in, and every session and token of theirs is refused from now on. Their sockets
 * are closed by those who are told (`ChangedPeople`). @throws LastAdministrator
 */
export function deactivate(database: Database, user: number, by: Actor): Promise<PersonChange | undefined> {
  return administer(database, user, by, async (transaction, person) => {
    if (person.deactivated) return undefined
    if (person.administrator) await assertOthers(transaction, user)
    await endAllSessions(transaction, user)
    await recordAudit(transaction, {
      action: person.bot ? 'bot.end' : 'account.deactivate',
      by,
      person: user,
    })
    return { deactivated_at: new Date().toISOString(), picture: null }
  })
}

/** Brings an account back. Its person signs in again: the sessions that they had stay ended. */
export function reactivate(database: Database, user: number, by: Actor): Promise<PersonChange | undefined> {
  return administer(database, user, by, async (transaction, person) => {
    if (!person.deactivated || person.deleted) return undefined
    await recordAudit(transaction, { action: 'account.reactivate', by, person: user })
    return { deactivated_at: null, picture: await keptVersion(transaction, user) }
  })
}

/** Changes what a person is called. @param name one that has no fault (`displayNameFault`) */
export function setDisplayName(
  database: Database,
  user: number,
  name: string,
): Promise<PersonChange | undefined> {
  return changePerson(database, user, async (transaction, person) => {
    if (person.deactivated) return undefined
    const wanted = displayName(name)
    const shown = wanted === person.name ? null : wanted
    if (shown === person.displayName) return undefined
    await indexPerson(transaction, user, person.name, shown)
    return { display_name: shown, sort_name: sortName(shown ?? person.name) }
  })
}

/**
 * Gives a person a picture, or takes it.
 * @param picture undefined: none
 * @returns with the bytes that the one before took up
 */
export async function setPicture(
  database: Database,
  user: number,
  picture: Picture | undefined,
): Promise<{ readonly change: PersonChange | undefined; readonly freed: number }> {
  let freed = 0
  const changed = await changePerson(database, user, async (transaction, person) => {
    if (person.deactivated) return undefined
    freed = await removePicture(transaction, user)
    return { picture: picture ? await storePicture(transaction, user, picture) : null }
  })
  return { change: changed, freed }
}

/** The people whose name, picture, role or state changed after a time. @param since ISO 8601 */
export async function peopleChangedAfter(
  database: Database,
  since: string,
  limit: number,
): Promise<(Person & { readonly changedAt: string })[]> {
  const rows = await selectChanged.execute(database, { since, limit })
  return rows.map((row) => ({ ...personOf(row), changedAt: row.changedAt ?? since }))
}

export async function personById(database: Database, user: number): Promise<Person | undefined> {
  const row = await selectById.executeTakeFirst(database, { user })
  return row && personOf(row)
}

interface Changes {
  readonly role?: 'administrator' | 'member'
  readonly display_name?: string | null
  readonly sort_name?: string
  readonly picture?: string | null
  readonly deactivated_at?: string | null
}

/**
 * Changes how a person is shown, or what they may do, in one transaction; other processes find that they have changed.
 * @param decide gives what to write into the account, beside what it has written itself; undefined: nothing has changed
 * @returns undefined when there is no such person
 */
export function changePerson(
  database: Database,
  user: number,
  decide: (transaction: Transaction<Tables>, person: Person) => Promise<Changes | undefined>,
): Promise<PersonChange | undefined> {
  return inTransaction(database, async (transaction) => {
    // Two administrators could otherwise take each other's role at the same moment.
    await lockTable(transaction, 'users')
    const before = await selectById.executeTakeFirst(transaction, { user })
    if (!before) return undefined
    const changes = await decide(transaction, personOf(before))
    if (!changes) return { person: personOf(before), changed: false }
    await transaction
      .updateTable('users')
      .set({ ...changes, changed_at: new Date().toISOString() })
      .where('id', '=', user)
      .execute()
    const after = await selectById.executeTakeFirst(transaction, { user })
    return { person: personOf(after ?? before), changed: true }
  })
}

/** Changes an account as an administrator does. @throws HttpError where `by` is none any more */
function administer(
  database: Database,
  user: number,
  by: Actor,
  decide: (transaction: Transaction<Tables>, person: Person) => Promise<Changes | undefined>,
): Promise<PersonChange | undefined> {
  return changePerson(database, user, async (transaction, person) => {
    await assertAdministrator(transaction, by)
    return decide(transaction, person)
  })
}

/** Asks once more in the transaction, since the role may be taken while a request is on its way. @throws HttpError */
export async function assertAdministrator(transaction: Transaction<Tables>, { user }: Actor): Promise<void> {
  // Somebody at the server's shell.
  if (user === null) return
  const row = await selectById.executeTakeFirst(transaction, { user })
  if (row?.role !== 'administrator' || row.deactivatedAt !== null) throw nothingForMembers()
}

/** @throws LastAdministrator where nobody else can administer */
export async function assertOthers(transaction: Transaction<Tables>, user: number): Promise<void> {
  const other = await transaction
    .selectFrom('users')
    .select('id')
    .where('role', '=', 'administrator')
    .where('deactivated_at', 'is', null)
    .where('id', '!=', user)
    .limit(1)
    .executeTakeFirst()
  if (!other) throw new LastAdministrator()
}

/** Ends all sessions and API keys of a person. */
export async function endAllSessions(transaction: Transaction<Tables>, user: number): Promise<void> {
  const open = await selectOpenSessions(transaction).where('user_id', '=', user).execute()
  if (open.length > 0)
    await endSessions(
      transaction,
      open.map(({ id }) => id),
    ).execute()
}

interface PersonRow extends StatusRow {
  readonly id: number
  readonly name: string
  readonly displayName: string | null
  readonly picture: string | null
  readonly role: 'administrator' | 'member'
  readonly deactivatedAt: string | null
  readonly deletedAt: string | null
  readonly kind: 'person' | 'bot' | 'hook'
}

function personOf({
  id,
  name,
  displayName,
  picture,
  role,
  deactivatedAt,
  deletedAt,
  kind,
  ...row
}: PersonRow): Person {
  const status = statusOf(row)
  return {
    id,
    name,
    displayName,
    picture,
    administrator: role === 'administrator',
    deactivated: deactivatedAt !== null,
    ...(deletedAt !== null && { deleted: true }),
    ...(kind !== 'person' && { bot: true }),
    ...(status && { status }),
  }
}

const COLUMNS = [
  'id',
  'name',
  'display_name as displayName',
  'picture',
  'role',
  'deactivated_at as deactivatedAt',
  'deleted_at as deletedAt',
  'account_kind as kind',
  ...STATUS_COLUMNS,
] as const

const selectByName = prepared((database, value: Placeholder<{ name: string }>) =>
  database
    .selectFrom('users')
    .leftJoin('profiles', 'profiles.user_id', 'users.id')
    .select(COLUMNS)
    .where('name', '=', value('name'))
    .where('account_kind', '!=', 'hook')
    .where('deleted_at', 'is', null),
)

const selectById = prepared((database, value: Placeholder<{ user: number }>) =>
  database
    .selectFrom('users')
    .leftJoin('profiles', 'profiles.user_id', 'users.id')
    .select(COLUMNS)
    .where('id', '=', value('user')),
)

const selectChanged = prepared((database, value: Placeholder<{ since: string; limit: number }>) =>
  database
    .selectFrom('users')
    .leftJoin('profiles', 'profiles.user_id', 'users.id')
    .select([...COLUMNS, 'changed_at as changedAt'])
    .where('changed_at', '>', value('since'))
    .where('changed_at', 'is not', null)
    .orderBy('changed_at')
    .limit(value('limit')),
)

const selectDisplayNames = preparedForRows((database, people: readonly Placeholder<{ name: string }>[]) =>
  database
    .selectFrom('users')
    .leftJoin('profiles', 'profiles.user_id', 'users.id')
    .select(['name', 'display_name as displayName', 'picture', ...STATUS_COLUMNS])
    .where(
      'name',
      'in',
      people.map((person) => person('name')),
    ),
)
