import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type QueryResult,
  type SqliteDialectConfig,
  SqliteDriver,
} from 'kysely'
import { DatabaseAway, tooMuchWaits } from './errors.ts'
import { ForeignLock } from './foreign-lock.ts'
import { type DatabaseMeter, unwatched } from './meter.ts'
import { Mutex, type Refusal } from './mutex.ts'
import type { PlacedFile } from './placed-file.ts'
import { isBusy, lockHeld, outageOf } from './sqlite-errors.ts'
import { before, deadline, WAITING_QUERIES } from './waiting.ts'
import type { WriteAheadLog } from './write-ahead-log.ts'

/** Milliseconds between two looks at the database's files. */
const LOOK_INTERVAL = 1_000

/** Milliseconds that SQLite itself waits, and this process with it, for other processes that write. */
export const BUSY_STRETCH = 10

/** Bytes above which the write-ahead log is a sign that somebody keeps it from being brought into the database. */
export const LARGE_LOG = 64 * 1024 * 1024

export interface SqliteOptions {
  /**
   * True if other processes write to it whose changes go out from here: what they wrote is then on disk before it is read,
   * which costs each reading some microseconds.
   */
  readonly shared: boolean
  /** Called with each failure that is the database's own. */
  readonly onFailure?: (error: DatabaseAway) => void
  /** Called with sentences for the log that operators of the server may want to read. */
  readonly onNotice?: (notice: string) => void
  readonly meter?: DatabaseMeter
}

/** The files of a database that are open. */
export interface DatabaseFiles {
  readonly file: PlacedFile
  readonly log: WriteAheadLog
}

/**
 * Waits for the disk, and for other processes that are writing, without blocking this process as SQLite itself would. No caller
 * waits longer than `WAIT_WITHIN` in total.
 *
 * Nobody else uses the connection while a commit is being written, so everything that is read here is on the disk; the exception
 * is a commit for which the disk failed, whose outcome is unknown until the next start. While a caller waits for another
 * program's lock, others may read through the connection.
 *
 * Nothing is stored in a file that was deleted or replaced under the server, nor in one that is damaged: it would be lost.
 */
export class DurableSqliteDriver extends SqliteDriver {
  readonly #database: DatabaseSync
  readonly #file: PlacedFile
  readonly #log: WriteAheadLog
  readonly #options: SqliteOptions
  readonly #meter: DatabaseMeter
  /** Held by the one user of the connection at a time. */
  readonly #connection = new Mutex(WAITING_QUERIES)
  readonly #lock: ForeignLock
  /** A number that changes when another connection has committed; undefined where none does. */
  readonly #version: StatementSync | undefined
  readonly #timer: NodeJS.Timeout
  #seen: unknown
  #damage: DatabaseAway | undefined
  #logIsLarge = false

  constructor(
    config: SqliteDialectConfig,
    database: DatabaseSync,
    { file, log }: DatabaseFiles,
    options: SqliteOptions,
  ) {
    super(config)
    this.#database = database
    this.#file = file
    this.#log = log
    this.#options = options
    this.#meter = options.meter ?? unwatched
    this.#lock = new ForeignLock(() => this.#canBegin())
    this.#version = options.shared ? database.prepare('pragma data_version') : undefined
    this.#timer = setInterval(() => this.#lookAfterFiles(), LOOK_INTERVAL).unref()
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const loan: Loan = new Loan(this.#connection, await super.acquireConnection(), deadline(), (query) =>
      this.#execute(loan, query),
    )
    const asked = performance.now()
    await loan.begin((reason) => this.#failure(reason === 'full' ? tooMuchWaits() : this.#late()))
    this.#meter.waited(performance.now() - asked)
    return loan
  }

  override async releaseConnection(connection?: DatabaseConnection): Promise<void> {
    if (connection instanceof Loan) connection.end()
  }

  /** After a commit that did not reach the disk, no transaction is open any more: a rollback would hide the actual error. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection)
  }

  override async destroy(): Promise<void> {
    clearInterval(this.#timer)
    this.#lock.close()
    await super.destroy()
    await this.#log.close()
  }

  async #execute<Row>(loan: Loan, query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const writes = mayWrite(query)
      // Within a transaction, this was checked when it began, and is checked again once it is on disk.
      if (writes && !this.#database.isTransaction) this.#assertStorable()
      const result = await this.#whenFree(loan, writes, () => loan.connection.executeQuery<Row>(query))
      if (this.#database.isTransaction) return result
      if (writes) await this.#commit(loan)
      else if (this.#version && (await this.#othersWrote(loan, this.#version))) await this.#flush(loan)
      // Nothing is reported as stored before it is certain to be in the file at that path.
      if (writes) this.#assertStorable()
      return result
    } catch (error) {
      throw this.#failure(error)
    }
  }

  #assertStorable(): void {
    this.#log.assertSound()
    if (this.#damage) throw this.#damage
    if (this.#file.isInPlace && this.#log.file.isInPlace) return
    throw new DatabaseAway(
      `${this.#file.path} or its -wal was deleted, moved or replaced under the server; nothing is stored until the next start`,
      { kind: 'moved' },
    )
  }

  /** A statement that found the database locked has done nothing, so it may be tried again. */
  async #whenFree<Result>(loan: Loan, writes: boolean, work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      if (writes && this.#lock.isStuck && !this.#database.isTransaction) throw lockHeld(this.#file.path)
      try {
        return await work()
      } catch (error) {
        if (!isBusy(error) || performance.now() >= loan.deadline) throw error
      }
      if (this.#database.isTransaction) await delay(1 + Math.random() * 10)
      else await this.#awaitLock(loan)
    }
  }

