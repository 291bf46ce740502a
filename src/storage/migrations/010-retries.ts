import { type Kysely, PostgresAdapter, sql } from 'kysely'
import { columnTypes } from './columns.ts'

/**
 * Finds a retry by its client's id first. Our browsers and the server make ids that grow with time, so new rows then stand
 * side by side in the index, whichever rooms they are of: with the room first each touches a page of its own, which costs
 * four times as much as the rest of the insert. Random ids cost what they did.
 *
 * SQLite cannot change a constraint: the tables are made anew, and nothing refers to their rows.
 */
export async function up(database: Kysely<never>): Promise<void> {
  if (database.getExecutor().adapter instanceof PostgresAdapter) {
    await database.schema.alterTable('messages').dropConstraint('messages_said_once').execute()
    await database.schema.alterTable('calculations').dropConstraint('calculations_once').execute()
    await database.schema
      .alterTable('messages')
      .addUniqueConstraint('messages_said_once', ['client_id', 'room_id', 'sender_id'])
      .execute()
    await database.schema
      .alterTable('calculations')
      .addUniqueConstraint('calculations_once', ['client_id', 'sheet_id', 'sender_id'])
      .execute()
    return
  }
  await rebuildMessages(database)
  await rebuildCalculations(database)
}

async function rebuildMessages(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('new_messages')
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addColumn('seq', integer, (column) => column.notNull())
    .addColumn('rev', integer, (column) => column.notNull())
    .addColumn('sender_id', integer, (column) => column.notNull().references('users.id'))
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('text', text, (column) => column.notNull())
    .addColumn('created_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('messages_key', ['room_id', 'seq'])
    .addUniqueConstraint('messages_said_once', ['client_id', 'room_id', 'sender_id'])
    .execute()
  await replaceTable(database, 'messages')
  await database
    .withTables<{ messages: { room_id: number; seq: number; rev: number } }>()
    .schema.createIndex('messages_changed')
    .on('messages')
    .columns(['room_id', 'rev'])
    .unique()
    .where(sql<boolean>`rev <> seq`)
    .execute()
}

async function rebuildCalculations(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  await database.schema
    .createTable('new_calculations')
    .addColumn('sheet_id', integer, (column) => column.notNull().references('sheets.id').onDelete('cascade'))
    .addColumn('seq', integer, (column) => column.notNull())
    .addColumn('rev', integer, (column) => column.notNull())
    .addColumn('sender_id', integer, (column) => column.notNull().references('users.id'))
    .addColumn('client_id', text, (column) => column.notNull())
    .addColumn('expression', text, (column) => column.notNull())
    .addColumn('text', text, (column) => column.notNull())
    .addColumn('result', text, (column) => column.notNull())
    .addColumn('value', text)
    .addColumn('name', text)
    .addColumn('created_at', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('calculations_key', ['sheet_id', 'seq'])
    .addUniqueConstraint('calculations_once', ['client_id', 'sheet_id', 'sender_id'])
    .execute()
  await replaceTable(database, 'calculations')
  await database
    .withTables<{ calculations: { sheet_id: number; seq: number; value: string | null } }>()
    .schema.createIndex('calculations_with_value')
    .on('calculations')
    .columns(['sheet_id', 'seq'])
    .unique()
    .where(sql<boolean>`value is not null`)
    .execute()
}

async function replaceTable(database: Kysely<never>, table: 'messages' | 'calculations'): Promise<void> {
  await sql`insert into ${sql.table(`new_${table}`)} select * from ${sql.table(table)}`.execute(database)
  await database.schema.dropTable(table).execute()
  await database.schema.alterTable(`new_${table}`).renameTo(table).execute()
}
