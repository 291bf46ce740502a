import { randomUUID } from 'node:crypto'
import { open, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { openRedis, readRedisAddress } from '../../channels/index.ts'
import { type Database, databasePath, shownAddress } from '../../storage/index.ts'
import { sizeText } from '../presentation.ts'
import { type Finding, ok, reasonOf, skipped, wrong } from './finding.ts'

/** Milliseconds that Redis may take to be reached. */
const REACHED_WITHIN = 2_500

/** Bytes that should be free. */
const ENOUGH = 256 * 1024 * 1024

/** A finding, and the time that a store says it is, in milliseconds since 1970. */
export interface StoreFinding {
  readonly finding: Finding
  readonly clock?: number
}

/** @param url of PostgreSQL; undefined: SQLite in the folder */
export async function checkDatabase(
  database: Database | Error,
  url: string | undefined,
  directory: string,
): Promise<StoreFinding> {
  const name = url === undefined ? `SQLite in ${directory}` : `PostgreSQL at ${shownAddress(url)}`
  if (database instanceof Error) return { finding: wrong(`${name} cannot be used`, reasonOf(database)) }
  try {
    const began = performance.now()
    const { id } = await database.selectFrom('installation').select('id').executeTakeFirstOrThrow()
    const took = Math.max(1, Math.round(performance.now() - began))
    const finding = ok(`${name} answers within ${took} ms; this is installation ${id}`)
    if (url === undefined) return { finding }
    const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(database)
    const [row] = rows
    return { finding, ...(row && { clock: new Date(row.now).getTime() }) }
  } catch (error) {
    const advice = 'Check that it is running, and check DATABASE_URL or DATA_DIR.'
    return { finding: wrong(`${name} does not answer: ${reasonOf(error)}`, advice) }
  }
}

export async function checkRedis(url: string | undefined): Promise<StoreFinding> {
  if (url === undefined) return { finding: skipped('REDIS_URL is not set: the server is a single process') }
  let last: unknown = new Error('it does not answer')
  const client = await openRedis(readRedisAddress(url), {
    failed: (error) => {
      last = error
    },
  })
  const late = AbortSignal.timeout(REACHED_WITHIN)
  try {
    while (client.status !== 'ready') {
      if (late.aborted) throw last
      await delay(20)
    }
    const key = `partyline:doctor:${randomUUID()}`
    const began = performance.now()
    await client.set(key, 'here', 'PX', 5_000)
    const value = await client.get(key)
    const took = Math.max(1, Math.round(performance.now() - began))
    if (value !== 'here') throw new Error('it lost what was written a moment ago')
    const clock = await timeOf(client)
    return { finding: ok(`Redis takes what is written, within ${took} ms`), ...(clock && { clock }) }
  } catch (error) {
    const advice =
      'Check that it is running and can be written to, and check REDIS_URL, its password, and the rights of its user (docs/deploy.md).'
    return { finding: wrong(`Redis cannot be used: ${reasonOf(error)}`, advice) }
  } finally {
    client.disconnect()
  }
}

/** Redis tells seconds and microseconds. Of a cluster any node does. */
async function timeOf(client: Awaited<ReturnType<typeof openRedis>>): Promise<number | undefined> {
  try {
    const [seconds, microseconds] = await client.time()
    return Number(seconds) * 1000 + Number(microseconds) / 1000
  } catch {
    // A cluster's client may not know whom to ask.
    return undefined
  }
}

/**
 * The folder can be written to, and has room.
 * @param serverWrites whether the server says that it can store
 */
export async function checkDisk(directory: string, serverWrites: boolean): Promise<Finding> {
  const file = join(directory, `doctor-${randomUUID()}`)
  try {
    const began = performance.now()
    const handle = await open(file, 'wx', 0o600)
    try {
      await handle.write(Buffer.alloc(4096))
      await handle.sync()
    } finally {
      await handle.close()
    }
    const took = Math.max(1, Math.round(performance.now() - began))
    const { bavail, bsize } = await statfs(directory)
    const free = bavail * bsize
    if (free < ENOUGH)
      return wrong(
        `${directory} has ${sizeText(free)} free`,
        'Free some space: with a full disk nothing can be acknowledged.',
      )
    const foreign = serverWrites ? undefined : await foreignFile(directory)
    if (foreign !== undefined)
      return wrong(
        `${foreign} belongs to a different user than the folder it is in`,
        `Give it to the server’s user: chown --reference=${directory} ${foreign}`,
      )
    return ok(`${directory} has ${sizeText(free)} free; a write is on disk within ${took} ms`)
  } catch (error) {
    return wrong(
      `${directory} cannot be written to: ${reasonOf(error)}`,
      'Give the folder to the server’s user, or set another DATA_DIR.',
    )
  } finally {
    await rm(file, { force: true })
  }
}

/** Root may write everywhere, and would not notice that the server may not: the owners have to tell. */
async function foreignFile(directory: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const path = databasePath(directory)
  try {
    const [folder, database] = await Promise.all([stat(directory), stat(path)])
    return folder.uid === database.uid ? undefined : path
  } catch (error) {
    // There is none with PostgreSQL.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
