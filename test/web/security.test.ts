import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { exchange } from '../support/exchange.ts'
import { startProcess } from '../support/process.ts'
import { startServer, temporaryFolder } from '../support/server.ts'
import { type Answer, PASSWORD, Visitor } from '../support/visitor.ts'

function policyOf({ headers }: Answer): Map<string, string[]> {
  const directives = (headers.get('content-security-policy') ?? '').split(';').filter(Boolean)
  return new Map(
    directives.map((directive) => {
      const [name = '', ...values] = directive.trim().split(' ')
      return [name, values]
    }),
  )
}

t.test('the content security policy', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const { host } = new URL(server.address)

  t.test(
    'every answer has a content security policy that allows nothing inline and nothing from elsewhere',
    async (t) => {
      for (const path of [
        '/',
        '/account',
        '/rooms/lobby',
        '/nothing',
        '/healthz',
        '/api/nothing',
        '/assets/nothing',
      ]) {
        const policy = policyOf(await ada.get(path))
        t.same(policy.get('default-src'), ["'none'"], path)
        t.same(policy.get('script-src'), ["'self'"])
        t.same(policy.get('style-src'), ["'self'"])
        t.same(policy.get('form-action'), ["'self'"])
        t.same(policy.get('frame-ancestors'), ["'none'"])
        t.same(policy.get('base-uri'), ["'none'"])
        t.same(policy.get('require-trusted-types-for'), ["'script'"])
        t.same(policy.get('trusted-types'), ['partyline', 'partyline-inert'])
        t.notMatch([...policy.values()].flat().join(' '), /unsafe|\*|data:|blob:/)
      }
    },
  )

  t.test('only one page may be shown in a frame, and only by our own pages', async (t) => {
    const sheet = await ada.get('/rooms/lobby/calculator?beside=on')
    t.same(policyOf(sheet).get('frame-ancestors'), ["'self'"])
    t.equal(sheet.headers.get('x-frame-options'), 'SAMEORIGIN')
    t.same(policyOf(await ada.get('/calculator')).get('frame-ancestors'), ["'none'"])
  })

  t.test('the content security policy names the address of the sockets', async (t) => {
    t.same(policyOf(await ada.get('/')).get('connect-src'), ["'self'", `ws://${host}`, `wss://${host}`])
  })

  t.test('a Host header cannot inject anything into the content security policy', async (t) => {
    for (const host of ["evil.example; script-src 'unsafe-inline'", 'evil.example *', 'a,b']) {
      const answer = await exchange(
        server.address,
        `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      t.match(answer, /connect-src 'self' 'self'|^HTTP\/1.1 400/)
      t.notMatch(answer, 'evil.example')
    }
  })

  t.test('pages have the other security headers too', async (t) => {
    const { headers } = await ada.get('/account')
    t.equal(headers.get('x-content-type-options'), 'nosniff')
    t.equal(headers.get('x-frame-options'), 'DENY')
    t.equal(headers.get('referrer-policy'), 'same-origin')
    t.equal(headers.get('cache-control'), 'no-store', 'nothing that a person sees is cached')
    t.equal(headers.get('x-powered-by'), null)
  })
})

t.test('forms', async (t) => {
  // A fast machine sends more forms than a person may.
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const visitor = server.visitor()
  const tokens = {
    none: '',
    nonsense: 'nonsense',
    'of another session': await bob.token('/account'),
    'of a visitor': await visitor.token('/sign-in'),
    'cut short': (await ada.token('/account')).slice(0, -1),
  }
  const routes = [
    '/sign-out',
    '/account/password',
    `/account/sessions/${'a'.repeat(43)}/end`,
    '/rooms',
    '/rooms/lobby/messages',
    '/rooms/lobby/leave',
    '/sign-in',
    '/sign-up',
    '/api/token',
    '/api/rooms/lobby/messages',
  ]

  for (const [which, token] of Object.entries(tokens)) {
    t.test(`a form with a token that is ${which} changes nothing`, async (t) => {
      for (const path of routes) {
        const fields = {
          username: 'cleo',
          password: PASSWORD,
          name: 'A room',
          message: 'a message',
          current: PASSWORD,
        }
        const answer = await ada.postBare(path, { ...fields, _csrf: token })
        t.equal(answer.status, 403, path)
        t.match(answer.text, 'This form is out of date')
      }
      t.equal((await ada.get('/account')).status, 200)
      t.equal((await server.visitor().signIn('cleo')).status, 401)
    })
  }

  t.test('a form token is accepted for every page of its session', async (t) => {
    const token = await ada.token('/account')
    t.equal((await ada.postBare('/rooms', { name: 'One', _csrf: token })).status, 303)
    t.equal((await ada.postBare('/rooms', { name: 'Two', _csrf: token })).status, 303, 'again')
    const headers = { 'x-csrf-token': token }
    t.equal(
      (await ada.request('POST', '/rooms', new URLSearchParams({ name: 'Three' }), headers)).status,
      303,
    )
    t.match(await ada.postJson('/api/rooms/lobby/messages', { message: 'hello' }), { status: 201 })
  })

  t.test('a form token from before signing in is no longer accepted', async (t) => {
    const cleo = server.visitor()
    const before = await cleo.token('/sign-up')
    await cleo.postBare('/sign-up', { username: 'dana', password: PASSWORD, _csrf: before })
    t.equal((await cleo.postBare('/rooms', { name: 'Late', _csrf: before })).status, 403)
  })

  t.test('a form token without its cookie is not accepted', async (t) => {
    const _csrf = await visitor.token('/sign-in')
    t.equal(
      (await server.visitor().postBare('/sign-in', { username: 'ada', password: PASSWORD, _csrf })).status,
      403,
    )
    const forger = server.visitor()
    forger.cookies.set('_csrf', 'aaaaaaaaaaaaaaaaaaaaaaaa')
    t.equal((await forger.postBare('/sign-in', { username: 'ada', password: PASSWORD, _csrf })).status, 403)
  })

  t.test('forms that are not UTF-8 are refused, and nothing of them is stored', async (t) => {
    const ada = await server.person('ada-of-utf-8')
    const form = 'application/x-www-form-urlencoded'
    const room = '/rooms/lobby/messages'
    const api = `/api${room}`
    const token = await ada.token('/account')
    const post = async (path: string, type: string, body: string, encoding: BufferEncoding = 'utf8') => {
      const bytes = Uint8Array.from(Buffer.from(body, encoding))
      const { status } = await ada.request('POST', path, bytes, {
        'content-type': type,
        'x-csrf-token': token,
      })
      return status
    }
    const said = async () => {
      const page: { messages: Record<string, string>[] } = JSON.parse((await ada.get(api)).text)
      return page.messages.filter(({ sender }) => sender === 'ada-of-utf-8').map(({ message }) => message)
    }
    for (const bad of ['100%', '100%25+%C3', '%C3%28', '%zz', '%ED%A0%80', '%FF&id=a'])
      t.equal(await post(room, form, `message=${bad}`), 400, bad)
    t.equal(await post(room, form, 'message=caf\xe9', 'latin1'), 400)
    t.equal(await post(room, `${form}; charset=iso-8859-1`, 'message=caf\xe9', 'latin1'), 415)
    t.equal(await post(api, 'application/json', '{"message":"caf\xe9"}', 'latin1'), 400)
    t.equal(await post(api, 'application/json; charset=ISO-8859-1', '{"message":"caf\xe9"}', 'latin1'), 415)
    t.equal(await post(api, 'application/json; charset="utf-16"', '{"message":"x"}', 'utf16le'), 415)
    t.strictSame(await said(), [])

    t.equal(await post(room, form, 'message=100%25+%C3%A9 é'), 303)
    t.equal(await post(room, `${form};charset=UTF-8`, 'message=more'), 303)
    t.equal(await post(api, 'application/json; charset="utf-8"', '{"message":"é"}'), 201)
    t.strictSame(await said(), ['100% é é', 'more', 'é'])
  })

  t.test('a program that sends a form without a token gets an error as JSON', async (t) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await ada.request('POST', '/api/rooms/lobby/messages', '{"message":"hello"}', headers)
    t.equal(answer.status, 403)
    t.match(JSON.parse(answer.text), { error: /This form is out of date/ })
  })
})

t.test('docs/security.md names tests that exist', async (t) => {
  const root = join(import.meta.dirname, '../..')
  const rows = readFileSync(join(root, 'docs/security.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split(' | ').at(-1) ?? '')
  const cited = rows.flatMap((cell) =>
    cell.split('`test/').flatMap((part) => {
      const [file = '', names = ''] = part.split('`: ')
      return [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => ({ file, name }))
    }),
  )
  t.ok(cited.length > 50)
  for (const { file, name } of cited) {
    const text = readFileSync(join(root, 'test', file), 'utf8')
    t.ok(text.includes(`test('${name}'`) || text.includes(`  '${name}',`), `${file}: ${name}`)
  }
})

