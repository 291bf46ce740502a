import * as notifications from './001-notifications.ts'

/** The changes of the tables of notifications, in order; one that was released is never changed. */
export const migrations = { '001-notifications': notifications }
