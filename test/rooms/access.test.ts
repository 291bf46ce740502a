import { randomUUID } from 'node:crypto'
import t from 'tap'
import { deactivate } from '../../src/accounts/index.ts'
import { SHELL } from '../../src/audit/index.ts'
import { roomSheet, sheetOf } from '../../src/calculator/sheet/sheets.ts'
import { routesOf } from '../support/routes.ts'
import { startServer } from '../support/server.ts'
import type { TestSocket } from '../support/socket.ts'
import { sockets } from '../support/socket-frames.ts'
import { Visitor } from '../support/visitor.ts'

/**
 * Every route and frame, for every kind of person in every kind of room. The table is written by hand instead of with
 * the rules that it checks. The last tests fail if a route or a frame is missing in it.
 */

const KINDS = ['open', 'private', 'direct', 'archived', 'archivedPrivate'] as const
type Kind = (typeof KINDS)[number]

/** Tried after the visitor who is not signed in. In a direct room, the removed person was never in it, and nobody is its owner. */
const PEOPLE = ['stranger', 'member', 'removed', 'owner', 'administrator'] as const
type Name = (typeof PEOPLE)[number]

/** The answers to these five, in order, in each kind of room. `ok` is the answer of the route or frame when it does what is asked. */
type Outcomes = Record<Kind, string>

const hidden = '404 404 404 404 404'
const never = '403 403 403 403 403'
const members = { private: '404 ok 404 ok 404', direct: '404 ok 404 ok 404' }
const hush = '404 403 404 403 404'
const archivedPrivate = members.private
const seeing: Outcomes = {
  open: 'ok ok 403 ok ok',
  ...members,
  archived: 'ok ok 403 ok ok',
  archivedPrivate,
}
const speaking: Outcomes = { open: 'ok ok 403 ok ok', ...members, archived: never, archivedPrivate: hush }
const administering: Outcomes = {
  open: '403 403 403 ok ok',
  private: '404 403 404 ok 404',
  direct: hidden,
  archived: '403 403 403 ok ok',
  archivedPrivate: '404 403 404 ok 404',
}
const configuring: Outcomes = { ...administering, archived: never, archivedPrivate: hush }
const knowing: Outcomes = { ...seeing, open: 'ok ok 403 ok ok', direct: hidden }
const adding: Outcomes = {
  open: '403 403 403 ok ok',
  private: '404 ok 404 ok 404',
  direct: hidden,
  archived: never,
  archivedPrivate: hush,
}
const inviting: Outcomes = { ...adding, open: '403 ok 403 ok ok' }
const archiving: Outcomes = { ...administering, direct: '404 403 404 403 404' }
/** The message is the owner's. */
const editing: Outcomes = {
  open: '403 403 403 ok 403',
  private: '404 403 404 ok 404',
  direct: '404 403 404 ok 404',
  archived: never,
  archivedPrivate: hush,
}
const pinning: Outcomes = {
  open: '403 403 403 ok ok',
  ...members,
  archived: never,
  archivedPrivate: hush,
}
const deleting: Outcomes = { ...editing, open: '403 403 403 ok ok' }

interface Route {
  readonly ok: number
  /** The answer to a visitor who is not signed in. By default, a page sends them to sign in. */
  readonly visitor?: number
  readonly body?: Record<string, string>
  readonly outcomes: Outcomes
}

const page = (outcomes: Outcomes, body?: Route['body']): Route => ({
  ok: 200,
  outcomes,
  ...(body && { body }),
})
const form = (outcomes: Outcomes, body: Record<string, string> = {}): Route => ({ ok: 303, outcomes, body })
const api = (outcomes: Outcomes, body?: Record<string, string>, ok = 200): Route => ({
  ok,
  visitor: 401,
  outcomes,
  ...(body && { body }),
})

