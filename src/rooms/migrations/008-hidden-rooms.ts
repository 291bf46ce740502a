import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** A room tells by itself whether it may be hidden from somebody in it, as direct rooms always may. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer } = columnTypes(database)
  await database.schema
    .alterTable('rooms')
    .addColumn('hides', integer, (column) => column.notNull().defaultTo(0))
    .execute()
  await sql`create index hiding_memberships on memberships (room_id) where hidden_after is not null`.execute(
    database,
  )
}
