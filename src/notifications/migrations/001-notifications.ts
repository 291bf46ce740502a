import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('notification_log')
    .addColumn('id', integer, (column) => column.primaryKey())
    .addColumn('rev', integer, (column) => column.notNull())
    .execute()
  await sql`insert into notification_log (id, rev) values (1, 0)`.execute(database)

  await database.schema
    .createTable('notifications')
    .addColumn('id', integer, (column) => column.primaryKey())
    .addColumn('rev', integer, (column) => column.notNull())
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('event', text, (column) => column.notNull())
    .addColumn('room_id', integer, (column) => column.references('rooms.id').onDelete('cascade'))
    .addColumn('seq', integer)
    .addColumn('sender_id', integer, (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('payload', text)
    .addColumn('created_at', text, (column) => column.notNull())
    .execute()
  await database.schema
    .createIndex('notifications_of_person')
    .on('notifications')
    .columns(['user_id', 'id'])
    .execute()
  await database.schema.createIndex('notifications_in_order').on('notifications').column('rev').execute()
  await database.schema
    .createIndex('notifications_of_message')
    .on('notifications')
    .columns(['room_id', 'seq', 'user_id'])
    .where(sql<boolean>`room_id is not null`)
    .execute()
  await database.schema
    .createIndex('mentions_of_person')
    .on('notifications')
    .columns(['user_id', 'room_id', 'seq'])
    .where(sql<boolean>`event = 'mention'`)
    .execute()
  await database.schema
    .createIndex('notifications_by_person')
    .on('notifications')
    .columns(['sender_id', 'user_id', 'created_at'])
    .where(sql<boolean>`sender_id is not null`)
    .execute()

  await database.schema
    .createTable('notification_marks')
    .addColumn('user_id', integer, (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('seen', integer, (column) => column.notNull())
    .addColumn('rev', integer, (column) => column.notNull())
    .execute()
  await database.schema
    .createIndex('notification_marks_in_order')
    .on('notification_marks')
    .column('rev')
    .execute()

  await database.schema
    .createTable('quiet_hours')
    .addColumn('user_id', integer, (column) => column.primaryKey().references('users.id').onDelete('cascade'))
    .addColumn('starts_at', integer, (column) => column.notNull())
    .addColumn('ends_at', integer, (column) => column.notNull())
    .addColumn('zone', text, (column) => column.notNull())
    .execute()
}
