import { chmodSync, closeSync, openSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import {
  type DatabaseIntrospector,
  type Dialect,
  type Driver,
  type Kysely,
  type SelectModifierNode,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteQueryCompiler,
  type SqliteStatement,
} from 'kysely'
import { bindable } from './bindable.ts'
import { DatabaseAway, StorageUnusable } from './errors.ts'
import { PlacedFile } from './placed-file.ts'
import {
  BUSY_STRETCH,
  type DatabaseFiles,
  DurableSqliteDriver,
  LARGE_LOG,
  type SqliteOptions,
} from './sqlite-driver.ts'
import { isBusy, outageOf, unusableFile } from './sqlite-errors.ts'
import { SQLITE_TABLES, TableNames } from './table-names.ts'
import { WriteAheadLog } from './write-ahead-log.ts'

/** Only their owner may read the files, whatever the umask and the mode of the folder. */
const PRIVATE = 0o600

const KEPT_STATEMENTS = 500

const PRAGMAS = [
  // The disk is waited for by `WriteAheadLog`.
  'synchronous = normal',
  'foreign_keys = on',
  // Deleted content is overwritten with zeros at once, instead of staying in the file until its space is reused.
  'secure_delete = on',
  // A statement's own undo log would otherwise be a file, which takes longer than the inserts themselves.
  'temp_store = memory',
  // 16 MB.
  'cache_size = -16000',
  // Pages of log until they are brought into the database, 16 MiB: most are written again before.
  'wal_autocheckpoint = 4000',
  // If it grew beyond that while another program was reading, it is truncated.
  `journal_size_limit = ${LARGE_LOG}`,
]

/**
 * kysely's own SQLite dialect over Node's module. Writes are on disk before they return, without blocking this process; a
 * transaction takes the write lock when it begins.
 * @throws StorageUnusable when it is not a database, or cannot be opened
 */
export async function openSqlite(path: string, options: SqliteOptions): Promise<Dialect> {
  let database: DatabaseSync | undefined
  try {
    // The password hashes are in it.
    for (const file of [path, `${path}-wal`, `${path}-shm`]) keepPrivate(file)
    closeSync(openSync(path, 'a', PRIVATE))
    const file = new PlacedFile(path)
    database = new DatabaseSync(path, { timeout: BUSY_STRETCH })
    await useWriteAheadLog(database)
    for (const pragma of PRAGMAS) database.exec(`pragma ${pragma}`)
    // Opens the write-ahead log, and finds out whether the tables can be read at all.
    database.exec('select count(*) from sqlite_schema')
    return new DurableSqliteDialect(database, { file, log: await WriteAheadLog.open(path) }, options)
  } catch (error) {
    database?.close()
    throw unusableFile(path, error)
  }
}

/**
 * Holds a file locked until the process ends, however it ends: the lock is the operating system's.
 * @param shared with others who share it; otherwise alone
 * @returns undefined when another process still held the lock after `patience` milliseconds
 */
export async function holdLock(
  path: string,
  patience: number,
  { shared }: { shared: boolean },
): Promise<(() => void) | undefined> {
  const database = openLock(path)
  const deadline = Date.now() + patience
  for (;;) {
    try {
      // A transaction that has read keeps SQLite's shared lock until it ends.
      database.exec(shared ? 'begin; select count(*) from sqlite_schema' : 'begin exclusive')
      return () => database.close()
    } catch (error) {
      if (!isBusy(error)) {
        database.close()
        throw unusableLock(path, error)
      }
      if (Date.now() >= deadline) break
      if (database.isTransaction) database.exec('rollback')
      await delay(100)
    }
  }
  database.close()
  return undefined
}

function openLock(path: string): DatabaseSync {
  try {
    keepPrivate(path)
    closeSync(openSync(path, 'a', PRIVATE))
    return new DatabaseSync(path)
  } catch (error) {
    throw unusableLock(path, error)
  }
}

/** A lock holds nothing: one that is damaged is not restored, but deleted. */
function unusableLock(path: string, error: unknown): unknown {
  const damaged = outageOf(path, error)
  if (damaged instanceof DatabaseAway && damaged.kind === 'damaged')
    return new StorageUnusable(`${path} is damaged. It holds nothing: delete it, then start again.`)
  return unusableFile(path, error)
}

/** Lets only its owner read a file that exists already, from a backup or an older version. */
function keepPrivate(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found || (found.mode & 0o077) === 0) return
  try {
    chmodSync(path, PRIVATE)
  } catch (error) {
    // Somebody else's: what they let this user do is up to them.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error
  }
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

  /** There is one, but the driver itself hands it out in order: in kysely's own queue, a caller could wait for ever. */
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

class PreparedOnceSqliteCompiler extends SqliteQueryCompiler {
  /**
   * SQLite 3.54 plans a join anew each time a value is bound that a column is compared with, which takes several times as long
   * as the join. It does not see through the plus sign, which leaves values of all types as they are.
   */
  protected override getCurrentParameterPlaceholder(): string {
    return '+?'
  }

  /** Row locks are for databases on which transactions run side by side: here they go without saying. */
  protected override visitSelectModifier(node: SelectModifierNode): void {
    const isLock = node.modifier?.startsWith('For') || node.modifier === 'SkipLocked'
    if (!isLock) super.visitSelectModifier(node)
  }
}

class DurableSqliteDialect extends SqliteDialect {
  readonly #driver: () => Driver

  constructor(database: DatabaseSync, files: DatabaseFiles, options: SqliteOptions) {
    const config = { database: adapt(database) }
    super(config)
    this.#driver = () => new DurableSqliteDriver(config, database, files, options)
  }

  override createDriver(): Driver {
    return this.#driver()
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter()
  }

  override createQueryCompiler(): SqliteQueryCompiler {
    return new PreparedOnceSqliteCompiler()
  }

  // biome-ignore lint/suspicious/noExplicitAny: as kysely declares it
  override createIntrospector(database: Kysely<any>): DatabaseIntrospector {
    return new TableNames(database, SQLITE_TABLES)
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
      const statement = adaptStatement(database.prepare(text), selectsAll(text))
      const oldest = statements.keys().next().value
      if (statements.size >= KEPT_STATEMENTS && oldest !== undefined) statements.delete(oldest)
      statements.set(text, statement)
      return statement
    },
  }
}

