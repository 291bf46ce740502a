import { createHash, randomBytes } from 'node:crypto'
import { type Actor, recordAudit } from '../audit/index.ts'
import { type Database, inTransaction } from '../storage/index.ts'
import { hashPassword } from './passwords.ts'
import { type Person, personById } from './people.ts'

/** Milliseconds for which a link is good. */
const LIFE = 7 * 24 * 60 * 60 * 1000

/** Days for which a link is good, to be told to the person who passes it on. */
export const LINK_DAYS = LIFE / (24 * 60 * 60 * 1000)

/**
 * Makes a link with which a person sets a password, once; an earlier one is no good any more.
 * @returns its path, such as `/password/CODE`
 */
export async function createPasswordLink(database: Database, user: number, by: Actor): Promise<string> {
  const code = randomBytes(24).toString('base64url')
  const now = Date.now()
  await inTransaction(database, async (transaction) => {
    await transaction
      .deleteFrom('password_links')
      .where((where) =>
        where.or([where('user_id', '=', user), where('expires_at', '<', new Date(now).toISOString())]),
      )
      .execute()
    await transaction
      .insertInto('password_links')
      .values({ id: idOf(code), user_id: user, expires_at: new Date(now + LIFE).toISOString() })
      .execute()
    await recordAudit(transaction, { action: 'password.link', by, person: user })
  })
  return `/password/${code}`
}

/** Finds whose password a link sets. @returns undefined for one that is no good, and where the account is deactivated */
export async function personOfLink(database: Database, code: string): Promise<Person | undefined> {
  const link = await database
    .selectFrom('password_links')
    .select('user_id')
    .where('id', '=', idOf(code))
    .where('expires_at', '>', new Date().toISOString())
    .executeTakeFirst()
  const person = link && (await personById(database, link.user_id))
  return person?.deactivated ? undefined : person
}

/**
 * Sets the password of the person whom a link is for, and uses the link up.
 * @param network of the client (`networkOf`): networks take turns
 * @returns the person and the hash of their new password; undefined where the link was used meanwhile
 * @throws TooManyHashes
 */
export async function usePasswordLink(
  database: Database,
  code: string,
  password: string,
  network: string,
): Promise<{ readonly person: Person; readonly hash: string } | undefined> {
  const person = await personOfLink(database, code)
  if (!person) return undefined
  const hash = await hashPassword(password, network)
  return inTransaction(database, async (transaction) => {
    const used = await transaction
      .deleteFrom('password_links')
      .where('id', '=', idOf(code))
      .returning('user_id')
      .executeTakeFirst()
    if (!used) return undefined
    await transaction.updateTable('users').set({ password: hash }).where('id', '=', person.id).execute()
    return { person, hash }
  })
}

function idOf(code: string): string {
  return createHash('sha256').update(code).digest('base64url')
}
