import * as scheduled from './001-scheduled.ts'
import * as states from './002-states.ts'
import * as keys from './003-keys.ts'
import * as timeZones from './004-time-zones.ts'
import * as rooms from './005-rooms.ts'

/** The changes of the tables of what is scheduled, in order; one that was released is never changed. */
export const migrations = {
  '001-scheduled': scheduled,
  '002-states': states,
  '003-keys': keys,
  '004-time-zones': timeZones,
  '005-rooms': rooms,
}
