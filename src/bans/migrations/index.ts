import * as bans from './001-bans.ts'

/** The changes of the table of bans, in order; one that was released is never changed. */
export const migrations = { '001-bans': bans }
