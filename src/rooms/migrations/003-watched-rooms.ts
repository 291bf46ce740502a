import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** A room tells by itself whether anybody in it may want to be notified of everything. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer } = columnTypes(database)
  await database.schema
    .alterTable('rooms')
    .addColumn('watched', integer, (column) => column.notNull().defaultTo(0))
    .execute()
  await sql`create index watching_memberships on memberships (room_id, joined_at, user_id)
    where level = 'everything'`.execute(database)
  await sql`update rooms set watched = 1
    where id in (select room_id from memberships where level = 'everything')`.execute(database)
}
