/** The checklist for when it does not connect, shared by `bin/partyline doctor` and `/dashboard/connections`. */
import { openTrialSession } from '../../accounts/index.ts'
import { type Config, listeningUrl } from '../../config.ts'
import type { Database } from '../../storage/index.ts'
import { checkClock } from './clock.ts'
import { type Finding, type Findings, POINTS, type Point, reasonOf, skipped, wrong } from './finding.ts'
import { checkServer } from './server.ts'
import { type Address, checkOrigin, checkPath, checkSession, type SignedIn } from './sockets.ts'
import { checkDatabase, checkDisk, checkRedis } from './stores.ts'

export type { Finding, Findings } from './finding.ts'
export { DOCTOR } from './handshake.ts'

/** The server that is checked. */
export interface Subject {
  readonly config: Pick<
    Config,
    | 'host'
    | 'port'
    | 'publicUrl'
    | 'allowedOrigins'
    | 'databaseUrl'
    | 'dataDirectory'
    | 'redisUrl'
    | 'secrets'
  >
  /** The database; an error: why it could not be opened. */
  readonly database: Database | Error
}

/**
 * Looks at each point for real: it opens sockets at the server's own address and at `PUBLIC_URL`, with and without an origin and
 * a session, writes to Redis and to the disk, and compares clocks.
 */
export async function runChecklist({ config, database }: Subject): Promise<Findings> {
  const { databaseUrl, dataDirectory, redisUrl } = config
  const addresses = addressesOf(config)
  const [servers, stored, redis] = await Promise.all([
    Promise.all(addresses.map(checkServer)),
    checkDatabase(database, databaseUrl, dataDirectory),
    checkRedis(redisUrl),
  ])
  const reached = addresses.filter((_, index) => servers[index]?.answers)
  const signedIn = await checkSessions(reached, config.secrets, database)
  const noServer = skipped('no server answers')
  const findings: Record<Point, Finding> = {
    path: worst(await Promise.all(reached.map(checkPath)), noServer),
    server: worst(
      servers.map(({ finding }) => finding),
      noServer,
    ),
    database: asServed(
      stored.finding,
      servers[0]?.database,
      'the database',
      'Its log says which, in a line that begins with “the database is away”.',
    ),
    Redis: asServed(
      asShared(redis.finding, redisUrl, servers[0]?.withRedis),
      servers[0]?.channels,
      'Redis',
      'Give the server the same REDIS_URL, and check its log.',
    ),
    origin: worst(await Promise.all(reached.map(checkOrigin)), noServer),
    session: worst(
      signedIn.map(({ session }) => session),
      noServer,
    ),
    format: worst(
      signedIn.map(({ format }) => format),
      noServer,
    ),
    disk: await checkDisk(dataDirectory, servers[0]?.database === 'ok'),
    clock: checkClock({
      'the server': servers[0]?.ahead,
      ...(servers[1] && { PUBLIC_URL: servers[1].ahead }),
      PostgreSQL: aheadBy(stored.clock),
      Redis: aheadBy(redis.clock),
    }),
  }
  return new Map(POINTS.map((point) => [point, findings[point]]))
}

/** Returns the address on which the server listens, and the public one if that is another. */
function addressesOf({ host, port, publicUrl, allowedOrigins }: Subject['config']): Address[] {
  const here = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  const url = `http://${here.includes(':') ? `[${here}]` : here}:${port}`
  const origin = new URL(publicUrl).origin
  const own = { url, isPublic: false, origin: allowedOrigins.length > 0 ? origin : url }
  const isSame = publicUrl === listeningUrl(host, port) || origin === url
  return isSame ? [own] : [own, { url: publicUrl, isPublic: true, origin }]
}

async function checkSessions(
  addresses: readonly Address[],
  secrets: readonly string[],
  database: Database | Error,
): Promise<SignedIn[]> {
  const both = (finding: Finding): SignedIn[] =>
    addresses.length === 0 ? [] : [{ session: finding, format: skipped('it takes a session') }]
  if (database instanceof Error) return both(skipped('it takes the database'))
  if (secrets.length === 0) {
    const advice = 'Give this command the server’s DATA_DIR or SECRET.'
    return both(wrong('there is no key that signs cookies', advice))
  }
  try {
    const trial = await openTrialSession(database, secrets)
    if (!trial)
      return both(
        skipped('there is nobody to try it as: create the first account, or create the bot partyline again'),
      )
    try {
      return await Promise.all(
        addresses.map((address) => checkSession(address, trial.cookie(address.url.startsWith('https:')))),
      )
    } finally {
      await trial.end()
    }
  } catch (error) {
    return both(wrong(`no session could be started: ${reasonOf(error)}`, 'Check the database first.'))
  }
}

/** Returns what is wrong, wherever it was found; else the finding for the address that people use, which comes last. */
function worst(findings: readonly Finding[], none: Finding): Finding {
  return findings.find(({ state }) => state === 'wrong') ?? findings.at(-1) ?? none
}

/** Overrules a finding where the server itself says otherwise: an address that answers here may not be reachable from there. */
function asServed(finding: Finding, served: string | undefined, what: string, advice: string): Finding {
  if (finding.state === 'wrong' || served !== 'away') return finding
  return wrong(`the server says that ${what} is away, although ${finding.found}`, advice)
}

/** Redis may be there, and the server not use it, or the other way round. */
function asShared(finding: Finding, url: string | undefined, isUsed: boolean | undefined): Finding {
  if (finding.state === 'wrong' || isUsed === undefined || isUsed === (url !== undefined)) return finding
  return isUsed
    ? wrong(
        'the server uses Redis, and REDIS_URL is not set here',
        'Set it to the same value as for the server.',
      )
    : wrong(
        `the server does not use Redis, although ${finding.found}`,
        'Start it with the same REDIS_URL: it does not hear what other processes do.',
      )
}

function aheadBy(clock: number | undefined): number | undefined {
  return clock === undefined ? undefined : clock - Date.now()
}
