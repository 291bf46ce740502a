/** A problem with the storage that keeps the server from starting. The message is one line for the person who starts it. */
export class StorageUnusable extends Error {}

/** Thrown if another process uses the data, and did not end in time. */
export class DataInUse extends StorageUnusable {}

/** The reason why a database does not answer or store; `away` when nothing more is known. */
export type Outage = 'away' | 'held' | 'full' | 'disk' | 'moved' | 'damaged' | 'read-only'

export interface DatabaseAwayOptions {
  readonly kind?: Outage
  /** True if it is certain that nothing was stored, and another connection may do at once. */
  readonly undone?: boolean
}

/**
 * A failure of the database and not of the query: it is away, it hangs, or its disk is full. The caller may try again in a moment.
 */
export class DatabaseAway extends Error {
  /** The status of the answer over HTTP. */
  readonly statusCode: number = 503
  /** It is logged once, by `DatabaseHealth`, and not for each request that fails because of it. */
  readonly logged: boolean = true
  readonly kind: Outage
  readonly undone: boolean

  /** @param reason for the operators of the server */
  constructor(reason: string, { kind = 'away', undone = false }: DatabaseAwayOptions = {}) {
    super(`the database is away: ${reason}`)
    this.kind = kind
    this.undone = undone
  }
}

/** The refusal of what would wait for the database beyond the limit. */
export function tooMuchWaits(): DatabaseAway {
  return new DatabaseAway('too much is waiting for it')
}

/** Thrown if another transaction held rows that this one needed for too long. Nothing was stored. */
export class RowsHeld extends DatabaseAway {
  override readonly logged = false
}
