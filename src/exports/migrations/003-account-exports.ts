import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** People export what is theirs. */
export async function up(database: Kysely<never>): Promise<void> {
  const { bytes, integer, text } = columnTypes(database)
  await database.schema
    .createTable('account_exports')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('user_id', integer, (column) =>
      column.notNull().unique().references('users.id').onDelete('cascade'),
    )
    .addColumn('state', text, (column) => column.notNull())
    .addColumn('step', text, (column) => column.notNull().defaultTo(''))
    .addColumn('after', text, (column) => column.notNull().defaultTo(''))
    .addColumn('items', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('parts', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('bytes', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('error', text)
    .addColumn('created_at', text, (column) => column.notNull())
    .addColumn('expires_at', text, (column) => column.notNull())
    .execute()
  await database.schema
    .createIndex('account_exports_by_end')
    .on('account_exports')
    .columns(['expires_at', 'id'])
    .execute()
  await database.schema
    .createTable('account_export_parts')
    .addColumn('export_id', text, (column) =>
      column.notNull().references('account_exports.id').onDelete('cascade'),
    )
    .addColumn('number', integer, (column) => column.notNull())
    .addColumn('file', text)
    .addColumn('content', bytes)
    .addPrimaryKeyConstraint('account_export_parts_key', ['export_id', 'number'])
    .execute()
}
