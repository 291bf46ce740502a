import { type Kysely, sql } from 'kysely'
import { columnTypes } from '../../storage/index.ts'

type Tables = {
  users: { sort_name: string; id: number; changed_at: string | null }
  person_words: { word: string; user_id: number }
}

/** People that are read at a time, and rows of one statement. */
const BATCH = 500
const ROWS = 2_000

/** People have names beside their usernames, are found by the words of both, and can be deactivated. */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  const typed = database.withTables<Tables>()
  for (const column of ['display_name', 'deactivated_at', 'changed_at'])
    await database.schema.alterTable('users').addColumn(column, text).execute()
  await database.schema
    .alterTable('users')
    .addColumn('sort_name', text, (column) => column.notNull().defaultTo(''))
    .execute()
  await sql`update users set sort_name = name`.execute(database)
  await typed.schema
    .createIndex('users_in_order')
    .on('users')
    .columns(['sort_name', 'id'])
    .where(sql<boolean>`deactivated_at is null`)
    .execute()
  await typed.schema
    .createIndex('users_by_change')
    .on('users')
    .column('changed_at')
    .where(sql<boolean>`changed_at is not null`)
    .execute()

  await database.schema
    .createTable('person_words')
    .addColumn('word', text, (column) => column.notNull())
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('person_words_key', ['word', 'user_id'])
    .execute()
  await database.schema.createIndex('person_words_by_user').on('person_words').column('user_id').execute()
  await indexUsernames(database)

  await database.schema
    .createTable('password_links')
    .addColumn('id', text, (column) => column.primaryKey())
    .addColumn('user_id', integer, (column) => column.notNull().references('users.id').onDelete('cascade'))
    .addColumn('expires_at', text, (column) => column.notNull())
    .execute()
  await database.schema.createIndex('password_links_by_user').on('password_links').column('user_id').execute()
}

async function indexUsernames(database: Kysely<never>): Promise<void> {
  const typed = database.withTables<Tables>()
  for (let after = 0; ; ) {
    const { rows: users } = await sql<{ id: number; name: string }>`
      select id, name from users where id > ${after} order by id limit ${BATCH}`.execute(database)
    const rows = users.flatMap(({ id, name }) => wordsOf(name).map((word) => ({ word, user_id: id })))
    for (let start = 0; start < rows.length; start += ROWS)
      await typed
        .insertInto('person_words')
        .values(rows.slice(start, start + ROWS))
        .execute()
    const last = users.at(-1)
    if (!last) return
    after = last.id
  }
}

/** The words of a username, each once: whatever becomes of `src/text/words.ts`, these stay as they are. */
function wordsOf(username: string): string[] {
  return [...new Set(username.match(/[a-z0-9]+/g) ?? [])]
}
