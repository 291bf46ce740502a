import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mock } from 'node:test'
import t from 'tap'
import { deactivate, setAdministrator } from '../../src/accounts/index.ts'
import { SHELL } from '../../src/audit/index.ts'
import { enter, newRoom } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { launch } from '../support/process.ts'
import { routesOf } from '../support/routes.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { sockets } from '../support/socket-frames.ts'
import { type Answer, PASSWORD, type Visitor } from '../support/visitor.ts'

const SCOPES = ['read', 'write', 'sheets', 'notify', 'metrics'] as const
type Scope = (typeof SCOPES)[number]

/**
 * Which scopes each route below `/api` and `/ws` takes, and the others that take any. Written by hand: one that is new and not in
 * it fails the test.
 */
const routes: Record<string, string> = {
  'GET /metrics': 'metrics',
  'GET /dashboard/events': 'metrics',
  'GET /calculator.csv': 'read write sheets',
  'GET /calculator.md': 'read write sheets',
  'GET /rooms/:room/calculator.csv': 'read write sheets',
  'GET /rooms/:room/calculator.md': 'read write sheets',
  'POST /api/token': '',
  'GET /api/docs': '',
  'GET /api/docs/openapi.json': '',
  'GET /api/docs/asyncapi.json': '',
  'GET /api/people': '',
  'GET /api/push/key': '',
  'POST /api/push/subscriptions': '',
  'DELETE /api/push/subscriptions': '',
  'GET /api/blocks': '',
  'PUT /api/blocks/:name': '',
  'DELETE /api/blocks/:name': '',
  'GET /api/keys': '',
  'POST /api/keys': '',
  'DELETE /api/keys/:id': '',
  'GET /api/bots': '',
  'POST /api/bots': '',
  'DELETE /api/bots/:name': '',
  'POST /api/bots/:name/key': '',
  'GET /api/rooms/:room/hooks': '',
  'POST /api/rooms/:room/hooks': '',
  'DELETE /api/rooms/:room/hooks/:hook': '',
  'GET /api/rooms': 'read write',
  'GET /api/search': 'read write',
  'GET /api/rooms/:room/draft': '',
  'PUT /api/rooms/:room/draft': '',
  'GET /api/sheets': 'read write sheets',
  'GET /api/sheets/:room': 'read write sheets',
  'GET /api/notifications': 'read write',
  'POST /api/rooms/:room/scheduled': 'write',
  'POST /api/rooms/:room/reminders': 'write',
  'GET /api/scheduled': 'read write',
  'PATCH /api/scheduled/:id': 'write',
  'DELETE /api/scheduled/:id': 'write',
  'POST /api/rooms/:room/export': 'read write',
  'GET /api/jobs/:id': 'read write',
  'GET /api/jobs/:id/:name': 'read write',
  'POST /api/notifications': 'notify',
  'GET /api/rooms/:room/events': 'read write',
  'GET /api/rooms/:room/people': 'read write',
  'GET /api/sheets/:room/events': 'read write sheets',
  'GET /api/rooms/:room/values': 'read write sheets',
  'PUT /api/rooms/:room/values/:name': 'sheets',
  'DELETE /api/rooms/:room/values/:name': 'sheets',
  'POST /api/rooms/:room/files': 'write',
  'GET /files/:id/:name': 'read write',
  'GET /api/rooms/:room/messages': 'read write',
  'POST /api/rooms/:room/messages': 'write',
  'GET /api/rooms/:room/messages/:seq': 'read write',
  'PUT /api/rooms/:room/messages/:seq': 'write',
  'DELETE /api/rooms/:room/messages/:seq': 'write',
  'PUT /api/rooms/:room/messages/:seq/reactions/:emoji': 'write',
  'DELETE /api/rooms/:room/messages/:seq/reactions/:emoji': 'write',
  'GET /api/rooms/:room/messages/:seq/conversation': 'read write',
  'GET /api/rooms/:room/pins': 'read write',
  'PUT /api/rooms/:room/pins/:seq': 'write',
  'DELETE /api/rooms/:room/pins/:seq': 'write',
  'GET /ws/notifications': 'read write',
  'GET /ws/chat/:room': 'read write',
  'GET /ws/calculator': 'read write sheets',
  'GET /ws/calculator/:room': 'read write sheets',
  'GET /ws/cursors/:room': 'read write',
  'GET /ws/polls/:room/:poll': 'read write',
  'GET /ws/connect-four/:room': 'read write',
  'GET /ws/questions/:room': 'read write',
  'GET /ws/notes/:room': 'read write',
  'GET /ws/notes/:room/editing': 'read write',
  'GET /ws/ticker': 'read write',
  'GET /ws/support': '',
  'GET /ws/support/:chat': '',
  'GET /ws/support/desk': '',
}

