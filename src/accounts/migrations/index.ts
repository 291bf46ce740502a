import * as people from './001-people.ts'

/** The changes of accounts' tables since they have their own list, in order; one that was released is never changed. */
export const migrations = { '001-people': people }
