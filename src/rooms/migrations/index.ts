import * as kinds from './001-kinds.ts'

/** The changes of the tables of rooms, in order. One that was released is never changed. */
export const migrations = { '001-kinds': kinds }
