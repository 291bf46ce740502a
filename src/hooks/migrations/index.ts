import * as hooks from './001-hooks.ts'
import * as makers from './002-makers.ts'

/** The changes of the tables of hooks, in order; one that was released is never changed. */
export const migrations = { '001-hooks': hooks, '002-makers': makers }
