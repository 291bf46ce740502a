import { createHash, type Hash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { bindable } from '../bindable.ts'
import type { Tables } from '../tables.ts'
import type { TableShape } from './shapes.ts'

export type Row = Readonly<Record<string, unknown>>

/** Rows that are read at once, and how many of a table that holds bytes. */
const AT_ONCE = 500
const WITH_BYTES = 10

/** The rows of a table in the order of its key, some at a time. */
export async function* rowsOf(database: Kysely<Tables>, shape: TableShape): AsyncGenerator<readonly Row[]> {
  const limit = shape.holdsBytes ? WITH_BYTES : AT_ONCE
  const key = sql.join(shape.key.map((column) => sql.ref(column)))
  const columns = sql.join(shape.columns.map((column) => sql.ref(column)))
  let last: Row | undefined
  for (;;) {
    const after = last && sql`where (${key}) > (${sql.join(keyOf(shape, last))})`
    const { rows } = await sql<Row>`
      select ${columns} from ${sql.table(shape.name)} ${after ?? sql``} order by ${key} limit ${sql.lit(limit)}`.execute(
      database,
    )
    if (rows.length > 0) yield rows
    if (rows.length < limit) return
    last = rows.at(-1)
  }
}

const keyOf = (shape: TableShape, row: Row) => shape.key.map((column) => bindable(row[column]))

/** Parameters of one statement: SQLite takes 32,766. */
const PARAMETERS = 30_000

/** Adds rows to a table as they are, including their numbers. */
export async function addRows(
  database: Kysely<Tables>,
  shape: TableShape,
  rows: readonly Row[],
): Promise<void> {
  const columns = sql.join(shape.columns.map((column) => sql.ref(column)))
  const atOnce = Math.max(1, Math.floor(PARAMETERS / shape.columns.length))
  for (let from = 0; from < rows.length; from += atOnce) {
    const values = rows
      .slice(from, from + atOnce)
      .map((row) => sql`(${sql.join(shape.columns.map((column) => bindable(row[column])))})`)
    await sql`insert into ${sql.table(shape.name)} (${columns}) values ${sql.join(values)}`.execute(database)
  }
}

/** Counts rows and computes a digest of them, which is the same in both kinds of database if the rows are. */
export class RowDigest {
  readonly #hash: Hash = createHash('sha256')
  #count = 0

  /** To be called with the rows of a table in the order of its key. */
  add(shape: TableShape, rows: readonly Row[]): void {
    this.#count += rows.length
    for (const row of rows)
      this.#hash.update(JSON.stringify(shape.columns.map((column) => writtenOut(row[column]))))
  }

  /** May be called once. */
  result(): { readonly count: number; readonly digest: string } {
    return { count: this.#count, digest: this.#hash.digest('hex') }
  }
}

const writtenOut = (value: unknown): unknown =>
  value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : value
