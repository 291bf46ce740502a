import { type Kysely, sql } from 'kysely'
import { type Placeholder, prepared, preparedForRows, type Tables } from '../storage/index.ts'
import type {} from './tables.ts'

/** A job that a process runs: the process holds it as long as all three values are in the row. */
export interface Lease {
  readonly id: number
  readonly process: string
  readonly attempts: number
}

/** A job as it was taken. */
export interface TakenJob {
  readonly id: number
  readonly key: string | null
  readonly payload: string
  readonly attempts: number
}

export interface NewJobRow {
  readonly kind: string
  readonly key: string | null
  readonly person: number | null
  readonly payload: string
  readonly now: string
  readonly runAt: string
}

/**
 * Adds jobs. One whose key is there already is not added: if that one is being run, it is run once more afterwards, for it may
 * not have seen what was changed with this one.
 *
 * On PostgreSQL the row that is there is locked also where nothing is set, so that nobody begins it before the transaction ends
 * of which it has to see the changes.
 */
export const insertJobs = preparedForRows((database, jobs: readonly Placeholder<NewJobRow>[]) =>
  database
    .insertInto('jobs')
    .values(
      jobs.map((job) => ({
        kind: job('kind'),
        key: job('key'),
        user_id: job('person'),
        payload: job('payload'),
        created_at: job('now'),
        run_at: job('runAt'),
      })),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['kind', 'key'])
        .where('key', 'is not', null)
        .doUpdateSet({ again: 1 })
        .where('jobs.leased_by', 'is not', null)
        .where('jobs.again', '=', 0),
    ),
)

/** The time at which the first job of each of these kinds is due; kinds without jobs are left out. */
export const selectFirstDue = preparedForRows((database, kinds: readonly Placeholder<{ kind: string }>[]) => {
  const all = kinds.map((kind) => firstDue(database, kind('kind')))
  return all.reduce((union, query) => union.unionAll(query))
})

function firstDue(database: Kysely<Tables>, kind: ReturnType<Placeholder<{ kind: string }>>) {
  const first = database.selectFrom('jobs').select(['kind', 'run_at as runAt']).where('kind', '=', kind)
  return database
    .selectFrom(first.orderBy('run_at').limit(1).as('first'))
    .select(['first.kind', 'first.runAt'])
}

/** Takes jobs that are due, the longest due first: nobody else gets them until `lease`. */
export const takeJobs = prepared(
  (
    database,
    value: Placeholder<{ kind: string; now: string; limit: number; process: string; lease: string }>,
  ) =>
    // In a part of its own, which is done once: the planner might do a part of a join again, for other rows.
    database
      .with('due', (due) =>
        due
          .selectFrom('jobs')
          .select('id')
          .where('kind', '=', value('kind'))
          .where('run_at', '<=', value('now'))
          .orderBy('run_at')
          .orderBy('id')
          .limit(value('limit'))
          .forUpdate()
          .skipLocked(),
      )
      .updateTable('jobs')
      .set(({ eb }) => ({
        leased_by: value('process'),
        run_at: value('lease'),
        attempts: eb('attempts', '+', 1),
        again: 0,
      }))
      .where('id', 'in', (where) => where.selectFrom('due').select('due.id'))
      .returning(['id', 'key', 'payload', 'attempts']),
)

/** Keeps jobs for longer. @returns those that this process still has */
export const renewLeases = preparedForRows(
  (database, leases: readonly Placeholder<Lease & { runAt: string }>[]) => {
    const [first] = leases
    if (!first) throw new Error('no lease was to be renewed')
    return database
      .updateTable('jobs')
      .set({ run_at: first('runAt') })
      .where(isHeld(leases))
      .returning(['id', 'attempts'])
  },
)

/** Locks jobs until the transaction ends. @returns those that this process still has */
export const lockJobs = preparedForRows((database, leases: readonly Placeholder<Lease>[]) =>
  database.selectFrom('jobs').select(['id', 'attempts']).where(isHeld(leases)).orderBy('id').forUpdate(),
)

/** Deletes jobs that are done. @returns those that were there, and had not been added again meanwhile */
export const deleteJobs = preparedForRows((database, leases: readonly Placeholder<Lease>[]) =>
  database.deleteFrom('jobs').where(isHeld(leases)).where('again', '=', 0).returning(['id']),
)

interface Repeated extends Lease {
  readonly now: string
  readonly runAt: string
  /** Null: as it was. */
  readonly payload: string | null
}

/** Lets a job that is done run again: at once, if it was added again meanwhile. @returns it, if this process still had it */
export const repeatJob = prepared((database, value: Placeholder<Repeated>) =>
  database
    .updateTable('jobs')
    .set({
      leased_by: null,
      attempts: 0,
      again: 0,
      last_error: null,
      run_at: sql<string>`case when again = 1 then cast(${value('now')} as text) else cast(${value('runAt')} as text) end`,
      payload: sql<string>`coalesce(cast(${value('payload')} as text), payload)`,
    })
    .where(isHeld([value]))
    .returning(['id']),
)

interface Returned extends Lease {
  readonly runAt: string
  readonly begun: number
  readonly error: string | null
}

/** Gives a job back that is not done. @returns it, if this process still had it */
export const returnJob = prepared((database, value: Placeholder<Returned>) =>
  database
    .updateTable('jobs')
    .set({
      leased_by: null,
      attempts: value('begun'),
      run_at: value('runAt'),
      last_error: sql<string | null>`coalesce(cast(${value('error')} as text), last_error)`,
    })
    .where(isHeld([value]))
    .returning(['id']),
)

/** Takes jobs out of the table that are not to be run any more. */
export const removeJob = prepared((database, value: Placeholder<Lease>) =>
  database
    .deleteFrom('jobs')
    .where(isHeld([value]))
    .returning(['kind', 'key', 'payload', 'created_at', 'attempts']),
)

/** Deletes a job that no process runs. */
export const deleteWaiting = prepared((database, value: Placeholder<{ kind: string; key: string }>) =>
  database
    .deleteFrom('jobs')
    .where('kind', '=', value('kind'))
    .where('key', '=', value('key'))
    .where('leased_by', 'is', null),
)

/** Counts a person's unfinished jobs of one kind. */
export const countOfPerson = prepared((database, value: Placeholder<{ person: number; kind: string }>) =>
  database
    .selectFrom('jobs')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', value('person'))
    .where('kind', '=', value('kind')),
)

/** Counts the unfinished jobs of each kind, and finds since when the first of them has been due. */
export function countWaiting(database: Kysely<Tables>) {
  return database
    .selectFrom('jobs')
    .select(({ fn }) => ['kind', fn.countAll<number>().as('count'), fn.min('run_at').as('firstDue')])
    .groupBy('kind')
    .execute()
}

/** Counts the jobs of each kind that failed for good and are kept. */
export function countFailed(database: Kysely<Tables>) {
  return database
    .selectFrom('failed_jobs')
    .select(({ fn }) => ['kind', fn.countAll<number>().as('count')])
    .groupBy('kind')
    .execute()
}

/** By their ids, which have an index, and then by who holds them. */
function isHeld(leases: readonly Placeholder<Lease>[]) {
  const ids = leases.map((lease) => sql`cast(${lease('id')} as bigint)`)
  const held = leases.map(
    (lease) =>
      sql`(cast(${lease('id')} as bigint), cast(${lease('process')} as text), cast(${lease('attempts')} as bigint))`,
  )
  return sql<boolean>`jobs.id in (${sql.join(ids)}) and (jobs.id, jobs.leased_by, jobs.attempts) in (values ${sql.join(held)})`
}
