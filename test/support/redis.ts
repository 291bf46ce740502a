import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { makeCertificate } from './certificate.ts'
import { eventually } from './eventually.ts'
import { freePort } from './ports.ts'
import { end, onPath, outlived } from './programs.ts'
import { temporaryFolder } from './server.ts'

/** Milliseconds after which a Redis that is not up is a failure. */
const PATIENCE = 60_000

const program = onPath('redis-server')
if (!program && process.env.CI === 'true')
  throw new Error('no redis-server on the path: apt install redis-server')

/** Options of a test that needs Redis. Without it, the test is skipped with the reason. */
export const withRedis = { skip: program ? false : 'no redis-server on the path' } as const

export interface RedisServer {
  readonly port: number
  /** Such as `redis://127.0.0.1:6379`. */
  readonly url: string
  /** `kill -9`: all connections break, and nothing is there until `start`. */
  kill(): Promise<void>
  /** On the same port, and empty. */
  start(): Promise<void>
  /** It hangs: connections stay, and nothing is answered until `resume`. */
  pause(): void
  resume(): void
}

/** Three nodes that share the slots. */
export interface RedisCluster {
  /** `redis+cluster://…` with all nodes. */
  readonly url: string
  readonly nodes: readonly RedisServer[]
}

/**
 * A Redis of the test's own on a free port, which keeps nothing on disk, until the test ends.
 * @param settings as on the command line: `['--requirepass', 'secret']`
 */
export async function startRedis(t: Test, settings: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort()
  return runServer(t, port, 'redis', ['--dir', temporaryFolder(t), '--port', String(port), ...settings])
}

/** A Redis that speaks TLS alone, and the file with the authority that vouches for it. */
export async function startTlsRedis(t: Test): Promise<RedisServer & { authority: string }> {
  const folder = temporaryFolder(t)
  const port = await freePort()
  const { certificate: authority, key } = makeCertificate(folder, 'IP:127.0.0.1')
  const server = await runServer(t, port, 'rediss', [
    ...['--dir', folder, '--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
    ...['--tls-key-file', key, '--tls-cert-file', authority, '--tls-ca-cert-file', authority],
  ])
  return { ...server, authority }
}

/** A Redis, a second that follows it, and a sentinel that puts the second in its place when it is gone. */
export async function startWatchedRedis(t: Test): Promise<{ url: string; first: RedisServer }> {
  const first = await startRedis(t)
  await startRedis(t, ['--replicaof', `127.0.0.1 ${first.port}`])
  const port = await freePort()
  const file = join(temporaryFolder(t), 'sentinel.conf')
  writeFileSync(
    file,
    [
      `port ${port}`,
      `sentinel monitor main 127.0.0.1 ${first.port} 1`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 3000',
    ].join('\n'),
  )
  await runServer(t, port, 'redis', [file, '--sentinel'])
  const sentinel = new Redis(port, '127.0.0.1')
  try {
    await eventually('the sentinel knows the second', async () => {
      const followers = await sentinel.call('SENTINEL', 'REPLICAS', 'main')
      return Array.isArray(followers) && followers.length === 1
    })
  } finally {
    sentinel.disconnect()
  }
  return { url: `redis+sentinel://127.0.0.1:${port}/main`, first }
}

/** A Redis Cluster of three nodes without replicas, until the test ends. */
export async function startRedisCluster(t: Test): Promise<RedisCluster> {
  const nodes = await Promise.all([startNode(t), startNode(t), startNode(t)])
  const clients = nodes.map(({ port }) => new Redis(port, '127.0.0.1'))
  try {
    await Promise.all(
      clients.map((client, index) => client.call('CLUSTER', 'ADDSLOTSRANGE', ...slots(index))),
    )
    for (const { port, bus } of nodes.slice(1))
      await clients[0]?.call('CLUSTER', 'MEET', '127.0.0.1', port, bus)
    await Promise.all(clients.map(whole))
  } finally {
    for (const client of clients) client.disconnect()
  }
  return { url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`, nodes }
}

async function startNode(t: Test): Promise<RedisServer & { bus: number }> {
  const bus = await freePort()
  const server = await startRedis(t, [
    ...['--cluster-enabled', 'yes', '--cluster-port', String(bus)],
    ...['--cluster-node-timeout', '2000', '--cluster-require-full-coverage', 'no'],
  ])
  return { ...server, bus }
}

/** The first and the last slot of the first, second or third node. */
function slots(index: number): [number, number] {
  return [Math.ceil((16_384 * index) / 3), Math.ceil((16_384 * (index + 1)) / 3) - 1]
}

/** Resolves when a node knows which node has which slot. */
function whole(client: Redis): Promise<void> {
  return eventually('the cluster comes together', async () => {
    const info = String(await client.call('CLUSTER', 'INFO'))
    return ['cluster_state:ok', 'cluster_slots_ok:16384', 'cluster_size:3'].every((line) =>
      info.includes(line),
    )
  })
}

async function runServer(
  t: Test,
  port: number,
  scheme: string,
  settings: readonly string[],
): Promise<RedisServer> {
  let child: ChildProcess | undefined
  const start = async () => {
    child = await launch(settings)
  }
  const kill = () => (child ? end(child) : Promise.resolve())
  t.teardown(kill)
  await start()
  return {
    port,
    url: `${scheme}://127.0.0.1:${port}`,
    kill,
    start,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  }
}

function launch(settings: readonly string[]): Promise<ChildProcess> {
  const here = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  // A sentinel's file comes first.
  const child = outlived([
    program ?? '',
    ...(settings.includes('--sentinel') ? settings : [...here, ...settings]),
  ])
  let output = ''
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`redis-server is not ready: ${output}`)), PATIENCE)
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${output}`)))
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (!/Ready to accept connections|Sentinel ID is/.test(output)) return
      clearTimeout(late)
      resolve(child)
    })
  })
}
