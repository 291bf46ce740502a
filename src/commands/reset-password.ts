/** `bin/partyline reset-password NAME`: a new password for somebody who forgot theirs, by whoever runs the server. */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { Sessions, setPassword } from '../accounts/index.ts'
import { ConfigError, readConfig } from '../config.ts'
import { databasePath, openDatabase } from '../storage/index.ts'

/**
 * @returns the exit code: 0, or 1 when nobody has this name
 * @throws ConfigError when there is no server's data
 */
export async function resetPassword(name: string): Promise<number> {
  const { databaseUrl, dataDirectory } = readConfig(process.env)
  if (databaseUrl === undefined && !existsSync(databasePath(dataDirectory))) {
    throw new ConfigError(`DATA_DIR=${dataDirectory} holds no data of a server: set it as it is set there.`)
  }
  const database = await openDatabase(dataDirectory, databaseUrl)
  try {
    const password = randomBytes(12).toString('base64url')
    const user = await setPassword(database, name, password)
    if (user === undefined) {
      console.error(`Nobody here is called ${name}.`)
      return 1
    }
    // A running server asks the database every second which sessions ended, and closes their sockets.
    await new Sessions(database).endAll(user)
    console.log(`The new password of ${name} is ${password}\nAll of their sessions have ended.`)
    return 0
  } finally {
    await database.destroy()
  }
}
