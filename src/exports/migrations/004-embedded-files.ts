import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** A page holds the files of its messages: which of them, and where, stands beside each of its parts. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  for (const table of ['exports', 'export_parts'])
    await database.schema
      .alterTable(table)
      .addColumn('embedded', integer, (added) => added.notNull().defaultTo(0))
      .execute()
  await database.schema.alterTable('export_parts').addColumn('files', text).execute()
}
