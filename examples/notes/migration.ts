import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../src/storage/index.ts'

export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('notes')
    .addColumn('id', sql`bigint primary key references rooms on delete cascade`)
    .addColumn('rev', integer, (column) => column.notNull().defaultTo(0))
    .execute()
  await database.schema
    .createTable('note_fields')
    .addColumn('note_id', sql`bigint not null references notes on delete cascade`)
    .addColumn('seq', integer)
    .addColumn('rev', integer)
    .addColumn('text', text)
    .addColumn('written_by', sql`bigint not null references users`)
    .addPrimaryKeyConstraint('note_fields_key', ['note_id', 'seq'])
    .execute()
}
