/** `bin/partyline deactivate NAME` and `reactivate NAME`: keep somebody out, and bring them back. */
import { deactivate, LastAdministrator, reactivate } from '../accounts/index.ts'
import { SHELL } from '../audit/index.ts'
import { withAccountOf } from './accounts.ts'

/**
 * A running server asks the database every second whose account changed, and closes the sockets of this one.
 * @returns the exit code: 1 for the only administrator
 */
export function deactivateAccount(name: string): Promise<number> {
  return withAccountOf(name, async (database, person) => {
    try {
      const change = await deactivate(database, person.id, SHELL)
      console.log(
        change?.changed
          ? `${person.name} is deactivated and signed out everywhere. Their messages stay.`
          : `${person.name} is already deactivated.`,
      )
      return 0
    } catch (error) {
      if (!(error instanceof LastAdministrator)) throw error
      console.error(`${person.name} is the only administrator. Make somebody else an administrator first.`)
      return 1
    }
  })
}

/** @returns the exit code */
export function reactivateAccount(name: string): Promise<number> {
  return withAccountOf(name, async (database, person) => {
    const change = await reactivate(database, person.id, SHELL)
    console.log(change?.changed ? `${person.name} can sign in again.` : `${person.name} is not deactivated.`)
    return 0
  })
}
