import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Reminders, messages that are to be sent later, and the zones of people's clocks. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('scheduled')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addColumn('room_slug', text, (column) => column.notNull())
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('text', text, (column) => column.notNull())
    .addColumn('due_at', text, (column) => column.notNull())
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('failure', text)
    .execute()
  await database.schema
    .createIndex('scheduled_of_person')
    .unique()
    .on('scheduled')
    .columns(['user_id', 'client_id'])
    .execute()
  await database.schema.createIndex('scheduled_by_time').on('scheduled').columns(['due_at', 'id']).execute()
  await database.schema
    .createTable('time_zones')
    .addColumn('user_id', integer, (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('zone', text, (column) => column.notNull())
    .execute()
}
