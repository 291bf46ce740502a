import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../src/storage/index.ts'

export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  const reference = (table: string) => sql`bigint not null references ${sql.table(table)} on delete cascade`
  await database.schema
    .createTable('question_walls')
    .addColumn('id', sql`bigint primary key references rooms on delete cascade`)
    .addColumn('rev', integer, (column) => column.notNull().defaultTo(0))
    .execute()
  await database.schema
    .createTable('questions')
    .addColumn('wall_id', reference('question_walls'))
    .addColumn('seq', integer)
    .addColumn('rev', integer)
    .addColumn('id', text)
    .addColumn('asked_by', reference('users'))
    .addColumn('text', text)
    .addColumn('votes', integer)
    .addPrimaryKeyConstraint('questions_key', ['wall_id', 'seq'])
    .addUniqueConstraint('questions_once', ['wall_id', 'asked_by', 'id'])
    .execute()
  await database.schema
    .createTable('question_votes')
    .addColumn('wall_id', reference('question_walls'))
    .addColumn('seq', integer)
    .addColumn('user_id', reference('users'))
    .addPrimaryKeyConstraint('question_votes_key', ['wall_id', 'seq', 'user_id'])
    .execute()
}
