import * as people from './001-people.ts'
import * as pictures from './002-pictures.ts'
import * as keys from './003-keys.ts'
import * as bots from './004-bots.ts'
import * as timeZones from './005-time-zones.ts'
import * as deletedAccounts from './006-deleted-accounts.ts'
import * as signUp from './007-sign-up.ts'
import * as profiles from './008-profiles.ts'
import * as reading from './009-reading.ts'
import * as blocks from './010-blocks.ts'
import * as makers from './011-makers.ts'
import * as roomsOfHooks from './012-rooms-of-hooks.ts'

/** The changes of accounts' tables since they have their own list, in order; one that was released is never changed. */
export const migrations = {
  '001-people': people,
  '002-pictures': pictures,
  '003-keys': keys,
  '004-bots': bots,
  '005-time-zones': timeZones,
  '006-deleted-accounts': deletedAccounts,
  '007-sign-up': signUp,
  '008-profiles': profiles,
  '009-reading': reading,
  '010-blocks': blocks,
  '011-makers': makers,
  '012-rooms-of-hooks': roomsOfHooks,
}