  async #awaitLock(loan: Loan): Promise<void> {
    const held = () => lockHeld(this.#file.path)
    loan.end()
    await before(Math.min(loan.deadline, this.#lock.limit), this.#lock.released(), held)
    await loan.begin(held)
  }

  /** Called after something was read, so that it covers everything that could be read. */
  async #othersWrote(loan: Loan, version: StatementSync): Promise<boolean> {
    const row = await this.#whenFree(loan, false, async () => version.get())
    const changed = row?.data_version !== this.#seen
    this.#seen = row?.data_version
    return changed && !this.#log.failed
  }

  async #commit(loan: Loan): Promise<void> {
    const began = performance.now()
    await this.#flush(loan)
    this.#meter.committed(performance.now() - began)
  }

  #flush(loan: Loan): Promise<void> {
    const flushed = this.#log.flush()
    loan.keepUntil(flushed)
    return before(loan.deadline, flushed, () => this.#late())
  }

  /** Tells whether the write lock can be had; it is given back at once. */
  #canBegin(): boolean {
    if (this.#database.isTransaction) return true
    return this.#atOnce('begin immediate; rollback')
  }

  /** Executes statements without waiting for anybody. @returns whether nobody was in the way */
  #atOnce(statements: string): boolean {
    try {
      this.#database.exec(`pragma busy_timeout = 0; ${statements}`)
      return true
    } catch (error) {
      if (isBusy(error)) return false
      throw error
    } finally {
      this.#database.exec(`pragma busy_timeout = ${BUSY_STRETCH}`)
    }
  }

  /** Reports an error that is an outage. @returns the error to throw */
  #failure(error: unknown): unknown {
    const failure = outageOf(this.#file.path, error)
    if (!(failure instanceof DatabaseAway)) return failure
    if (failure.kind === 'damaged') this.#damage ??= failure
    this.#options.onFailure?.(failure)
    return failure
  }

  #late(): DatabaseAway {
    if (this.#lock.isHeld) return lockHeld(this.#file.path)
    return new DatabaseAway(`the disk of ${this.#file.path} does not answer, or is overloaded`)
  }

  #lookAfterFiles(): void {
    try {
      this.#assertStorable()
      this.#shrinkLog()
    } catch (error) {
      this.#failure(error)
    }
  }

  /**
   * SQLite shrinks the log by itself when it begins it anew, at the next write: that may be long after the last reader
   * went.
   */
  #shrinkLog(): void {
    const { size } = this.#log.file
    if (size > LARGE_LOG && this.#connection.isFree) this.#atOnce('pragma wal_checkpoint(truncate)')
    const isLarge = this.#log.file.size > LARGE_LOG
    if (isLarge === this.#logIsLarge) return
    this.#logIsLarge = isLarge
    const { path } = this.#log.file
    this.#options.onNotice?.(
      isLarge
        ? `${path} has ${Math.round(size / 1024 / 1024)} MB and is growing: another program has been reading the database for a long time. It shrinks when that ends`
        : `${path} has shrunk`,
    )
  }
}

/** The connection while a caller has it. They may give it back and take it again before they are done. */
class Loan implements DatabaseConnection {
  readonly connection: DatabaseConnection
  readonly deadline: number
  readonly executeQuery: <Row>(query: CompiledQuery) => Promise<QueryResult<Row>>
  readonly #mutex: Mutex
  #isHeld = false
  #pending: Promise<void> | undefined

  constructor(
    mutex: Mutex,
    connection: DatabaseConnection,
    deadline: number,
    execute: <Row>(query: CompiledQuery) => Promise<QueryResult<Row>>,
  ) {
    this.#mutex = mutex
    this.connection = connection
    this.deadline = deadline
    this.executeQuery = execute
  }

  streamQuery(): never {
    throw new TypeError('rows are not streamed here')
  }

  async begin(refuse: (reason: Refusal) => unknown): Promise<void> {
    await this.#mutex.acquire(this.deadline, refuse)
    this.#isHeld = true
  }

  /** Nobody else gets the connection before `work` has settled, even if its owner does not wait for that. */
  keepUntil(work: Promise<void>): void {
    const pending = work.then(
      () => {},
      () => {},
    )
    this.#pending = pending
    void pending.then(() => {
      if (this.#pending === pending) this.#pending = undefined
    })
  }

  end(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    if (this.#pending) void this.#pending.then(() => this.#mutex.release())
    else this.#mutex.release()
  }
}

/** Tells whether a statement may change something. Of statements in SQL, such as a commit, only a `select` is known not to. */
function mayWrite({ query, sql }: CompiledQuery): boolean {
  return query.kind !== 'SelectQueryNode' && !sql.startsWith('select ')
}
