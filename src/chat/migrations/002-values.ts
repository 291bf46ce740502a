import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Messages keep the values of the expressions in them. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema.alterTable('messages').addColumn('expression_values', text).execute()
}
