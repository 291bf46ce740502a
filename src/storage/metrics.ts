import { statfs } from 'node:fs/promises'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { DatabaseAway, Outage } from './errors.ts'
import type { DatabaseMeter } from './meter.ts'

const OUTAGES: readonly Outage[] = ['away', 'held', 'full', 'disk', 'moved', 'damaged', 'read-only']

/** Seconds: from what memory answers to the ten seconds after which nobody waits any more. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export interface StorageMetrics extends DatabaseMeter {
  /** Counts a failure that is the database's own. */
  failed(error: DatabaseAway): void
}

/**
 * Adds what `/metrics` says of the database. Asking for it asks the database nothing: metrics are answered while it is away.
 * @param directory `DATA_DIR`, on whose disk there has to be room
 * @param isWritable as it was found out last; undefined before anything was stored
 */
export function storageMetrics(
  registry: Registry,
  directory: string,
  isWritable: () => boolean | undefined,
): StorageMetrics {
  const registers = [registry]
  const wait = new Histogram({
    name: 'partyline_database_wait_seconds',
    help: 'Time that a query or transaction of this process waited for a connection to the database',
    buckets: BUCKETS,
    registers,
  })
  const commit = new Histogram({
    name: 'partyline_database_commit_duration_seconds',
    help: 'Time that a commit took until it was on disk',
    buckets: BUCKETS,
    registers,
  })
  const failures = new Counter({
    name: 'partyline_database_failures_total',
    help: 'Queries and commits that failed because of the database itself, by the kind of outage',
    labelNames: ['kind'],
    registers,
  })
  // An alert on a counter sees the first failure only where there was a zero before it.
  for (const kind of OUTAGES) failures.inc({ kind }, 0)
  new Gauge({
    name: 'partyline_database_writable',
    help: '1 while the database can be written to, as far as this process knows; 0 during an outage',
    registers,
    collect() {
      this.set(isWritable() === false ? 0 : 1)
    },
  })
  diskMetrics(registry, directory)
  return {
    waited: (milliseconds) => wait.observe(milliseconds / 1000),
    committed: (milliseconds) => commit.observe(milliseconds / 1000),
    failed: ({ kind }) => failures.inc({ kind }),
  }
}

function diskMetrics(registry: Registry, directory: string): void {
  const registers = [registry]
  const size = new Gauge({
    name: 'partyline_data_disk_size_bytes',
    help: 'Size of the file system that holds DATA_DIR',
    registers,
  })
  new Gauge({
    name: 'partyline_data_disk_free_bytes',
    help: 'Bytes that the server may still write to the file system that holds DATA_DIR',
    registers,
    async collect() {
      try {
        const { bavail, blocks, bsize } = await statfs(directory)
        this.set(bavail * bsize)
        size.set(blocks * bsize)
      } catch {
        // The folder was removed: whether anything can be stored stands in partyline_database_writable.
        this.remove()
      }
    },
  })
}
