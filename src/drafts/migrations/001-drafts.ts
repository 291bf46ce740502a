import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Creates the table of drafts. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('drafts')
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addColumn('room_slug', text, (column) => column.notNull())
    .addColumn('text', text, (column) => column.notNull())
    .addColumn('reply_seq', integer)
    .addColumn('version', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('drafts_of_person', ['user_id', 'room_id'])
    .execute()
  await database.schema.createIndex('drafts_in_room').on('drafts').column('room_id').execute()
}
