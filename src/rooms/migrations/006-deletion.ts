import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Rooms can be deleted, which takes its time: one that is being deleted says so. Invitations are listed by how long they are good. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema.alterTable('rooms').addColumn('deleted_at', text).execute()
  await database.schema.createIndex('invitations_by_expiry').on('invitations').column('expires_at').execute()
}
