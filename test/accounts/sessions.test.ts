import { createHmac } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { MAXIMUM_SESSIONS } from '../../src/accounts/sessions.ts'
import { auditEntries } from '../../src/audit/index.ts'
import { isSignedIn } from '../support/accounts.ts'
import { handled } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { PASSWORD, Visitor } from '../support/visitor.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const KEY = 'the first key: long enough to sign'
const NEW_KEY = 'the second key: long enough as well'

/** The rows of all sessions, the oldest first. */
function rows({ app }: TestServer) {
  return app.database.selectFrom('sessions').selectAll().orderBy('created_at').execute()
}

/** Changes all sessions in the database, as time or another process does. */
async function change(
  { app }: TestServer,
  columns: { last_seen_at?: string; expires_at?: string; ended_at?: string },
): Promise<void> {
  await app.database.updateTable('sessions').set(columns).execute()
}

/** A time so many milliseconds from now. */
function at(milliseconds: number): string {
  return new Date(Date.now() + milliseconds).toISOString()
}

/** Another browser with the same cookies. */
function thief(server: TestServer, victim: Visitor): Visitor {
  const visitor = server.visitor()
  for (const [name, value] of victim.cookies) visitor.cookies.set(name, value)
  return visitor
}

function sessionCookie(visitor: Visitor): string {
  return decodeURIComponent(visitor.sessionCookie?.value ?? '')
}

/** A promise, and what fulfils it. */
function signal(): { given: Promise<void>; give: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { given: promise, give: resolve }
}

t.test('the cookie is hidden from scripts and other sites, and over TLS also from plain HTTP', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback' })
  const overTls = server.visitor({ 'x-forwarded-proto': 'https' })
  for (const [visitor, secure] of [
    [server.visitor(), false],
    [overTls, true],
  ] as const) {
    const forms = await visitor.get('/sign-in')
    const session = await visitor.signUp(secure ? 'ada' : 'bob')
    for (const { headers } of [forms, session]) {
      const [cookie = '', ...others] = headers.getSetCookie()
      t.same(others, [])
      t.match(cookie, /; HttpOnly(;|$)/)
      t.match(cookie, /; SameSite=Lax(;|$)/)
      t.match(cookie, /; Path=\/(;|$)/)
      t.equal(/; Secure(;|$)/.test(cookie), secure, cookie)
    }
  }
})

