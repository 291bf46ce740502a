import { type Kysely, sql } from 'kysely'

/** The index of messages. On SQLite it is a file of its own (`sqlite/schema.ts`). */
export async function up(database: Kysely<never>): Promise<void> {
  for (const statement of [
    sql`create table search_state (id integer primary key, version integer not null, low bigint not null, high bigint not null, begun integer not null)`,
    sql`create table search_rooms (room_id bigint primary key, rev bigint not null, filled bigint not null)`,
    sql`create table search_entries (place bigint primary key, room_id bigint not null, seq bigint not null, rev bigint not null, said_at bigint not null, words text not null, tokens tsvector not null)`,
    sql`create unique index search_entries_message on search_entries (room_id, seq)`,
    // Recent entries are searched one by one, so there must be few of them.
    sql`create index search_entries_tokens on search_entries using gin (tokens) with (fastupdate = on, gin_pending_list_limit = 256)`,
    sql`create table search_touched (room_id bigint not null, seq bigint not null, primary key (room_id, seq))`,
  ])
    await statement.execute(database)
}
