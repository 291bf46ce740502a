import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Rooms are exported as files, which are kept in pieces. */
export async function up(database: Kysely<never>): Promise<void> {
  const { bytes, integer, text } = columnTypes(database)
  await database.schema
    .createTable('exports')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addColumn('room_slug', text, (column) => column.notNull())
    .addColumn('format', text, (column) => column.notNull())
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('written_seq', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('last_seq', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('messages', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('parts', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('bytes', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('error', text)
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('ended_at', text)
    .addColumn('expires_at', text, (column) => column.notNull())
    .execute()
  await database.schema
    .createIndex('exports_under_way')
    .unique()
    .on('exports')
    .columns(['user_id', 'room_id', 'format'])
    .where(sql<boolean>`ended_at is null`)
    .execute()
  await database.schema
    .createIndex('exports_of_person')
    .on('exports')
    .columns(['user_id', 'room_id', 'created_at'])
    .execute()
  await database.schema.createIndex('exports_by_end').on('exports').columns(['expires_at', 'id']).execute()

  await database.schema
    .createTable('export_parts')
    .addColumn('export_id', text, (column) => column.notNull().references('exports.id').onDelete('cascade'))
    .addColumn('number', integer, (column) => column.notNull())
    .addColumn('file', text)
    .addColumn('content', bytes)
    .addPrimaryKeyConstraint('export_parts_key', ['export_id', 'number'])
    .execute()
}
