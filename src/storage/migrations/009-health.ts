import type { Kysely } from 'kysely'

/** A row that is written to find out whether the database can be. */
export async function up(database: Kysely<never>): Promise<void> {
  await database.schema
    .createTable('health')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('written_at', 'text', (column) => column.notNull())
    .execute()
  await database
    .withTables<{ health: { id: number; written_at: string } }>()
    .insertInto('health')
    .values({ id: 1, written_at: '' })
    .execute()
}
