import { type Kysely, sql } from 'kysely'
import { columnTypes } from './columns.ts'
import { indexedWords, skeletons } from './frozen-names.ts'

type Tables = {
  room_names: { skeleton: string; room_id: number }
  room_words: { word: string; room_id: number }
}

/** Rooms that are read at a time. */
const BATCH = 500
/** Rows of one statement, which takes 32,766 values. */
const ROWS = 2_000

/**
 * Rooms can be listed by when something was last said there, found by the words of their names, and told apart by what
 * their names look like. Where several have one name already, all keep it, and it belongs to the oldest.
 */
export async function up(database: Kysely<never>): Promise<void> {
  const { integer, text } = columnTypes(database)
  const typed = database.withTables<Tables>()
  for (const column of ['active_at', 'active_minute']) {
    await database.schema
      .alterTable('rooms')
      .addColumn(column, text, (definition) => definition.notNull().defaultTo(''))
      .execute()
  }
  await sql`update rooms set active_at = coalesce(
    (select created_at from messages where room_id = rooms.id and seq = rooms.rev),
    created_at
  )`.execute(database)
  await sql`update rooms set active_minute = substr(active_at, 1, 16)`.execute(database)
  await database.schema.createIndex('rooms_by_activity').on('rooms').column('active_minute').execute()

  await database.schema
    .createTable('room_names')
    .addColumn('skeleton', text, (column) => column.primaryKey())
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .execute()
  await database.schema.createIndex('room_names_by_room').on('room_names').column('room_id').execute()
  await database.schema
    .createTable('room_words')
    .addColumn('word', text, (column) => column.notNull())
    .addColumn('room_id', integer, (column) => column.notNull().references('rooms.id').onDelete('cascade'))
    .addPrimaryKeyConstraint('room_words_key', ['word', 'room_id'])
    .execute()
  await database.schema
    .createIndex('room_words_by_room')
    .on('room_words')
    .columns(['room_id', 'word'])
    .execute()

  for (let after = 0; ; ) {
    const { rows: rooms } = await sql<{ id: number; name: string }>`
      select id, name from rooms where id > ${after} order by id limit ${BATCH}`.execute(database)
    const names = rooms.flatMap(({ id, name }) =>
      skeletons(name).map((skeleton) => ({ skeleton, room_id: id })),
    )
    const words = rooms.flatMap(({ id, name }) => indexedWords(name).map((word) => ({ word, room_id: id })))
    for (const rows of inParts(names))
      await typed
        .insertInto('room_names')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    for (const rows of inParts(words)) await typed.insertInto('room_words').values(rows).execute()
    const last = rooms.at(-1)
    if (!last) return
    after = last.id
  }
}

function inParts<Row>(rows: readonly Row[]): Row[][] {
  const count = Math.ceil(rows.length / ROWS)
  return Array.from({ length: count }, (_, part) => rows.slice(part * ROWS, (part + 1) * ROWS))
}
