/** `bin/partyline restore FILE`: puts a backup in the place of what is stored. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { type Config, readConfig } from '../config.ts'
import { filesFolder, setFilesAside } from '../files/index.ts'
import { forgetIndex } from '../search/index.ts'
import {
  checkFile,
  copyToServer,
  databasePath,
  openDatabase,
  replaceFile,
  shownAddress,
} from '../storage/index.ts'
import { contentsOf } from './contents.ts'
import { holdAtOnce } from './hold.ts'
import { progress } from './progress.ts'
import { recordDone } from './recorded.ts'
import { prepareTables } from './tables.ts'

/** @returns the exit code */
export async function restore(name: string): Promise<number> {
  const config = readConfig(process.env)
  const file = resolve(name)
  checkFile(file)
  if (config.databaseUrl === undefined) await restoreFile(config, file)
  else await restoreToServer(config, config.databaseUrl, file)
  await recordDone(config, 'data.restore', basename(file))
  return 0
}

async function restoreFile({ dataDirectory }: Config, file: string): Promise<void> {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 })
  const release = await holdAtOnce(dataDirectory, undefined)
  try {
    const path = databasePath(dataDirectory)
    const stamp = new Date().toISOString().replaceAll(':', '-')
    const aside = replaceFile(path, file, `${path}.${stamp}`)
    // All that the backup holds of files is in it.
    const files = aside && setFilesAside(filesFolder(dataDirectory), stamp)
    // It would be of what was there before.
    forgetIndex(dataDirectory)
    console.log(`${path} holds ${contentsOf(path)}`)
    if (aside) console.log(`What was there before is in ${aside}.`)
    if (files) console.log(`The files that belong to it are in ${files}.`)
  } finally {
    await release()
  }
}

async function restoreToServer(config: Config, url: string, file: string): Promise<void> {
  mkdirSync(config.dataDirectory, { recursive: true, mode: 0o700 })
  // Fails before anything is prepared if a server is running.
  await (await holdAtOnce(config.dataDirectory, url))()
  const folder = mkdtempSync(join(config.dataDirectory, 'restoring-'))
  try {
    copyFileSync(file, databasePath(folder))
    // The backup may be of an older version.
    await prepareTables({ ...config, dataDirectory: folder, databaseUrl: undefined })
    await prepareTables(config)
    const release = await holdAtOnce(folder, url)
    const source = await openDatabase(folder)
    try {
      const copied = await copyToServer(source, url, progress())
      const rows = copied.reduce((sum, table) => sum + table.rows, 0)
      console.log(`${shownAddress(url)} holds ${contentsOf(file)}`)
      console.log(`${rows} rows of ${copied.length} tables were compared: they are the same.`)
    } finally {
      await source.destroy()
      await release()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
