/** `bin/partyline reset-password NAME`: a new password for somebody who forgot theirs, for operators of the server. */
import { randomBytes } from 'node:crypto'
import { Sessions, setPassword } from '../accounts/index.ts'
import { recordAudit, SHELL } from '../audit/index.ts'
import { withAccountOf } from './accounts.ts'

/** @returns the exit code */
export function resetPassword(name: string): Promise<number> {
  return withAccountOf(name, async (database, person) => {
    const password = randomBytes(12).toString('base64url')
    await setPassword(database, person.id, password, (transaction) =>
      recordAudit(transaction, { action: 'password.reset', by: SHELL, person: person.id }),
    )
    // A running server asks the database every second which sessions ended, and closes their sockets.
    await new Sessions(database).endAll(person.id)
    console.log(`The new password of ${person.name} is ${password}\nAll of their sessions have ended.`)
    if (person.deactivated)
      console.log('The account is deactivated. To reactivate it, use bin/partyline reactivate.')
    return 0
  })
}
