import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../src/storage/index.ts'

export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('connect_four')
    .addColumn('id', sql`bigint primary key references rooms on delete cascade`)
    .addColumn('rev', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('game', integer, (column) => column.notNull().defaultTo(1))
    .addColumn('moves', text, (column) => column.notNull().defaultTo(''))
    .addColumn('red', sql`bigint references users`)
    .addColumn('yellow', sql`bigint references users`)
    .addColumn('moved_at', text, (column) => column.notNull().defaultTo(''))
    .execute()
}
