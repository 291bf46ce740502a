import type { Transaction } from 'kysely'
import type { Tables } from '../storage/index.ts'
import { type Database, inTransaction, lockTable } from '../storage/index.ts'
import { skeleton } from '../text/look-alike.ts'
import { USERNAME } from '../text/username.ts'
import { canonicalName, isReserved, nameLike } from './names.ts'
import { hashPassword, verifyPassword } from './passwords.ts'

declare module '../channels/consumers/scope.ts' {
  interface ScopeUser {
    readonly administrator: boolean
  }
}

export interface User {
  readonly id: number
  readonly name: string
  readonly administrator: boolean
}

/** Only the first account may be made, and it is. */
export class SignUpClosed extends Error {}

/** A name that a new account may not have, and why: somebody has it, or one that looks like it, or nobody may. */
export class NameRefused extends Error {
  readonly reason: 'taken' | 'similar' | 'reserved'

  constructor(reason: NameRefused['reason']) {
    super(`this name is ${reason}`)
    this.reason = reason
  }
}

/** A person who gave the right password, and the hash it was compared with, which changes with the password. */
export interface Authenticated {
  readonly user: User
  readonly hash: string
}

/** The name and password of a new account. */
export interface NewAccount {
  readonly name: string
  readonly password: string
}

/**
 * Makes an account; the first one is the administrator's, and may have a reserved name.
 * @param network of whoever asks (`networkOf`): networks take turns
 * @throws SignUpClosed when accounts are closed and this would not be the first one
 * @throws NameRefused when the name is taken, looks like one that is, or is reserved
 * @throws TooManyHashes
 */
export async function createUser(
  database: Database,
  { name, password }: NewAccount,
  signUp: 'open' | 'closed',
  network = '',
): Promise<User> {
  // Checked before the hash, which is the expensive part.
  await assertFree(database, name)
  const hash = await hashPassword(password, network)
  return inTransaction(database, async (transaction) => {
    const anyone = (await anyUser(transaction)) || (await cameFirst(transaction))
    if (anyone && signUp === 'closed') throw new SignUpClosed()
    const created = await transaction
      .insertInto('users')
      .values({
        name: canonicalName(name),
        skeleton: skeleton(name),
        password: hash,
        role: anyone ? 'member' : 'administrator',
        created_at: new Date().toISOString(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning(['id', 'name'])
      .executeTakeFirst()
    if (!created) throw new NameRefused('taken')
    return { ...created, administrator: !anyone }
  })
}

/** @throws NameRefused */
async function assertFree(database: Database, name: string): Promise<void> {
  const other = await nameLike(database, name)
  if (other !== undefined) throw new NameRefused(other === canonicalName(name) ? 'taken' : 'similar')
  if (isReserved(name) && (await anyUser(database))) throw new NameRefused('reserved')
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
 * @param network of whoever asks (`networkOf`): networks take turns
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
  const user = { id: found.id, name: found.name, administrator: found.role === 'administrator' }
  return { user, hash: found.password }
}

function withPassword(database: Database, name: string) {
  return database
    .selectFrom('users')
    .select(['id', 'name', 'role', 'password'])
    .where('name', '=', canonicalName(name))
    .executeTakeFirst()
}

/** Tells whether a password that was right is so still. */
export async function isCurrent(database: Database, { user, hash }: Authenticated): Promise<boolean> {
  const found = await database
    .selectFrom('users')
    .select('id')
    .where('id', '=', user.id)
    .where('password', '=', hash)
    .executeTakeFirst()
  return found !== undefined
}

/** @returns the id of the person, or undefined when nobody has this name */
export async function setPassword(
  database: Database,
  name: string,
  password: string,
): Promise<number | undefined> {
  const hash = await hashPassword(password)
  const changed = await database
    .updateTable('users')
    .set({ password: hash })
    .where('name', '=', canonicalName(name))
    .returning('id')
    .executeTakeFirst()
  return changed?.id
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
