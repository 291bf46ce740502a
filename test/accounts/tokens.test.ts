import { createHmac, createSign, generateKeyPairSync, hkdfSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import t from 'tap'
import { enter } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { launch, run } from '../support/process.ts'
import { onPath } from '../support/programs.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { type Answer, PASSWORD, type Visitor } from '../support/visitor.ts'

const KEY = 'the first key: long enough to sign'
const NEW_KEY = 'the second key: long enough as well'
const MESSAGES = '/api/rooms/lobby/messages'
const LOBBY = '/ws/chat/lobby'
const MINUTE = 60_000

const json = { 'content-type': 'application/json' }

function bearer(token: string) {
  return { authorization: `Bearer ${token}` }
}

/** The token in an answer. */
function tokenIn({ text }: Answer): string {
  const { token } = JSON.parse(text)
  if (typeof token !== 'string') throw new Error(`no token: ${text}`)
  return token
}

function byPassword(
  program: Visitor,
  username = 'ada',
  password = PASSWORD,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return program.request('POST', '/api/token', JSON.stringify({ username, password }), {
    ...json,
    ...headers,
  })
}

/** A token of the session that a browser has. */
async function bySession(person: Visitor): Promise<string> {
  return tokenIn(await person.postJson('/api/token', {}))
}

/** A message as a program says it, with nothing but its token. */
function say(program: Visitor, token: string, message: string): Promise<Answer> {
  return program.request('POST', MESSAGES, JSON.stringify({ message }), { ...json, ...bearer(token) })
}

function part(object: object): string {
  return Buffer.from(JSON.stringify(object)).toString('base64url')
}

function partOf(token: string, index: 0 | 1): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString())
}

/** The key of tokens that a secret stands for. */
function keyOf(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'partyline token', 32))
}

function signed(header: object, claims: object, key: string | Buffer = keyOf(KEY), hash = 'sha256'): string {
  const input = `${part(header)}.${part(claims)}`
  return `${input}.${createHmac(hash, key).update(input).digest('base64url')}`
}

/** Sets the clock of this process, the server's included, forward until the test ends. */
function later(t: { teardown(work: () => void): void }, milliseconds: number): void {
  t.teardown(() => mock.timers.reset())
  mock.timers.enable({ apis: ['Date'], now: Date.now() + milliseconds })
}

function sessionsOf({ app }: TestServer) {
  return app.database.selectFrom('sessions').selectAll().orderBy('created_at').execute()
}

