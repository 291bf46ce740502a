import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** The account of a hook names the room it speaks in: people who may not read that are told nothing of the hook. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer } = columnTypes(database)
  await database.schema.alterTable('users').addColumn('made_in', integer).execute()
}
