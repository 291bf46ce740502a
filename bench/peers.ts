import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type PostgresServer, startPostgres, withPostgres } from '../test/support/postgres.ts'
import type { ConnectJob, Person } from './job.ts'
import { Core, freePort, listening, onPath, pinned, ROOT, type Running, run } from './machine.ts'
import { personName, settle } from './town.ts'

/** The options with which a server is started. */
export interface Start {
  /** The number of people and rooms it has to know. */
  readonly people: number
  readonly rooms: number
  /** Of one Redis, for several processes. */
  readonly redisUrl?: string
  /** The address of each process. */
  readonly ports: readonly number[]
  /** The core that all of it is kept to; undefined: any. */
  readonly core: number | undefined
  /** More settings of Partyline, as in the environment. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface PeerServer {
  readonly people: readonly Person[]
  readonly processes: readonly Running[]
  /** On the clock of `performance.now()`. */
  readonly startedAt: number
  /** The place where Partyline stores its data. */
  readonly data?: { readonly folder: string; readonly databaseUrl: string | undefined }
  stop(): Promise<void>
}

/** A server to measure. */
export interface Peer {
  readonly name: string
  readonly title: string
  readonly dialect: ConnectJob['dialect']
  /** The programs that have to be installed first. */
  readonly missing?: string | undefined
  start(how: Start): Promise<PeerServer>
}

const node = [process.execPath]
/** In the bench's own test it is in the bundle that `npm test` makes, which starts in half the processor time. */
const MAIN = process.env.SERVER_BUNDLE ? join(process.env.SERVER_BUNDLE, 'main.mjs') : 'src/main.ts'
const channelsFolder = join(import.meta.dirname, 'peers/channels')
const channelsMissing =
  onPath('uvicorn') && onPath('daphne') && existsSync('/usr/lib/python3/dist-packages/channels_redis')
    ? undefined
    : 'python3-django-channels, python3-channels-redis, uvicorn and daphne of Debian'
const bun = findBun()
const adapterMissing = existsSync(join(ROOT, 'node_modules/@socket.io/redis-adapter'))
  ? undefined
  : '@socket.io/redis-adapter'

export const partyline: Peer = {
  name: 'partyline',
  title: 'Partyline',
  dialect: 'plain',
  start: (how) => startPartyline(how),
}
/** The same on PostgreSQL, in a database of its own for each run. */
export const partylineOnPostgres: Peer = {
  ...partyline,
  name: 'partyline-postgres',
  title: 'Partyline, PostgreSQL',
  missing: withPostgres.skip ? 'PostgreSQL' : undefined,
  start: async (how) => startPartyline(how, await (await postgres()).database()),
}
export const ws: Peer = peer('ws', '`ws`, naive loop', 'plain', () => [...node, 'bench/peers/ws.ts'])
const socketIo = peer('socket.io', 'Socket.IO', 'socket.io', () => [...node, 'bench/peers/socket-io.ts'])
const bunStoring: Peer = {
  ...bunPeer('bun-sqlite', 'Bun, everything in its SQLite'),
  start: async (how) => {
    const folder = newFolder()
    const server = await bunPeer('', '', { DATA_DIR: folder }).start(how)
    return {
      ...server,
      stop: async () => {
        await server.stop()
        rmSync(folder, { recursive: true, force: true })
      },
    }
  },
}
const uvicorn = channels('channels-uvicorn', 'Django Channels in memory, Uvicorn', 'uvicorn')
const daphne = channels('channels-daphne', 'Django Channels in memory, Daphne', 'daphne')

/** One process each. */
export const peers: readonly Peer[] = [
  partyline,
  ws,
  bunPeer('bun', 'Bun, nothing stored'),
  bunStoring,
  socketIo,
  uvicorn,
  daphne,
  channels('channels-redis', 'Django Channels over Redis, Uvicorn', 'uvicorn', { LAYER: 'redis' }),
]

/** Several processes of each, over Redis. */
export const sharingPeers: readonly Peer[] = [
  partyline,
  partylineOnPostgres,
  ws,
  { ...socketIo, title: 'Socket.IO, Redis adapter', missing: adapterMissing },
  {
    ...peer(
      'socket.io-sharded',
      'Socket.IO, sharded adapter',
      'socket.io',
      () => [...node, 'bench/peers/socket-io.ts'],
      {
        ADAPTER: 'sharded',
      },
    ),
    missing: adapterMissing,
  },
  channels('channels-redis', 'Django Channels, Redis layer', 'uvicorn', { LAYER: 'redis' }),
  channels('channels-pubsub', 'Django Channels, pub/sub layer', 'uvicorn', { LAYER: 'pubsub' }),
]

