import type { ChildProcess } from 'node:child_process'
import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { freePort, onPath, outlived } from './programs.ts'
import { temporaryFolder } from './server.ts'

/** Milliseconds after which a Redis that is not up, or a cluster that is not whole, is a failure. */
const PATIENCE = 10_000

const program = onPath('redis-server')
if (!program && process.env.CI === 'true')
  throw new Error('no redis-server on the path: apt install redis-server')

/** Options of a test that needs Redis: where there is none it is skipped, and says why. */
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
  const folder = temporaryFolder(t)
  const port = await freePort()
  let child: ChildProcess | undefined
  const start = async () => {
    child = await launch(['--dir', folder, '--port', String(port), ...settings])
  }
  const kill = () => (child ? end(child) : Promise.resolve())
  t.teardown(kill)
  await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    kill,
    start,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  }
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

/** Resolves when a node knows who has which slot. */
async function whole(client: Redis): Promise<void> {
  const until = Date.now() + PATIENCE
  for (;;) {
    const info = String(await client.call('CLUSTER', 'INFO'))
    if (/cluster_state:ok/.test(info) && /cluster_slots_ok:16384/.test(info) && /cluster_size:3/.test(info))
      return
    if (Date.now() > until) throw new Error(`the cluster did not come together: ${info}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function launch(settings: readonly string[]): Promise<ChildProcess> {
  const command = [program ?? '', '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...settings]
  const child = outlived(command)
  let output = ''
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`redis-server is not ready: ${output}`)), PATIENCE)
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`redis-server ended with ${code}: ${output}`)))
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (!/Ready to accept connections/.test(output)) return
      clearTimeout(late)
      resolve(child)
    })
  })
}

function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.on('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
