import * as search from './001-search.ts'

/** The changes of the search index's tables, in order; one that was released is never changed. */
export const migrations = { '001-search': search }
