import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Browsers to which people have notifications pushed. */
export async function up(database: Kysely<never>): Promise<void> {
  const { counted, integer, text } = columnTypes(database)
  await database.schema
    .createTable('push_subscriptions')
    .addColumn('id', integer, counted)
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('session_id', text, (column) => column.notNull())
    .addColumn('endpoint', text, (column) => column.notNull().unique())
    .addColumn('p256dh', text, (column) => column.notNull())
    .addColumn('auth', text, (column) => column.notNull())
    .addColumn('pushed', integer, (column) => column.notNull())
    .addColumn('created_at', text, (column) => column.notNull())
    .execute()
  await database.schema
    .createIndex('push_subscriptions_of_person')
    .on('push_subscriptions')
    .columns(['user_id', 'id'])
    .execute()
}
