import type { Kysely } from 'kysely'
import { columnTypes } from './columns.ts'

export async function up(database: Kysely<never>): Promise<void> {
  const { counted, integer, text } = columnTypes(database)
  await database.schema
    .createTable('sheets')
    .addColumn('id', integer, counted)
    .addColumn('user_id', integer, (column) => column.unique().references('users.id').onDelete('cascade'))
    .addColumn('room_id', integer, (column) => column.unique().references('rooms.id').onDelete('cascade'))
    .addColumn('rev', integer, (column) => column.notNull().defaultTo(0))
    .execute()

  await database.schema
    .createTable('calculations')
    .addColumn('sheet_id', integer, (column) => column.notNull().references('sheets.id').onDelete('cascade'))
    .addColumn('seq', integer, (column) => column.notNull())
    .addColumn('rev', integer, (column) => column.notNull())
    .addColumn('sender_id', integer, (column) => column.notNull().references('users.id'))
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('expression', text, (column) => column.notNull())
    .addColumn('text', text, (column) => column.notNull())
    .addColumn('result', text, (column) => column.notNull())
    .addColumn('value', text)
    .addColumn('name', text)
    .addColumn('created_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('calculations_key', ['sheet_id', 'seq'])
    .addUniqueConstraint('calculations_once', ['sheet_id', 'sender_id', 'client_id'])
    .execute()
  await database.schema
    .createIndex('calculations_by_rev')
    .on('calculations')
    .columns(['sheet_id', 'rev'])
    .unique()
    .execute()

  await database.schema
    .createTable('bindings')
    .addColumn('sheet_id', integer, (column) => column.notNull().references('sheets.id').onDelete('cascade'))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('seq', integer, (column) => column.notNull())
    .addColumn('stored', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('bindings_key', ['sheet_id', 'name'])
    .execute()
}
