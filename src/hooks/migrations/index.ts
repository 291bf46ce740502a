import * as hooks from './001-hooks.ts'
import * as makers from './002-makers.ts'
import * as makersOfAccounts from './003-makers-of-accounts.ts'
import * as roomsOfAccounts from './004-rooms-of-accounts.ts'
import * as failures from './005-failures.ts'

/** The changes of the tables of hooks, in order; one that was released is never changed. */
export const migrations = {
  '001-hooks': hooks,
  '002-makers': makers,
  '003-makers-of-accounts': makersOfAccounts,
  '004-rooms-of-accounts': roomsOfAccounts,
  '005-failures': failures,
}