function adaptStatement(statement: StatementSync, columnsMayChange: boolean): SqliteStatement {
  const rows = new Rows(statement, columnsMayChange)
  return {
    reader: rows.hasColumns,
    all: (parameters) => rows.all(parameters.map(bindable)),
    run: (parameters) => statement.run(...parameters.map(bindable)),
    // The driver streams no rows.
    iterate: (parameters) => rows.all(parameters.map(bindable)).values(),
  }
}

type Value = ReturnType<typeof bindable>

/**
 * The rows of a statement as ordinary objects. Node itself would make each a dictionary, in which every column has to be looked
 * up: rows that are taken apart cost three times as much.
 */
class Rows {
  readonly #statement: StatementSync
  readonly #columnsMayChange: boolean
  #names: readonly string[]

  /** @param columnsMayChange a migration, even one of another process, may change which columns it returns */
  constructor(statement: StatementSync, columnsMayChange: boolean) {
    this.#statement = statement
    this.#columnsMayChange = columnsMayChange
    statement.setReturnArrays(true)
    this.#names = namesOf(statement)
  }

  get hasColumns(): boolean {
    return this.#names.length > 0
  }

  all(parameters: readonly Value[]): Record<string, unknown>[] {
    const rows = this.#statement.all(...parameters) as unknown as unknown[][]
    if (this.#columnsMayChange && rows.length > 0) this.#names = namesOf(this.#statement)
    return rows.map((values) => this.#row(values))
  }

  #row(values: readonly unknown[]): Record<string, unknown> {
    const row: Record<string, unknown> = {}
    const names = this.#names
    // Counted, since this runs for each column of each row that is read.
    for (let index = 0; index < names.length; index += 1) row[names[index] as string] = values[index]
    return row
  }
}

/** Tells whether a statement returns all columns of a table, whichever they are. */
function selectsAll(statement: string): boolean {
  return /\b(?:select|select distinct|returning) (?:"[^"]+"\.)?\*/.test(statement)
}

function namesOf(statement: StatementSync): string[] {
  return statement.columns().map(({ name }) => name)
}