/** Routes that are about a room. */
const routes: Record<string, Route> = {
  'GET /rooms/:room': page(seeing),
  'GET /rooms/:room/settings': page(knowing),
  'POST /rooms/:room/settings': form(configuring, { name: 'New name', description: '' }),
  'POST /rooms/:room/members': form(adding, { name: 'newcomer' }),
  'GET /rooms/:room/members/:name': page(administering),
  'POST /rooms/:room/members/:name/mute': form(administering, { for: '1 h' }),
  'POST /rooms/:room/members/:name/remove': form(administering),
  'POST /rooms/:room/invitation': form(inviting, { renew: 'on' }),
  'POST /rooms/:room/archive': form(archiving),
  'POST /rooms/:room/unarchive': form(archiving),
  'POST /rooms/:room/level': form(seeing, { level: 'nothing' }),
  'POST /rooms/:room/leave': form(seeing),
  'GET /rooms/:room/schedule': page(speaking),
  'POST /rooms/:room/schedule': form(speaking, { message: 'later', at: '2027-01-01T09:00' }),
  'POST /api/rooms/:room/scheduled': api(speaking, { message: 'later', at: '2027-01-01T09:00' }, 201),
  'POST /api/rooms/:room/reminders': api(seeing, { text: 'in 2 hours to stretch' }, 201),
  'GET /api/rooms/:room/draft': api(seeing),
  'PUT /api/rooms/:room/draft': api(seeing, { message: 'half' }),
  'GET /rooms/:room/export': page(seeing),
  'POST /rooms/:room/export': form(seeing, { format: 'csv' }),
  'POST /api/rooms/:room/export': api(seeing, {}, 202),
  'POST /rooms/:room/read': form(seeing, { seq: '1' }),
  'POST /rooms/:room/messages': form(speaking, { message: 'hello' }),
  'GET /rooms/:room/files': page(seeing),
  'POST /api/rooms/:room/files': api(speaking, { file: 'a file' }, 201),
  'GET /rooms/:room/messages/:seq': page(seeing),
  'POST /rooms/:room/messages/:seq': form(editing, { message: 'changed' }),
  'POST /rooms/:room/messages/:seq/delete': form(deleting),
  'POST /rooms/:room/messages/:seq/reactions': form(speaking, { emoji: '👍', on: 'on' }),
  'GET /rooms/:room/messages/:seq/conversation': page(seeing),
  'POST /rooms/:room/messages/:seq/pin': form(pinning, { on: 'on' }),
  'GET /rooms/:room/pins': page(seeing),
  'GET /rooms/:room/calculator': page(seeing),
  'GET /rooms/:room/calculator/find': form(seeing, { expression: '1' }),
  'POST /rooms/:room/calculator': form(speaking, { expression: '1' }),
  'GET /rooms/:room/calculator.csv': page(seeing),
  'GET /rooms/:room/calculator.md': page(seeing),
  'GET /rooms/:room/calculator/lines/:seq': page(seeing),
  'POST /rooms/:room/calculator/lines/:seq': form(speaking, { expression: '2', base: '100000' }),
  'POST /rooms/:room/calculator/lines/:seq/insert': form(speaking, { expression: '3' }),
  'POST /rooms/:room/calculator/lines/:seq/move': form(speaking, { direction: 'up' }),
  'POST /rooms/:room/calculator/lines/:seq/remove': form(speaking, { base: '100000' }),
  'GET /rooms/:room/cursors': page(seeing),
  'GET /rooms/:room/connect-four': page(seeing),
  'POST /rooms/:room/connect-four': form(speaking, { game: '0' }),
  'GET /rooms/:room/questions': page(seeing),
  'POST /rooms/:room/questions': form(speaking, { text: 'Why?', id: 'one' }),
  'GET /rooms/:room/notes': page(seeing),
  'POST /rooms/:room/notes': form(speaking, { seq: '1', text: 'Cake' }),
  'GET /rooms/:room/polls': page(seeing),
  'POST /rooms/:room/polls': form(speaking, { question: 'Cake?', options: 'yes\nno', hours: '1' }),
  'GET /rooms/:room/polls/:poll': page(seeing),
  'POST /rooms/:room/polls/:poll': form(speaking, { option: '0' }),
  'GET /rooms/:room/hooks': page(administering),
  'POST /rooms/:room/hooks': {
    ok: 200,
    outcomes: configuring,
    body: { direction: 'out', url: 'https://93.184.216.34/', event: 'message' },
  },
  'POST /rooms/:room/hooks/:hook/delete': form(administering),
  'GET /api/rooms/:room/hooks': api(administering),
  'POST /api/rooms/:room/hooks': api(configuring, { direction: 'out', url: 'https://93.184.216.34/' }, 201),
  'DELETE /api/rooms/:room/hooks/:hook': { ok: 204, visitor: 401, outcomes: administering },
  'GET /api/sheets/:room': api(seeing),
  'GET /api/sheets/:room/events': api(seeing, { wait: '0' }),
  'GET /api/rooms/:room/events': api(seeing, { wait: '0' }),
  'GET /api/rooms/:room/values': api(seeing),
  'PUT /api/rooms/:room/values/:name': api(speaking, { value: '1' }),
  'DELETE /api/rooms/:room/values/:name': api(speaking, undefined, 204),
  'GET /api/rooms/:room/messages': api(seeing),
  'GET /api/rooms/:room/people': api(seeing),
  'POST /api/rooms/:room/messages': api(speaking, { message: 'hello' }, 201),
  'GET /api/rooms/:room/messages/:seq': api(seeing),
  'PUT /api/rooms/:room/messages/:seq': api(editing, { message: 'changed' }),
  'DELETE /api/rooms/:room/messages/:seq': api(deleting),
  'PUT /api/rooms/:room/messages/:seq/reactions/:emoji': api(speaking),
  'DELETE /api/rooms/:room/messages/:seq/reactions/:emoji': api(speaking),
  'GET /api/rooms/:room/messages/:seq/conversation': api(seeing),
  'GET /api/rooms/:room/pins': api(seeing),
  'PUT /api/rooms/:room/pins/:seq': api(pinning),
  'DELETE /api/rooms/:room/pins/:seq': api(pinning),
}

