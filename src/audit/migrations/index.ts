import * as audit from './001-audit.ts'
import * as privateRooms from './002-private-rooms.ts'

/** The changes of the table of the audit log, in order; one that was released is never changed. */
export const migrations = { '001-audit': audit, '002-private-rooms': privateRooms }
