import {
  type DatabaseIntrospector,
  type Dialect,
  type Kysely,
  PostgresAdapter,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely'
import type { Pool, PoolClient, QueryResultRow } from 'pg'
import { bindable } from './bindable.ts'
import { DatabaseAway, RowsHeld, tooMuchWaits } from './errors.ts'
import { type DatabaseMeter, unwatched } from './meter.ts'
import { connectionTo, reasonOf } from './postgres-address.ts'
import { POSTGRES_TABLES, TableNames } from './table-names.ts'
import { before, deadline, WAITING_QUERIES } from './waiting.ts'

/** Connections of one process at most. */
const CONNECTIONS = 10

/** Milliseconds that a query waits for a connection: a new one, or one that others use. */
const CONNECT_WITHIN = 5_000

/** Milliseconds for which an unused connection is kept: opening one takes both sides some milliseconds, most for a password hash. */
const KEPT = 5 * 60_000

/** Milliseconds that the server gives a statement, and a transaction that asks for nothing more. */
const STATEMENT_WITHIN = 5_000

/**
 * Milliseconds that a statement waits for rows which another transaction holds. PostgreSQL looks for deadlocks after
 * 1,000.
 */
const LOCK_WITHIN = 2_000

/** Milliseconds after which a connection that has not answered is dead: a little more, so that a server can say why. */
const ANSWER_WITHIN = 6_000

/**
 * SQLSTATEs of failures for which the statement is not to blame: connections (08), a server that only reads, as after a
 * failover (25006), no room (53), an operator or the time-out (57), the system under it (58).
 */
const OUTAGE = /^(08|25006|53|57|58)/

/** A replica, or a server that was told to change nothing. Another try would find it the same. */
const READ_ONLY = '25006'

const STATEMENT_TIMEOUT = '57014'
const LOCK_TIMEOUT = '55P03'

/** Two transactions cannot both have happened, or wait for each other: one of them was undone. */
const CONFLICTS = new Set(['40001', '40P01'])

/**
 * Tells whether an error says that a transaction was undone for the sake of another, so that the same work may be tried
 * again.
 */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && 'code' in error && CONFLICTS.has(String(error.code))
}

export interface PostgresOptions {
  /** One connection, on which a statement may take its time: for migrations. */
  readonly patient?: boolean
  /** Called with connections that broke while nobody used them. */
  readonly onLoss?: (error: Error) => void
  /** Called with each failure that is the database's own. */
  readonly onFailure?: (error: DatabaseAway) => void
  readonly meter?: DatabaseMeter
}

/** Does not lock: the transaction in which migrations run has locked them already, and releases the lock when it ends. */
class UnlockedPostgresAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}

  override async releaseMigrationLock(): Promise<void> {}
}

class MigratablePostgresDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new UnlockedPostgresAdapter()
  }

  // biome-ignore lint/suspicious/noExplicitAny: as kysely declares it
  override createIntrospector(database: Kysely<any>): DatabaseIntrospector {
    return new TableNames(database, POSTGRES_TABLES)
  }
}

/**
 * kysely's own PostgreSQL dialect over a pool that never hangs: whatever the database does, a query ends with an answer or an
 * error within some seconds, and a connection that broke or did not answer is not used again. Every failure of the database
 * itself is a `DatabaseAway`.
 */
export async function openPostgres(
  url: string,
  { patient = false, onLoss = () => {}, onFailure = () => {}, meter = unwatched }: PostgresOptions = {},
): Promise<Dialect> {
  const { Pool } = await import('pg')
  const pool = new Pool({
    ...(await connectionTo(url)),
    max: patient ? 1 : CONNECTIONS,
    connectionTimeoutMillis: CONNECT_WITHIN,
    idleTimeoutMillis: KEPT,
    // Idle connections do not keep a process running.
    allowExitOnIdle: true,
    ...(patient
      ? {}
      : {
          statement_timeout: STATEMENT_WITHIN,
          lock_timeout: LOCK_WITHIN,
          idle_in_transaction_session_timeout: STATEMENT_WITHIN,
        }),
  })
  // A connection that breaks in use says so to the query, and to its listeners: without one the process would end.
  pool.on('connect', (client) => client.on('error', () => {}))
  pool.on('error', (error) => onLoss(new DatabaseAway(reasonOf(error))))
  return new MigratablePostgresDialect({ pool: answering(pool, patient, { onFailure, meter }) })
}

