import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Messages can be deleted when they are a number of days old. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer } = columnTypes(database)
  await database.schema
    .createTable('retentions')
    .addColumn('room_id', integer, (column) => column.primaryKey().references('rooms.id').onDelete('cascade'))
    .addColumn('seq', integer, (column) => column.notNull())
    .execute()
}
