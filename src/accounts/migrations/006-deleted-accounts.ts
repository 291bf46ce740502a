import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** People can delete their accounts. What they said stays in its place, under an account without a name. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema.alterTable('users').addColumn('deleted_at', text).execute()
}
