import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** People have pictures. */
export async function up(database: Kysely<never>): Promise<void> {
  const { bytes, integer, text } = columnTypes(database)
  await database.schema.alterTable('users').addColumn('picture', text).execute()
  await database.schema
    .createTable('pictures')
    .addColumn('user_id', integer, (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('version', text, (column) => column.notNull())
    .addColumn('small', bytes, (column) => column.notNull())
    .addColumn('large', bytes, (column) => column.notNull())
    .execute()
}
