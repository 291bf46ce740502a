import { type ChildProcess, execFile } from 'node:child_process'
import { chownSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { createDatabase } from './database.ts'
import { freePort } from './ports.ts'
import { onPath, outlived } from './programs.ts'
import { temporaryFolder } from './server.ts'

/** Milliseconds after which a PostgreSQL that is not up, or not down, is a failure. */
const PATIENCE = 120_000

const PASSWORD = 'correct-horse'

const initdb = onPath('initdb') ?? besideDebian()
if (!initdb && process.env.CI === 'true')
  throw new Error('no initdb on the path, nor in /usr/lib/postgresql: apt install postgresql')

/** Options of a test that needs PostgreSQL. Without it, the test is skipped with the reason. */
export const withPostgres = { skip: initdb ? false : 'no initdb on the path' } as const

export interface PostgresServer {
  readonly port: number
  /** The address of the database that is there from the beginning, for an administrator. */
  readonly url: string
  /** Makes an empty database. @returns its `DATABASE_URL` */
  database(): Promise<string>
  /** As a power cut: all connections break, nothing is tidied up, and nobody is there until `start`. */
  kill(): Promise<void>
  /** Stops it as a service would: clients are told, and their open transactions are undone. */
  stop(): Promise<void>
  /** Starts it on the same port, with what was committed. */
  start(): Promise<void>
  /** It hangs: connections stay, and nothing is answered until `resume` (Linux). */
  pause(): void
  resume(): void
}

export interface PostgresOptions {
  /** Whether a commit waits for the disk, as it does outside of tests. */
  readonly durable?: boolean
  /** Whether it asks for passwords. Checking one takes as long as everything else in a connection. */
  readonly passwords?: boolean
  /** As in its configuration file: `{ max_connections: '20' }`. */
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * A PostgreSQL of the test's own on a free port of loopback, until the test ends. A second is enough for it; one for a file
 * is better still, with a `database` for each of its tests.
 */
export async function startPostgres(
  t: Pick<Test, 'teardown'>,
  { durable = false, passwords = true, settings = {} }: PostgresOptions = {},
): Promise<PostgresServer> {
  const folder = temporaryFolder(t)
  const user = await serverUser()
  if (user) chownSync(folder, user.uid, user.gid)
  await initialise(folder, user, passwords)
  const port = await freePort()
  const all = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: durable ? 'on' : 'off',
    shared_buffers: '16MB',
    autovacuum: 'off',
    ...settings,
  }
  let child: ChildProcess | undefined
  const start = async () => {
    child = await launch(join(folder, 'data'), all, user)
  }
  const signal = (name: NodeJS.Signals) => {
    if (child?.pid === undefined || !running(child)) return
    for (const pid of [child.pid, ...childrenOf(child.pid)]) {
      try {
        process.kill(pid, name)
      } catch {
        // A connection's process has ended meanwhile.
      }
    }
  }
  const end = async (name: NodeJS.Signals) => {
    if (!child || !running(child)) return
    const ended = new Promise((resolve) => child?.on('exit', resolve))
    signal('SIGCONT')
    child.kill(name)
    await ended
  }
  t.teardown(() => end('SIGQUIT'))
  await start()

  const url = `postgres://partyline:${PASSWORD}@127.0.0.1:${port}/postgres`
  return {
    port,
    url,
    database: () => createDatabase(url),
    kill: () => end('SIGQUIT'),
    stop: () => end('SIGINT'),
    start,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
  }
}

interface User {
  readonly uid: number
  readonly gid: number
}

/** PostgreSQL does not run as root: then its package's own user does, or nobody. */
async function serverUser(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([identity('-u', name), identity('-g', name)])
    if (uid !== undefined && gid !== undefined) return { uid, gid }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody')
}

async function identity(which: '-u' | '-g', name: string): Promise<number | undefined> {
  try {
    return Number((await promisify(execFile)('id', [which, name])).stdout)
  } catch {
    return undefined
  }
}

async function initialise(folder: string, user: User | undefined, passwords: boolean): Promise<void> {
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, PASSWORD)
  await promisify(execFile)(
    initdb ?? '',
    [
      ...['--pgdata', join(folder, 'data'), '--username', 'partyline', '--pwfile', passwordFile],
      ...[
        '--auth',
        passwords ? 'scram-sha-256' : 'trust',
        '--encoding',
        'UTF8',
        '--locale',
        'C',
        '--no-sync',
      ],
      ...['--locale-provider', 'icu', '--icu-locale', 'en-US'],
    ],
    { cwd: folder, ...user },
  )
}

/** Resolves when it accepts connections. */
function launch(
  data: string,
  settings: Readonly<Record<string, string>>,
  user: User | undefined,
): Promise<ChildProcess> {
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = outlived([join(dirname(initdb ?? ''), 'postgres'), '-D', data, ...options], {
    cwd: data,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...user,
  })
  let output = ''
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`PostgreSQL is not ready: ${output}`)), PATIENCE)
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`PostgreSQL ended with ${code}: ${output}`)))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-10_000)
      if (!/ready to accept connections/.test(output)) return
      clearTimeout(late)
      resolve(child)
    })
  })
}

function running({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}

/** The processes of its connections among them; none where there is no /proc. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** Debian keeps the server's programs off the path. */
function besideDebian(): string | undefined {
  const folder = '/usr/lib/postgresql'
  try {
    const [newest] = readdirSync(folder).sort((one, other) => Number(other) - Number(one))
    return newest && onPath('initdb', [join(folder, newest, 'bin')])
  } catch {
    return undefined
  }
}
