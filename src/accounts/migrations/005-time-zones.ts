import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** A person has one time zone, for all that goes by their clock. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema.alterTable('users').addColumn('time_zone', text).execute()
}
