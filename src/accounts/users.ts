import type { Transaction } from 'kysely'
import type { Tables } from '../storage/index.ts'
import { type Database, inTransaction, lockTable } from '../storage/index.ts'
import { skeleton } from '../text/look-alike.ts'
import { USERNAME } from '../text/username.ts'
import { sortName } from './display-names.ts'
import { canonicalName, isReserved, nameLike } from './names.ts'
import { hashPassword, verifyPassword } from './passwords.ts'
import { indexPerson } from './person-words.ts'
import { freeUsername } from './suggested-usernames.ts'

declare module '../channels/consumers/scope.ts' {
  interface ScopeUser {
    readonly administrator: boolean
    /** The name by which pages call the person; null: their username. */
    readonly displayName?: string | null
    /** The version of their picture; null: they have none. */
    readonly picture?: string | null
    /** True for a bot, and for a hook. */
    readonly bot?: boolean
  }
}

export interface User {
  readonly id: number
  /** The username. */
  readonly name: string
  readonly displayName: string | null
  /** The version of their picture, which stands in its address; null: they have none. */
  readonly picture: string | null
  readonly administrator: boolean
  /** True for a bot, and for a hook. */
  readonly bot?: boolean
}

/** Thrown if only the first account may be created, and it exists. */
export class SignUpClosed extends Error {}

/**
 * A name that a new account cannot have, with the reason: it is taken, too similar to another, reserved or invalid. The message
 * is for the person who chose it.
 */
export class NameRefused extends Error {
  readonly reason: 'taken' | 'similar' | 'reserved' | 'invalid'
  /** The name, as it would be stored. */
  readonly refused: string

  constructor(reason: NameRefused['reason'], refused: string, message = refusalOf(reason, refused)) {
    super(message)
    this.reason = reason
    this.refused = refused
  }
}

/** A person who gave the right password, and the hash it was compared with, which changes with the password. */
export interface Authenticated {
  readonly user: User
  readonly hash: string
  /** True if the account is deactivated: then its person may not come in. */
  readonly deactivated: boolean
}

/** The fields of a new account. A username that is not given is made from the display name. */
export type NewAccount = {
  readonly password: string
} & (
  | { readonly name: string; readonly displayName?: string | undefined }
  | { readonly name?: undefined; readonly displayName: string }
)

/** Further work in the transaction that stores a new account. */
export type WithAccount = (transaction: Transaction<Tables>, user: number) => Promise<void>

/** Attempts to find a free username while others are taking the suggested ones. */
const CHOICES = 20

/**
 * Makes an account; the first one is the administrator's, and may have a reserved name.
 * @param network of the client (`networkOf`): networks take turns
 * @param withAccount what else is stored with it
 * @throws SignUpClosed when accounts are closed and this would not be the first one
 * @throws NameRefused when the name is taken, looks like one that is, or is reserved
 * @throws TooManyHashes
 */
export async function createUser(
  database: Database,
  { name, displayName, password }: NewAccount,
  signUp: 'open' | 'closed',
  network = '',
  withAccount?: WithAccount,
): Promise<User> {
  // Checked before the hash, which is the expensive part.
  if (name !== undefined) await assertFree(database, name)
  if (displayName !== undefined && isReserved(displayName) && (await anyUser(database)))
    throw new NameRefused('reserved', displayName, `The name ${displayName} is reserved. Choose another.`)
  const hash = await hashPassword(password, network)
  if (name !== undefined) return insertUser(database, { name, displayName, hash }, signUp, withAccount)
  for (let choice = 1; ; choice += 1) {
    const chosen = await freeUsername(database, displayName)
    try {
      return await insertUser(database, { name: chosen, displayName, hash }, signUp, withAccount)
    } catch (error) {
      if (!(error instanceof NameRefused) || choice === CHOICES) throw error
    }
  }
}

interface UserToInsert {
  readonly name: string
  readonly displayName: string | undefined
  readonly hash: string
}

