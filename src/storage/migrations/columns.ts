import {
  type ColumnDataType,
  type ColumnDefinitionBuilder,
  type Kysely,
  PostgresAdapter,
  type RawBuilder,
  sql,
} from 'kysely'

export interface ColumnTypes {
  readonly integer: ColumnDataType
  readonly text: ColumnDataType | RawBuilder<unknown>
  readonly bytes: ColumnDataType
  /** Makes an integer the table's key, which counts up with each row. */
  readonly counted: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder
}

/**
 * The types of columns in either database, so that both keep the same values and give them in the same order: on PostgreSQL
 * whole numbers as large as SQLite's, and texts that follow each other by their code points, whatever its locale.
 */
export function columnTypes(database: Kysely<never>): ColumnTypes {
  if (database.getExecutor().adapter instanceof PostgresAdapter) {
    return {
      integer: 'bigint',
      text: sql`text collate "C"`,
      bytes: 'bytea',
      counted: (column) => column.primaryKey().generatedByDefaultAsIdentity(),
    }
  }
  return {
    integer: 'integer',
    text: 'text',
    bytes: 'blob',
    counted: (column) => column.primaryKey().autoIncrement(),
  }
}
