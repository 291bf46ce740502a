import { closeSync, openSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { TOKENS_VERSION } from '../words/tokens.ts'

/** Readable only by its owner, like the database. */
const PRIVATE = 0o600

/** Milliseconds to wait for another process that is writing to the index. */
const BUSY = 5_000

/** The place of the first new message; messages from before the index existed get lower ones. */
const MIDDLE = 2 ** 31

/** Changes when the tables below do; an index of another version is rebuilt. */
const VERSION = `1.${TOKENS_VERSION}`

/**
 * The tables of the index. Places rise with time, except for messages that are indexed late, as after a crash.
 *
 * Deleted messages must be gone from the file. A table without content needs the old tokens to delete a row, so `entries` stores
 * the words of each message. These also serve to find phrases.
 */
const TABLES = `
  create table if not exists state (id integer primary key, version text not null, low integer not null, high integer not null, begun integer not null);
  create table if not exists rooms (room integer primary key, rev integer not null, filled integer not null);
  create table if not exists entries (
    place integer primary key, room integer not null, seq integer not null, rev integer not null,
    sender integer not null, at integer not null, flags integer not null, words text not null);
  create unique index if not exists entries_message on entries (room, seq);
  create table if not exists touched (room integer, seq integer, primary key (room, seq)) without rowid;
  create virtual table if not exists grams using fts5(
    tokens, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '#@!^=>%'");
  insert or ignore into state (id, version, low, high, begun) values (1, '${VERSION}', ${MIDDLE}, ${MIDDLE}, 0);
`

/**
 * Opens the index at a path. One that is damaged, or of another version, is replaced by an empty one, since it can be rebuilt from
 * the messages. Several processes may have it open.
 */
export function openIndexFile(path: string): DatabaseSync {
  try {
    const database = opened(path)
    const { version } = database.prepare('select version from state').get() ?? {}
    if (version === VERSION) return database
    database.close()
  } catch (error) {
    if (!isDamage(error)) throw error
  }
  for (const file of [path, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true })
  return opened(path)
}

function opened(path: string): DatabaseSync {
  closeSync(openSync(path, 'a', PRIVATE))
  const database = new DatabaseSync(path, { timeout: BUSY })
  try {
    for (const pragma of [
      'busy_timeout = 5000',
      'journal_mode = wal',
      // Entries that are lost in a power failure are indexed again.
      'synchronous = normal',
      'secure_delete = on',
      'temp_store = memory',
      'cache_size = -32000',
      'journal_size_limit = 67108864',
    ])
      database.exec(`pragma ${pragma}`)
    database.exec(`begin immediate; ${TABLES} commit`)
    // Words of deleted messages must be gone from the index at once, and not at some later merge.
    if (!database.prepare("select 1 from grams_config where k = 'secure-delete'").get())
      database.exec("insert into grams (grams, rank) values ('secure-delete', 1)")
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Tells whether an error is SQLITE_CORRUPT or SQLITE_NOTADB, or shows that the schema is not ours. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  const code = Number(error.errcode) & 0xff
  return code === 11 || code === 26 || /no such (table|column)/.test(error.message)
}
