import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../src/storage/index.ts'

export async function up(database: Kysely<never>): Promise<void> {
  const { counted, integer, text } = columnTypes(database)
  await database.schema
    .createTable('support_chats')
    .addColumn('id', integer, counted)
    .addColumn('visitor', text, (column) => column.notNull().unique())
    .addColumn('network', text)
    .addColumn('created_at', text)
    .addColumn('messages', integer)
    .execute()
  await database.schema
    .createTable('support_messages')
    .addColumn('chat_id', sql`bigint not null references support_chats on delete cascade`)
    .addColumn('seq', integer)
    .addColumn('id', text)
    .addColumn('text', text)
    .addColumn('answered_by', sql`bigint references users`)
    .addPrimaryKeyConstraint('support_messages_key', ['chat_id', 'seq'])
    .addUniqueConstraint('support_messages_once', ['chat_id', 'id'])
    .execute()
}
