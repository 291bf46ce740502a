import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Network addresses can be banned for a time. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('bans')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('network', text, (column) => column.notNull())
    .addColumn('reason', text, (column) => column.notNull().defaultTo(''))
    .addColumn('banned_by', integer, (column) => column.references('users.id').onDelete('set null'))
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('expires_at', text, (column) => column.notNull())
    .execute()
  await database.schema.createIndex('bans_by_end').on('bans').column('expires_at').execute()
}
