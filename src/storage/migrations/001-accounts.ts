import type { Kysely } from 'kysely'
import { columnTypes } from './columns.ts'

export async function up(database: Kysely<never>): Promise<void> {
  const { counted, integer, text } = columnTypes(database)
  await database.schema
    .createTable('users')
    .addColumn('id', integer, counted)
    .addColumn('name', text, (column) => column.notNull().unique())
    .addColumn('password', text, (column) => column.notNull())
    .addColumn('role', text, (column) => column.notNull())
    .addColumn('created_at', text, (column) => column.notNull())
    .execute()

  await database.schema
    .createTable('sessions')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('user_id', integer, (column) => column.references('users.id').onDelete('cascade'))
    .addColumn('content', text, (column) => column.notNull())
    .addColumn('device', text, (column) => column.notNull())
    .addColumn('address', text, (column) => column.notNull())
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('last_seen_at', text, (column) => column.notNull())
    .addColumn('expires_at', text, (column) => column.notNull())
    .addColumn('ended_at', text)
    .execute()
  await database.schema.createIndex('sessions_by_user').on('sessions').column('user_id').execute()
  await database.schema.createIndex('sessions_by_end').on('sessions').column('ended_at').execute()
  await database.schema.createIndex('sessions_by_expiry').on('sessions').column('expires_at').execute()
}
