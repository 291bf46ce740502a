import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Sessions with scopes are API keys. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema.alterTable('sessions').addColumn('scopes', text).execute()
  await database.schema
    .createIndex('sessions_of_keys')
    .on('sessions')
    .column('user_id')
    .where(sql<boolean>`scopes is not null`)
    .execute()
}