t.test('tokens from a session', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const program = server.visitor()
  const answer = await ada.postJson('/api/token', {})
  const token = tokenIn(answer)

  t.test('a token lasts five minutes and names its session and person', async (t) => {
    t.equal(answer.status, 200)
    t.match(answer.headers.get('content-type'), 'application/json')
    t.equal(answer.headers.get('cache-control'), 'no-store')
    t.same(Object.keys(JSON.parse(answer.text)).sort(), ['expires_in', 'token'])
    t.equal(JSON.parse(answer.text).expires_in, 300)
    t.match(partOf(token, 0), { alg: 'HS256' })
    const { iat, exp, auth_time, ...claims } = partOf(token, 1)
    t.equal(Number(exp) - Number(iat), 300)
    t.ok(Math.abs(Number(auth_time) - Number(iat)) <= 1)
    const [session] = await server.app.sessions.list(1)
    t.same(claims, { sid: session?.id, sub: 'ada', iss: 'partyline', aud: 'partyline' })
  })

  t.test('only a form token in the field or the header gets a token for a session', async (t) => {
    t.equal((await ada.request('POST', '/api/token')).status, 403)
    t.equal((await ada.request('POST', '/api/token', '{}', json)).status, 403)
    t.equal((await ada.postBare('/api/token', { _csrf: 'nonsense' })).status, 403)
    const _csrf = await ada.token('/account')
    t.equal((await ada.postBare('/api/token', { _csrf })).status, 200)
    t.equal((await ada.request('POST', '/api/token', JSON.stringify({ _csrf }), json)).status, 200)
    t.equal((await ada.request('POST', '/api/token', undefined, { 'x-csrf-token': _csrf })).status, 200)
  })

  t.test('a token works below /api in the header or the address, without a form token', async (t) => {
    const said = await say(program, token, 'by a program')
    t.equal(said.status, 201)
    t.match(JSON.parse(said.text), { message: 'by a program', sender: 'ada' })
    const inAddress = await program.request('POST', `${MESSAGES}?token=${token}`, '{"message":"again"}', json)
    t.equal(inAddress.status, 201)
    for (const [path, headers] of [
      [MESSAGES, bearer(token)],
      [MESSAGES, { authorization: `bearer  ${token}` }],
      [`${MESSAGES}?token=${token}`, {}],
      [`${MESSAGES}?limit=1&token=${token}`, {}],
    ] as const) {
      const answer = await program.get(path, headers)
      t.equal(answer.status, 200, path)
      t.same(answer.headers.getSetCookie(), [])
    }
  })

  t.test('a token opens sockets, in the header or the address', async (t) => {
    for (const socket of [
      program.socket(`${LOBBY}?token=${token}`),
      program.socket(`${LOBBY}/?since=0&token=${token}`),
      program.socket(LOBBY, bearer(token)),
    ]) {
      t.match(await socket.next('welcome'), { user: 'ada' })
      socket.close()
    }
  })

  t.test('a token can be exchanged for another token', async (t) => {
    const renewed = await program.request('POST', '/api/token', undefined, bearer(token))
    t.equal(renewed.status, 200)
    t.equal(partOf(tokenIn(renewed), 1).sid, partOf(token, 1).sid)
    t.equal((await say(program, tokenIn(renewed), 'with the other one')).status, 201)
  })

  t.test('a token neither opens pages nor submits forms', async (t) => {
    for (const path of ['/account', '/rooms/lobby', '/calculator']) {
      t.equal((await program.get(`${path}?token=${token}`)).status, 303, path)
      t.equal((await program.get(path, bearer(token))).status, 303, path)
    }
    t.match((await program.get(`/?token=${token}`)).text, 'href="/sign-in"')
    const form = new URLSearchParams({ message: 'm' })
    t.equal((await program.request('POST', '/rooms/lobby/messages', form, bearer(token))).status, 303)
    t.equal((await program.get('/account')).status, 303)
    t.equal(
      (await ada.get(`/account?token=nonsense`)).status,
      200,
      'a wrong token does no harm on a page either',
    )
  })

  t.test('a visitor who is not signed in gets no token', async (t) => {
    const answer = await program.request('POST', '/api/token')
    t.equal(answer.status, 401)
    t.type(JSON.parse(answer.text).error, 'string')
    t.equal((await program.request('POST', '/api/token', '{}', json)).status, 401)
  })

  t.test('using a token keeps its session in use, without setting the cookie', async (t) => {
    const past = new Date(Date.now() - 61_000).toISOString()
    await server.app.database
      .updateTable('sessions')
      .set({ last_seen_at: past, expires_at: '2999' })
      .execute()
    t.same((await ada.get(MESSAGES, bearer(token))).headers.getSetCookie(), [])
    const [session] = await sessionsOf(server)
    t.not(session?.last_seen_at, past)
    t.not(session?.expires_at, '2999')
    t.equal((await sessionsOf(server)).length, 1, 'and set none')
  })
})

