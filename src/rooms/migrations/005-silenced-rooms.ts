import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Creates the table of people who want no notifications from a room. It holds also while they are not in it. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer } = columnTypes(database)
  await database.schema
    .createTable('silenced_rooms')
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('silenced_rooms_key', ['user_id', 'room_id'])
    .execute()
  await database.schema.createIndex('silenced_rooms_by_room').on('silenced_rooms').column('room_id').execute()
  await sql`insert into silenced_rooms (user_id, room_id)
    select user_id, room_id from memberships where level = 'nothing'`.execute(database)
}