t.test('cookies of this installation', async (t) => {
  const one = await startServer(t, { TRUST_PROXY: 'loopback' })
  const other = await startServer(t)

  t.test('two installations on one host do not sign anybody out of the other', async (t) => {
    const ada = await one.person('ada')
    const there = new Visitor(other.address)
    // Browsers keep cookies by host, whatever the port.
    const jar = new Map([...ada.cookies, ['session', 'of-another-program']])
    for (const [name, value] of jar) there.cookies.set(name, value)
    await there.signUp('ada')
    for (const [name, value] of there.cookies) ada.cookies.set(name, value)
    t.ok(await isSignedIn(ada))
    t.ok(await isSignedIn(there))
    await there.signOut()
    t.notOk(await isSignedIn(there))
    for (const [name, value] of jar) t.equal(there.cookies.get(name), value, `${name} is left alone`)
  })

  t.test('a cookie named session by another program is neither set nor cleared', async (t) => {
    const visitor = one.visitor()
    visitor.cookies.set('session', 'of-another-program')
    for (const answer of [
      await visitor.get('/'),
      await visitor.get('/account'),
      await visitor.signUp('bob'),
      await visitor.get('/account'),
      await visitor.signOut(),
    ]) {
      for (const line of answer.headers.getSetCookie()) t.notMatch(line, /^session=/)
    }
  })

  t.test('a cookie that an earlier release named session works until it is replaced', async (t) => {
    const cleo = await one.person('cleo')
    const value = cleo.sessionCookie?.value ?? ''
    const old = one.visitor()
    old.cookies.set('session', value)
    t.match(await old.socket('/ws/chat/lobby').next(), { type: 'welcome' })
    const answer = await old.get('/account')
    t.equal(answer.status, 200)
    t.same(answer.headers.getSetCookie().length, 1)
    t.match(old.sessionCookie, { name: cleo.sessionCookie?.name, value })
    t.same((await old.get('/account')).headers.getSetCookie(), [], 'which is done once')
    t.equal(old.cookies.get('session'), value)
    await old.signOut()
    t.notOk(await isSignedIn(old), 'and it ends with the session')
  })

  t.test('of several cookies with one name, the valid one counts', async (t) => {
    const dan = await one.person('dan')
    const { name, value } = dan.sessionCookie ?? { name: '', value: '' }
    const stale = encodeURIComponent(one.app.signCookie('a'.repeat(43)))
    const cookie = `${name}=${stale}; ${name}=nonsense; ${name}=${value}; session=${stale}`
    const answer = await one.visitor().get('/account', { cookie })
    t.equal(answer.status, 200)
    t.same(answer.headers.getSetCookie(), [])
    t.match(await one.visitor().socket('/ws/chat/lobby', { cookie }).next(), { type: 'welcome' })
  })

  t.test('over TLS, no other host of the domain can set cookies', async (t) => {
    const eve = one.visitor({ 'x-forwarded-proto': 'https' })
    await eve.get('/sign-up')
    t.match([...eve.cookies.keys()], [/^__Host-partyline-[0-9a-f]{8}-csrf$/])
    await eve.signUp('eve')
    t.match(eve.sessionCookie?.name, /^__Host-/)
    t.match(await eve.socket('/ws/chat/lobby').next(), { type: 'welcome' })
    // A proxy may not say of an upgrade that it came over TLS.
    const bare = await one.visitor().socket('/ws/chat/lobby', { cookie: eve.cookie }).next()
    t.match(bare, { type: 'welcome' })
    const [cleared = '', ...others] = (await eve.signOut()).headers.getSetCookie()
    t.match(cleared, /^__Host-partyline-[0-9a-f]{8}=;.*; Secure/)
    t.same(others, [])
    t.notOk(await isSignedIn(eve))
  })

  t.test('a cookie from before TLS is replaced', async (t) => {
    const finn = await one.person('finn')
    const answer = await finn.get('/account', { 'x-forwarded-proto': 'https' })
    t.equal(answer.status, 200)
    t.match(answer.headers.getSetCookie().join(), /^__Host-partyline-/)
  })
})

t.test('sessions end even while the database accepts no writes', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const server = await startServer(t, { DATA_DIR })
  const { app } = server
  const [ada, bob] = [await server.person('ada'), await server.person('bob')]
  const [stolen, other] = [thief(server, ada), server.visitor()]
  await other.signIn('ada')
  const socket = ada.socket('/ws/chat/lobby')
  await socket.next('welcome')
  const idOf = async (user: number, index: number) => (await app.sessions.list(user))[index]?.id ?? ''

  const full = t.intercept(app.database, 'transaction', {
    value: () => {
      throw new Error('database or disk is full')
    },
    configurable: true,
  })
  const answer = await ada.signOut()
  t.match(answer, { status: 303 })
  t.equal(answer.headers.get('location'), '/sign-in')
  t.notOk(ada.sessionCookie, 'its cookie is removed')
  t.match(await socket.closed(), { code: 4001 })
  t.notOk(await isSignedIn(stolen), 'it is refused')
  t.match(await stolen.socket('/ws/chat/lobby').closed(), { code: 4001 })
  t.match((await other.get('/account')).text.match(/last seen/g), { length: 1 }, 'and is in no list')
  t.ok(
    (await rows(server)).every(({ ended_at }) => ended_at === null),
    'though its end is not stored yet',
  )

  await t.test('when another process announces it', async (t) => {
    const sessions = [await idOf(2, 0)]
    await app.channelLayer.groupSend('sessions', { type: 'session.ended', sessions, stored: false })
    t.notOk(await isSignedIn(bob))
  })

  await t.test(
    'when an administrator ends them, and the audit log has it as soon as it is stored',
    async (t) => {
      t.equal((await other.post('/admin/people/bob/sessions/end', {})).status, 303)
      t.notOk(await isSignedIn(bob))
      t.same(await auditEntries(app.database, { limit: 1 }), [])
    },
  )

  await t.test('when they are ended from the list of sessions', async (t) => {
    const current = await idOf(1, 0)
    const end = await other.post(`/account/sessions/${current}/end`, {})
    t.equal(end.status, 303)
    t.notOk(await isSignedIn(other))
  })

  full.restore()
  await eventually('the ends are stored', async () =>
    (await rows(server)).every(({ ended_at }) => ended_at !== null),
  )
  t.match(await auditEntries(app.database, { limit: 2 }), [{ action: 'sessions.end', person_id: 2 }])
})