t.test('tokens from a username and a password', async (t) => {
  const server = await startServer(t)
  const { app } = server
  const ada = await server.person('ada')
  const program = server.visitor()
  const answer = await byPassword(program, 'ADA', PASSWORD, { 'user-agent': 'curl/8.5.0' })
  const token = tokenIn(answer)

  t.test('such a token has its own session, which is listed in the account, and no cookie', async (t) => {
    t.equal(answer.status, 200)
    t.equal(JSON.parse(answer.text).expires_in, 300)
    t.same(answer.headers.getSetCookie(), [])
    t.equal((await say(program, token, 'hello')).status, 201)
    const { text } = await ada.get('/account')
    t.match(text, '<b>curl</b>')
    t.match(text, `/account/sessions/${partOf(token, 1).sid}/end`)
    t.equal((await app.sessions.list(1)).length, 2)
  })

  t.test('the session is named after the program, if its user agent can be recognised', async (t) => {
    const before = (await app.sessions.list(1)).map(({ id }) => id)
    const names = {
      'python-requests/2.32': 'python-requests',
      'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0': 'Firefox on Linux',
      node: 'node',
      '<script>alert(1)</script>': 'Unknown device',
    }
    for (const agent of Object.keys(names))
      await byPassword(program, 'ada', PASSWORD, { 'user-agent': agent })
    const after = (await app.sessions.list(1)).filter(({ id }) => !before.includes(id))
    t.same(after.map(({ device }) => device).sort(), Object.values(names).sort())
  })

  t.test(
    'the username and password count, whatever cookies come with them, and no form token is needed',
    async (t) => {
      const bob = await server.person('bob')
      const answer = await byPassword(bob)
      t.equal(answer.status, 200)
      t.equal(partOf(tokenIn(answer), 1).sub, 'ada')
      t.match((await bob.get('/account')).text, '<b>bob</b>', 'and their session stays theirs')
    },
  )

  t.test('a wrong username or password gets nothing', async (t) => {
    for (const [username, password] of [
      ['ada', 'a wrong password'],
      ['nobody', PASSWORD],
      ['', ''],
      ["' or 1=1 --", PASSWORD],
    ] as const) {
      const answer = await byPassword(program, username, password)
      t.equal(answer.status, 401, username)
      t.same(JSON.parse(answer.text), { error: 'Wrong username or password.', code: 'unauthorized' })
    }
    const count = (await sessionsOf(server)).length
    for (const body of [
      '{"username":"ada"}',
      `{"password":"${PASSWORD}"}`,
      '{"username":5,"password":{}}',
      `{"username":"${'a'.repeat(33)}","password":"${PASSWORD}"}`,
      `{"username":"ada","password":"${'a'.repeat(257)}"}`,
      '{',
    ]) {
      for (const asking of [program, ada]) {
        const answer = await asking.request('POST', '/api/token', body, json)
        t.equal(answer.status, 400, body)
        t.type(JSON.parse(answer.text).error, 'string')
      }
    }
    const anyCase = { 'content-type': 'Application/JSON; charset=utf-8' }
    t.equal((await byPassword(program, 'ada', 'wrong', anyCase)).status, 401)
    const form = new URLSearchParams({ username: 'ada', password: PASSWORD })
    t.equal((await program.request('POST', '/api/token', form)).status, 401, 'another site can send a form')
    t.equal((await sessionsOf(server)).length, count)
  })

  t.test('the session of a token ends with the password, and its sockets close', async (t) => {
    const socket = await enter(program, 'lobby', `?token=${token}`)
    await ada.post('/account/password', { current: PASSWORD, password: 'another password' })
    t.match(await socket.closed(), { code: 4001 })
    t.equal((await say(program, token, 'late')).status, 401)
  })

  t.test('the session of a token ends an hour after its last use', async (t) => {
    const token = tokenIn(await byPassword(program, 'ada', 'another password'))
    const { sid } = partOf(token, 1)
    const life = async () => {
      const row = (await sessionsOf(server)).find(({ id }) => id === sid)
      return Date.parse(row?.expires_at ?? '') - Date.now()
    }
    const isAnHour = (milliseconds: number) => Math.abs(milliseconds - 60 * MINUTE) < MINUTE
    t.ok(isAnHour(await life()))
    later(t, 4 * MINUTE)
    t.equal((await say(program, token, 'in time')).status, 201)
    t.ok(isAnHour(await life()), 'using it extends it')
    const browsers = (await sessionsOf(server)).filter(({ content }) => content.includes('csrf'))
    t.ok(browsers.every(({ expires_at }) => Date.parse(expires_at) > Date.now() + 24 * 60 * MINUTE))
  })
})

