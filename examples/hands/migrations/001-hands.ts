import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../../src/storage/index.ts'

export async function up(database: Kysely<never>): Promise<void> {
  const { counted, integer } = columnTypes(database)
  const reference = (table: string) => sql`bigint not null references ${sql.table(table)} on delete cascade`
  await database.schema
    .createTable('hands')
    .addColumn('id', integer, counted)
    .addColumn('room_id', reference('rooms'), (column) => column.unique())
    .addColumn('rev', integer, (column) => column.notNull().defaultTo(0))
    .addColumn('count', integer, (column) => column.notNull().defaultTo(0))
    .execute()
  await database.schema
    .createTable('hands_up')
    .addColumn('hands_id', reference('hands'))
    .addColumn('user_id', reference('users'))
    .addPrimaryKeyConstraint('hands_up_key', ['hands_id', 'user_id'])
    .execute()
  await database.schema.createIndex('hands_up_user').on('hands_up').column('user_id').execute()
}
