import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Administrators open and close sign-up while the server runs. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema
    .alterTable('installation')
    .addColumn('sign_up', text, (column) => column.notNull().defaultTo('open'))
    .execute()
}
