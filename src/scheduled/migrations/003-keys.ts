import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** Notes the API key by which something was scheduled, so that revoking the key cancels it. */
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
