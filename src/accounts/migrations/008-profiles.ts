import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Profiles: pronouns, and a status that may end by itself. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('profiles')
    .addColumn('user_id', integer, (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('pronouns', text, (column) => column.notNull())
    .addColumn('status_emoji', text, (column) => column.notNull())
    .addColumn('status_text', text, (column) => column.notNull())
    .addColumn('status_until', text)
    .execute()
}
