import * as hooks from './001-hooks.ts'

/** The changes of the tables of hooks, in order; one that was released is never changed. */
export const migrations = { '001-hooks': hooks }