t.test(
  'a session that ended while the database accepted no writes is also over after a restart',
  async (t) => {
    const DATA_DIR = temporaryFolder(t)
    const first = await startServer(t, { DATA_DIR })
    const ada = await first.person('ada')
    const bob = await first.person('bob')
    const stolen = thief(first, ada)
    // It neither accepts nor refuses anything.
    t.intercept(first.app.database, 'transaction', {
      value: () => ({ execute: () => new Promise(() => {}) }),
      configurable: true,
    })
    t.match(await ada.signOut(), { status: 303 })
    await first.app.close()
    t.equal(statSync(join(DATA_DIR, 'ended-sessions')).mode & 0o777, 0o600)

    const second = await startServer(t, { DATA_DIR })
    t.notOk(await isSignedIn(thief(second, stolen)))
    t.ok(await isSignedIn(thief(second, bob)))
    await eventually('it is stored', async () => (await rows(second))[0]?.ended_at !== null)
    await eventually('and noted no more', async () =>
      readFileSync(join(DATA_DIR, 'ended-sessions')).every((byte) => byte === 0),
    )
  },
)

t.test('a person can have only so many sessions, and the least recently used ones end', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const place = { device: 'a script', address: '192.0.2.1' }
  const oldest = await server.app.sessions.begin(1, place, 'secret')
  await change(server, { last_seen_at: at(-MINUTE / 2) })
  await ada.get('/account')
  for (let count = 0; count < 50; count += 1) await server.app.sessions.begin(1, place, 'secret')
  for (let count = 0; count < 60; count += 1) await server.app.sessions.beginForTokens(1, place)
  t.equal((await server.app.sessions.list(1)).length, MAXIMUM_SESSIONS)
  t.ok(await isSignedIn(ada), 'sessions of tokens end before those of browsers')
  for (let count = 0; count < 100; count += 1) await server.app.sessions.begin(1, place, 'secret')
  t.equal((await server.app.sessions.list(1)).length, MAXIMUM_SESSIONS)
  t.equal(await server.app.sessions.find(oldest.id), null)
})

t.test('a visitor who only looks around, or fails to sign in, gets no session', async (t) => {
  const server = await startServer(t)
  const visitor = server.visitor()
  for (const path of ['/', '/sign-in', '/sign-up', '/rooms/lobby', '/account', '/nothing', '/healthz']) {
    await visitor.get(path)
  }
  await visitor.signIn('nobody')
  await visitor.signUp('x')
  await visitor.socket('/ws/chat/lobby').closed()
  t.same(await rows(server), [])
  t.notOk(visitor.sessionCookie)
})

t.test('signing in makes a new session', async (t) => {
  const server = await startServer(t)
  const mallory = await server.person('mallory')
  await server.person('ada')

  t.test('a session that was planted before becomes worthless', async (t) => {
    const victim = thief(server, mallory)
    const planted = sessionCookie(victim)
    t.match(await victim.post('/sign-in', { username: 'ada', password: PASSWORD }), { status: 303 })
    t.not(sessionCookie(victim), planted)
    t.notOk(await isSignedIn(mallory), 'the earlier session has ended')
    t.match((await victim.get('/account')).text, 'ada')
  })

  t.test('a session id that was never issued is not adopted', async (t) => {
    const victim = server.visitor()
    victim.cookies.set(mallory.sessionCookie?.name ?? '', 'a'.repeat(32))
    await victim.signIn('ada')
    t.not(sessionCookie(victim).split('.')[0], 'a'.repeat(32))
  })
})

