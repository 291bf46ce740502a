import { type Kysely, sql } from 'kysely'
import { runsSideBySide } from '../database.ts'
import type { Tables } from '../tables.ts'

/** A table as its database describes it. */
export interface TableShape {
  readonly name: string
  /** In the order of their names. */
  readonly columns: readonly string[]
  /** The columns of its primary key, in their order. */
  readonly key: readonly string[]
  /** Tables that its rows refer to, other than itself. */
  readonly refersTo: readonly string[]
  /** It holds bytes, which may be large. */
  readonly holdsBytes: boolean
}

interface ColumnRow {
  readonly table: string
  readonly column: string
  readonly type: string
  /** The place in the primary key, from 1; 0: none. */
  readonly key: number
}

interface ReferenceRow {
  readonly table: string
  readonly target: string
}

/**
 * The tables of a database, each after those that its rows refer to. The migrator's lock tables are left out: they describe a
 * running process, and contain no data.
 * @throws Error when tables refer to each other in a circle, or one has no primary key
 */
export async function shapesOf(database: Kysely<Tables>): Promise<TableShape[]> {
  const isServer = runsSideBySide(database)
  const { rows: columns } = await (isServer ? serverColumns : fileColumns).execute(database)
  const { rows: references } = await (isServer ? serverReferences : fileReferences).execute(database)
  const shapes = new Map<string, TableShape>()
  for (const [name, own] of Map.groupBy(columns, ({ table }) => table)) {
    if (name.endsWith('_lock') || isDerived(name)) continue
    const key = own.filter((column) => column.key > 0).sort((a, b) => a.key - b.key)
    if (key.length === 0) throw new Error(`the table ${name} has no primary key`)
    const targets = references.filter(({ table, target }) => table === name && target !== name)
    shapes.set(name, {
      name,
      columns: own.map(({ column }) => column).sort(),
      key: key.map(({ column }) => column),
      refersTo: [...new Set(targets.map(({ target }) => target))],
      holdsBytes: own.some(({ type }) => /^(bytea|blob)$/i.test(type)),
    })
  }
  return inOrder(shapes)
}

/**
 * Tells whether a table holds only what can be rebuilt from others, as those of the search index do, including the list of their
 * migrations. Not every database has them.
 */
function isDerived(table: string): boolean {
  return table.startsWith('search_')
}

/** The tables of a database that have to be emptied when the others are replaced, because their content is derived from these. */
export async function derivedTables(database: Kysely<Tables>): Promise<string[]> {
  const isServer = runsSideBySide(database)
  const { rows } = await (isServer ? serverColumns : fileColumns).execute(database)
  return [...new Set(rows.map(({ table }) => table))].filter(
    (table) => isDerived(table) && !/_(migrations|lock)$/.test(table),
  )
}

function inOrder(shapes: ReadonlyMap<string, TableShape>): TableShape[] {
  const ordered = new Map<string, TableShape>()
  while (ordered.size < shapes.size) {
    const next = [...shapes.values()].filter(
      ({ name, refersTo }) => !ordered.has(name) && refersTo.every((target) => ordered.has(target)),
    )
    if (next.length === 0) throw new Error('tables refer to each other in a circle')
    for (const shape of next) ordered.set(shape.name, shape)
  }
  return [...ordered.values()]
}

const fileColumns = sql<ColumnRow>`
  select tables.name as "table", columns.name as "column", columns.type as "type", columns.pk as "key"
  from sqlite_schema as tables join pragma_table_info(tables.name) as columns
  where tables.type = 'table' and tables.name not glob 'sqlite_*'
  order by tables.name`

const fileReferences = sql<ReferenceRow>`
  select tables.name as "table", keys."table" as "target"
  from sqlite_schema as tables join pragma_foreign_key_list(tables.name) as keys
  where tables.type = 'table'`

const serverColumns = sql<ColumnRow>`
  select columns.table_name as "table", columns.column_name as "column", columns.data_type as "type",
    coalesce(used.ordinal_position, 0) as "key"
  from information_schema.columns as columns
  join information_schema.tables as tables using (table_schema, table_name)
  left join information_schema.table_constraints as keys
    on keys.table_schema = columns.table_schema and keys.table_name = columns.table_name
    and keys.constraint_type = 'PRIMARY KEY'
  left join information_schema.key_column_usage as used
    on used.constraint_schema = keys.constraint_schema and used.constraint_name = keys.constraint_name
    and used.table_name = columns.table_name and used.column_name = columns.column_name
  where columns.table_schema = current_schema() and tables.table_type = 'BASE TABLE'
  order by columns.table_name`

const serverReferences = sql<ReferenceRow>`
  select child.relname as "table", parent.relname as "target"
  from pg_constraint as keys
  join pg_class as child on child.oid = keys.conrelid
  join pg_class as parent on parent.oid = keys.confrelid
  where keys.contype = 'f' and keys.connamespace = current_schema()::regnamespace`
