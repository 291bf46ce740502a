import type { Transaction } from 'kysely'
import { FrameError } from '../channels/index.ts'
import {
  type Database,
  type DatabaseAway,
  GroupCommit,
  inTransaction,
  type Tables,
} from '../storage/index.ts'
import type { StreamKind } from './kind.ts'
import { type Change, OpenStream, type StreamRow } from './open-stream.ts'

/** Runs within the transaction of changes, after they were applied: for what must happen with them, or not at all. */
export type TransactionHook<Row extends StreamRow, Changed extends Change> = (
  transaction: Transaction<Tables>,
  streams: readonly OpenStream<Row, Changed>[],
) => Promise<void>

interface Submitted<Command> {
  readonly stream: number
  readonly command: Command
}

/** The only way to change the streams of a kind: a turn's commands in one transaction, all or none of it. */
export class StreamWriter<Row extends StreamRow, Command, Result, Changed extends Change> {
  readonly kind: StreamKind<Row, Command, Result, Changed>
  readonly #database: Database
  readonly #publish: (stream: number, changes: readonly Changed[]) => void
  readonly #hooks: TransactionHook<Row, Changed>[] = []
  readonly #listeners: ((stream: number, changes: readonly Changed[]) => void)[] = []
  readonly #commits: GroupCommit<Submitted<Command>, Result | FrameError>

  /**
   * @param publish called with the changes of a stream, in rising `rev`, once they are on disk
   * @param onFailure told of each command that was refused because too many wait for the database
   */
  constructor(
    database: Database,
    kind: StreamKind<Row, Command, Result, Changed>,
    publish: (stream: number, changes: readonly Changed[]) => void,
    onFailure?: (error: DatabaseAway) => void,
  ) {
    this.#database = database
    this.kind = kind
    this.#publish = publish
    this.#commits = new GroupCommit(database, (submitted, asked) => this.#store(submitted, asked), onFailure)
  }

  /**
   * Applies a command to a stream. When this resolves, its changes are on disk.
   * @param bytes about how much memory the command takes while it waits
   * @throws FrameError that `apply` gave for it, or `not_found` when there is no such stream; and whatever the database
   *   throws that cannot store it. Nothing is changed then.
   */
  async run(stream: number, command: Command, bytes = 0): Promise<Result> {
    const result = await this.#commits.add(stream, { stream, command }, bytes)
    if (result instanceof FrameError) throw result
    return result
  }

  /** Adds work to each transaction that changes streams of this kind. It may run more than once, like `apply`. */
  within(hook: TransactionHook<Row, Changed>): void {
    this.#hooks.push(hook)
  }

  /**
   * Calls back with what this process has committed to a stream. A process that is killed in between never calls: this is for
   * what can be lost, such as a hint that somebody should look.
   */
  onCommitted(listener: (stream: number, changes: readonly Changed[]) => void): void {
    this.#listeners.push(listener)
  }

  async #store(
    submitted: readonly Submitted<Command>[],
    asked: number,
  ): Promise<readonly (Result | FrameError)[]> {
    const store = (transaction: Transaction<Tables>) => this.#apply(transaction, submitted)
    const { results, changed } = await inTransaction(this.#database, store, asked)
    for (const { id, changes } of changed) {
      this.#publish(id, changes)
      for (const listener of this.#listeners) listener(id, changes)
    }
    return results
  }

  async #apply(transaction: Transaction<Tables>, submitted: readonly Submitted<Command>[]) {
    const rows = await this.kind.table.lock(transaction, [...new Set(submitted.map(({ stream }) => stream))])
    const streams = new Map(rows.map((row) => [row.id, new OpenStream<Row, Changed>(row)]))
    const items = submitted.flatMap(({ stream, command }) => {
      const open = streams.get(stream)
      return open ? [{ stream: open, command }] : []
    })
    const applied = await this.kind.apply(transaction, items)
    if (applied.length !== items.length) throw new Error('commands were applied without a result for each')
    const changed = [...streams.values()].filter(({ changes }) => changes.length > 0)
    if (changed.length > 0) {
      await this.kind.table.advance(transaction, changed)
      for (const hook of this.#hooks) await hook(transaction, changed)
    }
    const left = applied.values()
    const results = submitted.map(({ stream }) => {
      const result = streams.has(stream) ? left.next().value : gone()
      if (result === undefined) throw new Error('commands were applied without a result for each')
      return result
    })
    return { results, changed }
  }
}

function gone(): FrameError {
  return new FrameError('not_found', 'this is not there any more')
}
