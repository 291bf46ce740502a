import * as exports from './001-exports.ts'

/** The changes of the tables of exports, in order; one that was released is never changed. */
export const migrations = { '001-exports': exports }
