/** `bin/partyline make-administrator NAME` and `remove-administrator NAME`: give and take the role. */
import { LastAdministrator, setAdministrator } from '../accounts/index.ts'
import { SHELL } from '../audit/index.ts'
import { withAccountOf } from './accounts.ts'

/** @returns the exit code */
export function makeAdministrator(name: string): Promise<number> {
  return withAccountOf(name, async (database, person) => {
    const change = await setAdministrator(database, person.id, true, SHELL)
    console.log(
      change?.changed
        ? `${person.name} is now an administrator.`
        : `${person.name} is already an administrator.`,
    )
    return 0
  })
}

/** @returns the exit code: 1 for the only administrator */
export function removeAdministrator(name: string): Promise<number> {
  return withAccountOf(name, async (database, person) => {
    try {
      const change = await setAdministrator(database, person.id, false, SHELL)
      console.log(
        change?.changed
          ? `${person.name} is no longer an administrator.`
          : `${person.name} is not an administrator.`,
      )
      return 0
    } catch (error) {
      if (!(error instanceof LastAdministrator)) throw error
      console.error(`${person.name} is the only administrator. Make somebody else an administrator first.`)
      return 1
    }
  })
}
