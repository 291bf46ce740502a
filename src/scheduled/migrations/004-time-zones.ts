import { type Kysely, sql } from 'kysely'

/** The zone of a person's clock stands with their account now. What their browser told last is nearer to where they are. */
export async function up(database: Kysely<never>): Promise<void> {
  await sql`update users set time_zone = (select zone from time_zones where user_id = users.id)
    where id in (select user_id from time_zones)`.execute(database)
  await database.schema.dropTable('time_zones').execute()
}
