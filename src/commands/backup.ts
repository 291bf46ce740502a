/** `bin/partyline backup FILE`: all that is stored, in one file, while people write. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { type Config, ConfigError, readConfig } from '../config.ts'
import { addFilesToCopy, filesFolder } from '../files/index.ts'
import { copyFile, copyFromServer, databasePath, openDatabase } from '../storage/index.ts'
import { contentsOf } from './contents.ts'
import { tellFiles } from './files.ts'
import { progress } from './progress.ts'
import { recordDone } from './recorded.ts'
import { prepareTables } from './tables.ts'

/** @returns the exit code */
export async function backUp(name: string): Promise<number> {
  const config = readConfig(process.env)
  const { databaseUrl, dataDirectory } = config
  const file = resolve(name)
  if (existsSync(file)) throw new ConfigError(`${file} already exists. Give another name, or delete it.`)
  const folder = dirname(file)
  if (!existsSync(folder))
    throw new ConfigError(`There is no folder ${folder}. Create it, or give another name.`)
  if (databaseUrl !== undefined) await backUpServer(config, databaseUrl, file)
  else {
    const path = databasePath(dataDirectory)
    if (!existsSync(path))
      throw new ConfigError(
        `DATA_DIR=${dataDirectory} holds no server data. Set it to the same value as for the server.`,
      )
    copyFile(path, file, (part) => tellFiles(addFilesToCopy(part, filesFolder(dataDirectory))))
  }
  console.log(`${file} holds ${contentsOf(file)}`)
  await recordDone(config, 'data.backup', basename(file))
  return 0
}

async function backUpServer(config: Config, url: string, file: string): Promise<void> {
  const folder = mkdtempSync(`${file}.`)
  try {
    await prepareTables({ ...config, dataDirectory: folder, databaseUrl: undefined })
    const copy = await openDatabase(folder)
    try {
      await copyFromServer(url, copy, progress())
    } finally {
      await copy.destroy()
    }
    copyFile(databasePath(folder), file)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