/** Frames that only ask for something: any key that may open the socket may send them. */
const openFrames: ReadonlySet<string> = new Set(['seen'])

/** The scope of each frame, all of which are in `test/support/socket-frames.ts`. */
const frames: Record<string, Scope> = { '/ws/calculator/:room': 'sheets' }

interface Made {
  readonly id: string
  readonly key: string
}

async function makeKey(person: Visitor, scopes: readonly string[], name = scopes.join(' ')): Promise<Made> {
  const { status, text } = await person.postJson('/api/keys', { name, scopes })
  if (status !== 201) throw new Error(`no key was made: ${status} ${text}`)
  return JSON.parse(text)
}

const bearer = ({ key }: Pick<Made, 'key'>) => ({ authorization: `Bearer ${key}` })
const json = { 'content-type': 'application/json' }

function say(program: Visitor, key: Pick<Made, 'key'>, message: string): Promise<Answer> {
  return program.request('POST', '/api/rooms/lobby/messages', JSON.stringify({ message }), {
    ...json,
    ...bearer(key),
  })
}

const errorOf = ({ text }: Answer) => JSON.parse(text)

t.setTimeout(600_000)

t.test('a key does what its scopes say', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0' })
  const ada = await server.person('ada')
  const program = server.visitor()
  const room = await newRoom(ada, 'Room')
  const asking = { question: 'Cake?', options: 'yes\nno', hours: '1' }
  const poll = (await ada.post(`/rooms/${room}/polls`, asking)).headers.get('location')?.split('/').at(-1)
  const keys = new Map<Scope, Made>()
  for (const scope of SCOPES) keys.set(scope, await makeKey(ada, [scope]))
  const all = await makeKey(ada, SCOPES)
  const keyOf = (scope: Scope) => keys.get(scope) ?? all
  const addressOf = (pattern: string) =>
    pattern
      .replace(':room', room)
      .replace(':seq', '1')
      .replace(':emoji', encodeURIComponent('👍'))
      .replace(':poll', String(poll))
      .replaceAll(/:\w+/g, 'x')
      // A stream of events would not end.
      .replace(/\/events$/, '$&?wait=0')

  t.test('each route accepts only keys with its scope', async (t) => {
    const unknown = routesOf(server.app).filter((route) => / \/(api|ws)\//.test(route) && !(route in routes))
    t.same(unknown, [], 'each route below /api and /ws is in the table')
    for (const route of routesOf(server.app)) {
      const [method = '', pattern = ''] = route.split(' ')
      if (pattern.startsWith('/ws/')) continue
      const allowed: string[] = []
      for (const scope of SCOPES) {
        const answer = await program.head(method, addressOf(pattern), bearer(keyOf(scope)))
        const refused = answer.headers.get('www-authenticate')?.includes('insufficient_scope')
        if (refused) t.equal(answer.status, 403, `${route} with ${scope}`)
        else allowed.push(scope)
      }
      t.equal(allowed.join(' '), routes[route] ?? '', route)
    }
  })

  t.test('each socket accepts only keys with its scope, and closes with 4003 otherwise', async (t) => {
    for (const [route, scopes] of Object.entries(routes)) {
      const path = addressOf(route.replace('GET ', ''))
      if (!path.startsWith('/ws/')) continue
      const allowed: string[] = []
      for (const scope of SCOPES) {
        const socket = program.socket(path, bearer(keyOf(scope)))
        const first = await socket.next().catch(() => undefined)
        if (first) allowed.push(scope)
        else
          t.match(await socket.closed(), {
            code: 4003,
            reason: /^this (API key does not have the scope|cannot be done with an API key)/,
          })
        socket.close()
      }
      t.equal(allowed.join(' '), scopes, route)
    }
  })

  t.test('a frame outside the scopes of its key is answered with forbidden', async (t) => {
    for (const [pattern, known] of Object.entries(sockets)) {
      const scope = frames[pattern] ?? 'write'
      const socket = program.socket(addressOf(pattern), bearer(keyOf('read')))
      await socket.next('welcome')
      for (const [type, { frame }] of Object.entries(known)) {
        if (openFrames.has(type)) continue
        socket.send({ ...frame, type, id: type })
        const { code, error, id } = await socket.next('error')
        t.same(
          { code, error, id },
          { code: 'forbidden', error: `this API key does not have the scope ${scope}`, id: type },
        )
      }
      socket.close()
      const able = program.socket(addressOf(pattern), bearer(keyOf(scope)))
      await able.next('welcome')
      able.drain()
      for (const [type, { frame }] of Object.entries(known)) {
        able.send({ ...frame, type, id: type })
        able.send({ type: 'nothing', id: 'behind' })
        for (let error = await able.next('error'); error.id !== 'behind'; error = await able.next('error'))
          t.not(error.code, 'forbidden', `${pattern} ${type}`)
      }
      able.close()
    }
  })

  t.test('a key acts as the person who made it, and only on routes that accept it', async (t) => {
    const said = await say(program, keyOf('write'), 'by a program')
    t.equal(said.status, 201)
    t.match(JSON.parse(said.text), { message: 'by a program', sender: 'ada' })
    t.same(said.headers.getSetCookie(), [])
    t.match(errorOf(await say(program, keyOf('read'), 'no')), { code: 'forbidden', error: /scope write/ })
    const bob = await server.person('bob')
    const beside = await bob.get('/api/rooms', bearer(keyOf('read')))
    t.match(beside.text, /"slug":"room"/, 'a cookie beside the key does not count')
    t.equal((await bob.get('/account', bearer(all))).status, 403)
    t.equal(
      (await bob.post('/account/keys', { name: 'x', scope: 'read' })).status,
      200,
      'the same request without the key',
    )
    const hidden = await makeKey(bob, ['write'])
    const [slug] = (await ada.post('/rooms', { name: 'Hidden', private: 'on' })).headers
      .get('location')
      ?.split('/')
      .slice(-1) ?? ['']
    t.equal((await program.get(`/api/rooms/${slug}/messages`, bearer(hidden))).status, 404)
    t.equal((await program.get(`/api/rooms/${slug}/messages`, bearer(all))).status, 200)
  })

  t.test('a key is not accepted in an address, nor together with a token', async (t) => {
    const { key } = all
    t.equal((await program.get(`/api/rooms?token=${key}`)).status, 401)
    t.equal((await program.get(`/api/rooms?key=${key}`)).status, 401)
    t.equal((await program.get(`/api/rooms?token=${key}`, bearer(all))).status, 401)
    const { token } = errorOf(await ada.postJson('/api/token', {}))
    t.equal((await program.get(`/api/rooms?token=${token}`, bearer(all))).status, 401)
    for (const path of [`/ws/chat/lobby?token=${key}`, `/ws/chat/lobby?key=${key}`])
      t.match(await program.socket(path).closed(), { code: 4001 })
    const both = program.socket(`/ws/chat/lobby?token=${token}`, bearer(all))
    t.match(await both.closed(), { code: 4001 })
  })

  t.test('scopes for administrators work only while the person is an administrator', async (t) => {
    const eve = await server.person('eve')
    for (const scope of ['notify', 'metrics']) {
      const answer = await eve.postJson('/api/keys', { name: 'mine', scopes: ['read', scope] })
      t.equal(answer.status, 403)
      t.match(errorOf(answer), { code: 'forbidden', error: /Only administrators/ })
    }
    const { database } = server.app
    const { id } = await database
      .selectFrom('users')
      .select('id')
      .where('name', '=', 'eve')
      .executeTakeFirstOrThrow()
    await setAdministrator(database, id, true, SHELL)
    const key = await makeKey(eve, ['metrics', 'read'])
    // From another machine, as far as the server knows.
    const away = { ...bearer(key), 'x-forwarded-for': '192.0.2.1' }
    t.match(await program.get('/metrics', away), { status: 200, text: /partyline_connections/ })
    await setAdministrator(database, id, false, SHELL)
    t.equal((await program.get('/metrics', away)).status, 403)
    t.equal((await program.get('/api/rooms', away)).status, 200)
  })
})

