import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** People may keep to themselves how far they have read. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer } = columnTypes(database)
  await database.schema
    .alterTable('users')
    .addColumn('hides_reading', integer, (column) => column.notNull().defaultTo(0))
    .execute()
}
