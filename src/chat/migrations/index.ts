import * as changes from './001-changes.ts'

/** The changes of chat's tables since they have their own list, in order; one that was released is never changed. */
export const migrations = { '001-changes': changes }
