import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** A line says what it is, what it is called, whether its text is rounded, and how it was read. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  for (const column of ['kind', 'label', 'notes'])
    await database.schema.alterTable('calculations').addColumn(column, text).execute()
  await database.schema.alterTable('calculations').addColumn('rounded', integer).execute()
}
