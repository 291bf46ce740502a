import { type Kysely, sql, type Transaction } from 'kysely'
import { runsSideBySide } from '../database.ts'
import { StorageUnusable } from '../errors.ts'
import type { Tables } from '../tables.ts'
import { addRows, RowDigest, rowsOf } from './rows.ts'
import { derivedTables, shapesOf, type TableShape } from './shapes.ts'

/** A table that was copied, with how many rows it has. */
export interface CopiedTable {
  readonly name: string
  readonly rows: number
}

/**
 * Copies all that a database holds into another, which is emptied before, and reads it again there: each table must have as
 * many rows as in the source, and the same digest.
 * @param source read in one transaction, or held by nobody else
 * @param target a transaction, so that nothing is changed where the copy does not come to its end
 * @param onProgress called with a table and how many of its rows were copied so far
 * @throws StorageUnusable when the databases have other tables, which a start of the same version brings up to date
 */
export async function copyTables(
  source: Kysely<Tables>,
  target: Transaction<Tables>,
  onProgress: (table: string, rows: number) => void = () => {},
): Promise<CopiedTable[]> {
  const shapes = await shapesOf(source)
  await compareShapes(shapes, await shapesOf(target))
  for (const name of await derivedTables(target)) await sql`delete from ${sql.table(name)}`.execute(target)
  for (const { name } of shapes.toReversed()) await sql`delete from ${sql.table(name)}`.execute(target)
  const copied: CopiedTable[] = []
  for (const shape of shapes) {
    const read = new RowDigest()
    let rows = 0
    for await (const page of rowsOf(source, shape)) {
      read.add(shape, page)
      await addRows(target, shape, page)
      rows += page.length
      onProgress(shape.name, rows)
    }
    await compareRows(target, shape, read)
    copied.push({ name: shape.name, rows })
  }
  await continueNumbers(source, target)
  return copied
}

async function compareShapes(source: readonly TableShape[], target: readonly TableShape[]): Promise<void> {
  const written = (shapes: readonly TableShape[]) =>
    shapes.map(({ name, columns }) => `${name} (${columns.join(', ')})`).sort()
  const [here, there] = [written(source), written(target)]
  const differing = [
    ...here.filter((table) => !there.includes(table)),
    ...there.filter((table) => !here.includes(table)),
  ]
  if (differing.length > 0)
    throw new StorageUnusable(
      `The two databases do not have the same tables: ${differing.join('; ')}. Start this version of the server once on the older one, stop it, and try again.`,
    )
}

async function compareRows(target: Transaction<Tables>, shape: TableShape, read: RowDigest): Promise<void> {
  const written = new RowDigest()
  for await (const page of rowsOf(target, shape)) written.add(shape, page)
  const [wanted, found] = [read.result(), written.result()]
  if (wanted.count === found.count && wanted.digest === found.digest) return
  throw new StorageUnusable(
    `The table ${shape.name} was not copied correctly: ${wanted.count} rows were read and ${found.count} are there, with ${wanted.digest === found.digest ? 'the same' : 'a different'} digest. Nothing was changed.`,
  )
}

/** Makes sure that rows added later get numbers that no row has ever had, not even one that was deleted since. */
async function continueNumbers(source: Kysely<Tables>, target: Transaction<Tables>): Promise<void> {
  for (const [table, last] of await lastNumbers(source)) {
    if (runsSideBySide(target))
      await sql`select setval(pg_get_serial_sequence(${table}, 'id'), greatest(${last}, 1), ${last} > 0)`.execute(
        target,
      )
    else {
      await sql`delete from sqlite_sequence where name = ${table}`.execute(target)
      await sql`insert into sqlite_sequence (name, seq) values (${table}, ${last})`.execute(target)
    }
  }
}

/** The last number that was given to a row of each table that counts its rows. */
async function lastNumbers(source: Kysely<Tables>): Promise<Map<string, number>> {
  const { rows } = await (runsSideBySide(source) ? serverNumbers : fileNumbers).execute(source)
  return new Map(rows.map(({ table, last }) => [table, last]))
}

interface NumberRow {
  readonly table: string
  readonly last: number
}

const fileNumbers = sql<NumberRow>`select name as "table", seq as "last" from sqlite_sequence`

const serverNumbers = sql<NumberRow>`
  select columns.table_name as "table", coalesce(numbers.last_value, 0) as "last"
  from information_schema.columns as columns
  join pg_sequences as numbers on numbers.schemaname = columns.table_schema
    and format('%I.%I', numbers.schemaname, numbers.sequencename)
      = pg_get_serial_sequence(format('%I.%I', columns.table_schema, columns.table_name), columns.column_name)
  where columns.table_schema = current_schema() and columns.is_identity = 'YES' and columns.column_name = 'id'`
