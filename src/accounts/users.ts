import { type Database, inTransaction } from '../storage/database.ts'
import { hashPassword, verifyPassword } from './passwords.ts'

declare module '../channels/scope.ts' {
  interface ScopeUser {
    readonly administrator: boolean
  }
}

export interface User {
  readonly id: number
  readonly name: string
  readonly administrator: boolean
}

/** How a name is stored: people may type it in either case. */
export function canonicalName(name: string): string {
  return name.toLowerCase()
}

/**
 * Makes an account; the first one is the administrator's.
 * @returns undefined when the name is taken
 */
export async function createUser(
  database: Database,
  name: string,
  password: string,
): Promise<User | undefined> {
  const hash = await hashPassword(password)
  return inTransaction(database, async (transaction) => {
    const anyone = await transaction.selectFrom('users').select('id').limit(1).executeTakeFirst()
    const created = await transaction
      .insertInto('users')
      .values({
        name: canonicalName(name),
        password: hash,
        role: anyone ? 'member' : 'administrator',
        created_at: new Date().toISOString(),
      })
      .onConflict((conflict) => conflict.column('name').doNothing())
      .returning(['id', 'name'])
      .executeTakeFirst()
    return created && { ...created, administrator: !anyone }
  })
}

export async function anyUser(database: Database): Promise<boolean> {
  return (await database.selectFrom('users').select('id').limit(1).executeTakeFirst()) !== undefined
}

/** The person with this name and password; undefined, after the same work, when either is wrong. */
export async function authenticate(
  database: Database,
  name: string,
  password: string,
): Promise<User | undefined> {
  const found = await database
    .selectFrom('users')
    .select(['id', 'name', 'role', 'password'])
    .where('name', '=', canonicalName(name))
    .executeTakeFirst()
  const right = await verifyPassword(password, found?.password)
  return found && right
    ? { id: found.id, name: found.name, administrator: found.role === 'administrator' }
    : undefined
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
