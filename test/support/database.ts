import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PostgresAdapter, type RawBuilder, sql } from 'kysely'
import { Client } from 'pg'
import type { Database } from '../../src/storage/database.ts'
import type { Tables } from '../../src/storage/tables.ts'

/** The place of databases for servers that are given none; undefined: each has a SQLite database in its folder. */
let elsewhere: string | undefined

const made = new Map<string, Promise<string>>()
let count = 0

/** A database there that has all tables and no rows, of which the others are copies. */
let migrated: Promise<string> | undefined

/** From now on, servers of this process's tests keep their data in a PostgreSQL. @param url of any database there */
export function keepDataIn(url: string): void {
  elsewhere = url
}

/** Tells whether servers keep their data in their folders, in a SQLite. */
export function keepsDataInFolders(): boolean {
  return elsewhere === undefined
}

/** As in the environment. */
export interface DataSettings {
  readonly DATA_DIR: string
  readonly DATABASE_URL?: string
}

/** The settings that say where a server keeps its data. Servers with the same folder share the data. */
export async function dataSettings(folder: string): Promise<DataSettings> {
  if (elsewhere === undefined) return { DATA_DIR: folder }
  const database = made.get(folder) ?? createCopy(elsewhere)
  made.set(folder, database)
  return { DATA_DIR: folder, DATABASE_URL: await database }
}

/**
 * Makes a database beside another.
 * @param original the name of one that it is a copy of; none: it is empty
 * @returns its `DATABASE_URL`
 */
export async function createDatabase(url: string, original?: string): Promise<string> {
  count += 1
  const name = `partyline_${count}`
  await execute(
    url,
    `create database ${name}${original === undefined ? '' : ` template ${original} strategy file_copy`}`,
  )
  return Object.assign(new URL(url), { pathname: `/${name}` }).href
}

/** Makes a database with all tables, for its own installation. */
async function createCopy(url: string): Promise<string> {
  migrated ??= createMigrated(url)
  const database = await createDatabase(url, await migrated)
  await execute(database, `update installation set id = '${randomBytes(4).toString('hex')}'`)
  return database
}

async function createMigrated(url: string): Promise<string> {
  const { makeTables } = await import('./migrated.ts')
  const database = await createDatabase(url)
  const folder = mkdtempSync(join(tmpdir(), 'partyline-'))
  try {
    await makeTables(folder, database)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return new URL(database).pathname.slice(1)
}

/**
 * From now on a database refuses rows, for a fault of the rows.
 * @param rows which: a condition on `new`
 * @returns what makes it take them again
 */
export async function refuse(
  database: Database,
  event: 'insert' | 'update',
  table: keyof Tables,
  rows: RawBuilder<unknown>,
): Promise<() => Promise<unknown>> {
  const on = sql`before ${sql.raw(event)} on ${sql.table(table)}`
  if (database.getExecutor().adapter instanceof PostgresAdapter) {
    await sql`create or replace function refuse() returns trigger language plpgsql
      as $$ begin raise 'refused'; end $$`.execute(database)
    await sql`create trigger refused ${on} for each row when (${rows}) execute function refuse()`.execute(
      database,
    )
    return () => sql`drop trigger refused on ${sql.table(table)}`.execute(database)
  }
  await sql`create trigger refused ${on} when ${rows} begin select raise(abort, 'refused'); end`.execute(
    database,
  )
  return () => sql`drop trigger refused`.execute(database)
}

/** Runs one statement on its own connection. */
export async function execute(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}
