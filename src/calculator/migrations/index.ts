import * as kinds from './001-kinds.ts'
import * as documents from './002-documents.ts'
import * as fewerIndexes from './003-fewer-indexes.ts'

/** The changes of the calculator's tables since they have their own list, in order; one that was released is never changed. */
export const migrations = {
  '001-kinds': kinds,
  '002-documents': documents,
  '003-fewer-indexes': fewerIndexes,
}
