import { type Kysely, sql } from 'kysely'

/** The accounts under which hooks speak name who made them. */
export async function up(database: Kysely<never>): Promise<void> {
  await sql`update users set made_by = (select max(created_by) from hooks where hooks.user_id = users.id)
    where id in (select user_id from hooks where user_id is not null)`.execute(database)
}