t.test('wrong passwords for tokens count together with those of the sign-in form', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback' })
  await server.person('ada')
  const from = (address: string) => server.visitor({ 'x-forwarded-for': address })
  const here = from('192.0.2.1')
  for (let count = 0; count < 5; count += 1) {
    t.equal((await byPassword(here, 'ada', 'wrong')).status, 401)
    t.equal((await here.signIn('ada', 'wrong')).status, 401)
  }

  const refused = await byPassword(here)
  t.equal(refused.status, 429, 'the right password is refused too')
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  t.match(JSON.parse(refused.text), { error: /Too many wrong passwords/, code: 'rate_limited' })
  t.equal((await here.signIn('ada')).status, 429)
  t.equal((await byPassword(from('192.0.2.2'))).status, 200, 'it is accepted from elsewhere')
})

t.test('tokens can be renewed for a day after signing in', async (t) => {
  const server = await startServer(t, { SECRET: KEY })
  const ada = await server.person('ada')
  const program = server.visitor()
  const token = tokenIn(await byPassword(program))
  const now = Math.floor(Date.now() / 1000)
  const renewed = (claims: object) =>
    program.request('POST', '/api/token', undefined, bearer(signed(partOf(token, 0), claims)))
  const begun = now - 24 * 60 * 60

  const inTime = await renewed({ ...partOf(token, 1), auth_time: begun + 60 })
  t.equal(inTime.status, 200)
  t.equal(partOf(tokenIn(inTime), 1).auth_time, begun + 60, 'the sign-in that it counts from stays the same')
  const late = await renewed({ ...partOf(token, 1), auth_time: begun - 1 })
  t.equal(late.status, 401)
  t.same(JSON.parse(late.text), {
    error: 'Tokens can be renewed for at most a day. Sign in again with your username and password.',
    code: 'unauthorized',
  })
  const { auth_time, ...former } = partOf(token, 1)
  t.equal(
    (await renewed(former)).status,
    200,
    'tokens of an earlier release count from when they were issued',
  )
  t.equal((await byPassword(program)).status, 200)
  t.equal((await ada.postJson('/api/token', {})).status, 200)
})

t.test('a name and address get at most sixty tokens an hour by password', async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback' })
  await server.person('ada')
  await server.person('bob')
  const from = (address: string) => server.visitor({ 'x-forwarded-for': address })
  const token = tokenIn(await byPassword(from('192.0.2.1')))
  for (let count = 1; count < 60; count += 1) t.equal((await byPassword(from('192.0.2.1'))).status, 200)
  const refused = await byPassword(from('192.0.2.1'))
  t.equal(refused.status, 429)
  t.ok(Number(refused.headers.get('retry-after')) > 3000)
  t.match(JSON.parse(refused.text), { error: /Use the token you have to get the next one/ })
  t.equal((await from('192.0.2.1').request('POST', '/api/token', undefined, bearer(token))).status, 200)
  t.equal((await byPassword(from('192.0.2.1'), 'bob')).status, 200)
  t.equal((await byPassword(from('192.0.2.2'))).status, 200)
})