t.test('a cookie that was never issued opens nothing', async (t) => {
  const server = await startServer(t, { SECRET: KEY })
  const ada = await server.person('ada')
  const [id = '', signature = ''] = sessionCookie(ada).split('.')
  const [row] = await rows(server)
  const forge = (value: string, key: string) =>
    `${value}.${createHmac('sha256', key).update(value).digest('base64').replace(/=+$/, '')}`
  t.equal(forge(id, KEY), sessionCookie(ada), 'this is how a cookie is signed')

  const forged = {
    'no signature': id,
    'an empty signature': `${id}.`,
    'a signature that is cut short': `${id}.${signature.slice(0, -1)}`,
    'another identifier': `${[...id].reverse().join('')}.${signature}`,
    'a signature with another key': forge(id, NEW_KEY),
    'the name of the session in the database': forge(row?.id ?? '', KEY),
    'an identifier of our own making': forge('a'.repeat(32), KEY),
    'no text at all': '\0\xff%',
    nothing: '',
  }
  for (const [what, value] of Object.entries(forged)) {
    const visitor = server.visitor()
    visitor.cookies.set(ada.sessionCookie?.name ?? '', encodeURIComponent(value))
    t.equal((await visitor.get('/account')).status, 303, what)
    t.match(await visitor.socket('/ws/chat/lobby').closed(), { code: 4001 }, what)
  }
  t.ok(await isSignedIn(ada))
})

t.test('signing out', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const elsewhere = server.visitor()
  await elsewhere.signIn('ada')
  const stolen = thief(server, ada)
  const sockets = [ada.socket('/ws/chat/lobby'), stolen.socket('/ws/chat/lobby')]
  const other = elsewhere.socket('/ws/chat/lobby')
  for (const socket of [...sockets, other]) await socket.next('welcome')
  const answer = await ada.signOut()

  t.test('signing out leads to the sign-in page and removes the cookie', async (t) => {
    t.equal(answer.status, 303)
    t.equal(answer.headers.get('location'), '/sign-in')
    t.notOk(ada.sessionCookie)
    t.equal(answer.headers.get('clear-site-data'), '"cache"', 'and the pages that the browser cached')
  })

  t.test('signing out closes only the sockets of that session, with 4001', async (t) => {
    for (const socket of sockets) t.match(await socket.closed(), { code: 4001 })
    other.send({ message: 'still here' })
    t.match(await other.next('message'), { message: 'still here' })
    t.ok(await isSignedIn(elsewhere))
  })

  t.test('a stolen cookie is worthless after signing out', async (t) => {
    t.notOk(await isSignedIn(stolen))
    t.match(await stolen.get('/api/rooms/lobby/messages'), { status: 401 })
    t.match(await stolen.socket('/ws/chat/lobby').closed(), { code: 4001 })
  })

  t.test('signing out twice is not an error', async (t) => {
    t.match(await server.visitor().post('/sign-out', {}, '/sign-in'), { status: 303 })
  })
})

t.test('a session that has ended is not revived', async (t) => {
  const arrived = signal()
  const ended = signal()
  const server = await startServer(t, {}, {}, async (app: FastifyInstance) => {
    app.get('/slow', async () => {
      arrived.give()
      await ended.given
      return 'done'
    })
  })

  t.test('by a request that was in progress', async (t) => {
    const ada = await server.person('ada')
    const same = thief(server, ada)
    const request = same.get('/slow')
    await arrived.given
    await ada.signOut()
    ended.give()
    t.match(await request, { status: 200, text: 'done' })
    t.notOk(await isSignedIn(same))
    t.ok((await rows(server))[0]?.ended_at)
  })

  t.test('by the note that it was used', async (t) => {
    const cleo = await server.person('cleo')
    const same = thief(server, cleo)
    await cleo.signOut()
    await server.app.sessions.touch((await rows(server)).map(({ id }) => id))
    t.notOk(await isSignedIn(same))
  })
})

