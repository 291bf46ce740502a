/** Is told of the time that the database takes, in milliseconds. */
export interface DatabaseMeter {
  /** A query or transaction had to wait this long until it had a connection: 0 where one was free. */
  waited(milliseconds: number): void
  /** A commit took this long to be on disk. */
  committed(milliseconds: number): void
}

/** For a database that nobody watches, such as that of a command. */
export const unwatched: DatabaseMeter = { waited: () => {}, committed: () => {} }
