import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** A message that is pinned keeps since when. The pins of a room are found, and counted, by the index. */
export async function up(database: Kysely<never>): Promise<void> {
  const { text } = columnTypes(database)
  await database.schema.alterTable('messages').addColumn('pinned_at', text).execute()
  await database.schema
    .createIndex('messages_pinned')
    .on('messages')
    .columns(['room_id', 'pinned_at'])
    .where(sql<boolean>`pinned_at is not null`)
    .execute()
}
