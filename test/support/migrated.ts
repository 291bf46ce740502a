import { randomBytes } from 'node:crypto'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { migrations as jobMigrations } from '../../src/jobs/migrations/index.ts'
import { keepBuild, keptBuild, keptPath, ROOT } from '../../src/kept-build.ts'
import { type Database, databasePath, migrateFeature } from '../../src/storage/database.ts'
import { migrations as streamMigrations } from '../../src/streams/migrations/index.ts'
import { openWithFeatures } from './features.ts'

/** A database in which a server that starts finds nothing to change, and no rows. */
export async function openMigrated(directory: string, url?: string): Promise<Database> {
  const database = await openWithFeatures(directory, url)
  await migrateFeature(database, 'jobs', jobMigrations, url)
  await migrateFeature(database, 'streams', streamMigrations, url)
  return database
}

let original: Promise<Buffer> | undefined

/**
 * Puts a SQLite database with all tables into a folder, of an installation of its own: to make them takes a server half of its
 * start.
 */
export async function copyMigrated(folder: string): Promise<void> {
  original ??= readOriginal()
  const path = databasePath(folder)
  writeFileSync(path, await original, { mode: 0o600 })
  const copy = new DatabaseSync(path)
  copy.exec(`pragma synchronous = off; update installation set id = '${randomBytes(4).toString('hex')}'`)
  copy.close()
}

/** The files that create the tables. */
const SOURCES = ['src/**/migrations/*.ts', 'src/storage/*.ts', 'test/support/{features,migrated}.ts']

/** It is kept for the test files that run later, until something that makes the tables changes. */
async function readOriginal(): Promise<Buffer> {
  const sources = globSync(SOURCES, { cwd: ROOT }).sort()
  const path = keptPath('tables-of-tests')
  const kept = keptBuild(path)
  const file = isDeepStrictEqual(kept?.sources, sources) ? kept?.files.get('sqlite') : undefined
  if (file) return file
  const began = new Date()
  const folder = mkdtempSync(join(tmpdir(), 'partyline-'))
  try {
    // It closes with everything in the one file.
    await (await openMigrated(folder)).destroy()
    const made = readFileSync(databasePath(folder))
    keepBuild(path, { sources, files: new Map([['sqlite', made]]) }, began)
    return made
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
