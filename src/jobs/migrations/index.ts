import * as jobs from './001-jobs.ts'

/** The changes of the tables of jobs, in order; one that was released is never changed. */
export const migrations = { '001-jobs': jobs }