t.test('a session lives for 30 days after its last use, which is stored at most once a minute', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const expires = async () => Date.parse((await rows(server))[0]?.expires_at ?? '') - Date.now()
  t.ok(Math.abs((await expires()) - 30 * DAY) < MINUTE, 'from the beginning')

  const earlier = { last_seen_at: at(-50_000), expires_at: at(DAY) }
  await change(server, earlier)
  const soon = await ada.get('/account')
  t.match((await rows(server))[0], earlier, 'after less than a minute nothing is written')
  t.same(soon.headers.getSetCookie(), [])

  await change(server, { ...earlier, last_seen_at: at(-61_000) })
  const later = await ada.get('/account')
  t.ok(Math.abs((await expires()) - 30 * DAY) < MINUTE, 'after more than a minute its life is extended')
  const [cookie = ''] = later.headers.getSetCookie()
  t.match(cookie, /^partyline-[0-9a-f]{8}=/)
  t.match(cookie, `; Max-Age=${(30 * DAY) / 1000}`)
  t.match(cookie, /; HttpOnly(;|$)/)
  t.match(cookie, /; SameSite=Lax(;|$)/)

  const noted = await rows(server)
  t.same((await ada.get('/account')).headers.getSetCookie(), [])
  t.same(await rows(server), noted, 'and then nothing is written for a while')
})

t.test('an expired session opens nothing and is not extended', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  await change(server, { last_seen_at: at(-31 * DAY), expires_at: at(-1) })
  const before = await rows(server)
  t.notOk(await isSignedIn(ada))
  t.match(await ada.socket('/ws/chat/lobby').closed(), { code: 4001 })
  t.same(await rows(server), before)
})

t.test('an open socket is closed with 4001 within two seconds', async (t) => {
  const server = await startServer(t)
  const ends = {
    'when its session expires': () => ({ expires_at: at(-1) }),
    'when another process ends its session': () => ({ ended_at: at(0) }),
    'when a process whose clock is 5 s behind does': () => ({ ended_at: at(-5_000) }),
  }
  const people = [await server.person('ada'), await server.person('bob'), await server.person('cleo')]
  t.jobs = people.length
  for (const [number, [how, columns]] of Object.entries(ends).entries()) {
    t.test(how, async (t) => {
      const socket = people[number]?.socket('/ws/chat/lobby')
      await socket?.next('welcome')
      const id = (await server.app.sessions.list(number + 1))[0]?.id ?? ''
      const start = performance.now()
      await server.app.database.updateTable('sessions').set(columns()).where('id', '=', id).execute()
      t.match(await socket?.closed(), { code: 4001 })
      t.ok(performance.now() - start < 20_000, 'sessions are checked every second')
    })
  }
})

t.test('an open socket is closed when the row of its session is gone', async (t) => {
  const server = await startServer(t)
  const [ada, bob] = [await server.person('ada'), await server.person('bob')]
  const [gone, kept] = [ada.socket('/ws/chat/lobby'), bob.socket('/ws/chat/lobby')]
  await Promise.all([gone.next('welcome'), kept.next('welcome')])
  const [session] = await server.app.sessions.list(1)
  await server.app.database
    .deleteFrom('sessions')
    .where('id', '=', session?.id ?? '')
    .execute()

  t.match(await gone.closed(), { code: 4001 })
  await handled(kept)
})

t.test('a session that ended while the database could not be read is noticed afterwards', async (t) => {
  const { app, ...server } = await startServer(t)
  await server.person('ada')
  const [session] = await app.sessions.list(1)
  await change({ app, ...server }, { ended_at: at(0) })
  mock.timers.enable({ apis: ['Date'], now: Date.now() + MINUTE })
  t.teardown(() => mock.timers.reset())
  const away = t.intercept(app.database, 'selectFrom', {
    value: () => {
      throw new Error('the database is away')
    },
    configurable: true,
  })
  await t.rejects(app.sessions.ended(), 'away')
  mock.timers.tick(MINUTE)
  await t.rejects(app.sessions.ended(), 'away')
  away.restore()

  t.ok((await app.sessions.ended()).includes(session?.id ?? ''))
})

