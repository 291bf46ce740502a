import * as followers from './001-followers.ts'

/** The changes of the tables of streams, in order; one that was released is never changed. */
export const migrations = { '001-followers': followers }
