import { type Kysely, sql } from 'kysely'

/**
 * Adds indexes by which the rows of one person in rooms are found without a scan. Entries of the audit log from before kinds were
 * noted there get theirs; where the room is gone they count as private.
 */
export async function up(database: Kysely<never>): Promise<void> {
  await database.schema.createIndex('bars_by_person').on('bars').column('user_id').execute()
  await database.schema.createIndex('invitations_by_maker').on('invitations').column('created_by').execute()
  await sql`update audit_entries set room_kind = (select kind from rooms where rooms.id = audit_entries.room_id)
    where room_id is not null and room_kind is null`.execute(database)
}
