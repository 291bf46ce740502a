import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrations as jobMigrations } from '../../src/jobs/migrations/index.ts'
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

let original: Promise<string> | undefined

/**
 * Puts a SQLite database with all tables into a folder, of an installation of its own: to make them takes a server half of its
 * start.
 */
export async function copyMigrated(folder: string): Promise<void> {
  original ??= createOriginal()
  const path = databasePath(folder)
  copyFileSync(databasePath(await original), path)
  const copy = new DatabaseSync(path)
  copy.exec(`pragma synchronous = off; update installation set id = '${randomBytes(4).toString('hex')}'`)
  copy.close()
}

async function createOriginal(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'partyline-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  // It closes with everything in the one file.
  await (await openMigrated(folder)).destroy()
  return folder
}
