import * as notifications from './001-notifications.ts'
import * as withdrawn from './002-withdrawn.ts'
import * as timeZones from './003-time-zones.ts'

/** The changes of the tables of notifications, in order; one that was released is never changed. */
export const migrations = {
  '001-notifications': notifications,
  '002-withdrawn': withdrawn,
  '003-time-zones': timeZones,
}
