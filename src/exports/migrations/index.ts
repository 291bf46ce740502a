import * as exports from './001-exports.ts'
import * as deletions from './002-deletions.ts'
import * as accountExports from './003-account-exports.ts'
import * as embeddedFiles from './004-embedded-files.ts'

/** The changes of the tables of exports, in order; one that was released is never changed. */
export const migrations = {
  '001-exports': exports,
  '002-deletions': deletions,
  '003-account-exports': accountExports,
  '004-embedded-files': embeddedFiles,
}
