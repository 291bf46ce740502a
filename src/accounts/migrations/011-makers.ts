import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** The account of a hook names who made it: whoever blocks that person has blocked the hook, too. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer } = columnTypes(database)
  await database.schema.alterTable('users').addColumn('made_by', integer).execute()
  await sql`create index users_by_maker on users (made_by) where made_by is not null`.execute(database)
}
