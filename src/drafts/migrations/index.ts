import * as drafts from './001-drafts.ts'

/** The changes of the table of drafts, in order; one that was released is never changed. */
export const migrations = { '001-drafts': drafts }
