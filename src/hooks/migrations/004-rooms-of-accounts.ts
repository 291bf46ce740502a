import { type Kysely, sql } from 'kysely'

/** The accounts under which hooks speak name their room. */
export async function up(database: Kysely<never>): Promise<void> {
  await sql`update users set made_in = (select max(room_id) from hooks where hooks.user_id = users.id)
    where id in (select user_id from hooks where user_id is not null)`.execute(database)
}
