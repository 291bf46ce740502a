/** The public interface of the database. Nothing outside of `storage/` imports anything else from it. */
export { isLogged } from '../channels/index.ts'
export { checkFile, copyFile, replaceFile } from './copy/files.ts'
export { copyFromServer, copyToServer } from './copy/server.ts'
export {
  type Database,
  databasePath,
  inTransaction,
  lockTable,
  migrateFeature,
  openDatabase,
  runsSideBySide,
} from './database.ts'
export { emptyLog } from './erasing.ts'
export { DatabaseAway, DataInUse, StorageUnusable } from './errors.ts'
export { GatheredLookUps } from './gathered-look-ups.ts'
export { GroupCommit } from './group-commit.ts'
export { holdData } from './hold-data.ts'
export { columnTypes } from './migrations/columns.ts'
export { storage } from './plugin.ts'
export { shownAddress } from './postgres-address.ts'
export { type Placeholder, prepared, preparedForRows } from './prepared.ts'
export { databaseBytes } from './size.ts'
export type { Tables } from './tables.ts'
export { WAIT_WITHIN, withoutDeadline } from './waiting.ts'
