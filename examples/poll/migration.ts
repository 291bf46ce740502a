import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../src/storage/index.ts'

export async function up(database: Kysely<never>): Promise<void> {
  const { counted, integer, text } = columnTypes(database)
  const reference = (table: string) => sql`bigint not null references ${sql.table(table)} on delete cascade`
  await database.schema
    .createTable('polls')
    .addColumn('id', integer, counted)
    .addColumn('room_id', reference('rooms'))
    .addColumn('created_by', reference('users'))
    .addColumn('rev', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('question', text)
    .addColumn('options', text)
    .addColumn('counts', text)
    .addColumn('closes_at', text)
    .execute()
  await database.schema.createIndex('polls_of_room').on('polls').columns(['room_id', 'id']).execute()
  await database.schema
    .createTable('votes')
    .addColumn('poll_id', reference('polls'))
    .addColumn('user_id', reference('users'))
    .addColumn('option', integer)
    .addPrimaryKeyConstraint('votes_key', ['poll_id', 'user_id'])
    .execute()
}
