/** `bin/partyline doctor`: looks why it does not connect, point by point. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, ConfigError, loadSecrets, readConfig } from '../config.ts'
import { type Finding, runChecklist } from '../dashboard/index.ts'
import { type Database, databasePath, openDatabase } from '../storage/index.ts'

/** @returns the exit code: 1 where something is wrong */
export async function doctor(): Promise<number> {
  const config = readConfig(process.env)
  if (config.port === 0) throw new ConfigError('PORT=0 is not enough: give the port that the server printed.')
  const database = await open(config)
  try {
    const findings = await runChecklist({ config: { ...config, secrets: secretsOf(config) }, database })
    for (const [point, finding] of findings) console.log(lineOf(point, finding))
    const wrong = [...findings].filter(([, { state }]) => state === 'wrong').map(([point]) => point)
    console.log(wrong.length === 0 ? '\nEverything is OK.' : `\nTo fix: ${wrong.join(', ')}.`)
    return wrong.length === 0 ? 0 : 1
  } finally {
    if (!(database instanceof Error)) await database.destroy()
  }
}

const STATES = { ok: 'OK', wrong: 'WRONG', skipped: '–' } as const

function lineOf(point: string, { state, found, advice }: Finding): string {
  const line = `${STATES[state].padEnd(6)} ${point.padEnd(9)} ${found}`
  return advice === undefined ? line : `${line}\n${' '.repeat(17)}→ ${advice}`
}

async function open({ databaseUrl, dataDirectory }: Config): Promise<Database | Error> {
  if (databaseUrl === undefined && !existsSync(databasePath(dataDirectory)))
    return new Error(
      `DATA_DIR=${dataDirectory} holds no server data. Set it to the same value as for the server.`,
    )
  try {
    return await openDatabase(dataDirectory, databaseUrl)
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** A new key, which the server would not know, is not made. */
function secretsOf(config: Config): string[] {
  if (config.secrets.length > 0) return config.secrets
  return existsSync(join(config.dataDirectory, 'secret')) ? loadSecrets(config).secrets : []
}