/** @throws NameRefused, SignUpClosed */
function insertUser(
  database: Database,
  { name, displayName, hash }: UserToInsert,
  signUp: 'open' | 'closed',
  withAccount?: WithAccount,
): Promise<User> {
  const username = canonicalName(name)
  const shown = displayName === undefined || displayName === username ? null : displayName
  return inTransaction(database, async (transaction) => {
    const anyone = (await anyUser(transaction)) || (await cameFirst(transaction))
    if (anyone && signUp === 'closed') throw new SignUpClosed()
    const created = await transaction
      .insertInto('users')
      .values({
        name: username,
        skeleton: skeleton(name),
        display_name: shown,
        sort_name: sortName(shown ?? username),
        password: hash,
        role: anyone ? 'member' : 'administrator',
        created_at: new Date().toISOString(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!created) throw new NameRefused('taken', username)
    await indexPerson(transaction, created.id, username, shown)
    await withAccount?.(transaction, created.id)
    return { id: created.id, name: username, displayName: shown, picture: null, administrator: !anyone }
  })
}

/** @throws NameRefused */
async function assertFree(database: Database, name: string): Promise<void> {
  const username = canonicalName(name)
  const other = await nameLike(database, name)
  if (other !== undefined) throw new NameRefused(other === username ? 'taken' : 'similar', username)
  if (isReserved(name) && (await anyUser(database))) throw new NameRefused('reserved', username)
}

export async function anyUser(database: Pick<Database, 'selectFrom'>): Promise<boolean> {
  return (await database.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined
}

/** Tells whether somebody made the first account meanwhile; from now on nobody does. */
async function cameFirst(transaction: Transaction<Tables>): Promise<boolean> {
  await lockTable(transaction, 'users')
  return anyUser(transaction)
}

/**
 * The person with this name and password; undefined, after the same work, when either is wrong.
 * @param network of the client (`networkOf`): networks take turns
 * @throws TooManyHashes
 */
export async function authenticate(
  database: Database,
  name: string,
  password: string,
  network: string,
): Promise<Authenticated | undefined> {
  const found = USERNAME.test(name) ? await withPassword(database, name) : undefined
  const right = await verifyPassword(password, found?.password, network)
  if (!found || !right) return undefined
  const { id, displayName, picture, role, password: hash, deactivatedAt } = found
  const user = { id, name: found.name, displayName, picture, administrator: role === 'administrator' }
  return { user, hash, deactivated: deactivatedAt !== null }
}

function withPassword(database: Database, name: string) {
  return database
    .selectFrom('users')
    .select([
      'id',
      'name',
      'display_name as displayName',
      'picture',
      'role',
      'password',
      'deactivated_at as deactivatedAt',
    ])
    .where('name', '=', canonicalName(name))
    .executeTakeFirst()
}

/** Tells whether a password that was right is so still, and the account in use. */
export async function isCurrent(database: Database, { user, hash }: Authenticated): Promise<boolean> {
  const found = await database
    .selectFrom('users')
    .select('id')
    .where('id', '=', user.id)
    .where('password', '=', hash)
    .where('deactivated_at', 'is', null)
    .executeTakeFirst()
  return found !== undefined
}

/** Sets a person's password. @param withPassword what else is stored with it */
export async function setPassword(
  database: Database,
  user: number,
  password: string,
  withPassword?: (transaction: Transaction<Tables>) => Promise<void>,
): Promise<void> {
  const hash = await hashPassword(password)
  await inTransaction(database, async (transaction) => {
    await transaction.updateTable('users').set({ password: hash }).where('id', '=', user).execute()
    await withPassword?.(transaction)
  })
}

/** @returns whether the password is changed: not when another change came between `known` and this one */
export async function changePassword(
  database: Database,
  known: Authenticated,
  password: string,
  network: string,
): Promise<boolean> {
  const hash = await hashPassword(password, network)
  const changed = await database
    .updateTable('users')
    .set({ password: hash })
    .where('id', '=', known.user.id)
    .where('password', '=', known.hash)
    .returning('id')
    .executeTakeFirst()
  return changed !== undefined
}

function refusalOf(reason: NameRefused['reason'], name: string): string {
  if (reason === 'similar')
    return `The username ${name} looks too much like one that is taken. Choose another.`
  if (reason === 'reserved') return `The username ${name} is reserved. Choose another.`
  return `The username ${name} is taken. Choose another.`
}
