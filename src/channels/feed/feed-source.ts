/** Something that happened in a stream: the stream numbers its changes in `rev`, without holes. */
export interface Change {
  readonly rev: number
  /** What is changed, such as a message: a later change of the same replaces this one. */
  readonly seq?: number
  /** By which what stands at `seq` is told from what another history may have put there. */
  readonly id?: string
}

/**
 * Where the truth is. Both must see only what was committed, and never `rev` 8 before `rev` 7. A change that a later one
 * replaced may be missing: its number is then a hole.
 */
export interface FeedSource<Changed extends Change> {
  /** The latest `rev` of each stream; streams that do not exist are left out. */
  revs(streams: readonly number[]): Promise<Map<number, number>>
  /** At most `limit` changes with `after < rev`, and `rev <= upTo` where it is given, in rising `rev`. */
  changes(stream: number, after: number, upTo: number | undefined, limit: number): Promise<Changed[]>
  /** What stands at a `seq`, also where it was deleted. Without it only the numbers tell whether the store went back. */
  standing?(stream: number, seq: number): Promise<Standing | undefined>
  /** How many rows changed after a `rev`: `limit` when there are as many or more. Without it each number counts as one. */
  countChanged?(stream: number, after: number, limit: number): Promise<number>
}

/** A row as it stands now. */
export interface Standing {
  readonly rev: number
  readonly id: string
}
