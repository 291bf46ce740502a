import { type Kysely, sql } from 'kysely'

/** The messages that answer one are found by it: where one is deleted, the beginning of its text stands in them too. */
export async function up(database: Kysely<never>): Promise<void> {
  await database.schema
    .createIndex('messages_by_reply')
    .on('messages')
    .columns(['room_id', 'reply_seq'])
    .where(sql<boolean>`reply_seq is not null`)
    .execute()
}
