/** Something that happened in a stream, which numbers its changes in `rev`, without gaps. */
export interface Change {
  readonly rev: number
  /** The thing that changed, such as a message; a later change with the same `seq` replaces this one. */
  readonly seq?: number
  /** Tells the row at `seq` apart from one that another history may have put there. */
  readonly id?: string
}

/**
 * The store of the changes. Its methods must see only what was committed, and never `rev` 8 before `rev` 7. A change that a
 * later one replaced may be missing, which leaves a gap at its number. A method may fail; an error with `logged: true` is not
 * logged again.
 */
export interface FeedSource<Changed extends Change> {
  /** The latest `rev` of each stream; streams that do not exist are left out. */
  revs(streams: readonly number[]): Promise<Map<number, number>>
  /** At most `limit` changes with `after < rev`, and `rev <= upTo` if given, in ascending order of `rev`. */
  changes(stream: number, after: number, upTo: number | undefined, limit: number): Promise<Changed[]>
  /** The row at a `seq`, even if it was deleted. Without this method only the numbers show whether the store went back. */
  standing?(stream: number, seq: number): Promise<Standing | undefined>
  /** How many rows changed after a `rev`, or `limit` if there are as many or more. Without it each number counts as one. */
  countChanged?(stream: number, after: number, limit: number): Promise<number>
}

/** A row as it is now. */
export interface Standing {
  readonly rev: number
  readonly id: string
}
