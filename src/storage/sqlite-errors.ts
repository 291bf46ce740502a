import { DatabaseAway, StorageUnusable } from './errors.ts'

// Result codes, of which the lower eight bits are the kind (https://www.sqlite.org/rescode.html).
const BUSY = 5
const LOCKED = 6
const READ_ONLY = 8
const IO = 10
const CORRUPT = 11
const FULL = 13
const CANNOT_OPEN = 14
const NO_DATABASE = 26

/** Tells whether an error says that another connection holds the database, so that the same work may be tried again. */
export function isBusy(error: unknown): boolean {
  const kind = kindOf(error)
  return kind === BUSY || kind === LOCKED
}

/** Converts an error of SQLite to an outage of the database at `path`; an error of the query is returned unchanged. */
export function outageOf(path: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  switch (kindOf(error)) {
    case BUSY:
    case LOCKED:
      return lockHeld(path)
    case FULL:
      return new DatabaseAway(`the disk of ${path} is full; nothing can be stored until there is space`, {
        kind: 'full',
      })
    case READ_ONLY:
    case CANNOT_OPEN:
      return new DatabaseAway(`${path} cannot be written to (${error.message})`, { kind: 'read-only' })
    case IO:
      return new DatabaseAway(`the disk of ${path} fails (${error.message})`, { kind: 'disk' })
    case CORRUPT:
    case NO_DATABASE:
      return new DatabaseAway(
        `${path} is damaged (${error.message}); nothing is stored until the server is stopped and a backup restored`,
        { kind: 'damaged' },
      )
    default:
      return error
  }
}

export function lockHeld(path: string): DatabaseAway {
  return new DatabaseAway(
    `another program holds the lock of ${path}; nothing can be stored until it releases the lock`,
    { kind: 'held' },
  )
}

/**
 * Converts an error that keeps a server from starting to one line that says what to do; an error of ours is returned unchanged.
 */
export function unusableFile(path: string, error: unknown): unknown {
  const outage = outageOf(path, error)
  if (!(outage instanceof DatabaseAway)) return error
  const reason = error instanceof DatabaseAway || !(error instanceof Error) ? '' : ` (${error.message})`
  switch (outage.kind) {
    case 'held':
      return new StorageUnusable(`${path} is locked by another program. Stop it, then start again.`)
    case 'full':
      return new StorageUnusable(`The disk of ${path} is full. Free some space, then start again.`)
    case 'damaged':
      return new StorageUnusable(
        `${path} is damaged${reason}. Move it away with its -wal and -shm, restore a backup, then start again.`,
      )
    case 'read-only':
      return new StorageUnusable(
        `${path} cannot be opened and written to${reason}. Give it and its folder to this user, then start again.`,
      )
    default:
      return new StorageUnusable(
        `${path} cannot be read or written${reason}. Check its disk, then start again.`,
      )
  }
}

function kindOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
}
