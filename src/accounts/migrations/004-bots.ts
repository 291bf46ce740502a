import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Bots and hooks have accounts as people do. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema
    .alterTable('users')
    .addColumn('account_kind', text, (column) => column.notNull().defaultTo('person'))
    .execute()
}
