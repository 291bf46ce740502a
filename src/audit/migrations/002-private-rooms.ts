import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Adds the columns that decide whether an administrator who is not in a room is shown who acted there. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema.alterTable('audit_entries').addColumn('room_kind', text).execute()
  await database.schema
    .alterTable('audit_entries')
    .addColumn('by_administrator', integer, (column) => column.notNull().defaultTo(0))
    .execute()
}
