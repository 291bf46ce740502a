/** `bin/partyline move-to postgres://…`: all that is stored, into a PostgreSQL. */
import { existsSync } from 'node:fs'
import { ConfigError, readConfig } from '../config.ts'
import { addFilesToServer, filesFolder } from '../files/index.ts'
import { copyToServer, databasePath, openDatabase, shownAddress } from '../storage/index.ts'
import { tellFiles } from './files.ts'
import { holdAtOnce } from './hold.ts'
import { progress } from './progress.ts'
import { recordDone } from './recorded.ts'
import { prepareTables } from './tables.ts'

/** @returns the exit code */
export async function moveTo(address: string): Promise<number> {
  const config = readConfig(process.env)
  const { databaseUrl: url } = readConfig({ ...process.env, DATABASE_URL: address })
  const { dataDirectory, databaseUrl } = config
  if (url === undefined || url === databaseUrl)
    throw new ConfigError('Give the address of another database: postgres://user:password@host/database.')
  if (databaseUrl === undefined && !existsSync(databasePath(dataDirectory)))
    throw new ConfigError(
      `DATA_DIR=${dataDirectory} holds no server data. Set it to the same value as for the server.`,
    )
  // Fails before anything is prepared if a server is running.
  for (const address of [databaseUrl, url]) await (await holdAtOnce(dataDirectory, address))()
  await prepareTables(config)
  await prepareTables({ ...config, databaseUrl: url })
  const releases = [await holdAtOnce(dataDirectory, databaseUrl), await holdAtOnce(dataDirectory, url)]
  const source = await openDatabase(dataDirectory, databaseUrl)
  try {
    const copied = await copyToServer(source, url, progress(), async (transaction) =>
      tellFiles(await addFilesToServer(transaction, filesFolder(dataDirectory))),
    )
    const rows = copied.reduce((sum, table) => sum + table.rows, 0)
    console.log(
      `${shownAddress(url)} now holds everything: ${rows} rows of ${copied.length} tables were compared, and are the same.\n` +
        'From now on, start the server with this DATABASE_URL, and with the same SECRET or DATA_DIR, so that people stay signed in. ' +
        'The original data is unchanged.',
    )
    await recordDone({ dataDirectory, databaseUrl: url }, 'data.move', `to ${shownAddress(url)}`)
    return 0
  } finally {
    await source.destroy()
    for (const release of releases) await release()
  }
}
