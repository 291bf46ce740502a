import {
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

/** The rows that a query returns: one that only writes returns none. */
type RowOf<Output> = Output extends InsertResult | UpdateResult | DeleteResult ? never : Output

/** A query that is executed with other values each time. */
export interface Prepared<Values, Row> {
  /** @param database or a transaction, in which it then happens */
  execute(database: Kysely<Tables>, values: Values): Promise<Row[]>
  /** @returns the first row, or undefined when there is none */
  executeTakeFirst(database: Kysely<Tables>, values: Values): Promise<Row | undefined>
}

/** A query over rows, of which each execution gives others, and as many as it likes. */
export interface PreparedForRows<Values, Row> {
  /** @param database or a transaction, in which it then happens */
  execute(database: Kysely<Tables>, rows: readonly Values[]): Promise<Row[]>
}

type Bindables<Values> = { readonly [Name in keyof Values]: Bindable }

/** A query that kysely has built, or one in SQL. */
interface Query<Output> {
  compile(database: Kysely<Tables>): CompiledQuery<Output>
}

type Build<Values, Output> = (database: Kysely<Tables>, rows: readonly Placeholder<Values>[]) => Query<Output>

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
export function prepared<Values extends Bindables<Values>, Output>(
  build: (database: Kysely<Tables>, value: Placeholder<Values>) => Query<Output>,
): Prepared<Values, RowOf<Output>> {
  const compiled = new CompiledOnce<Values, Output>((database, [value]) => {
    if (!value) throw new Error('a query was to be built without its values')
    return build(database, value)
  })
  return {
    execute: (database, values) => compiled.execute(database, [values]),
    executeTakeFirst: async (database, values) => (await compiled.execute(database, [values]))[0],
  }
}

/**
 * Rows that one statement takes. Any number is put together from these, the larger first: so there are few statements to
 * compile and to keep, and seldom more than three for one execution.
 */
const SIZES = [
  512,
  384,
  256,
  192,
  128,
  96,
  64,
  48,
  32,
  24,
  ...Array.from({ length: 16 }, (_, index) => 16 - index),
]

/**
 * As `prepared`, for a query over many rows. Their number may be any: where it needs several statements, the results
 * follow each other, so an execution is one only within a transaction.
 *
 *     const insertMarks = preparedForRows((database, rows: readonly Placeholder<{ user: number; seq: number }>[]) =>
 *       database.insertInto('marks').values(rows.map((value) => ({ user_id: value('user'), seq: value('seq') }))),
 *     )
 *
 * @param repeatable true if a row that is given twice changes nothing, as in a condition: then the last one is repeated where
 * that makes one statement of several. PostgreSQL plans each of them anew, which may take longer than the rest.
 */
export function preparedForRows<Values extends Bindables<Values>, Output>(
  build: Build<Values, Output>,
  { repeatable = false } = {},
): PreparedForRows<Values, RowOf<Output>> {
  const compiled = new CompiledOnce<Values, Output>(build, repeatable)
  return { execute: (database, rows) => compiled.executeAll(database, rows) }
}

/** The smallest size for so many rows, or the largest of all. */
function sizeAbove(rows: number): number | undefined {
  return SIZES.findLast((size) => size >= rows) ?? SIZES[0]
}

/** Repeats the last row until there are `size`. */
function filled<Values>(rows: readonly Values[], size: number): readonly Values[] {
  const last = rows.at(-1)
  return last === undefined ? rows : [...rows, ...Array<Values>(size - rows.length).fill(last)]
}

interface Ready<Values, Row> {
  readonly query: CompiledQuery<Row>
  /** The value at each place of the query: one of a row, or one that is the same each time. */
  readonly places: readonly (Place<Values> | { readonly fixed: unknown })[]
}

interface Place<Values> {
  readonly row: number
  readonly name: keyof Values
}

class CompiledOnce<Values extends Bindables<Values>, Output> {
  readonly #build: Build<Values, Output>
  readonly #repeatable: boolean
  /** By adapter, which a database and its transactions have in common, and by the number of rows. */
  readonly #ready = new WeakMap<object, Map<number, Ready<Values, RowOf<Output>>>>()

  constructor(build: Build<Values, Output>, repeatable = false) {
    this.#build = build
    this.#repeatable = repeatable
  }

  async executeAll(database: Kysely<Tables>, rows: readonly Values[]): Promise<RowOf<Output>[]> {
    const found: RowOf<Output>[] = []
    for (let start = 0; start < rows.length; ) {
      const left = rows.length - start
      const size = (this.#repeatable ? sizeAbove(left) : SIZES.find((size) => size <= left)) ?? left
      found.push(...(await this.execute(database, filled(rows.slice(start, start + size), size))))
      start += size
    }
    return found
  }

  async execute(database: Kysely<Tables>, rows: readonly Values[]): Promise<RowOf<Output>[]> {
    const { query, places } = this.#readyFor(database, rows.length)
    const parameters = places.map((place) => ('fixed' in place ? place.fixed : rows[place.row]?.[place.name]))
    const result = await database.executeQuery<RowOf<Output>>({ ...query, parameters })
    return result.rows
  }

  #readyFor(database: Kysely<Tables>, count: number): Ready<Values, RowOf<Output>> {
    const { adapter } = database.getExecutor()
    const byCount = this.#ready.get(adapter) ?? new Map<number, Ready<Values, RowOf<Output>>>()
    this.#ready.set(adapter, byCount)
    const ready = byCount.get(count) ?? this.#compile(database, count)
    byCount.set(count, ready)
    return ready
  }

  #compile(database: Kysely<Tables>, count: number): Ready<Values, RowOf<Output>> {
    const marks = new Map<unknown, Place<Values>>()
    const rows = Array.from({ length: count }, (_, row): Placeholder<Values> => {
      return (name) => {
        const mark = { row, name }
        marks.set(mark, mark)
        return sql`${mark}`
      }
    })
    const query = this.#build(database, rows).compile(database)
    return { query, places: query.parameters.map((fixed) => marks.get(fixed) ?? { fixed }) }
  }
}
