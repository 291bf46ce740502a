import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/**
 * Creates the log of what administrators and owners of rooms did. People and rooms are plain numbers without a foreign key: an
 * entry outlives its subject, and a number is never given twice.
 */
export async function up(database: Kysely<never>): Promise<void> {
  const { counted, integer, text } = columnTypes(database)
  await database.schema
    .createTable('audit_entries')
    .addColumn('id', integer, counted)
    .addColumn('at', text, (column) => column.notNull())
    .addColumn('action', text, (column) => column.notNull())
    .addColumn('actor_id', integer)
    .addColumn('address', text, (column) => column.notNull())
    .addColumn('person_id', integer)
    .addColumn('room_id', integer)
    .addColumn('room_name', text)
    .addColumn('detail', text, (column) => column.notNull())
    .execute()
  await database.schema
    .createIndex('audit_by_actor')
    .on('audit_entries')
    .columns(['actor_id', 'id'])
    .execute()
  await database.schema
    .createIndex('audit_by_person')
    .on('audit_entries')
    .columns(['person_id', 'id'])
    .execute()
}
