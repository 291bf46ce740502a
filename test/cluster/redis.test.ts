import t, { type Test } from 'tap'
import { eventually } from '../support/eventually.ts'
import { type ServerProcess, startProcess } from '../support/process.ts'
import {
  type RedisServer,
  startRedis,
  startTlsRedis,
  startWatchedRedis,
  withRedis,
} from '../support/redis.ts'
import { temporaryFolder } from '../support/server.ts'
import { Visitor } from '../support/visitor.ts'

/** The same person at another process. */
function at(address: string, visitor: Visitor): Visitor {
  const same = new Visitor(address)
  for (const [name, value] of visitor.cookies) same.cookies.set(name, value)
  return same
}

async function ready({ address }: ServerProcess): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${address}/readyz`)
  return { status: response.status, body: await response.json() }
}

const isReady = (...servers: ServerProcess[]) =>
  eventually('the servers are ready', async () => {
    const answers = await Promise.all(servers.map(ready))
    return answers.every(({ status }) => status === 200)
  })

/** Two processes on one folder and one Redis, and somebody in the lobby at each. */
async function twoProcesses(t: Test, env: Record<string, string>) {
  const settings = { DATA_DIR: temporaryFolder(t), RATE_LIMIT: '0', ...env }
  const [first, second] = await Promise.all([startProcess(t, settings), startProcess(t, settings)])
  const ada = new Visitor(first.address)
  await ada.signUp('ada')
  const [here, there] = [ada.socket('/ws/chat/lobby'), at(second.address, ada).socket('/ws/chat/lobby')]
  t.teardown(() => here.close())
  t.teardown(() => there.close())
  await Promise.all([here.next('welcome'), there.next('welcome')])
  return { ada, first, second, here, there }
}

t.test('two processes over Redis', withRedis, async (t) => {
  const redis: RedisServer = await startRedis(t)
  const { ada, first, second, here, there } = await twoProcesses(t, { REDIS_URL: redis.url })

  t.test('a message at one process reaches people at the other, in both directions', async (t) => {
    here.send({ message: 'from the first', id: 'one' })
    t.match(await there.next('message'), { id: 'one', seq: 1 })
    t.match(await here.next('message'), { id: 'one', seq: 1 })
    there.send({ message: 'from the second', id: 'two' })
    t.match(await here.next('message'), { id: 'two', seq: 2 })
    t.match(await there.next('message'), { id: 'two', seq: 2 })
  })

  t.test('both report that they are not ready while Redis is away, but keep serving', async (t) => {
    await redis.kill()
    await eventually('the loss is seen', async () => (await ready(first)).status === 503)
    t.match(await ready(first), { body: { status: 'unavailable', database: 'ok', channels: 'away' } })

    const neighbour = ada.socket('/ws/chat/lobby')
    await neighbour.next('welcome')
    here.send({ message: 'without Redis', id: 'three' })
    t.match(await here.next('message'), { id: 'three', seq: 3 })
    t.match(await neighbour.next('message'), { id: 'three', seq: 3 })
    t.match(
      await there.next('message'),
      { id: 'three', seq: 3 },
      'the other process finds it in the database',
    )
    neighbour.close()
  })

  t.test('both are ready again when Redis is back, and have missed nothing', async (t) => {
    here.send({ message: 'just before', id: 'four' })
    await redis.start()
    await isReady(first, second)
    there.send({ message: 'just after', id: 'five' })
    for (const socket of [here, there]) {
      t.match(await socket.next('message'), { id: 'four', seq: 4 })
      t.match(await socket.next('message'), { id: 'five', seq: 5 })
    }
    for (const line of first.stdout().trim().split('\n').slice(1))
      t.match(line, /REDIS_URL: Redis at 127\.0\.0\.1:\d+ does not answer|is back/)
    t.equal(first.stdout().split('does not answer').length, 2, 'the loss is logged in one line')
  })
})

t.test(
  'a server starts without a reachable Redis, says so in one line, and connects later',
  withRedis,
  async (t) => {
    const redis = await startRedis(t, ['--requirepass', 'hunter2'])
    await redis.kill()
    const server = await startProcess(t, { REDIS_URL: redis.url.replace('//', '//:hunter2@') })
    t.match(await ready(server), { status: 503, body: { database: 'ok', channels: 'away' } })
    const ada = new Visitor(server.address)
    t.equal((await ada.signUp('ada')).status, 303)

    const [line = '', listening, ...rest] = server.stdout().trim().split('\n')
    t.match(line, `REDIS_URL: Redis at 127.0.0.1:${redis.port} does not answer (connect ECONNREFUSED`)
    t.match(listening, 'Partyline is at')
    t.same(rest, [])

    await redis.start()
    await isReady(server)
    t.notMatch(server.stdout() + server.stderr(), 'hunter2')
    t.match(await server.stop(), { code: 0, stderr: '' })
  },
)

t.test('over TLS, the certificate of Redis must be trusted', withRedis, async (t) => {
  const redis = await startTlsRedis(t)
  const { first, second } = await twoProcesses(t, {
    REDIS_URL: redis.url,
    NODE_EXTRA_CA_CERTS: redis.authority,
  })
  await isReady(first, second)

  const stranger = await startProcess(t, { REDIS_URL: redis.url })
  t.match(await ready(stranger), { status: 503, body: { channels: 'away' } })
  t.match(stranger.stdout(), 'self-signed certificate')
})

t.test('when sentinels promote another Redis, the processes find it', withRedis, async (t) => {
  const { url, first: redis } = await startWatchedRedis(t)
  const { first, second, here, there } = await twoProcesses(t, { REDIS_URL: url })
  await isReady(first, second)

  await redis.kill()
  await eventually('the loss is seen', async () => (await ready(first)).status === 503)
  await isReady(first, second)

  here.send({ message: 'over the second Redis', id: 'one' })
  t.match(await there.next('message'), { id: 'one', seq: 1 })
})