/** Routes that do not concern a room, or one that nobody has entered yet, which are tested elsewhere. */
const others = new Set([
  ...[
    'GET /',
    'GET /assets/:file',
    'GET /account',
    'POST /account/password',
    'POST /account/sessions/:id/end',
    'POST /account/keys',
    'POST /account/keys/:id/revoke',
    'POST /account/bots',
    'POST /account/bots/:name/key',
    'POST /account/bots/:name/end',
    'GET /api/bots',
    'POST /api/bots',
    'POST /api/bots/:name/key',
    'DELETE /api/bots/:name',
    'POST /hooks/:hook/:secret',
    'GET /api/keys',
    'POST /api/keys',
    'DELETE /api/keys/:id',
    'GET /api/docs',
    'GET /api/docs/openapi.json',
    'GET /api/docs/asyncapi.json',
  ],
  ...['GET /robots.txt', 'GET /.well-known/security.txt', 'GET /.well-known/change-password'],
  ...['POST /api/token', 'GET /healthz', 'GET /readyz', 'GET /metrics', 'GET /rooms', 'POST /rooms'],
  ...['GET /dashboard', 'GET /dashboard/events', 'GET /dashboard/connections'],
  ...['GET /dashboard/connections/:id', 'POST /dashboard/connections/:id/close'],
  ...['GET /dashboard/connections/check', 'POST /dashboard/connections/check'],
  ...[
    'GET /rooms/new',
    'GET /rooms/direct',
    'POST /rooms/direct',
    'GET /sign-up',
    'POST /sign-up',
    'GET /sign-in',
    'POST /sign-in',
  ],
  ...['POST /sign-out', 'GET /join/:code', 'POST /join/:code', 'GET /calculator', 'POST /calculator'],
  ...['GET /api/people', 'GET /people/:name', 'POST /account/pronouns', 'POST /account/status'],
  ...['GET /api/blocks', 'PUT /api/blocks/:name', 'DELETE /api/blocks/:name', 'POST /people/:name/block'],
  ...['GET /scheduled', 'POST /scheduled/:id/cancel', 'GET /api/scheduled'],
  ...['GET /scheduled/:id/edit', 'POST /scheduled/:id/edit', 'POST /scheduled/:id/send'],
  ...[
    'PATCH /api/scheduled/:id',
    'DELETE /api/scheduled/:id',
    'GET /service-worker.js',
    'GET /manifest.webmanifest',
  ],
  ...['GET /api/push/key', 'POST /api/push/subscriptions', 'DELETE /api/push/subscriptions'],
  ...['POST /rooms/:room/export/:id/delete', 'GET /api/jobs/:id', 'GET /api/jobs/:id/:name'],
  ...[
    'GET /api/rooms',
    'GET /api/notifications',
    'POST /api/notifications',
    'GET /ws/notifications',
    'GET /notifications',
    'POST /notifications/seen',
    'POST /notifications/quiet-hours',
    'GET /ws/calculator',
  ],
  // test/search/search.test.ts
  ...['GET /search', 'GET /api/search'],
  ...['GET /help', 'GET /calculator/help', 'GET /calculator/words.json', 'GET /api/sheets'],
  ...[
    'GET /calculator.csv',
    'GET /calculator.md',
    'GET /calculator/lines/:seq',
    'POST /calculator/lines/:seq',
  ],
  ...['POST /calculator/lines/:seq/insert', 'POST /calculator/lines/:seq/move'],
  ...['POST /calculator/lines/:seq/remove'],
  ...[
    'POST /account/name',
    'POST /account/time-zone',
    'POST /account/reading',
    'GET /password/:code',
    'POST /password/:code',
    'GET /people',
  ],
  ...['GET /account/export', 'POST /account/export', 'POST /account/export/:id/delete'],
  ...['GET /account/export/:id/:name'],
  ...['GET /account/delete', 'POST /account/delete', 'GET /account/deleted'],
  // All of these exist only for administrators: test/admin/admin.test.ts.
  ...['GET /admin', 'GET /admin/people', 'POST /admin/people', 'GET /admin/people/:name'],
  ...['POST /admin/people/:name/deactivate', 'POST /admin/people/:name/reactivate'],
  ...['POST /admin/people/:name/role', 'POST /admin/people/:name/sessions/end'],
  ...['POST /admin/people/:name/keys/revoke', 'POST /admin/people/:name/password-link'],
  ...['GET /admin/rooms', 'POST /admin/rooms/:id/archive', 'POST /admin/rooms/:id/unarchive'],
  ...['GET /admin/rooms/:id/delete', 'POST /admin/rooms/:id/delete'],
  ...['GET /admin/invitations', 'POST /admin/invitations', 'POST /admin/invitations/:id/end'],
  ...['POST /admin/sign-up', 'GET /admin/bots', 'POST /admin/bots', 'POST /admin/bots/:name/key'],
  ...['POST /admin/bots/:name/end', 'GET /admin/jobs', 'POST /admin/jobs/retry'],
  ...['GET /admin/people/:name/delete', 'POST /admin/people/:name/delete'],
  ...['GET /admin/bans', 'POST /admin/bans', 'POST /admin/bans/:id/end'],
  ...['POST /admin/jobs/:id/retry', 'GET /admin/storage', 'GET /admin/log', 'GET /admin/log.csv'],
  // examples/examples.test.ts
  ...['GET /examples', 'GET /examples/ticker', 'GET /ws/ticker'],
  // examples/support/support.test.ts
  ...['GET /examples/support', 'POST /examples/support', 'GET /ws/support', 'GET /ws/support/:chat'],
  'GET /ws/support/desk',
  ...['GET /examples/support/desk', 'GET /examples/support/desk/:chat', 'POST /examples/support/desk/:chat'],
  ...['POST /account/picture', 'POST /account/picture/remove', 'GET /people/:name/picture'],
  // test/files/files.test.ts
  'GET /files/:id/:name',
])

