import { type DatabaseIntrospector, type Kysely, type RawBuilder, sql, type TableMetadata } from 'kysely'

/** On SQLite. */
export const SQLITE_TABLES = sql<{ name: string }>`select name from sqlite_schema where type = 'table'`

/** On PostgreSQL: those that a name without a schema finds. */
export const POSTGRES_TABLES = sql<{ name: string }>`
  select tablename as name from pg_tables where schemaname = any (current_schemas(false))`

/**
 * Lists the names of the tables of a database, and nothing else about them. kysely's migrator looks for its own tables by
 * reading the definitions of all, four times for each feature, which was a third of the first start.
 */
export class TableNames implements DatabaseIntrospector {
  readonly #database: Kysely<unknown>
  readonly #query: RawBuilder<{ name: string }>

  // biome-ignore lint/suspicious/noExplicitAny: kysely's own type of a database whose tables are not known
  constructor(database: Kysely<any>, query: RawBuilder<{ name: string }>) {
    this.#database = database
    this.#query = query
  }

  async getSchemas(): Promise<never[]> {
    return []
  }

  async getTables(): Promise<TableMetadata[]> {
    const { rows } = await this.#query.execute(this.#database)
    return rows.map(({ name }) => ({ name, isView: false, isForeign: false, columns: [] }))
  }
}
