import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** What an API key has scheduled is cancelled when the key is revoked. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema.alterTable('scheduled').addColumn('key_id', text).execute()
  await database.schema
    .createIndex('scheduled_by_key')
    .on('scheduled')
    .column('key_id')
    .where(sql<boolean>`key_id is not null`)
    .execute()
}
