import { type Kysely, sql } from 'kysely'

/** Notifications that were withdrawn are found by their age, to be deleted. */
export async function up(database: Kysely<never>): Promise<void> {
  await database.schema
    .createIndex('withdrawn_notifications')
    .on('notifications')
    .column('created_at')
    .where(sql<boolean>`event = 'withdrawn'`)
    .execute()
}
