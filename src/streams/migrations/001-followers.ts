import type { Kysely } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

/** The position of each follower in each stream. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('follower_positions')
    .addColumn('follower', text, (column) => column.notNull())
    .addColumn('stream_id', integer, (column) => column.notNull())
    .addColumn('rev', integer, (column) => column.notNull())
    .addPrimaryKeyConstraint('follower_positions_key', ['follower', 'stream_id'])
    .execute()
}
