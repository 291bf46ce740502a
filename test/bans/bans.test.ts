import t from 'tap'
import { auditEntries, SHELL } from '../../src/audit/index.ts'
import { BanList } from '../../src/bans/ban-list.ts'
import { addBan, MAXIMUM_BANS, networkText, readNetwork } from '../../src/bans/index.ts'
import { enter } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis, withRedis } from '../support/redis.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { PASSWORD, Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

const settings = { RATE_LIMIT: '0', SIGN_UPS_PER_ADDRESS: '0', TRUST_PROXY: 'loopback' }

/** A visitor whose proxy says where they come from. */
function from(server: { readonly address: string }, address: string): Visitor {
  return new Visitor(server.address, { 'x-forwarded-for': address })
}

async function personFrom(server: TestServer, address: string, name: string): Promise<Visitor> {
  const visitor = from(server, address)
  await visitor.signUp(name)
  return visitor
}

function ban(admin: Visitor, address: string, time = '1 h', reason = '') {
  return admin.post('/admin/bans', { address, for: time, reason }, '/admin/bans')
}

t.test('a banned address is served nothing until the ban ends, and its sockets are closed', async (t) => {
  const server = await startServer(t, settings)
  const { database } = server.app
  const admin = await personFrom(server, '198.51.100.1', 'admin')
  const eve = await personFrom(server, '203.0.113.7', 'eve')
  const bob = await personFrom(server, '203.0.114.7', 'bob')
  const [socket, stays] = [await enter(eve, 'lobby'), await enter(bob, 'lobby')]
  t.equal((await bob.get('/admin/bans')).status, 404, 'it is for administrators')

  const begun = performance.now()
  t.equal((await ban(admin, '203.0.113.0/24', '1 day', 'shouting')).status, 303)
  t.same(await socket.closed(), { code: 4003, reason: 'this address is banned' })
  t.ok(performance.now() - begun < 2_000)
  for (const path of ['/', '/sign-in', '/sign-up', '/rooms/lobby', '/account'])
    t.match(await eve.get(path), { status: 403, text: /The ban ends at (<time[^>]*>)?\d{4}-/ }, path)
  const other = from(server, '203.0.113.200')
  t.equal((await other.postBare('/sign-in', { username: 'eve', password: PASSWORD })).status, 403)
  t.equal((await other.postBare('/sign-up', { username: 'new', password: PASSWORD })).status, 403)
  const answer = await other.get('/api/rooms')
  t.equal(answer.status, 403)
  t.match(JSON.parse(answer.text), { code: 'forbidden', error: /banned/ })
  t.equal((await other.postJson('/api/token', { username: 'eve', password: PASSWORD })).status, 403)
  t.match(await eve.socket('/ws/chat/lobby').closed(), { code: 1006 }, 'the upgrade is refused')
  t.equal((await other.get('/healthz')).status, 200, 'monitoring still works')
  for (const path of ['/dashboard', '/dashboard/connections', '/dashboard/connections/none.1'])
    t.equal((await eve.get(path)).status, 403, path)
  t.notMatch((await eve.get('/')).text, 'shouting')

  const page = (await admin.get('/admin/bans')).text
  t.match(page, /203\.0\.113\.0\/24[\s\S]*shouting[\s\S]*by admin/)
  stays.send({ message: 'still here', id: 'one' })
  t.match(await stays.next('message'), { id: 'one' }, 'others are not affected')
  const id = /\/admin\/bans\/([0-9a-f-]{36})\/end/.exec(page)?.[1]
  t.equal((await admin.post(`/admin/bans/${id}/end`, {}, '/admin/bans')).status, 303)
  t.equal((await admin.post(`/admin/bans/${id}/end`, {}, '/admin/bans')).status, 404)
  t.equal((await eve.get('/rooms/lobby')).status, 200, 'the person is still signed in')
  const entries = await auditEntries(database, { limit: 2 })
  t.match(
    entries.map(({ action, address, detail }) => [action, address, detail]),
    [
      ['ban.end', '198.51.100.1', '203.0.113.0/24'],
      ['ban.add', '198.51.100.1', /^203\.0\.113\.0\/24, until .* UTC, shouting$/],
    ],
  )

  await ban(admin, '203.0.113.7')
  t.equal((await eve.get('/')).status, 403)
  const over = new Date(Date.now() - 1).toISOString()
  await database.updateTable('bans').set({ expires_at: over }).execute()
  await eventually('the ban is over', async () => (await eve.get('/rooms/lobby')).status === 200)
  stays.close()
})

t.test('banning an address again changes when its ban ends', async (t) => {
  const server = await startServer(t, settings)
  const { bans, database } = server.app
  const eve = await personFrom(server, '203.0.113.7', 'eve')
  const until = (days: number) =>
    Temporal.Now.instant()
      .add({ hours: 24 * days })
      .toString()
  const shown = async () =>
    /The ban ends at <time[^>]*>(\d{4}-\d\d-\d\d)/.exec((await eve.get('/')).text)?.[1]
  await addBan(database, { network: '203.0.113.7/32', reason: '', expiresAt: until(100) }, SHELL)
  await addBan(database, { network: '192.0.2.1/32', reason: '', expiresAt: until(300) }, SHELL)
  await bans.changed()
  t.equal(await shown(), until(100).slice(0, 10))
  // As another process would whose clock is behind: the number of bans, the latest ban and the last end all stay the same.
  const expires_at = until(1)
  await database
    .updateTable('bans')
    .set({ id: '00000000-0000-7000-8000-000000000000', expires_at })
    .where('network', '=', '203.0.113.7/32')
    .execute()
  await bans.changed()
  t.equal(await shown(), expires_at.slice(0, 10))
})

