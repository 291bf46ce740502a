import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** People can be muted in a room for a time. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('mutes')
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('muted_by', integer, (column) => column.references('users.id').onDelete('set null'))
    .addColumn('muted_until', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('mutes_key', ['room_id', 'user_id'])
    .execute()
  await database.schema.createIndex('mutes_by_person').on('mutes').column('user_id').execute()
  await database.schema.createIndex('mutes_by_end').on('mutes').column('muted_until').execute()
}
