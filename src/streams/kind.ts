import type { Kysely, Transaction } from 'kysely'
import type { FrameError, Standing } from '../channels/index.ts'
import type { Tables } from '../storage/index.ts'
import type { Change, OpenStream, StreamRow } from './open-stream.ts'

/** The table that holds one kind of stream. `streamTable` makes one for a table that needs nothing more. */
export interface StreamTable<Row extends StreamRow> {
  /** Locks rows until the transaction ends, in rising `id`, and leaves out those that do not exist. */
  lock(transaction: Transaction<Tables>, ids: readonly number[]): Promise<Row[]>
  /** The latest `rev` of each; those that do not exist are left out. */
  revs(database: Kysely<Tables>, ids: readonly number[]): Promise<Map<number, number>>
  /** At most `limit` streams with a greater `id`, in rising `id`. */
  list(database: Kysely<Tables>, after: number, limit: number): Promise<readonly StreamRow[]>
  /** Stores the new `rev` of streams that changed. */
  advance(transaction: Transaction<Tables>, streams: readonly OpenStream<Row, Change>[]): Promise<void>
}

/** A command, and the stream that it is for. */
export interface Item<Row extends StreamRow, Command, Changed extends Change> {
  readonly stream: OpenStream<Row, Changed>
  readonly command: Command
}

/**
 * A feature's description of its streams: a room's talk, a sheet, a poll. The rest is done for it: commands that come in one turn
 * of the event loop share a transaction, their streams are locked and numbered, committed changes are published, and everyone who
 * follows gets each change once, in order, also after a crash.
 */
export interface StreamKind<Row extends StreamRow, Command, Result, Changed extends Change> {
  /** Such as `chat`: changes are published as `chat.changed`. */
  readonly name: string
  readonly table: StreamTable<Row>
  /** The group of the channel layer over which the changes of a stream reach the feeds of all processes. */
  group(stream: number): string
  /**
   * Applies commands, in their order, within one transaction. It may run more than once, so that all state is in its
   * arguments and in the database. Each change takes its number from `stream.change`.
   *
   * Commands must be safe to repeat: one that creates carries an id of its client, any other says what should be so.
   * @returns a result for each command, or the error that its client gets
   */
  apply(
    transaction: Transaction<Tables>,
    items: readonly Item<Row, Command, Changed>[],
  ): Promise<readonly (Result | FrameError)[]>
  /**
   * Reads at most `limit` changes with `after < rev`, and `rev <= upTo` where it is given, in rising `rev`. A change that a
   * later one replaced may be missing: its number is then a hole.
   */
  changes(
    database: Kysely<Tables>,
    stream: number,
    after: number,
    upTo: number | undefined,
    limit: number,
  ): Promise<Changed[]>
  /**
   * Returns the row at a `seq`, also where it was deleted: by it a store that went back is known. To be left out where changes
   * have no `seq` and `id` of their own.
   */
  readonly standing?: (database: Kysely<Tables>, stream: number, seq: number) => Promise<Standing | undefined>
  /** Counts the rows that changed after a `rev`, up to `limit`. If left out, each number counts as one row. */
  readonly countChanged?: (
    database: Kysely<Tables>,
    stream: number,
    after: number,
    limit: number,
  ) => Promise<number>
  /**
   * Returns the stored part of a change, by which it is recognized after the store may have gone back. To be given where frames
   * also show what changes without a change of the stream, such as a person's name; else whole frames are compared.
   */
  readonly fingerprint?: (change: Changed) => string
  /**
   * The `seq` of something else in the stream that a change's frame shows a part of, as a reply shows what it answers. To be given
   * where frames do.
   */
  readonly quoted?: (change: Changed) => number | undefined
  /** A change as everyone gets it. */
  frame(change: Changed): object
}