t.test('an invalid ban is refused with the reason, and nobody can ban an administrator', async (t) => {
  const server = await startServer(t, settings)
  const { database } = server.app
  const admin = await personFrom(server, '198.51.100.1', 'admin')
  const second = await personFrom(server, '2001:db8:7::1', 'second')
  await database.updateTable('users').set({ role: 'administrator' }).execute()
  t.equal((await second.get('/admin')).status, 200)
  for (const [address, time, fault] of [
    ['somewhere', '1 h', /Enter an address/],
    ['203.0.113.7/33', '1 h', /at most 32/],
    ['203.0.113.7/2', '1 h', /too large/],
    ['::/0', '1 h', /too large/],
    ['203.0.113.7', 'for ever', /Choose how long/],
    ['198.51.100.0/24', '1 h', /That includes your own address/],
    ['2001:db8:7::99', '1 h', /An administrator was signed in/],
  ] as const)
    t.match(await ban(admin, address, time), { status: 400, text: fault }, address)
  t.same(await database.selectFrom('bans').select('id').execute(), [])

  const now = new Date()
  const until = new Date(now.getTime() + 60_000).toISOString()
  await database
    .insertInto('bans')
    .values(
      Array.from({ length: MAXIMUM_BANS - 1 }, (_, index) => ({
        ...{
          id: `0000${index}`,
          network: `10.${index >> 8}.${index & 255}.0/24`,
          reason: '',
          banned_by: null,
        },
        ...{ created_at: now.toISOString(), expires_at: until },
      })),
    )
    .execute()
  const last = { network: '192.0.2.0/24', reason: '', expiresAt: until }
  await addBan(database, last, SHELL)
  t.match(await ban(admin, '203.0.113.7'), { status: 400, text: /There are already 1000 bans/ })
  await addBan(database, last, SHELL)
  t.equal(
    (await ban(admin, '192.0.2.0/24', '1 week')).status,
    303,
    'banning the same address again renews the ban',
  )
})

t.test('a ban reaches every process, with or without Redis', withRedis, async (t) => {
  const redis = await startRedis(t)
  const place = { ...settings, DATA_DIR: temporaryFolder(t), REDIS_URL: redis.url }
  const [first, second] = [await startServer(t, place), await startServer(t, place)]
  const admin = await personFrom(first, '198.51.100.1', 'admin')
  const there = async (address: string, name: string) => {
    const person = await personFrom(first, address, name)
    const same = from(second, address)
    for (const [cookie, value] of person.cookies) same.cookies.set(cookie, value)
    return { same, socket: await enter(same, 'lobby') }
  }
  for (const [address, name] of [
    ['203.0.113.7', 'eve'],
    ['203.0.114.7', 'fay'],
  ] as const) {
    const { same, socket } = await there(address, name)
    if (name === 'fay') await redis.kill()
    const begun = performance.now()
    t.equal((await ban(admin, address)).status, 303)
    t.match(await socket.closed(), { code: 4003 })
    t.comment(`closed after ${Math.round(performance.now() - begun)} ms`)
    t.equal((await same.get('/')).status, 403)
  }
})

t.test('an address or network is recognised however it is written', async (t) => {
  const text = (typed: string) => {
    const read = readNetwork(typed)
    return typeof read === 'string' ? 'refused' : networkText(read)
  }
  t.same(
    [
      ...[' 203.0.113.7 ', '203.0.113.7/24', '::ffff:203.0.113.7', '::ffff:203.0.113.7/120', '2001:DB8::1'],
      ...['2001:db8:1:2:3::/48', '010.1.1.1', '1.2.3', '1.2.3.4/', 'fe80::1%eth0', '1.2.3.4/8/8', ''],
    ].map(text),
    [
      ...['203.0.113.7/32', '203.0.113.0/24', '203.0.113.7/32', '203.0.113.0/24', '2001:db8::/64'],
      ...['2001:db8:1::/48', 'refused', 'refused', 'refused', 'refused', 'refused', 'refused'],
    ],
  )
  const list = new BanList()
  const entry = { reason: '', by: null, createdAt: '' }
  list.replace([
    { ...entry, id: '1', network: '203.0.113.0/24', expiresAt: '9998' },
    { ...entry, id: '2', network: '203.0.113.7/32', expiresAt: '9999' },
    { ...entry, id: '3', network: '2001:db8::/64', expiresAt: '9999' },
    { ...entry, id: '4', network: '192.0.2.0/24', expiresAt: '2000' },
  ])
  t.same(
    ['203.0.113.7', '::ffff:203.0.113.8', '2001:db8::9', '2001:db8:0:1::1', '192.0.2.1', 'unix', ''].map(
      (one) => list.bannedUntil(one),
    ),
    ['9999', '9998', '9999', undefined, undefined, undefined, undefined],
  )
})

t.test('a single address is listed without a prefix length, and a network with its own', async (t) => {
  const server = await startServer(t, settings)
  const admin = await personFrom(server, '198.51.100.1', 'admin')
  for (const network of ['203.0.113.7', '203.0.112.0/24', '2001:db8::/32'])
    t.equal((await ban(admin, network)).status, 303)
  const { text } = await admin.get('/admin/bans')
  const listed = [...text.matchAll(/<b>([\da-f.:/]+)<\/b>/g)].map(([, network]) => network)
  t.same(listed.sort(), ['2001:db8::/32', '203.0.112.0/24', '203.0.113.7'])
})
