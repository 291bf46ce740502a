import t from 'tap'
import { eventually } from '../support/eventually.ts'
import { startRedis, withRedis } from '../support/redis.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import type { Visitor } from '../support/visitor.ts'

t.test('limits over all processes', withRedis, async (t) => {
  const redis = await startRedis(t)
  const settings = {
    DATA_DIR: temporaryFolder(t),
    REDIS_URL: redis.url,
    TRUST_PROXY: 'loopback',
    SIGN_UPS_PER_ADDRESS: '2',
  }
  const [first, second] = [await startServer(t, settings), await startServer(t, settings)]
  const from = (address: string): Visitor[] =>
    [first, second].map((server) => server.visitor({ 'x-forwarded-for': address }))
  const statuses = (visitors: Visitor[], work: (visitor: Visitor) => Promise<{ status: number }>) =>
    Promise.all(visitors.map(async (visitor) => (await work(visitor)).status))
  await first.person('ada')
  await eventually('both count together', async () => {
    await statuses(from('192.0.2.99'), (visitor) => visitor.signIn('somebody', 'wrong'))
    return (await statuses(from('192.0.2.99'), (visitor) => visitor.signIn('somebody'))).every(
      (status) => status === 429,
    )
  })

  t.test('alternating between processes gives no more attempts or new accounts', async (t) => {
    for (let count = 0; count < 5; count += 1) {
      t.same(await statuses(from('192.0.2.1'), (visitor) => visitor.signIn('ada', 'wrong')), [401, 401])
    }
    const refused = await from('192.0.2.1')[1]?.signIn('ada')
    t.equal(refused?.status, 429)
    const seconds = Number(refused?.headers.get('retry-after'))
    t.ok(seconds > 0 && seconds <= 300, `${seconds} s`)

    const here = from('192.0.2.2')
    t.same(await statuses(here, (visitor) => visitor.signUp(`bob${here.indexOf(visitor)}`)), [303, 303])
    t.same(await statuses(from('192.0.2.2'), (visitor) => visitor.signUp('cleo')), [429, 429])
  })

  t.test('right passwords do not count as attempts', async (t) => {
    t.same(await statuses(from('192.0.2.3'), (visitor) => visitor.signIn('ada')), [303, 303])
    for (let count = 0; count < 6; count += 1) {
      const [here, there] = from('192.0.2.4')
      t.equal((await here?.signIn('ada', 'wrong'))?.status, 401)
      t.equal((await there?.signIn('ada'))?.status, 303)
    }
  })

  t.test('each process counts for itself while Redis is away', async (t) => {
    await redis.kill()
    const one = () => first.visitor({ 'x-forwarded-for': '192.0.2.5' })
    for (let count = 0; count < 10; count += 1) t.equal((await one().signIn('ada', 'wrong')).status, 401)
    t.equal((await one().signIn('ada')).status, 429)
    t.equal((await second.visitor({ 'x-forwarded-for': '192.0.2.5' }).signIn('ada')).status, 303)
  })
})
