import { type Database, inTransaction } from '../storage/index.ts'
import { skeleton } from '../text/look-alike.ts'
import { findPerson, type Person } from './people.ts'
import { indexPerson } from './person-words.ts'
import { anyUser } from './users.ts'

/** The username by which an installation itself speaks. It is reserved: nobody can sign up with it. */
export const INSTALLATION = 'partyline'

/** The hash of no password. */
const NO_PASSWORD = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`

/**
 * The bot by which the installation speaks, made when it is first needed.
 * @returns undefined where nobody has an account yet, of whom the first would be the administrator, and where the first account
 * of a person was called so
 */
export async function installationBot(database: Database): Promise<Person | undefined> {
  if (!(await findPerson(database, INSTALLATION))) {
    if (!(await anyUser(database))) return undefined
    await makeBot(database)
  }
  const found = await findPerson(database, INSTALLATION)
  return found?.bot ? found : undefined
}

function makeBot(database: Database): Promise<void> {
  return inTransaction(database, async (transaction) => {
    const made = await transaction
      .insertInto('users')
      .values({
        name: INSTALLATION,
        skeleton: skeleton(INSTALLATION),
        sort_name: INSTALLATION,
        password: NO_PASSWORD,
        role: 'member',
        account_kind: 'bot',
        created_at: new Date().toISOString(),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('id')
      .executeTakeFirst()
    if (made) await indexPerson(transaction, made.id, INSTALLATION, null)
  })
}