/** Watchers of the outcome of queries. */
type Watchers = Required<Pick<PostgresOptions, 'onFailure' | 'meter'>>

function answering(pool: Pool, patient: boolean, watchers: Watchers): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const until = patient ? Number.POSITIVE_INFINITY : deadline()
      try {
        const asked = performance.now()
        const client = await connectBefore(pool, until)
        watchers.meter.waited(performance.now() - asked)
        return new AnsweringClient(client, until, watchers)
      } catch (error) {
        const failure = error instanceof DatabaseAway ? error : new DatabaseAway(reasonOf(error))
        watchers.onFailure(failure)
        throw failure
      }
    },
  }
}

async function connectBefore(pool: Pool, time: number): Promise<PoolClient> {
  if (pool.waitingCount >= WAITING_QUERIES) throw tooMuchWaits()
  const connecting = pool.connect()
  if (time === Number.POSITIVE_INFINITY) return connecting
  let isLate = false
  // Whoever does not wait any more gets no connection.
  connecting.then((client) => isLate && client.release()).catch(() => {})
  return before(time, connecting, () => {
    isLate = true
    return new DatabaseAway('it does not answer')
  })
}

/** A connection of the pool while somebody has it. */
class AnsweringClient implements PostgresPoolClient {
  readonly #client: PoolClient
  readonly #deadline: number
  readonly #watchers: Watchers
  #lost = false

  /** @param deadline on the clock of `performance.now()`; infinite: however long it takes */
  constructor(client: PoolClient, deadline: number, watchers: Watchers) {
    this.#client = client
    this.#deadline = deadline
    this.#watchers = watchers
  }

  query<Row>(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>
  query<Row>(
    statement: string | PostgresCursor<Row>,
    parameters: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<Row>> | PostgresCursor<Row> {
    if (typeof statement !== 'string') throw new TypeError('rows are not streamed here')
    return this.#answer(statement, parameters)
  }

  release(destroy = false): void {
    this.#client.release(destroy || this.#lost)
  }

  async #answer<Row>(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>> {
    // The server undoes the transaction of a connection that is gone. An error here would take the place of the reason.
    if (this.#lost && statement === 'rollback') return { command: 'ROLLBACK', rowCount: 0, rows: [] }
    // kysely's migrator passes booleans; nothing else does.
    const patient = this.#deadline === Number.POSITIVE_INFINITY
    const values = patient ? [...parameters] : parameters.map(bindable)
    let silent = false
    const hangUp = () => {
      silent = true
      void this.#client.end()
    }
    const left = Math.min(ANSWER_WITHIN, this.#deadline - performance.now())
    const timer = patient ? undefined : setTimeout(hangUp, Math.max(0, left))
    try {
      const began = performance.now()
      const { command, rowCount, rows } = await this.#client.query<Row & QueryResultRow>(statement, values)
      if (statement === 'commit') this.#watchers.meter.committed(performance.now() - began)
      return { command: command as PostgresQueryResult<Row>['command'], rowCount: rowCount ?? 0, rows }
    } catch (error) {
      const code = answeredCode(error)
      if (code === LOCK_TIMEOUT) throw new RowsHeld(reasonOf(error))
      if (code !== undefined && !OUTAGE.test(code)) throw error
      this.#lost = true
      // Without an answer to a commit, its outcome is unknown. A statement that timed out would only time out again.
      const undone = statement !== 'commit' && !silent && code !== STATEMENT_TIMEOUT && code !== READ_ONLY
      const failure = new DatabaseAway(silent ? 'it does not answer' : reasonOf(error), {
        kind: code === READ_ONLY ? 'read-only' : 'away',
        undone,
      })
      this.#watchers.onFailure(failure)
      throw failure
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The SQLSTATE that a server answered with; undefined when there was no answer, because the connection failed. */
function answeredCode(error: unknown): string | undefined {
  const answered = error instanceof Error && 'severity' in error && 'code' in error
  return answered ? String(error.code) : undefined
}
