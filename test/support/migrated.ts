import { randomBytes } from 'node:crypto'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { keepBuild, keptBuild, keptPath, ROOT } from '../../src/kept-build.ts'
import { databasePath } from '../../src/storage/database.ts'

/**
 * Has the product make its tables, in a folder or the PostgreSQL at an address: a server that starts there finds nothing to
 * change, and no rows but those that come with the tables.
 */
export async function makeTables(directory: string, url?: string): Promise<void> {
  // Not above: most test files find the tables already made, and some of them load nothing else of the product.
  const [{ buildApp }, { readConfig }] = await Promise.all([
    import('../../src/app.ts'),
    import('../../src/config.ts'),
  ])
  const settings = { LOG_LEVEL: 'silent', DATA_DIR: directory, ...(url ? { DATABASE_URL: url } : {}) }
  // It does nothing else that a server does when it starts, such as planning its jobs.
  await (await buildApp(readConfig(settings), { startEvaluators: 'when-needed', isBeside: true })).close()
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
const SOURCES = ['src/**/migrations/*.ts', 'src/storage/*.ts', 'src/app.ts', 'test/support/migrated.ts']

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
    await makeTables(folder)
    const made = readFileSync(databasePath(folder))
    keepBuild(path, { sources, files: new Map([['sqlite', made]]) }, began)
    return made
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
