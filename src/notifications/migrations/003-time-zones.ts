import { type Kysely, sql } from 'kysely'

/** Quiet hours go by the time zone of their person, which stands with their account now. */
export async function up(database: Kysely<never>): Promise<void> {
  await sql`update users set time_zone = (select zone from quiet_hours where user_id = users.id)
    where time_zone is null`.execute(database)
  await database.schema.alterTable('quiet_hours').dropColumn('zone').execute()
}