/** The product as it is installed, but for its limits: thousands come from one address here, as fast as they can. */
async function startPartyline(
  { people, rooms, redisUrl, ports, core, settings }: Start,
  databaseUrl?: string,
): Promise<PeerServer> {
  const town = databaseUrl ? await newTown(people, rooms, databaseUrl) : await townFolder(people, rooms)
  const { folder, people: settled, SECRET } = town
  const startedAt = performance.now()
  const processes = ports.map((port) =>
    run(pinned(core, [...node, MAIN]), {
      ...unlimited,
      ...settings,
      PORT: String(port),
      DATA_DIR: folder,
      SECRET,
      ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
      ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
    }),
  )
  return {
    people: settled,
    processes,
    startedAt,
    data: { folder, databaseUrl },
    stop: async () => {
      await Promise.all(processes.map((started) => started.stop()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const unlimited = {
  RATE_LIMIT: '0',
  CONNECTIONS_PER_USER: '0',
  CONNECTIONS_PER_ADDRESS: '0',
  SIGN_UPS_PER_ADDRESS: '0',
}

interface Town {
  readonly folder: string
  readonly people: readonly Person[]
  readonly SECRET: string
}

const towns = new Map<string, Promise<Town>>()

/** The folders of all towns, which are copied until the program ends. */
const townFolders: string[] = []
process.once('exit', () => {
  for (const folder of townFolders) rmSync(folder, { recursive: true, force: true })
})

/** A data folder in which people are signed in: made once, then copied. */
async function townFolder(people: number, rooms: number): Promise<Town> {
  const key = `${people} ${rooms}`
  const town = towns.get(key) ?? newTown(people, rooms)
  towns.set(key, town)
  const made = await town
  const folder = newFolder()
  cpSync(made.folder, folder, { recursive: true })
  return { ...made, folder }
}

/** A data folder in which people are signed in. */
export async function newTown(people: number, rooms: number, databaseUrl?: string): Promise<Town> {
  const folder = newFolder()
  townFolders.push(folder)
  const SECRET = randomBytes(32).toString('hex')
  const settings = { DATA_DIR: folder, SECRET, ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}) }
  return { folder, SECRET, people: await settle(settings, people, rooms) }
}

let postgresServer: Promise<PostgresServer> | undefined
const undoings: (() => unknown)[] = []

/** One for all runs, which commits to the disk; not kept to a core. */
function postgres(): Promise<PostgresServer> {
  postgresServer ??= startPostgres(
    { teardown: (undo) => void undoings.unshift(undo) },
    // As it is installed: tests have less of both.
    { durable: true, settings: { shared_buffers: '128MB', autovacuum: 'on' } },
  )
  return postgresServer
}

/** Stops what was started for several runs. */
export async function tidyUp(): Promise<void> {
  for (const undo of undoings.splice(0)) await undo()
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'partyline-bench-'))
}

function bunPeer(name: string, title: string, env: Record<string, string> = {}): Peer {
  const started = peer(name, title, 'plain', () => [bun ?? 'bun', 'bench/peers/bun.ts'], env)
  return { ...started, missing: bun ? undefined : 'the npm package bun for this system' }
}

/** Bun's program as npm brings it for this system, or one on the path. Its install script, which would copy it, is not needed. */
function findBun(): string | undefined {
  const folder = join(ROOT, 'node_modules/@oven')
  const packages = existsSync(folder) ? readdirSync(folder) : []
  return (
    packages.map((name) => join(folder, name, 'bin/bun')).find((file) => existsSync(file)) ?? onPath('bun')
  )
}

function channels(
  name: string,
  title: string,
  server: 'uvicorn' | 'daphne',
  env: Record<string, string> = {},
): Peer {
  const command = (port: number) =>
    server === 'uvicorn'
      ? [
          'uvicorn',
          '--host',
          '127.0.0.1',
          '--port',
          String(port),
          '--log-level',
          'warning',
          '--lifespan',
          'off',
          'application:application',
        ]
      : [
          'daphne',
          '--bind',
          '127.0.0.1',
          '--port',
          String(port),
          '--verbosity',
          '0',
          'application:application',
        ]
  return { ...peer(name, title, 'plain', command, env, channelsFolder), missing: channelsMissing }
}

function peer(
  name: string,
  title: string,
  dialect: ConnectJob['dialect'],
  command: (port: number) => string[],
  env: Record<string, string> = {},
  directory = ROOT,
): Peer {
  return {
    name,
    title,
    dialect,
    async start({ people, redisUrl, ports, core }) {
      const startedAt = performance.now()
      const processes = ports.map((port) =>
        run(
          pinned(core, command(port)),
          { PORT: String(port), ...env, ...(redisUrl ? { REDIS_URL: redisUrl } : {}) },
          // Django Channels writes a page for every socket that goes.
          { directory, quiet: directory !== ROOT },
        ),
      )
      return {
        people: Array.from({ length: people }, (_, index) => ({ name: personName(index), cookie: '' })),
        processes,
        startedAt,
        stop: async () => {
          await Promise.all(processes.map((started) => started.stop()))
        },
      }
    },
  }
}

/** A Redis that keeps nothing, beside the load generator. */
export async function startRedis(): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort()
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const redis = run(pinned(Core.generator, ['redis-server', ...settings]), {}, { directory: tmpdir() })
  await listening(port)
  return { url: `redis://127.0.0.1:${port}`, stop: () => redis.stop() }
}