t.setTimeout(600_000)

t.test('access to rooms', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0', ROOMS_PER_USER: '0' })
  const { app } = server
  const { database } = app
  const people = new Map<Name, { readonly visitor: Visitor; readonly id: number; readonly csrf: string }>()
  // The first account is the administrator's.
  for (const name of ['administrator', 'stranger', 'member', 'removed', 'owner'] as const) {
    const visitor = await server.person(`the-${name}`)
    const { id } = await user(`the-${name}`)
    people.set(name, { visitor, id, csrf: await visitor.token('/account') })
  }
  await server.person('newcomer')
  const deactivated = await deactivatedPerson()
  const owner = person('owner')
  const rooms = new Map<Kind, { readonly id: number; readonly slug: string; readonly poll: number }>()
  for (const kind of KINDS) rooms.set(kind, await makeRoom(kind))

  /** Rooms that were changed by a test, and the message in each that everything is tried on. */
  const changed = new Set<Kind>(KINDS)
  const messages = new Map<Kind, number>()
  const lines = new Map<Kind, number>()

  for (const [name, { body, ok, outcomes, visitor = 303 }] of Object.entries(routes)) {
    const [method = '', pattern = ''] = name.split(' ')
    for (const kind of KINDS) {
      const answers: string[] = []
      for (const who of PEOPLE) {
        const { status } = await ask(method, await addressOf(pattern, kind), person(who), body)
        answers.push(status === ok ? 'ok' : String(status))
        if (status === ok) changed.add(kind)
      }
      t.equal(answers.join(' '), outcomes[kind], `${name} in a room that is ${kind}`)
      const { status } = await ask(method, await addressOf(pattern, kind), undefined, body)
      t.equal(status, visitor, `${name} for a visitor`)
      const { status: late } = await ask(method, await addressOf(pattern, kind), deactivated, body)
      t.equal(late, visitor, `${name} for a person who was deactivated`)
    }
  }

  const closes = { ok: 'ok', 403: '4003', 404: '4004' } as Record<string, string>
  for (const [pattern, frames] of Object.entries(sockets)) {
    for (const kind of KINDS) {
      const answers: string[] = []
      for (const who of PEOPLE) {
        const socket = person(who).visitor.socket(await addressOf(pattern, kind))
        const answer = await welcomed(socket)
        answers.push(answer)
        if (answer !== 'ok') continue
        changed.add(kind)
        if (kind.startsWith('archived'))
          for (const [type, { frame, archived }] of Object.entries(frames))
            t.equal(await answerTo(socket, { ...frame, type, id: type }), archived, `${type} by the ${who}`)
        socket.close()
      }
      const expected = seeing[kind].split(' ').map((outcome) => closes[outcome])
      t.equal(answers.join(' '), expected.join(' '), `${pattern} in a room that is ${kind}`)
      const visitor = server.visitor().socket(await addressOf(pattern, kind))
      t.equal(await welcomed(visitor), '4001', `${pattern} for a visitor`)
      const late = deactivated.visitor.socket(await addressOf(pattern, kind))
      t.equal(await welcomed(late), '4001', `${pattern} for a person who was deactivated`)
    }
  }

  t.test('a room that a person may not know of looks like one that does not exist', async (t) => {
    const { visitor } = person('stranger')
    const { slug } = room('private')
    const there = await visitor.get(`/rooms/${slug}`)
    const nowhere = await visitor.get('/rooms/aaaaaaaaaaaaaaaa')
    const bare = (text: string) => text.replaceAll(/value="[^"]*"/g, '')
    t.equal(bare(there.text), bare(nowhere.text))
    for (const path of [`/api/rooms/${slug}/messages`, '/api/rooms/aaaaaaaaaaaaaaaa/messages'])
      t.same(JSON.parse((await visitor.get(path)).text), {
        error: 'There is no such room. Check that the address is correct. Your rooms are on the front page.',
        code: 'not_found',
      })
    t.same(await visitor.socket(`/ws/chat/${slug}`).closed(), { code: 4004, reason: 'no such room' })
    t.same(await visitor.socket('/ws/chat/aaaaaaaaaaaaaaaa').closed(), { code: 4004, reason: 'no such room' })
  })

  t.test(
    'anything outside rooms is for everyone who is signed in, and only active accounts have pictures',
    async (t) => {
      for (const name of ['owner', 'deactivated']) {
        const { id: user_id } = await user(`the-${name}`)
        const content = new Uint8Array([1])
        await database
          .insertInto('pictures')
          .values({ user_id, version: 'one', small: content, large: content })
          .execute()
        const picture = name === 'owner' ? 'one' : null
        await database.updateTable('users').set({ picture }).where('id', '=', user_id).execute()
      }
      const paths = {
        '/people/the-owner/picture': [200, 303],
        '/people/the-deactivated/picture': [404, 303],
        '/people': [200, 303],
        '/calculator/words.json': [200, 303],
      }
      for (const [path, [status, signedOut]] of Object.entries(paths)) {
        for (const who of PEOPLE)
          t.equal((await person(who).visitor.get(path)).status, status, `${path} ${who}`)
        for (const visitor of [server.visitor(), deactivated.visitor])
          t.equal((await visitor.get(path)).status, signedOut, `${path} signed out`)
      }
      for (const path of ['/account/picture', '/account/picture/remove']) {
        const { headers } = await ask('POST', path, deactivated, {})
        t.match(headers.get('location'), /^\/sign-in/, `${path} deactivated`)
      }
    },
  )

  t.test('HEAD says no more than GET about a room that a person may not know of', async (t) => {
    for (const kind of ['private', 'archivedPrivate'] as const) {
      await reset(kind)
      for (const [name, { body }] of Object.entries(routes)) {
        const [method, pattern = ''] = name.split(' ')
        // Answers that wait for changes, and files of sheets, are not served to HEAD.
        if (method !== 'GET' || /\/events$|\.(csv|md)$/.test(pattern)) continue
        const path = `${await addressOf(pattern, kind)}?${new URLSearchParams(body)}`
        for (const who of ['stranger', 'removed'] as const) {
          const { status, text } = await person(who).visitor.request('HEAD', path)
          t.same([status, text], [404, ''], `HEAD ${pattern} by the ${who}, in a room that is ${kind}`)
        }
      }
    }
  })

  t.test('an administrator who is in a private room has the rights of its owner', async (t) => {
    const seq = await reset('private')
    const { id: room_id, slug } = room('private')
    const { id: user_id } = person('administrator')
    const joined_at = new Date().toISOString()
    await database
      .insertInto('memberships')
      .values({ room_id, user_id, role: 'member', read_seq: 0, joined_at })
      .execute()
    const tried: [string, string, number, Record<string, string>?][] = [
      ['GET', `/rooms/${slug}`, 200],
      ['POST', `/rooms/${slug}/settings`, 303, { name: 'By the administrator' }],
      ['POST', `/rooms/${slug}/members`, 303, { name: 'the-stranger' }],
      ['POST', `/rooms/${slug}/members/the-stranger/remove`, 303],
      ['POST', `/rooms/${slug}/members`, 303, { name: 'the-removed' }],
      ['POST', `/rooms/${slug}/invitation`, 303, { renew: 'on' }],
      ['PUT', `/api/rooms/${slug}/messages/${seq}`, 403, { message: 'of the owner' }],
      ['DELETE', `/api/rooms/${slug}/messages/${seq}`, 200],
      ['POST', `/rooms/${slug}/archive`, 303],
      ['POST', `/rooms/${slug}/unarchive`, 303],
    ]
    for (const [method, path, status, body] of tried)
      t.equal((await ask(method, path, person('administrator'), body)).status, status, `${method} ${path}`)
    changed.add('private')
  })

  t.test(
    'an administrator who was removed from an open room stays out until they add themselves',
    async (t) => {
      await reset('open')
      const { slug } = room('open')
      const { visitor } = person('administrator')
      await ask('POST', `/rooms/${slug}/members/the-administrator/remove`, owner, {})
      const statuses = async () => [
        (await visitor.get(`/rooms/${slug}`)).status,
        (await visitor.get(`/api/rooms/${slug}/messages`)).status,
        (await visitor.get(`/rooms/${slug}/settings`)).status,
        await welcomed(visitor.socket(`/ws/chat/${slug}`)),
      ]
      t.same(await statuses(), [403, 403, 200, '4003'])
      const added = await ask('POST', `/rooms/${slug}/members`, person('administrator'), {
        name: 'the-administrator',
      })
      t.equal(added.status, 303)
      t.same(await statuses(), [200, 200, 200, 'ok'])
      changed.add('open')
    },
  )

  t.test('a person who is removed loses every socket in the room', async (t) => {
    await reset('open')
    const { slug } = room('open')
    const patterns = Object.keys(sockets)
    const opened: TestSocket[] = []
    for (const pattern of patterns)
      opened.push(person('member').visitor.socket(await addressOf(pattern, 'open')))
    t.same(
      await Promise.all(opened.map(welcomed)),
      opened.map(() => 'ok'),
    )
    const removal = await ask('POST', `/rooms/${slug}/members/the-member/remove`, owner, {})
    t.equal(removal.status, 303)
    const codes = (await Promise.all(opened.map((socket) => socket.closed()))).map(({ code }) => code)
    t.same(
      codes,
      patterns.map(() => 4003),
    )
    changed.add('open')
  })

  t.test('a person who is muted can read, but change nothing', async (t) => {
    const seq = await reset('open')
    messages.set('open', seq)
    changed.delete('open')
    const { slug } = room('open')
    const { csrf, visitor } = person('member')
    const opened = await Promise.all(
      Object.keys(sockets).map(async (pattern) => visitor.socket(await addressOf(pattern, 'open'))),
    )
    t.ok((await Promise.all(opened.map(welcomed))).every((answer) => answer === 'ok'))
    const mute = (body: Record<string, string>) =>
      ask('POST', `/rooms/${slug}/members/the-member/mute`, owner, body)
    t.equal((await mute({ for: '1 day' })).status, 303)
    for (const [index, frames] of Object.values(sockets).entries()) {
      const socket = opened[index]
      if (!socket) continue
      for (const [type, { archived, frame }] of Object.entries(frames))
        t.equal(await answerTo(socket, { ...frame, type, id: `muted-${type}` }), archived, type)
    }
    for (const [name, { body, outcomes }] of Object.entries(routes)) {
      const [method = '', pattern = ''] = name.split(' ')
      if (outcomes !== speaking) continue
      const { status, text } = await ask(method, await addressOf(pattern, 'open'), { csrf, visitor }, body)
      t.equal(status, 403, name)
      t.match(text, /muted in this room until (<time[^>]*>)?\d{4}-\d\d-\d\d \d\d:\d\d UTC/, name)
      if (pattern.startsWith('/api/')) t.match(text, /"until":"[\d-]+T[\d:.]+Z"/, name)
    }
    t.match((await visitor.get(`/rooms/${slug}`)).text, 'You are muted in this room until')
    t.match((await visitor.get(`/rooms/${slug}/calculator`)).text, 'You are muted in this room until')
    t.match((await owner.visitor.get(`/rooms/${slug}/settings`)).text, 'muted until')
    t.match((await owner.visitor.get(`/rooms/${slug}/members/the-member`)).text, 'Unmute')
    t.match((await owner.visitor.get(`/rooms/${slug}/messages/${seq}`)).text, /React/, 'others can go on')
    const invite = () => ask('POST', `/rooms/${slug}/invitation`, { csrf, visitor }, {})
    const refused = await invite()
    t.equal(refused.status, 403, 'nor invite anybody who could write for them')
    await reset('private')
    const muted_until = new Date(Date.now() + 60_000).toISOString()
    await database
      .insertInto('mutes')
      .values({ room_id: room('private').id, user_id: person('member').id, muted_until })
      .execute()
    const add = () =>
      ask('POST', `/rooms/${room('private').slug}/members`, { csrf, visitor }, { name: 'newcomer' })
    t.match(await add(), { status: 403, text: /muted in this room until/ }, 'nor add anybody')
    await database.deleteFrom('mutes').where('room_id', '=', room('private').id).execute()
    t.equal((await add()).status, 303)
    changed.add('private')
    await mute({ end: 'on' })
    t.equal((await invite()).status, 303)
    const [talk] = opened
    talk?.send({ type: 'message', message: 'here again', id: 'again' })
    t.match(await talk?.next('message'), { id: 'again' })
    for (const socket of opened) socket.close()

    await mute({ for: '1 week' })
    const over = { muted_until: new Date(Date.now() - 1).toISOString() }
    await database.updateTable('mutes').set(over).where('room_id', '=', room('open').id).execute()
    t.equal(
      (await ask('POST', `/rooms/${slug}/messages`, { csrf, visitor }, { message: 'later' })).status,
      303,
    )
    const entries = await database
      .selectFrom('audit_entries')
      .select(['action', 'actor_id', 'person_id'])
      .where('action', 'like', 'member.%mute')
      .where('person_id', '=', person('member').id)
      .orderBy('id')
      .execute()
    t.same(
      entries.map(({ action, actor_id }) => [action, actor_id]),
      ['member.mute', 'member.unmute', 'member.mute'].map((action) => [action, owner.id]),
    )
    changed.add('open')
  })

  t.test('people who run a room cannot be muted in it, and nobody can mute themselves', async (t) => {
    await reset('open')
    const { slug } = room('open')
    const tried = [
      [person('administrator'), 'the-owner', '1 h', 400],
      [owner, 'the-administrator', '1 h', 400],
      [owner, 'the-owner', '1 h', 400],
      [owner, 'the-member', 'for ever', 400],
      [owner, 'the-member', '1 h', 303],
      [owner, 'nobody-of-that-name', '1 h', 404],
    ] as const
    for (const [who, name, time, status] of tried)
      t.equal(
        (await ask('POST', `/rooms/${slug}/members/${name}/mute`, who, { for: time })).status,
        status,
        name,
      )
    const { database: db } = app
    await db
      .updateTable('memberships')
      .set({ role: 'owner' })
      .where('user_id', '=', person('member').id)
      .execute()
    const { csrf, visitor } = person('member')
    const said = await ask('POST', `/rooms/${slug}/messages`, { csrf, visitor }, { message: 'mine now' })
    t.equal(said.status, 303, 'a person who becomes the owner is no longer muted')
    changed.add('open')
  })

  t.test('every route is in this table', async (t) => {
    const known = new Set([
      ...Object.keys(routes),
      ...others,
      ...Object.keys(sockets).map((path) => `GET ${path}`),
    ])
    t.same(
      routesOf(app).filter((route) => !known.has(route)),
      [],
    )
  })

  t.test('every frame is in this table', async (t) => {
    await reset('open')
    for (const [pattern, frames] of Object.entries(sockets)) {
      const socket = owner.visitor.socket(await addressOf(pattern, 'open'))
      await socket.next('welcome')
      socket.send({ type: 'nothing' })
      const { error } = await socket.next('error')
      t.equal(error, `type: takes ${Object.keys(frames).join(', ')}`, pattern)
      socket.close()
    }
  })

  /** A person whose account was deactivated, with the cookies of an earlier session. */
  async function deactivatedPerson() {
    const visitor = await server.person('the-deactivated')
    const csrf = await visitor.token('/account')
    const { id } = await user('the-deactivated')
    await deactivate(database, id, SHELL)
    return { visitor, id, csrf }
  }

  function person(name: Name) {
    const found = people.get(name)
    if (!found) throw new Error(`there is no ${name}`)
    return found
  }

  function room(kind: Kind) {
    const found = rooms.get(kind)
    if (!found) throw new Error(`there is no ${kind} room`)
    return found
  }

  function user(name: string) {
    return database.selectFrom('users').select('id').where('name', '=', name).executeTakeFirstOrThrow()
  }

  async function makeRoom(kind: Kind) {
    const { headers } =
      kind === 'direct'
        ? await owner.visitor.post('/rooms/direct', { with: 'the-member' })
        : await owner.visitor.post('/rooms', {
            name: kind,
            ...(/private/i.test(kind) && { private: 'on' }),
          })
    const slug = headers.get('location')?.slice('/rooms/'.length) ?? ''
    const fields = { question: 'Cake?', options: 'yes\nno', hours: '1' }
    const made = await owner.visitor.post(`/rooms/${slug}/polls`, fields)
    const poll = Number(made.headers.get('location')?.split('/').at(-1))
    const { id } = await database
      .selectFrom('rooms')
      .select('id')
      .where('slug', '=', slug)
      .executeTakeFirstOrThrow()
    return { id, slug, poll }
  }

  /** Gives everybody the role that their name says, and posts a message by the owner. */
  async function reset(kind: Kind): Promise<number> {
    const { id: room_id } = room(kind)
    const archive = (archived_at: string | null) =>
      database
        .updateTable('rooms')
        .set({ archived_at, name: kind === 'direct' ? 'the-member, the-owner' : kind })
        .where('id', '=', room_id)
        .execute()
    await archive(null)
    await database.deleteFrom('memberships').where('room_id', '=', room_id).execute()
    await database.deleteFrom('bars').where('room_id', '=', room_id).execute()
    await database.deleteFrom('mutes').where('room_id', '=', room_id).execute()
    await database.deleteFrom('room_names').where('room_id', '=', room_id).execute()
    const membership = (who: Name, role: 'owner' | 'member') => ({
      room_id,
      user_id: person(who).id,
      role,
      read_seq: 0,
      joined_at: new Date().toISOString(),
    })
    await database
      .insertInto('memberships')
      .values([membership('owner', kind === 'direct' ? 'member' : 'owner'), membership('member', 'member')])
      .execute()
    if (kind !== 'direct')
      await database
        .insertInto('bars')
        .values({ room_id, user_id: person('removed').id, barred_by: owner.id, barred_at: '' })
        .execute()
    const { message } = await app.chat.writer.post(room_id, { id: owner.id, name: 'the-owner' }, 'first')
    const sheet = await sheetOf(database, roomSheet(room_id))
    const sender = { id: owner.id, name: 'the-owner' }
    const { line } = await app.calculator.editor.edit(sheet.id, sender, { type: 'append', expression: '1' })
    lines.set(kind, line?.seq ?? 0)
    if (kind.startsWith('archived')) await archive('2026-01-01T00:00:00.000Z')
    return message.seq
  }

  async function newHook(kind: Kind): Promise<string> {
    const made = { created_by: owner.id, created_at: new Date().toISOString() }
    const hook = { ...made, room_id: room(kind).id, user_id: owner.id, secret: '' }
    const { id } = await database
      .insertInto('hooks')
      .values({ ...hook, id: randomUUID(), direction: 'in' })
      .returning('id')
      .executeTakeFirstOrThrow()
    return id
  }

  async function addressOf(pattern: string, kind: Kind): Promise<string> {
    const seq = changed.delete(kind) ? await reset(kind) : (messages.get(kind) ?? 0)
    messages.set(kind, seq)
    const { poll, slug } = room(kind)
    return pattern
      .replace(':hook', pattern.includes(':hook') ? await newHook(kind) : '')
      .replace(':room', slug)
      .replace('lines/:seq', `lines/${lines.get(kind)}`)
      .replace(':seq', String(seq))
      .replace(':poll', String(poll))
      .replace(':name', 'newcomer')
      .replace(':emoji', encodeURIComponent('👍'))
  }

  function ask(
    method: string,
    path: string,
    who: { readonly visitor: Visitor; readonly csrf: string } | undefined,
    body: Record<string, string> | undefined,
  ) {
    const { visitor, csrf } = who ?? { visitor: new Visitor(server.address), csrf: '' }
    if (method === 'GET') return visitor.get(body ? `${path}?${new URLSearchParams(body)}` : path)
    if (!path.startsWith('/api/')) return visitor.postBare(path, { ...body, _csrf: csrf })
    if (body?.file !== undefined) {
      const part = `--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n${body.file}\r\n--x--\r\n`
      const form = { 'content-type': 'multipart/form-data; boundary=x', 'x-csrf-token': csrf }
      return visitor.request(method, path, part, form)
    }
    const headers = { 'x-csrf-token': csrf, ...(body && { 'content-type': 'application/json' }) }
    return visitor.request(method, path, body && JSON.stringify(body), headers)
  }
})

/** `ok` if a socket gets a welcome, or the code that it was closed with. */
async function welcomed(socket: TestSocket): Promise<string> {
  try {
    await socket.next('welcome')
    return 'ok'
  } catch {
    return String((await socket.closed()).code)
  }
}

/** The code of the error that answers a frame, or `nothing` if the next frame is answered first. */
async function answerTo(socket: TestSocket, frame: object): Promise<unknown> {
  socket.send(frame)
  socket.send({ type: 'none', id: 'behind' })
  const { code, id } = await socket.next('error')
  if (id === 'behind') return 'nothing'
  await socket.next('error')
  return code
}
