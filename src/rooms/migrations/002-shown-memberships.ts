import { type Kysely, sql } from 'kysely'

/** A person's rooms are found by whether they were ever hidden. */
export async function up(database: Kysely<never>): Promise<void> {
  await sql`create index shown_memberships on memberships (user_id, room_id) where hidden_after is null`.execute(
    database,
  )
  await sql`create index hidden_memberships on memberships (user_id, room_id)
    where hidden_after is not null`.execute(database)
}
