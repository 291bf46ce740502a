import { type Kysely, PostgresAdapter, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/**
 * Sheets become documents: lines have a place, can be written anew and removed, and each edit is remembered so that it can be
 * taken back. Lines that stand already get their places when their sheet is first opened: here that would be all at once.
 */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  const isPostgres = database.getExecutor().adapter instanceof PostgresAdapter
  await database.schema
    .alterTable('calculations')
    // Positions follow each other by their code units, whatever the database's language is.
    .addColumn('position', isPostgres ? sql`text collate "C"` : text)
    .execute()
  for (const column of ['until', 'written', 'changed_by'])
    await database.schema.alterTable('calculations').addColumn(column, integer).execute()
  for (const column of ['error', 'removed_at'])
    await database.schema.alterTable('calculations').addColumn(column, text).execute()
  const calculations = database.withTables<{
    calculations: {
      sheet_id: number
      seq: number
      rev: number
      position: string | null
      removed_at: string | null
    }
  }>().schema
  await calculations
    .createIndex('calculations_changed')
    .on('calculations')
    .columns(['sheet_id', 'rev'])
    .unique()
    .where(sql<boolean>`rev <> seq`)
    .execute()
  await calculations
    .createIndex('calculations_in_order')
    .on('calculations')
    .columns(['sheet_id', 'position'])
    .where(sql<boolean>`removed_at is null`)
    .execute()

  await database.schema
    .createTable('sheet_edits')
    .addColumn('sheet_id', integer, (column) => column.notNull().references('sheets.id').onDelete('cascade'))
    .addColumn('until', integer, (column) => column.notNull())
    .addColumn('sender_id', integer, (column) => column.notNull().references('users.id'))
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('revisions', text, (column) => column.notNull())
    .addColumn('taken_back_by', integer)
    .addPrimaryKeyConstraint('sheet_edits_key', ['sheet_id', 'until', 'sender_id'])
    .addUniqueConstraint('sheet_edits_once', ['client_id', 'sheet_id', 'sender_id'])
    .execute()
}
