import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Messages keep what is shown of their files. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema.alterTable('messages').addColumn('files', text).execute()
}
