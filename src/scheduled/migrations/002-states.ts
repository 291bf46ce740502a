import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Adds the state of an entry, such as waiting or being sent. Finished entries are remembered for a day. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema
    .alterTable('scheduled')
    .addColumn('state', text, (column) => column.notNull().defaultTo('waiting'))
    .execute()
  await sql`update scheduled set state = 'failed' where failure is not null`.execute(database)
  await database.schema.dropIndex('scheduled_by_time').execute()
  await database.schema
    .createIndex('scheduled_by_state')
    .on('scheduled')
    .columns(['state', 'due_at', 'id'])
    .execute()
}
