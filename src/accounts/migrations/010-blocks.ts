import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** People can block others, whose messages and notifications are then hidden from them. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('blocks')
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('blocked_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('blocked_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('blocks_key', ['user_id', 'blocked_id'])
    .execute()
  await database.schema.createIndex('blocks_by_blocked').on('blocks').column('blocked_id').execute()
}
