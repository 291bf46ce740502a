import { join } from 'node:path'
import { PATIENCE } from './database.ts'
import { DataInUse, StorageUnusable } from './errors.ts'
import { reachPostgres, shownAddress } from './postgres-address.ts'
import { PostgresLock } from './postgres-lock.ts'
import { poolsTransactions } from './postgres-pooler.ts'
import { holdLock } from './sqlite.ts'

export interface HoldOptions {
  /** The folder of the embedded database. */
  readonly directory: string
  /** The address of a PostgreSQL, in its place. */
  readonly url: string | undefined
  /** Milliseconds to wait for another process; by default, as long as one may take to stop. */
  readonly patience?: number
  /** True if other processes may work on the same data, and are told of changes by the channel layer. */
  readonly shared: boolean
  /** Called when the lock's connection to PostgreSQL breaks. */
  readonly onLoss?: (error: Error) => void
  /** Called with sentences that operators of the server may want to read. */
  readonly onNotice?: (notice: string) => void
}

/** Milliseconds for which a process waits for its predecessor to end. */
const PREDECESSOR = 10_000

/**
 * Marks the data as used by this process, and makes sure that no other process uses it without sharing changes.
 * @returns a function that releases the data; so does the end of the process
 * @throws DataInUse when another process still used the data after `patience`
 */
export async function holdData(options: HoldOptions): Promise<() => void | Promise<void>> {
  const { directory, url, shared, patience = PREDECESSOR, onLoss = () => {} } = options
  if (url === undefined) {
    const release = await holdLock(join(directory, 'lock.sqlite'), patience, { shared })
    if (release) return release
    throw new DataInUse(
      `Another Partyline is using ${directory}. Stop it, set another DATA_DIR, or give both a REDIS_URL.`,
    )
  }
  await reachPostgres(url, PATIENCE)
  if (await poolsTransactions(url)) warnOfPooler(url, options)
  const lock = await PostgresLock.hold(url, patience, { shared, onLoss })
  if (lock) return () => lock.release()
  throw new DataInUse(
    `Another Partyline is using ${shownAddress(url)}. Stop it, set another DATABASE_URL, or give both a REDIS_URL.`,
  )
}

/** @throws StorageUnusable where only the lock keeps other processes from changing the data without this one noticing */
function warnOfPooler(url: string, { shared, onNotice }: HoldOptions): void {
  const fault = `DATABASE_URL=${shownAddress(url)} leads to a pooler in transaction mode, under which the lock on the database has no effect. Let it pool sessions (PgBouncer: pool_mode=session), or give PostgreSQL's own address.`
  if (!shared) throw new StorageUnusable(fault)
  onNotice?.(fault)
}
