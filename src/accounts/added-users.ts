import { randomBytes } from 'node:crypto'
import { type Actor, recordAudit } from '../audit/index.ts'
import type { Database } from '../storage/index.ts'
import { USERNAME } from '../text/username.ts'
import { displayName, displayNameFault } from './display-names.ts'
import { setAdministrator } from './people.ts'
import { createUser, NameRefused, type User, type WithAccount } from './users.ts'

/**
 * Makes an account for somebody else, with a password that nobody knows: a link lets its person set one
 * (`createPasswordLink`).
 * @param name a username, or a person's name, from which the username is made
 * @throws NameRefused
 */
export async function addUser(
  database: Database,
  name: string,
  administrator: boolean,
  by: Actor,
): Promise<User> {
  const user = await addAccount(database, name, (transaction, person) =>
    recordAudit(transaction, { action: 'account.add', by, person }),
  )
  if (administrator) await setAdministrator(database, user.id, true, by)
  return { ...user, administrator: administrator || user.administrator }
}

/**
 * Makes an account whose password nobody knows.
 * @param withAccount what else is stored with it
 * @throws NameRefused
 */
export async function addAccount(database: Database, name: string, withAccount: WithAccount): Promise<User> {
  const password = randomBytes(32).toString('base64url')
  const isUsername = USERNAME.test(name.trim())
  const fault = isUsername ? undefined : displayNameFault(name)
  if (fault !== undefined) throw new NameRefused('invalid', name, fault)
  const account = isUsername ? { name: name.trim(), password } : { displayName: displayName(name), password }
  return createUser(database, account, 'open', '', withAccount)
}
