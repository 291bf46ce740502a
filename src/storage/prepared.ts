import {
  type Compilable,
  type CompiledQuery,
  type DeleteResult,
  type Expression,
  type InsertResult,
  type Kysely,
  sql,
  type UpdateResult,
} from 'kysely'
import type { Bindable } from './bindable.ts'
import type { Tables } from './tables.ts'

/** Stands in a query for the value of that name, which each execution gives. */
export type Placeholder<Values> = <Name extends keyof Values>(name: Name) => Expression<Values[Name]>

/** What a query gives: one that only writes gives no row. */
type RowOf<Output> = Output extends InsertResult | UpdateResult | DeleteResult ? never : Output

/** A query that is executed with other values each time. */
export interface Prepared<Values, Row> {
  /** @param database or a transaction, in which it then happens */
  execute(database: Kysely<Tables>, values: Values): Promise<Row[]>
  /** @returns the first row, or undefined when there is none */
  executeTakeFirst(database: Kysely<Tables>, values: Values): Promise<Row | undefined>
}

/**
 * A query that is built and compiled once for each database, when it is first executed; kysely alone would do both each
 * time, for as long as SQLite needs to answer.
 *
 *     const roomBySlug = prepared((database, value: Placeholder<{ slug: string }>) =>
 *       database.selectFrom('rooms').select(['id', 'name']).where('slug', '=', value('slug')),
 *     )
 *     const lobby = await roomBySlug.executeTakeFirst(database, { slug: 'lobby' })
 *
 * (The library `kysely-params` does this for kysely 0.24, with placeholders in fewer places.)
 *
 * @param build must only build. Whatever differs between executions, the time of day too, has to be a value: all else stays
 * as it was the first time.
 */
export function prepared<Values extends { readonly [Name in keyof Values]: Bindable }, Output>(
  build: (database: Kysely<Tables>, value: Placeholder<Values>) => Compilable<Output>,
): Prepared<Values, RowOf<Output>> {
  const names = new Map<unknown, keyof Values>()
  const value: Placeholder<Values> = (name) => {
    const mark = { name }
    names.set(mark, name)
    return sql`${mark}`
  }

  // By adapter: a database and its transactions have one in common.
  const compiled = new WeakMap<object, CompiledQuery<RowOf<Output>>>()
  function compiledFor(database: Kysely<Tables>): CompiledQuery<RowOf<Output>> {
    const { adapter } = database.getExecutor()
    const query = compiled.get(adapter) ?? build(database, value).compile()
    compiled.set(adapter, query)
    return query
  }

  async function execute(database: Kysely<Tables>, values: Values): Promise<RowOf<Output>[]> {
    const query = compiledFor(database)
    const parameters = query.parameters.map((parameter) => {
      const name = names.get(parameter)
      return name === undefined ? parameter : values[name]
    })
    const { rows } = await database.executeQuery<RowOf<Output>>({ ...query, parameters })
    return rows
  }

  return {
    execute,
    executeTakeFirst: async (database, values) => (await execute(database, values))[0],
  }
}