t.test('the log never contains a cookie, token or password, even at level trace', async (t) => {
  const SECRET = 'the key that signs: not for any log'
  const server = await startProcess(t, { DATA_DIR: temporaryFolder(t), LOG_LEVEL: 'trace', SECRET })
  const ada = new Visitor(server.address)
  const password = 'a password for no log'
  await ada.signUp('ada', password)
  const first = ada.cookie
  await ada.signOut()
  await ada.signIn('ada', 'a wrong password for no log')
  await ada.signIn('ada', password)
  const token = await ada.token('/account')
  await ada.post('/account/password', { current: password, password: 'a new password for no log' })
  const { token: ofSession } = JSON.parse((await ada.postJson('/api/token', {})).text)
  const program = new Visitor(server.address)
  const asking = (given: string) =>
    program.request('POST', '/api/token', JSON.stringify({ username: 'ada', password: given }), {
      'content-type': 'application/json',
    })
  await asking('a wrong password for no log')
  const { token: ofPassword } = JSON.parse((await asking('a new password for no log')).text)
  await ada.request('POST', '/api/rooms/lobby/messages', '{"password":"a broken body for no log"', {
    'content-type': 'application/json',
    'x-csrf-token': token,
  })
  const wrong = 'a-token-for-no-log'
  for (const given of [ofSession, ofPassword, wrong]) {
    const authorization = `Bearer ${given}`
    const inAddress = `since=0&token=${given}&more=1`
    for (const path of [
      '/api/rooms/lobby/messages',
      '/api/nothing',
      '/rooms/lobby',
      '/nothing',
      '/rooms/%zz',
    ]) {
      await program.get(`${path}?${inAddress}`)
      await program.get(path, { authorization })
      await ada.get(`${path}?${inAddress}`, { authorization })
      if (given === wrong) continue
      await program.get(`${path}?t%6Fken=${given}`)
      await program.get(`/sign-in?next=${encodeURIComponent(`${path}?${inAddress}`)}`)
    }
    const broken = { authorization, 'content-type': 'application/json' }
    await program.request('POST', '/api/rooms/lobby/messages', `{"token":"${given}"`, broken)
    await program.request('POST', `/api/token?${inAddress}`, `{"token":"${given}"`, broken)
    await program.socket(`/ws/nothing?${inAddress}`, { authorization }).closed()
    const origin = given === wrong ? 'http://elsewhere.example' : `http://${given}`
    await program.socket('/ws/chat/lobby?since=0', { authorization, origin }).closed()
    for (const socket of [
      program.socket(`/ws/chat/lobby?${inAddress}`),
      program.socket('/ws/chat/lobby?since=0', { authorization }),
    ]) {
      if (given === wrong) await socket.closed()
      else await socket.next('welcome')
      socket.send({ type: 'nothing' })
      socket.send(new ArrayBuffer(1))
      await socket.closed()
    }
  }
  const { key } = JSON.parse((await ada.postJson('/api/keys', { name: 'key', scopes: ['write'] })).text)
  const hook = JSON.parse(
    (await ada.postJson('/api/rooms/lobby/hooks', { direction: 'in', name: 'hook' })).text,
  )
  const withKey = { authorization: `Bearer ${key}` }
  for (const path of [
    '/api/rooms',
    '/account',
    `/api/rooms?key=${key}&token=${key}`,
    `/${key}`,
    `/?next=%3D${key}`,
  ]) {
    await program.get(path, withKey)
    await program.get(path)
  }
  await program.socket('/ws/chat/lobby', { ...withKey, origin: `http://${key}` }).closed()
  for (const end of ['', 'x', '?x', '/'])
    await program.request('POST', `${new URL(hook.url).pathname}${end}`, '{"text":"hi"}', {
      'content-type': 'application/json',
    })
  const began = performance.now()
  for (const text of ['eyJ', '-eyJ'])
    for (let request = 0; request < 25; request++) await program.get(`/?${text.repeat(15_000 / text.length)}`)
  const took = performance.now() - began
  t.ok(took < 2_500, `what looks like thousands of tokens costs no time to log: ${took} ms`)
  const unreadable = `Cookie: ${ada.cookie}\r\nAuthorization: Bearer ${ofSession}\r\nno header`
  const request = `GET /?token=${ofPassword} HTTP/1.1\r\nHost: a\r\n${unreadable}\r\n\r\n`
  t.match(await exchange(server.address, request), /^HTTP\/1.1 400 /)
  const { stdout, stderr } = await server.stop()

  t.match(stdout, '"msg":"client error"')
  t.match(stdout, '"url":"/account/password"', 'it does log something')
  t.match(stdout, '"url":"/ws/nothing?since=0&token=…&more=1"')
  const cookies = [first, ada.cookie].flatMap((line) =>
    line.split('; ').map((pair) => pair.replace(/^\w+=/, '')),
  )
  for (const secret of [
    ...cookies,
    ...cookies.map(decodeURIComponent),
    token,
    ofSession,
    ofPassword,
    ofSession.split('.')[2],
    ofPassword.split('.')[2],
    key,
    hook.url.split('/').at(-1),
    'for no log',
    'for-no-log',
    SECRET,
  ]) {
    t.ok(secret)
    for (const written of [secret, [...Buffer.from(secret)].join(',')])
      t.notOk((stdout + stderr).includes(written), secret)
  }
})
