/** What the server cannot start with. Its message is one line for the person who starts it. */
export class StorageUnusable extends Error {}

/** Another process holds the data, and did not end in time. */
export class DataInUse extends StorageUnusable {}

/**
 * The database failed, not what it was asked for: it is away, it hangs, or it has no room. Whoever asked may try again in a
 * moment.
 */
export class DatabaseAway extends Error {
  /** As an answer over HTTP. */
  readonly statusCode = 503
  /** Whether it is certain that nothing was stored, and another connection may do at once. */
  readonly undone: boolean

  constructor(reason: string, undone = false) {
    super(`the database is away: ${reason}`)
    this.undone = undone
  }
}

/** Another transaction did not let go, in time, of rows that this one needed. Nothing was stored. */
export class RowsHeld extends DatabaseAway {}
