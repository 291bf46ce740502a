import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Messages keep whom they mention. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema.alterTable('messages').addColumn('mentions', text).execute()
}
