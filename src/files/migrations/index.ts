import * as files from './001-files.ts'

/** The changes of the tables of files, in order; one that was released is never changed. */
export const migrations = { '001-files': files }
