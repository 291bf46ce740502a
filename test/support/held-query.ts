import type { Database } from '../../src/storage/index.ts'

/** A query that was made to wait. */
export interface HeldQuery {
  /** Resolves once it has read what it returns. */
  readonly hasRead: Promise<void>
  /** Returns the result to the caller. */
  release(): void
}

/** Holds back what the next query outside of a transaction whose SQL matches has read, until it is released. */
export function holdQuery(database: Database, wanted: RegExp): HeldQuery {
  const read = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const execute = database.executeQuery.bind(database)
  database.executeQuery = async (query) => {
    const isWanted = 'sql' in query && wanted.test(query.sql)
    if (isWanted) database.executeQuery = execute
    const result = await execute(query)
    if (isWanted) {
      read.resolve()
      await released.promise
    }
    return result
  }
  return { hasRead: read.promise, release: () => released.resolve() }
}
