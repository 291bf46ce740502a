import { closeSync, openSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type SelectModifierNode,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely'
import { bindable } from './bindable.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

const KEPT_STATEMENTS = 500

/** How long a statement waits while other processes write, in milliseconds; and how much of that at a stretch. */
const BUSY_PATIENCE = 5_000
const BUSY_STRETCH = 10

const PRAGMAS = [
  // The disk is waited for by `WriteAheadLog`.
  'synchronous = normal',
  'foreign_keys = on',
  // What a statement notes to undo itself would be a file, which takes longer than all it inserts.
  'temp_store = memory',
  // 16 MB.
  'cache_size = -16000',
  // Pages of log until they are brought into the database, 16 MiB: most are written again before.
  'wal_autocheckpoint = 4000',
]

/** SQLite's result codes for "somebody else is writing" (https://www.sqlite.org/rescode.html). */
const BUSY_CODES = new Set([5, 6, 261, 517])

/** Whether an error says that another process holds the database, so that the same work may be tried again. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && BUSY_CODES.has(Number(error.errcode))
}

/**
 * kysely's own SQLite dialect over Node's module. What is written is on disk before it returns, and this process goes on
 * meanwhile; a transaction takes the write lock when it begins.
 * @param shared whether other processes write to it whose changes go out from here: what they wrote is then on disk before
 * it is read, which costs each reading some microseconds.
 */
export async function openSqlite(path: string, { shared }: { shared: boolean }): Promise<Dialect> {
  // For its owner alone, whatever the folder's and the umask's mode: the password hashes are in it.
  closeSync(openSync(path, 'a', 0o600))
  const database = new DatabaseSync(path, { timeout: BUSY_STRETCH })
  await useWriteAheadLog(database)
  for (const pragma of PRAGMAS) database.exec(`pragma ${pragma}`)
  return new DurableSqliteDialect(database, new WriteAheadLog(path), shared)
}

/**
 * Holds a file locked until the process ends, however it ends: the lock is the operating system's.
 * @param shared with others who share it; otherwise alone
 * @returns undefined when another process was still in the way after `patience` milliseconds.
 */
export async function holdLock(
  path: string,
  patience: number,
  { shared }: { shared: boolean },
): Promise<(() => void) | undefined> {
  const database = new DatabaseSync(path)
  const deadline = Date.now() + patience
  for (;;) {
    try {
      // A transaction that has read keeps SQLite's shared lock until it ends.
      database.exec(shared ? 'begin; select count(*) from sqlite_schema' : 'begin exclusive')
      return () => database.close()
    } catch (error) {
      if (!isBusy(error)) throw error
      if (Date.now() >= deadline) break
      if (database.isTransaction) database.exec('rollback')
      await delay(100)
    }
  }
  database.close()
  return undefined
}

/** Changing the journal's mode ignores the busy time-out, so processes that start together try again. */
async function useWriteAheadLog(database: DatabaseSync): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      database.exec('pragma journal_mode = wal')
      return
    } catch (error) {
      if (!isBusy(error) || tries === 100) throw error
      await delay(20 + Math.random() * 30)
    }
  }
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true
  }
}

/**
 * Waits without holding up this process, where SQLite itself would: for the disk, and where it says that another process
 * writes. Nobody else uses the connection meanwhile, so nothing is read here that is not on disk: but for a commit at which
 * the disk failed, of which nobody knows whether it will be there after the next start.
 */
class DurableSqliteDriver extends SqliteDriver {
  readonly #database: DatabaseSync
  readonly #log: WriteAheadLog
  /** A number that changes when another connection has committed; undefined where none does. */
  readonly #version: StatementSync | undefined
  #seen: unknown
  #durable: DatabaseConnection | undefined

  constructor(config: SqliteDialectConfig, database: DatabaseSync, log: WriteAheadLog, shared: boolean) {
    super(config)
    this.#database = database
    this.#log = log
    this.#version = shared ? database.prepare('pragma data_version') : undefined
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    this.#durable ??= this.#waiting(await super.acquireConnection())
    return this.#durable
  }

  /** There is none any more after a commit that did not reach the disk, and that is the error to be told. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection)
  }

  override async destroy(): Promise<void> {
    await super.destroy()
    await this.#log.close()
  }

  #waiting(connection: DatabaseConnection): DatabaseConnection {
    return {
      executeQuery: async <Row>(query: CompiledQuery) => {
        const writes = mayWrite(query)
        if (writes) this.#log.assertSound()
        const result = await whenFree(() => connection.executeQuery<Row>(query))
        if (this.#database.isTransaction) return result
        if (writes || (this.#version && (await this.#othersWrote(this.#version)))) await this.#log.flush()
        return result
      },
      streamQuery: (query, size) => connection.streamQuery(query, size),
    }
  }

  /** Asked after something was read: so it tells of all that was there to be read. */
  async #othersWrote(version: StatementSync): Promise<boolean> {
    const row = await whenFree(async () => version.get())
    const changed = row?.data_version !== this.#seen
    this.#seen = row?.data_version
    return changed && !this.#log.failed
  }
}

/** A commit does too: it is a statement in words. */
function mayWrite({ query }: CompiledQuery): boolean {
  return query.kind !== 'SelectQueryNode'
}

/** A statement that found the database busy has done nothing, so it may be said again. */
async function whenFree<Result>(work: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + BUSY_PATIENCE
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isBusy(error) || Date.now() >= deadline) throw error
      await delay(1 + Math.random() * 10)
    }
  }
}

/** Row locks are for databases on which transactions run side by side: here they go without saying. */
class LocklessSqliteCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode): void {
    const isLock = node.modifier?.startsWith('For')
    if (!isLock) super.visitSelectModifier(node)
  }
}

class DurableSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig
  readonly #database: DatabaseSync
  readonly #log: WriteAheadLog
  readonly #shared: boolean

  constructor(database: DatabaseSync, log: WriteAheadLog, shared: boolean) {
    const config = { database: adapt(database) }
    super(config)
    this.#config = config
    this.#database = database
    this.#log = log
    this.#shared = shared
  }

  override createDriver(): Driver {
    return new DurableSqliteDriver(this.#config, this.#database, this.#log, this.#shared)
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter()
  }

  override createQueryCompiler(): SqliteQueryCompiler {
    return new LocklessSqliteCompiler()
  }
}

function adapt(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql) {
      const text = sql === 'begin' ? 'begin immediate' : sql
      const kept = statements.get(text)
      if (kept) return kept
      const statement = adaptStatement(database.prepare(text))
      const oldest = statements.keys().next().value
      if (statements.size >= KEPT_STATEMENTS && oldest !== undefined) statements.delete(oldest)
      statements.set(text, statement)
      return statement
    },
  }
}

function adaptStatement(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(bindable)),
    run: (parameters) => statement.run(...parameters.map(bindable)),
    iterate: (parameters) => statement.iterate(...parameters.map(bindable)),
  }
}
