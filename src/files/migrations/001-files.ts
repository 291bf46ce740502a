import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Files are sent in rooms. */
export async function up(database: Kysely<never>): Promise<void> {
  const { bytes, integer, text } = columnTypes(database)
  await database.schema
    .createTable('files')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id'))
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id'))
    .addColumn('message_seq', integer)
    .addColumn('position', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('name', text, (column) => column.notNull())
    .addColumn('type', text, (column) => column.notNull())
    .addColumn('size', integer, (column) => column.notNull())
    .addColumn('thumbnail_size', integer, (column) => column.notNull())
    .addColumn('width', integer)
    .addColumn('height', integer)
    .addColumn('digest', text, (column) => column.notNull())
    .addColumn('bytes', integer, (column) => column.notNull())
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('is_stored', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('removed_at', text)
    .execute()
  await database.schema
    .createIndex('files_of_room')
    .on('files')
    .columns(['room_id', 'message_seq', 'position'])
    .execute()
  await database.schema.createIndex('files_of_person').on('files').columns(['user_id', 'id']).execute()
  await database.schema
    .createIndex('files_unused')
    .on('files')
    .columns(['created_at'])
    .where(sql<boolean>`message_seq is null and removed_at is null`)
    .execute()
  await database.schema
    .createIndex('files_removed')
    .on('files')
    .columns(['removed_at'])
    .where(sql<boolean>`removed_at is not null`)
    .execute()

  await database.schema
    .createTable('file_parts')
    .addColumn('file_id', text, (column) => column.notNull().references('files.id').onDelete('cascade'))
    .addColumn('kind', text, (column) => column.notNull())
    .addColumn('number', integer, (column) => column.notNull())
    .addColumn('content', bytes, (column) => column.notNull())
    .addPrimaryKeyConstraint('file_parts_key', ['file_id', 'kind', 'number'])
    .execute()
  // Pictures and films are compressed already.
  if (bytes === 'bytea')
    await sql`alter table file_parts alter column content set storage external`.execute(database)
}