t.test('changing SECRET signs nobody out while the old one is listed', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const servers: TestServer[] = []
  const restart = async (SECRET: string, ada?: Visitor): Promise<Visitor> => {
    await servers.pop()?.app.close()
    const server = await startServer(t, { DATA_DIR, SECRET })
    servers.push(server)
    const visitor = server.visitor()
    for (const [name, value] of ada?.cookies ?? []) visitor.cookies.set(name, value)
    return visitor
  }
  const before = await restart(KEY)
  await before.get('/sign-in')
  const form = new Map(before.cookies)
  const token = await before.token('/sign-in')
  await before.signUp('ada')

  let ada = await restart(`${NEW_KEY},${KEY}`, before)
  t.ok(await isSignedIn(ada), 'the old key still counts')
  const late = servers[0]?.visitor()
  for (const [name, value] of form) late?.cookies.set(name, value)
  const fields = { username: 'ada', password: PASSWORD, _csrf: token }
  t.match(await late?.postBare('/sign-in', fields), { status: 303 }, 'for a form that was open, too')

  ada = await restart(NEW_KEY, ada)
  t.ok(await isSignedIn(ada), 'a session that was used meanwhile has a cookie with the new key')
  t.notOk(await isSignedIn(await restart(NEW_KEY, before)), 'the old key alone no longer counts')
})

t.test('sessions that expired over a day ago are deleted, however many there are', async (t) => {
  const server = await startServer(t, {}, { jobs: { look: 20 } })
  const ada = await server.person('ada')
  const [known] = await rows(server)
  if (!known) throw new Error('ada has a session')
  const expired = Array.from({ length: 2_500 }, (_, index) => ({
    ...known,
    id: `expired ${index}`,
    expires_at: at(-2 * DAY),
  }))
  for (let from = 0; from < expired.length; from += 500)
    await server.app.database
      .insertInto('sessions')
      .values(expired.slice(from, from + 500))
      .execute()
  await server.app.database
    .updateTable('jobs')
    .set({ run_at: '' })
    .where('kind', '=', 'sweep-sessions')
    .execute()
  await eventually('they are deleted', async () => (await rows(server)).length === 1)
  t.ok(await isSignedIn(ada))
})

t.test('a person whose connection is reset before its address is known can still sign in', async (t) => {
  const server = await startServer(t)
  // Node knows no address of a socket that was reset (`net.Socket.remoteAddress`).
  server.app.server.prependListener('request', ({ socket }) => {
    Object.defineProperty(socket, 'remoteAddress', { value: undefined, configurable: true })
  })
  const json = { 'content-type': 'application/json' }
  const credentials = JSON.stringify({ username: 'ada', password: PASSWORD })

  const ada = await server.person('ada')
  t.ok(await isSignedIn(ada))
  t.equal((await server.visitor().signIn('ada')).status, 303)
  t.equal((await server.visitor().signIn('ada', 'not her password')).status, 401)
  t.equal((await server.visitor().request('POST', '/api/token', credentials, json)).status, 200)
  t.equal((await server.visitor().get('/api/rooms', { authorization: 'Bearer pl_wrong' })).status, 401)
  t.same(
    (await server.app.sessions.list(1)).map(({ address }) => address),
    ['unknown', 'unknown', 'unknown'],
  )
  const passwords = { current: PASSWORD, password: 'a new password' }
  t.equal((await ada.post('/account/password', passwords)).status, 200)
  t.equal((await ada.post('/admin/people', { name: 'bob' }, '/admin/people')).status, 200)
  t.match(await auditEntries(server.app.database, { limit: 10 }), [
    { action: 'password.link', address: 'unknown' },
  ])
})
