import type { Kysely } from 'kysely'
import { columnTypes } from './columns.ts'

export async function up(database: Kysely<never>): Promise<void> {
  const { counted, integer, text } = columnTypes(database)
  await database.schema
    .createTable('rooms')
    .addColumn('id', integer, counted)
    .addColumn('slug', text, (column) => column.notNull().unique())
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('rev', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('created_by', integer, (column) => column.references('users.id').onDelete('set null'))
    .addColumn('created_at', text, (column) => column.notNull())
    .execute()

  await database.schema
    .createTable('memberships')
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('read_seq', integer, (column) => column.notNull())
    .addColumn('joined_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('memberships_key', ['user_id', 'room_id'])
    .execute()
  await database.schema.createIndex('memberships_by_room').on('memberships').column('room_id').execute()

  await database.schema
    .createTable('messages')
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addColumn('seq', integer, (column) => column.notNull())
    .addColumn('rev', integer, (column) => column.notNull())
    .addColumn('sender_id', integer, (column) => column.notNull().references('users.id'))
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('text', text, (column) => column.notNull())
    .addColumn('created_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('messages_key', ['room_id', 'seq'])
    .addUniqueConstraint('messages_said_once', ['room_id', 'sender_id', 'client_id'])
    .execute()
  await database.schema
    .createIndex('messages_by_rev')
    .on('messages')
    .columns(['room_id', 'rev'])
    .unique()
    .execute()

  await database
    .withTables<{ rooms: { slug: string; name: string; created_at: string } }>()
    .insertInto('rooms')
    .values({ slug: 'lobby', name: 'Lobby', created_at: new Date().toISOString() })
    .execute()
}
