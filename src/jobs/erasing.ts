import type { Transaction } from 'kysely'
import { Type } from 'typebox'
import { type Database, emptyLog, runsSideBySide, type Tables } from '../storage/index.ts'
import type { Jobs } from './jobs.ts'

/** Milliseconds after a deletion at which it is erased from the log, with all that were deleted meanwhile. */
const ERASE_AFTER = 2_000

/** Milliseconds until it is tried again where somebody was reading. */
const ERASE_AGAIN = 500

/** Erases data that was deleted or overwritten in a transaction from the files of the database, soon after it. */
export type EraseDeleted = (transaction: Transaction<Tables>) => Promise<void>

export function erasing(jobs: Jobs, database: Database): EraseDeleted {
  const queue = jobs.handle(
    'erase-deleted',
    { about: 'Erases deleted texts from the files of the database', payload: Type.Object({}), atOnce: 1 },
    async () => {
      if (!(await emptyLog(database))) return { again: ERASE_AGAIN }
    },
  )
  return async (transaction) => {
    // PostgreSQL tidies up by itself.
    if (!runsSideBySide(transaction))
      await queue.add(transaction, { payload: {}, key: '', delay: ERASE_AFTER })
  }
}