t.test('sockets that were opened with a token', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const program = server.visitor()

  t.test('a socket outlives its token', async (t) => {
    const token = await bySession(ada)
    const socket = await enter(program, 'lobby', `?token=${token}`)
    later(t, 6 * MINUTE)
    socket.send({ message: 'still here' })
    t.match(await socket.next('message'), { message: 'still here' })
    t.match(
      await program.socket(`${LOBBY}?token=${token}`).closed(),
      { code: 4001 },
      'the old token opens no other socket',
    )
    const answer = await program.get(MESSAGES, bearer(token))
    t.equal(answer.status, 401)
    socket.close()
  })

  t.test('a socket closes when the session of its token ends', async (t) => {
    const token = tokenIn(await byPassword(program))
    const own = await enter(program, 'lobby', `?token=${token}`)
    const browser = await enter(ada, 'lobby')
    await ada.post(`/account/sessions/${partOf(token, 1).sid}/end`, {})
    t.match(await own.closed(), { code: 4001 })
    t.match(await program.socket(LOBBY, bearer(token)).closed(), { code: 4001 })
    t.equal((await say(program, token, 'late')).status, 401)
    t.equal((await program.request('POST', '/api/token', undefined, bearer(token))).status, 401)
    browser.send({ message: 'not this one' })
    t.match(await browser.next('message'), { message: 'not this one' })
    browser.close()
  })

  t.test('a socket closes when the browser session that got its token ends', async (t) => {
    const token = await bySession(ada)
    const socket = await enter(program, 'lobby', `?token=${token}`)
    await ada.signOut()
    t.match(await socket.closed(), { code: 4001 })
    t.equal((await say(program, token, 'late')).status, 401)
  })
})

t.test('an invalid token is refused', async (t) => {
  const server = await startServer(t, { SECRET: KEY })
  const ada = await server.person('ada')
  const good = await bySession(ada)
  const header = partOf(good, 0)
  const claims = partOf(good, 1)
  const [head = '', body = '', signature = ''] = good.split('.')
  const now = Math.floor(Date.now() / 1000)
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const rs256 = `${part({ alg: 'RS256', typ: 'JWT' })}.${body}`
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const cookie = decodeURIComponent(ada.sessionCookie?.value ?? '')
  const without = (name: string) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))
  t.equal(signed(header, claims), good, 'this is how a token is made')

  const wrong: Record<string, string> = {
    'that is empty': '',
    'that is nonsense': 'nonsense',
    'of dots': '..',
    'of a megabyte of nothing': 'a'.repeat(8_000),
    'that is a cookie': cookie,
    'that is the name of the session': String(claims.sid),
    'that has expired': signed(header, { ...claims, iat: now - 301, exp: now - 1 }),
    'that never expires': signed(header, without('exp')),
    'that is not yet good': signed(header, { ...claims, nbf: now + 60 }),
    'of another issuer': signed(header, { ...claims, iss: 'another' }),
    'without an issuer': signed(header, without('iss')),
    'for another audience': signed(header, { ...claims, aud: 'another' }),
    'without an audience': signed(header, without('aud')),
    'without a session': signed(header, without('sid')),
    'of a session that is no text': signed(header, { ...claims, sid: 1 }),
    'of a session that never was': signed(header, { ...claims, sid: 'a'.repeat(43) }),
    'that is not signed': `${head}.${body}.`,
    'that says it needs no signature': `${part({ alg: 'none', typ: 'JWT' })}.${body}.`,
    'that says it needs none, signed': signed({ alg: 'none', typ: 'JWT' }, claims),
    'with claims of somebody else': `${head}.${part({ ...claims, sid: 'b'.repeat(43) })}.${signature}`,
    'with a signature that is cut short': good.slice(0, -1),
    'signed with another secret': signed(header, claims, keyOf(NEW_KEY)),
    'signed with the key of cookies': signed(header, claims, KEY),
    'signed with no key': signed(header, claims, ''),
    'of another algorithm of the same key': signed({ ...header, alg: 'HS512' }, claims, keyOf(KEY), 'sha512'),
    'that says another algorithm': signed({ ...header, alg: 'HS384' }, claims),
    'of a pair of keys': `${rs256}.${createSign('sha256').update(rs256).sign(privateKey, 'base64url')}`,
    'signed with a public key': signed(header, claims, publicPem),
    'that brings its own key': signed({ ...header, jwk: { kty: 'oct', k: part({}) } }, claims, part({})),
    'that asks for what nobody knows': signed({ ...header, crit: ['exp'] }, claims),
  }
  const program = server.visitor()
  for (const [which, token] of Object.entries(wrong)) {
    t.test(which, async (t) => {
      for (const answer of [
        await program.get(MESSAGES, bearer(token)),
        await program.get(`${MESSAGES}?token=${encodeURIComponent(token)}`),
        await program.request('POST', '/api/token', undefined, bearer(token)),
        await ada.get(MESSAGES, bearer(token)),
        await ada.postJson(MESSAGES, { message: 'm' }, bearer(token)),
        await ada.postJson('/api/token', {}, bearer(token)),
        await byPassword(program, 'ada', PASSWORD, bearer(token)),
      ]) {
        t.equal(answer.status, 401)
        t.equal(answer.headers.get('cache-control'), 'no-store')
        t.equal(answer.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
        const { error, ...rest } = JSON.parse(answer.text)
        t.type(error, 'string')
        t.same(rest, { code: 'unauthorized' })
      }
      for (const socket of [
        program.socket(LOBBY, bearer(token)),
        program.socket(`${LOBBY}?token=${encodeURIComponent(token)}`),
        ada.socket(LOBBY, bearer(token)),
        ada.socket(`${LOBBY}?token=${encodeURIComponent(token)}`),
      ]) {
        t.match(await socket.closed(), { code: 4001 })
      }
    })
  }

  t.test('two tokens at once are refused, even if both are valid', async (t) => {
    t.equal((await program.get(`${MESSAGES}?token=${good}`, bearer(good))).status, 401)
    t.equal((await program.get(`${MESSAGES}?token=${good}&token=${good}`)).status, 401)
    t.match(await program.socket(`${LOBBY}?token=${good}&token=${good}`).closed(), { code: 4001 })
  })

  t.test('a token beside a cookie of somebody else decides who acts', async (t) => {
    const bob = await server.person('bob')
    t.match(JSON.parse((await say(bob, good, 'as ada')).text), { sender: 'ada' })
    t.match(await bob.socket(LOBBY, bearer(good)).next('welcome'), { user: 'ada' })
    t.match(await bob.socket(LOBBY).next('welcome'), { user: 'bob' })
  })

  t.test('credentials of another kind, such as those for a proxy, are ignored', async (t) => {
    t.equal((await ada.get(MESSAGES, { authorization: 'Basic YTpi' })).status, 200)
    t.equal((await program.get(MESSAGES, { authorization: 'Basic YTpi' })).status, 401)
  })
})

