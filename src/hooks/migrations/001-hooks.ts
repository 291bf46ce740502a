import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Rooms have hooks, through which other systems say something in them or hear what is said. */
export async function up(database: Kysely<never>): Promise<void> {
  const { counted, integer, text } = columnTypes(database)
  await database.schema
    .createTable('hooks')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addColumn('direction', text, (column) => column.notNull())
    .addColumn('created_by', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('secret', text, (column) => column.notNull())
    .addColumn('user_id', integer, (column) => column.references('users.id'))
    .addColumn('url', text)
    .addColumn('events', text)
    .addColumn('position', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('base', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('base_at', text, (column) => column.notNull().defaultTo(''))
    .addColumn('failures', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('failing_since', text)
    .addColumn('retry_at', text)
    .execute()
  await database.schema.createIndex('hooks_by_room').on('hooks').column('room_id').execute()
  await database.schema
    .createIndex('hooks_out')
    .on('hooks')
    .columns(['room_id', 'position'])
    .where(sql<boolean>`direction = 'out'`)
    .execute()
  await database.schema
    .createTable('hook_deliveries')
    .addColumn('id', integer, counted)
    .addColumn('hook_id', text, (column) => column.notNull().references('hooks.id').onDelete('cascade'))
    .addColumn('at', text, (column) => column.notNull())
    .addColumn('event', text, (column) => column.notNull())
    .addColumn('seq', integer)
    .addColumn('status', integer)
    .addColumn('error', text)
    .execute()
  await database.schema
    .createIndex('hook_deliveries_by_hook')
    .on('hook_deliveries')
    .columns(['hook_id', 'id'])
    .execute()
}
