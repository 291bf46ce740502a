import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Each part of a file says which messages it holds, so that it can be written anew when one of them is deleted. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer } = columnTypes(database)
  for (const column of ['first_seq', 'last_seq', 'is_last', 'is_stale', 'bytes'])
    await database.schema
      .alterTable('export_parts')
      .addColumn(column, integer, (added) => added.notNull().defaultTo(0))
      .execute()
  for (const column of ['stale', 'version'])
    await database.schema
      .alterTable('exports')
      .addColumn(column, integer, (added) => added.notNull().defaultTo(0))
      .execute()
  await database.schema.createIndex('exports_of_room').on('exports').columns(['room_id']).execute()
  await database.schema
    .createIndex('export_parts_in_order')
    .on('export_parts')
    .columns(['export_id', 'first_seq'])
    .execute()
  // Of those that were written before it is not known: what is under way begins again, and what was done can be asked for again.
  await database.deleteFrom('export_parts' as never).execute()
}
