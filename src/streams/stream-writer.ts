import type { Transaction } from 'kysely'
import { FrameError, type Span, type Tracing } from '../channels/index.ts'
import {
  type Database,
  type DatabaseAway,
  GroupCommit,
  inTransaction,
  type Tables,
} from '../storage/index.ts'
import type { StreamKind } from './kind.ts'
import { type Change, OpenStream, type StreamRow } from './open-stream.ts'
import { TracedCommands } from './traced-commands.ts'

/**
 * Runs within the transaction of changes, after they were applied: for work that must happen together with them, or not at all.
 */
export type TransactionHook<Row extends StreamRow, Changed extends Change> = (
  transaction: Transaction<Tables>,
  streams: readonly OpenStream<Row, Changed>[],
) => Promise<void>

interface Submitted<Command> {
  readonly stream: number
  readonly command: Command
  /** The span of its caller, where it is traced. */
  readonly span: Span | undefined
}

/** Called with the changes of a stream once they are on disk, and the context of the span that stored them. */
type Publish<Changed> = (stream: number, changes: readonly Changed[], trace?: string) => void

export interface StreamWriterOptions {
  /** Told of each command that was refused because too many wait for the database. */
  readonly onFailure?: (error: DatabaseAway) => void
  readonly tracing?: Tracing | undefined
}

/** The only way to change the streams of a kind: the commands of one turn in one transaction, all or none of it. */
export class StreamWriter<Row extends StreamRow, Command, Result, Changed extends Change> {
  readonly kind: StreamKind<Row, Command, Result, Changed>
  readonly #database: Database
  readonly #publish: Publish<Changed>
  readonly #traced: TracedCommands | undefined
  readonly #hooks: TransactionHook<Row, Changed>[] = []
  readonly #listeners: ((stream: number, changes: readonly Changed[]) => void)[] = []
  readonly #commits: GroupCommit<Submitted<Command>, Result>

  /** @param publish called with changes in rising `rev` */
  constructor(
    database: Database,
    kind: StreamKind<Row, Command, Result, Changed>,
    publish: Publish<Changed>,
    { onFailure, tracing }: StreamWriterOptions = {},
  ) {
    this.#database = database
    this.kind = kind
    this.#publish = publish
    this.#traced = tracing && new TracedCommands(tracing, kind.name)
    this.#commits = new GroupCommit<Submitted<Command>, Result>(
      database,
      (submitted, asked) => this.#store(submitted, asked),
      onFailure,
    )
  }

  /**
   * Applies a command to a stream. When this resolves, its changes are on disk.
   * @param bytes about how much memory the command takes while it waits
   * @throws FrameError that `apply` gave for it, or `not_found` when there is no such stream; and whatever the database
   *   throws that cannot store it. Nothing is changed then.
   */
  run(stream: number, command: Command, bytes = 0): Promise<Result> {
    const span = this.#traced?.command(stream)
    const stored = this.#commits.add(stream, { stream, command, span }, bytes)
    return span ? ended(span, stored) : stored
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
    if (!this.#traced) return this.#storeAndPublish(submitted, asked)
    const spans = submitted.flatMap(({ span }) => span ?? [])
    const about = { commands: submitted.length, waited: performance.now() - asked }
    return this.#traced.transaction(spans, about, (trace) => this.#storeAndPublish(submitted, asked, trace))
  }

  async #storeAndPublish(
    submitted: readonly Submitted<Command>[],
    asked: number,
    trace?: string,
  ): Promise<readonly (Result | FrameError)[]> {
    const store = (transaction: Transaction<Tables>) => this.#apply(transaction, submitted)
    const { results, changed } = await inTransaction(this.#database, store, asked)
    for (const { id, changes } of changed) {
      this.#publish(id, changes, trace)
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

/** Ends a span together with what it is about. */
async function ended<Result>(span: Span, stored: Promise<Result>): Promise<Result> {
  try {
    const result = await stored
    span.end()
    return result
  } catch (error) {
    span.end(error)
    throw error
  }
}

function gone(): FrameError {
  return new FrameError('not_found', 'this no longer exists')
}