t.test('people make, list and revoke their own keys', async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0', TRUST_PROXY: 'loopback' })
  const ada = await server.person('ada')
  const program = server.visitor()

  t.test('over /api', async (t) => {
    const { status, text } = await ada.postJson('/api/keys', { name: ' backup ', scopes: ['read', 'read'] })
    t.equal(status, 201)
    const { id, key, ...rest } = JSON.parse(text)
    t.match(key, /^pl_[A-Za-z0-9_-]{43}$/)
    t.same(rest, { name: 'backup', scopes: ['read'] })
    const listed = await ada.get('/api/keys')
    t.match(JSON.parse(listed.text), { keys: [{ id, name: 'backup', scopes: ['read'], last_used: null }] })
    t.notOk(listed.text.includes(key), 'the key itself is not kept')
    t.same(await stored(server, key), [], 'nowhere in the database')
    const bob = await server.person('bob')
    t.same(JSON.parse((await bob.get('/api/keys')).text), { keys: [] })
    const csrf = { 'x-csrf-token': await bob.token('/account') }
    t.equal((await bob.request('DELETE', `/api/keys/${id}`, undefined, csrf)).status, 404)
    t.equal((await program.get('/api/rooms', bearer({ key }))).status, 200)
    const own = { 'x-csrf-token': await ada.token('/account') }
    t.equal((await ada.request('DELETE', `/api/keys/${id}`, undefined, own)).status, 204)
    t.match(await program.get('/api/rooms', bearer({ key })), { status: 401, text: /not valid/ })
    t.equal((await ada.request('DELETE', `/api/keys/${id}`, undefined, own)).status, 404)
    t.equal((await ada.request('DELETE', '/api/keys/%00', undefined, own)).status, 400)
    for (const body of [
      { name: '', scopes: ['read'] },
      { name: 'x', scopes: [] },
      { name: 'x', scopes: ['everything'] },
      { name: 'x'.repeat(61), scopes: ['read'] },
      { name: 'x', scopes: 'read' },
    ])
      t.match(await ada.postJson('/api/keys', body), { status: 400, text: /1 to 60 characters/ })
    for (const name of ['two\nlines', 'rever\u202esed'])
      t.match(await ada.postJson('/api/keys', { name, scopes: ['read'] }), {
        status: 400,
        text: /in a single line, without invisible characters/,
      })
  })

  t.test('with forms, which show a key once', async (t) => {
    const wrong = await ada.post('/account/keys', { name: 'No scopes' })
    t.match(wrong, { status: 400, text: /at least one permission[\s\S]*value="No scopes"/ })
    const { status, headers, text } = await ada.post('/account/keys', { name: 'A & B', scope: 'write' })
    t.equal(status, 200)
    t.equal(headers.get('cache-control'), 'no-store')
    const key = /value="(pl_[\w-]{43})"/.exec(text)?.[1] ?? ''
    t.equal((await say(program, { key }, 'hello')).status, 201)
    const page = await ada.get('/account')
    t.notOk(page.text.includes(key))
    t.match(page.text, 'A &amp; B')
    const revoke = /action="(\/account\/keys\/[\w-]+\/revoke)"/.exec(page.text)?.[1] ?? ''
    t.match(await ada.post(revoke, {}), { status: 303 })
    t.equal((await say(program, { key }, 'hello')).status, 401)
    t.notMatch((await ada.get('/account')).text, /keys\/[\w-]+\/revoke/)
  })

  t.test('keys keep working after the person signs out or changes their password', async (t) => {
    const key = await makeKey(ada, ['read'])
    const socket = program.socket('/ws/chat/lobby', bearer(key))
    await socket.next('welcome')
    const passwords = { current: PASSWORD, password: `${PASSWORD} anew` }
    t.match(await ada.post('/account/password', passwords), { text: /API keys still work/ })
    await ada.signOut()
    t.equal((await program.get('/api/rooms', bearer(key))).status, 200)
    await ada.signIn('ada', passwords.password)
    t.match(JSON.parse((await ada.get('/api/keys')).text), { keys: [{ id: key.id }] })
    t.notMatch((await ada.get('/account')).text, `/account/sessions/${key.id}/end`)
    await ada.post(`/account/sessions/${key.id}/end`, {})
    t.equal((await program.get('/api/rooms', bearer(key))).status, 200, 'a key is not one of the sessions')
    await ada.post(`/account/keys/${key.id}/revoke`, {})
    t.match(await socket.closed(), { code: 4001 })
  })

  t.test('keys stop working with their account, even after it is reactivated', async (t) => {
    const eve = await server.person('eve')
    const key = await makeKey(eve, ['read'])
    const socket = program.socket('/ws/chat/lobby', bearer(key))
    await socket.next('welcome')
    const { app } = server
    const { id } = await app.database
      .selectFrom('users')
      .select('id')
      .where('name', '=', 'eve')
      .executeTakeFirstOrThrow()
    const change = await deactivate(app.database, id, SHELL)
    if (change) app.changedPeople.announce(change.person)
    t.match(await socket.closed(), { code: 4001 })
    t.equal((await program.get('/api/rooms', bearer(key))).status, 401)
  })

  t.test('a person can have at most 50 keys', async (t) => {
    const hoarder = await server.person('hoarder')
    const csrf = await hoarder.token('/account')
    const make = (name: string) =>
      hoarder.request('POST', '/api/keys', JSON.stringify({ name, scopes: ['read'] }), {
        ...json,
        'x-csrf-token': csrf,
      })
    const answers = await Promise.all(Array.from({ length: 52 }, (_, index) => make(`${index}`)))
    t.same(answers.map(({ status }) => status).sort(), [...Array(50).fill(201), 409, 409])
    t.match(errorOf(await make('one more')), { code: 'limit', error: /Revoke one first/ })
    const form = await hoarder.post('/account/keys', { name: 'One more', scope: 'read' })
    t.match(form, { status: 400, text: /Revoke one first/ })
  })

  t.test('the last use of a key is known to the minute', async (t) => {
    const key = await makeKey(ada, ['read'])
    const lastUse = async () => {
      const { keys } = JSON.parse((await ada.get('/api/keys')).text)
      return keys.find(({ id }: Made) => id === key.id).last_used
    }
    t.equal(await lastUse(), null)
    await program.get('/api/rooms', bearer(key))
    t.match(await lastUse(), /^20/)
    const later = Date.now() + 61_000
    mock.timers.enable({ apis: ['Date'], now: later })
    t.teardown(() => mock.timers.reset())
    await program.get('/api/rooms', bearer(key))
    t.equal(await lastUse(), new Date(later).toISOString())
    mock.timers.setTime(later + 59_000)
    await program.get('/api/rooms', bearer(key))
    t.equal(await lastUse(), new Date(later).toISOString())
  })

  t.test('wrong keys are limited for each address, while right ones still work', async (t) => {
    const key = await makeKey(ada, ['read'])
    const from = { 'x-forwarded-for': '198.51.100.7' }
    const wrong = { ...bearer({ key: `pl_${'x'.repeat(43)}` }), ...from }
    for (let count = 0; count < 100; count += 1) t.equal((await program.get('/api/rooms', wrong)).status, 401)
    const refused = await program.get('/api/rooms', wrong)
    t.equal(refused.status, 429)
    t.ok(Number(refused.headers.get('retry-after')) > 0)
    t.match(await program.socket('/ws/chat/lobby', wrong).closed(), { code: 4001 })
    t.equal((await program.get('/api/rooms', { ...bearer(key), ...from })).status, 200)
    t.equal((await program.get('/api/rooms', bearer({ key: 'pl_short' }))).status, 401)
  })
})

