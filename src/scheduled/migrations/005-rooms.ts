import type { Kysely } from 'kysely'

/** Adds an index by which the entries of a room are found, to be deleted with it. */
export async function up(database: Kysely<never>): Promise<void> {
  await database.schema.createIndex('scheduled_by_room').on('scheduled').column('room_id').execute()
}