t.test('tokens keep working when SECRET is changed and the old one is listed', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const servers: TestServer[] = []
  const restart = async (SECRET: string): Promise<TestServer> => {
    await servers.pop()?.app.close()
    const server = await startServer(t, { DATA_DIR, SECRET })
    servers.push(server)
    return server
  }
  const status = async (server: TestServer, token: string) =>
    (await server.visitor().get(MESSAGES, bearer(token))).status

  let server = await restart(KEY)
  await server.person('ada')
  const old = tokenIn(await byPassword(server.visitor()))

  server = await restart(`${NEW_KEY},${KEY}`)
  t.equal(await status(server, old), 200, 'the old key still counts')
  const renewed = tokenIn(await server.visitor().request('POST', '/api/token', undefined, bearer(old)))
  t.equal(signed(partOf(renewed, 0), partOf(renewed, 1), keyOf(NEW_KEY)), renewed, 'and the new one signs')

  server = await restart(NEW_KEY)
  t.equal(await status(server, old), 401)
  t.equal(await status(server, renewed), 200)
})

t.test('the examples in docs/clients.md work as they stand', async (t) => {
  const guide = readFileSync(join(import.meta.dirname, '../../docs/clients.md'), 'utf8')
  const example = (language: string) =>
    new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(guide)?.[1] ?? ''
  const server = await startServer(t)
  const ada = await server.person('ada')
  await server.person('clock')
  const env = { PARTYLINE: server.address, NAME: 'clock', PASSWORD }
  const devices = async () => (await server.app.sessions.list(2)).map(({ device }) => device)

  const programs = ['curl', 'jq'].filter((program) => !onPath(program))
  const skip =
    programs.length > 0 && process.env.CI !== 'true' && `no ${programs.join(' and no ')} on the path`
  t.test('the commands', { skip }, async (t) => {
    const blocks = [...guide.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block)
    t.equal(blocks.length, 9, 'all of them are run here')
    const [
      hook = '',
      shell = '',
      attached = '',
      stream = '',
      resumed = '',
      polled = '',
      notify = '',
      exported = '',
      value = '',
    ] = blocks
    const { key } = JSON.parse(
      (await ada.postJson('/api/keys', { name: 'ci', scopes: ['read', 'notify'] })).text,
    )
    const made = await ada.postJson('/api/rooms/lobby/hooks', { direction: 'in', name: 'CI' })
    const once = [
      shell,
      `cd "$FOLDER"; echo 17 > report.pdf; ${attached.replace('-o report.pdf', '-o fetched.pdf')}`,
      hook.replace('https://chat.example.com/hooks/ID/SECRET', JSON.parse(made.text).url),
      notify.replace('https://chat.example.com', server.address),
      // It asks again without the pause.
      `cd "$FOLDER"; sleep() { :; }; ${exported}`,
      value,
      'echo; echo "token=$token"',
    ]
    const FOLDER = temporaryFolder(t)
    const done = await run(t, { ...env, KEY: key, FOLDER }, ['bash', '-euc', once.join('\n')])
    t.match(done, { code: 0, stdout: '"message":"The backup is done."' })
    t.match(done.stdout, '"messages":[')
    t.match(done.stdout, '"files":[{')
    t.equal(readFileSync(join(FOLDER, 'fetched.pdf'), 'utf8'), '17\n')
    t.match(done.stdout, '"value":"21.5')
    t.equal(
      readFileSync(join(FOLDER, 'lobby.csv'), 'utf8').match(/The backup is done\./g)?.length,
      2,
      'by a hook too',
    )
    t.match((await ada.get('/api/notifications')).text, 'Order 7 is on its way.')
    t.ok((await devices()).includes('curl'))

    const token = /^token=(.*)$/m.exec(done.stdout)?.[1] ?? ''
    const follow = (block: string) =>
      launch(t, { ...env, token, last: '0' }, [
        'bash',
        '-euc',
        `curl() { echo asked >&2; command curl "$@"; }\n${block}`,
      ])
    const [live, again, asking] = [follow(stream), follow(resumed), follow(polled)]
    await eventually('the stream is open', () => live.stdout().includes('welcome'))
    await eventually('what was missed comes', () => again.stdout().includes('The backup is done.'))
    await eventually('it knows from where on', () => asking.stderr().split('asked').length > 2)
    await ada.postJson('/api/rooms/lobby/messages', { message: 'as it happens' })
    for (const { stdout } of [live, again])
      await eventually('what is said comes', () => stdout().includes('"message":"as it happens"'))
    await eventually('and to who asks for it', () => asking.stdout().includes('ada: as it happens\n'))
    await server.app.sessions.endAll(2)
    for (const { ended } of [live, again, asking])
      t.equal((await ended()).code, 0, 'it ends with its session')
  })

  t.test('the bot, which reconnects and misses nothing', async (t) => {
    const file = join(temporaryFolder(t), 'bot.mjs')
    writeFileSync(file, example('js'))
    const socket = await enter(ada, 'lobby')
    const bot = launch(t, env, [process.execPath, file])
    while (!String((await socket.next('presence')).joined).includes('clock'));
    const answer = async () => {
      socket.send({ message: '!time' })
      for (;;) {
        const { sender, message } = await socket.next('message')
        if (sender === 'clock') return message
      }
    }
    t.match(await answer(), /^\d{4}-\d\d-\d\dT/)

    await server.app.sessions.endAll(2)
    t.match(await answer(), /^\d{4}-\d\d-\d\dT/, 'the answer to what was asked while it was away')
    t.same(await devices(), ['clock-bot'])
    await bot.kill()
    t.equal(bot.stderr(), '')
    socket.close()
  })
})