/** The columns of the sessions' rows in which a text stands. */
async function stored({ app }: TestServer, text: string): Promise<string[]> {
  const rows = await app.database.selectFrom('sessions').selectAll().execute()
  return rows.flatMap((row) =>
    Object.entries(row).flatMap(([column, value]) => (String(value).includes(text) ? [column] : [])),
  )
}

t.test('bots', async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const made = await ada.postJson('/api/bots', { name: 'adder' })
  t.equal(made.status, 201)
  const { key, name } = errorOf(made)
  t.equal(name, 'adder')

  t.test('only administrators can make bots', async (t) => {
    for (const answer of [await bob.postJson('/api/bots', { name: 'mine' }), await bob.get('/api/bots')])
      t.match(answer, { status: 403, text: /Only administrators can create and end bots/ })
    t.notMatch((await bob.get('/account')).text, 'Create bot')
    for (const taken of ['adder', 'bob', 'Adder', 'everyone'])
      t.equal((await ada.postJson('/api/bots', { name: taken })).status, 409, taken)
  })

  t.test('the bot in docs/clients.md works', async (t) => {
    const guide = readFileSync(join(import.meta.dirname, '../../docs/clients.md'), 'utf8')
    const file = join(temporaryFolder(t), 'adder.mjs')
    writeFileSync(file, /```mjs\n(.*?)```/s.exec(guide)?.[1] ?? '')
    const socket = await enter(bob, 'lobby')
    const bot = launch(t, { PARTYLINE: server.address, KEY: key }, [process.execPath, file])
    while (!String((await socket.next('presence')).joined).includes('adder'));
    socket.send({ message: '!add 1 2 39' })
    const { seq } = await socket.next('message')
    t.match(await socket.next('message'), { message: '42', sender: 'adder', bot: true, reply: { seq } })
    t.match(await socket.next('message'), { seq, reactions: { '👍': { names: ['adder'] } } })
    t.match(errorOf(await ada.get('/api/bots')), { bots: [{ name: 'adder', last_used: /^20/ }] })
    const csrf = { 'x-csrf-token': await ada.token('/account') }
    t.equal((await ada.request('DELETE', '/api/bots/adder', undefined, csrf)).status, 204)
    t.match(await bot.ended(), { code: 1, stderr: /closed with 4001/ })
    t.equal((await server.visitor().get('/api/rooms', bearer({ key }))).status, 401)
  })

  t.test('the program that follows notifications in docs/clients.md works', async (t) => {
    const guide = readFileSync(join(import.meta.dirname, '../../docs/clients.md'), 'utf8')
    const file = join(temporaryFolder(t), 'bell.mjs')
    writeFileSync(file, /```javascript\n(.*?)```/s.exec(guide)?.[1] ?? '')
    const made = await bob.postJson('/api/keys', { name: 'bell', scopes: ['read'] })
    const payload = { event: 'order_updated', text: 'Order 7 is on its way.' }
    const { id: user } = await server.app.database
      .selectFrom('users')
      .select('id')
      .where('name', '=', 'bob')
      .executeTakeFirstOrThrow()
    await server.app.notifications.push(user, payload)
    const bell = launch(t, { PARTYLINE: server.address, KEY: errorOf(made).key }, [process.execPath, file])
    await eventually('what there was is printed', () => bell.stdout().includes('order_updated'))
    await ada.postJson('/api/rooms/lobby/messages', { message: '@bob look' })
    await eventually('and what is new', () => bell.stdout().includes('mention'))
    const lines = bell.stdout().split('\n')
    for (const line of ['order_updated · Order 7 is on its way.', 'mention · ada · Lobby · @bob look'])
      t.equal(lines.filter((one) => one === line).length, 1, line)
    await bell.kill()
  })

  t.test('bots can be made with forms too, and a lost key can be replaced', async (t) => {
    const { text } = await ada.post('/account/bots', { name: 'Weather Bot' })
    const first = /value="(pl_[\w-]{43})"/.exec(text)?.[1] ?? ''
    const again = await ada.post('/account/bots/weather-bot/key', {})
    const second = /value="(pl_[\w-]{43})"/.exec(again.text)?.[1] ?? ''
    t.equal((await server.visitor().get('/api/rooms', bearer({ key: first }))).status, 401)
    t.equal((await server.visitor().get('/api/rooms', bearer({ key: second }))).status, 200)
    const plain = await say(server.visitor(), { key: second }, '= 1 + 1')
    t.match(errorOf(plain), { message: '= 1 + 1', sender_name: 'Weather Bot', bot: true })
    t.notMatch(plain.text, 'values')
    t.match(await ada.post('/account/bots', { name: 'bob' }), { status: 400, text: /is taken/ })
    t.equal((await ada.post('/account/bots/bob/end', {})).status, 404, 'a person is not marked as a bot')
    t.equal((await ada.post('/account/bots/weather-bot/end', {})).status, 303)
    t.equal((await server.visitor().get('/api/rooms', bearer({ key: second }))).status, 401)
  })
})
