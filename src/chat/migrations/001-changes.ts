import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Messages can be edited, deleted, answered and reacted to. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  for (const column of ['edited_at', 'deleted_at', 'reactions'])
    await database.schema.alterTable('messages').addColumn(column, text).execute()
  await database.schema.alterTable('messages').addColumn('reply_seq', integer).execute()

  await database.schema
    .createTable('reactions')
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addColumn('seq', integer, (column) => column.notNull())
    .addColumn('emoji', text, (column) => column.notNull())
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id'))
    .addColumn('rev', integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('reactions_key', ['room_id', 'seq', 'emoji', 'user_id'])
    .execute()
  // The first names of an emoji are looked for by when they came.
  await database.schema
    .createIndex('reactions_in_order')
    .on('reactions')
    .columns(['room_id', 'seq', 'emoji', 'rev'])
    .execute()
}
