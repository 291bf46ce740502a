import t from 'tap'
import { Type } from 'typebox'
import { deactivate, findPerson, personById, reactivate, setAdministrator } from '../../src/accounts/index.ts'
import { auditEntries, recordAudit, SHELL } from '../../src/audit/index.ts'
import { erasePeople } from '../../src/rooms/deletion.ts'
import { type Database, inTransaction } from '../../src/storage/index.ts'
import { enter, fill, newRoom, roomRow } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { routesOf } from '../support/routes.ts'
import { startServer } from '../support/server.ts'
import { type Answer, PASSWORD, type Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

/** How often the job of this test has run. */
let runs = 0

t.test('administration', async (t) => {
  const server = await startServer(
    t,
    { RATE_LIMIT: '0', SIGN_UPS_PER_ADDRESS: '0', AUDIT_DAYS: '30' },
    {},
    async (app) => {
      app.jobs.handle('of-the-test', { about: 'Is part of a test', payload: Type.Object({}) }, async () => {
        runs += 1
      })
    },
  )
  const { app } = server
  const { database } = app
  // The first account is the administrator's.
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const post = (path: string, fields: Record<string, string> = {}, by: Visitor = ada) => by.post(path, fields)
  const page = async (path: string, by: Visitor = ada) => (await by.get(path)).text
  const privateRoom = async (maker: Visitor, name: string) => {
    const { headers } = await maker.post('/rooms', { name, private: 'on' })
    const slug = headers.get('location')?.slice('/rooms/'.length) ?? ''
    return { slug, id: (await roomRow(app, slug)).id }
  }

  t.test('only administrators can open the pages under /admin', async (t) => {
    const routes = routesOf(app).filter((route) => /^\S+ \/admin/.test(route))
    t.ok(routes.length > 20)
    const csrf = await bob.token('/account')
    for (const route of routes) {
      const [method = '', pattern = ''] = route.split(' ')
      const path = pattern.replace(':name', 'ada').replace(':id', '1')
      const ask = (visitor: Visitor, token: string) =>
        visitor.request(method, path, method === 'GET' ? undefined : new URLSearchParams({ _csrf: token }))
      t.match(await ask(bob, csrf), { status: 404, text: /There is nothing here/ }, `${route} for a member`)
      const { headers, status } = await ask(server.visitor(), '')
      t.equal(status, 303, `${route} for a visitor`)
      t.match(headers.get('location'), /^\/sign-in/)
    }
    t.match(await page('/'), 'href="/admin"')
    t.notMatch(await page('/', bob), 'href="/admin"')
    t.equal((await ada.postBare('/admin/people/bob/deactivate', {})).status, 403, 'nor without a token')
  })

  t.test('an administrator finds people by the beginnings of their names', async (t) => {
    t.match(await page('/admin/people'), /href="\/admin\/people\/bob".*href="\/admin\/people\/ada"/s)
    t.match(await page('/admin/people?q=BO'), 'href="/admin/people/bob"')
    t.notMatch(await page('/admin/people?q=bo'), 'href="/admin/people/ada"')
    t.match(await page('/admin/people?q=%00…'), 'No names match')
    t.match(await page('/admin/people?page=99999'), 'There are no more people')
    t.equal((await ada.get('/admin/people/nobody')).status, 404)
    t.equal((await ada.get('/admin/people/%00')).status, 404)
  })

  t.test('people and rooms are listed fifty to a page', async (t) => {
    const created_at = new Date().toISOString()
    const numbers = Array.from({ length: 101 }, (_, number) => number)
    const user = { password: 'none', role: 'member', created_at } as const
    const added = await database
      .insertInto('users')
      .values(numbers.map((number) => ({ ...user, name: `listed-${number}` })))
      .returning('id as user_id')
      .execute()
    await database
      .insertInto('person_words')
      .values(added.map((one) => ({ ...one, word: 'listed' })))
      .execute()
    await database
      .insertInto('rooms')
      .values(
        numbers.map((number) => ({
          slug: `l${number}`,
          name: `Listed ${number}`,
          kind: 'private',
          created_at,
        })),
      )
      .execute()
    const pagesOf = async (what: string, number: number) => {
      const text = await page(`/admin/${what}?q=listed&page=${number}`)
      const [links = ''] = /<nav class="pages".*?<\/nav>/s.exec(text) ?? []
      const [list = ''] = /<ul class="sessions.*?<\/ul>/s.exec(text) ?? []
      return { listed: list.match(/<li>/g)?.length, links: links.replaceAll(`/admin/${what}`, '') }
    }
    for (const [number, listed, links] of [
      [1, 50, /<span>Page 1<\/span>\s*<a rel="next" href="\?q=listed&amp;page=2">Next page<\/a>/],
      [2, 50, /href="\?q=listed&amp;page=1">Previous page<\/a>\s*<span>Page 2<\/span>\s*<a rel="next"/],
      [
        3,
        1,
        /<a rel="prev" href="\?q=listed&amp;page=2">Previous page<\/a>\s*<span>Page 3<\/span>\s*<\/nav>/,
      ],
    ] as const) {
      const people = await pagesOf('people', number)
      t.match(people, { listed, links })
      t.same(await pagesOf('rooms', number), people)
    }
    await database.deleteFrom('person_words').where('word', '=', 'listed').execute()
    await database.deleteFrom('users').where('name', 'like', 'listed-%').execute()
    await database.deleteFrom('rooms').where('name', 'like', 'Listed %').execute()
  })

  t.test('deactivating a person signs them out at once, and they can be reactivated', async (t) => {
    const cyd = await server.person('cyd')
    const socket = await enter(cyd, 'lobby')
    t.equal((await post('/admin/people/cyd/deactivate')).headers.get('location'), '/admin/people/cyd')
    t.match(await socket.closed(), { code: 4001 })
    t.equal((await cyd.get('/account')).status, 303)
    t.match(await page('/admin/people/cyd'), 'Reactivate this account')
    t.match(await post('/admin/people/cyd/password-link'), { status: 400, text: /is deactivated/ })
    t.equal((await post('/admin/people/cyd/reactivate')).status, 303)
    t.equal((await server.visitor().signIn('cyd')).status, 303)
  })

  t.test('an administrator ends the sessions of a person and revokes their keys', async (t) => {
    const dan = await server.person('dan')
    await server.visitor().signIn('dan')
    const { headers } = await dan.postJson('/api/keys', { name: 'script', scopes: ['read'] })
    t.ok(headers)
    t.match(await page('/admin/people/dan'), /2 sessions.*1 API key/s)
    const socket = await enter(dan, 'lobby')
    t.equal((await post('/admin/people/dan/sessions/end')).status, 303)
    t.match(await socket.closed(), { code: 4001 })
    t.match(await page('/admin/people/dan'), /0 sessions.*1 API key/s, 'API keys stay')
    t.equal((await post('/admin/people/dan/keys/revoke')).status, 303)
    t.match(await page('/admin/people/dan'), '0 API keys')
    t.equal((await post('/admin/people/ada/sessions/end')).status, 303)
    t.equal((await ada.get('/account')).status, 200, 'but not the session of the request')
  })

  t.test('an administrator adds a person and gets a link for them to set a password', async (t) => {
    const added = await post('/admin/people', { name: 'Eve Müller' })
    const link = linkIn(added)
    t.match(added, { status: 200, text: /eve-mueller/ })
    const eve = server.visitor()
    t.equal((await eve.post(link, { password: PASSWORD }, link)).status, 303)
    t.equal((await eve.get(link)).status, 404, 'once')
    t.match(await post('/admin/people', { name: 'ada' }), { status: 400, text: /is taken/ })
    t.match(await post('/admin/people'), { status: 400, text: /role="alert"/ })
    const again = linkIn(await post('/admin/people/eve-mueller/password-link'))
    t.equal((await server.visitor().get(again)).status, 200)
  })

  t.test('an administrator gives and removes the role, but cannot lock themselves out', async (t) => {
    const fay = await server.person('fay')
    for (const path of ['deactivate', 'role'])
      t.match(await post(`/admin/people/ada/${path}`), { status: 400, text: /Ask another administrator/ })
    t.equal((await post('/admin/people/fay/role', { administrator: 'on' })).status, 303)
    t.equal((await fay.get('/admin')).status, 200)
    t.equal((await post('/admin/people/fay/role')).status, 303)
    t.equal((await fay.get('/admin')).status, 404)
  })

  t.test('of a private room the name, size and owner are shown, and it can be archived', async (t) => {
    const { id, slug } = await privateRoom(bob, 'Surprise party')
    await bob.post(`/rooms/${slug}/messages`, { message: 'nobody tells ada' })
    for (const path of ['/admin', '/admin/rooms', '/admin/rooms?q=surpr', '/admin/storage']) {
      const text = await page(path)
      t.match(text, /Surprise party.*1 member .*1 message or change.*owned by.*bob/s, path)
      t.notMatch(text, 'nobody tells')
      t.notMatch(text, slug, 'nor the address')
    }
    const none = await ada.get('/admin/rooms?q=cake')
    t.match(none, { status: 200, text: /No room names match/ })
    t.notMatch(none.text, 'Surprise')
    t.equal((await post(`/admin/rooms/${id}/archive`)).status, 303)
    t.equal((await bob.post(`/rooms/${slug}/messages`, { message: 'more' })).status, 403)
    t.match(await page('/admin/rooms'), /Surprise party.*archived/s)
    t.equal((await post(`/admin/rooms/${id}/unarchive`)).status, 303)
    t.equal((await bob.post(`/rooms/${slug}/messages`, { message: 'more' })).status, 303)
    t.equal((await ada.get(`/rooms/${slug}`)).status, 404, 'the administrator is still not in it')
    for (const path of ['/admin/rooms/99999/archive', '/admin/rooms/x/archive'])
      t.match((await post(path)).status, /40[04]/)
  })

  t.test('direct rooms are only counted', async (t) => {
    const { headers } = await bob.post('/rooms/direct', { with: 'fay' })
    const { id } = await roomRow(app, headers.get('location')?.slice('/rooms/'.length) ?? '')
    t.match(await page('/admin/rooms'), 'There is 1 direct room')
    t.notMatch(await page('/admin/rooms'), `/admin/rooms/${id}/`)
    for (const what of ['archive', 'unarchive', 'delete'])
      t.equal((await post(`/admin/rooms/${id}/${what}`)).status, 404, what)
  })

  t.test('deleting a room deletes everything in it', async (t) => {
    const gil = await server.person('gil')
    const { id, slug } = await privateRoom(gil, 'Doomed')
    await gil.post(`/rooms/${slug}/members`, { name: 'bob' })
    await fill(app, slug, 'gil', 450)
    await gil.post(`/rooms/${slug}/messages`, { message: 'a secret for @bob' })
    await bob.post(`/rooms/${slug}/messages/1/reactions`, { emoji: '👍', on: 'on' })
    await gil.post(`/rooms/${slug}/calculator`, { expression: '6 * 7' })
    await gil.post(`/rooms/${slug}/export`, { format: 'json' })
    await gil.post(`/rooms/${slug}/schedule`, { message: 'a secret for later', at: '2099-01-01T09:00' })
    await gil.postJson(`/api/rooms/${slug}/hooks`, { direction: 'in', name: 'ci' })
    const kept = async () => {
      await app.usage.save()
      const [row] = await database
        .selectFrom('usage')
        .innerJoin('users', 'users.id', 'user_id')
        .select('bytes')
        .where('users.name', '=', 'gil')
        .execute()
      return Number(row?.bytes ?? 0)
    }
    await eventually('the export is made', async () => {
      const rows = await database.selectFrom('exports').select('state').where('room_id', '=', id).execute()
      return rows.every(({ state }) => state === 'done')
    })
    t.ok((await kept()) > 450 * 200)
    const sockets = [await enter(gil, slug), await enter(bob, slug)]
    const list = bob.socket('/ws/notifications')
    await list.next('rooms')

    t.match(await page(`/admin/rooms/${id}/delete`), /Doomed.*cannot be undone/s)
    t.equal((await post(`/admin/rooms/${id}/delete`)).status, 303)
    t.notMatch(await page('/admin/rooms'), 'Doomed', 'it disappears at once')
    for (const socket of sockets) t.match(await socket.closed(), { code: 4004 })
    while ((await list.next('room')).gone !== true);
    list.close()
    for (const path of [`/rooms/${slug}`, `/api/rooms/${slug}/messages`])
      t.equal((await gil.get(path)).status, 404, path)
    t.equal((await post(`/admin/rooms/${id}/delete`)).status, 404)

    await eventually('its row is gone', async () => {
      const rows = await database.selectFrom('rooms').select('id').where('id', '=', id).execute()
      return rows.length === 0
    })
    for (const table of [
      'messages',
      'reactions',
      'notifications',
      'exports',
      'scheduled',
      'hooks',
      'sheets',
    ] as const)
      t.same(await database.selectFrom(table).selectAll().where('room_id', '=', id).execute(), [], table)
    t.same(await database.selectFrom('calculations').select('seq').execute(), [])
    t.equal(await kept(), 0, 'and no longer counts towards anybody’s storage')
  })

  t.test('the people of a large room are removed a thousand at a time', async (t) => {
    const ken = await server.person('ken')
    const { id, slug } = await privateRoom(ken, 'Stadium')
    await crowd(database, id, 2_300)
    t.equal(await erasePeople(database, id, 'memberships'), true)
    const left = async () => {
      const { count } = await database
        .selectFrom('memberships')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('room_id', '=', id)
        .executeTakeFirstOrThrow()
      return Number(count)
    }
    t.equal(await left(), 1_301)
    await post(`/admin/rooms/${id}/delete`)
    t.equal(await left(), 0, 'and nobody is in it by the time of the answer')
    t.equal((await ken.get(`/rooms/${slug}`)).status, 404)
  })

  t.test('the lobby cannot be deleted', async (t) => {
    const { id } = await roomRow(app, 'lobby')
    t.match(await post(`/admin/rooms/${id}/delete`), { status: 400, text: /The lobby cannot be deleted/ })
    t.equal((await bob.get('/rooms/lobby')).status, 200)
  })

  t.test('the name and address of a deleted open room are free again', async (t) => {
    const slug = await newRoom(bob, 'Short story club')
    const { id } = await roomRow(app, slug)
    await post(`/admin/rooms/${id}/delete`)
    t.notMatch(await page('/rooms?q=short+story', bob), slug)
    await eventually('its row is gone', async () => {
      const rows = await database.selectFrom('rooms').select('id').where('id', '=', id).execute()
      return rows.length === 0
    })
    t.equal(await newRoom(bob, 'Short story club'), slug)
  })

  t.test('an administrator opens and closes sign-up', async (t) => {
    t.match(await post('/admin/sign-up', { sign_up: 'maybe' }), { status: 400, text: /Choose one/ })
    t.equal((await post('/admin/sign-up', { sign_up: 'closed' })).status, 303)
    t.equal((await server.visitor().get('/sign-up')).status, 403)
    t.match(await page('/admin'), 'By invitation')
    const link = linkIn(await post('/admin/invitations', { room: 'lobby' }))
    const hal = server.visitor()
    t.match(await hal.get(link), { status: 200, text: /sign-up/ })
    const next = encodeURIComponent(link)
    const fields = { username: 'hal', password: PASSWORD, next: link }
    t.equal(
      (await hal.post('/sign-up', fields, `/sign-up?next=${next}`)).status,
      303,
      'except for people who are invited',
    )
    t.equal((await post('/admin/sign-up', { sign_up: 'open' })).status, 303)
    t.equal((await server.visitor().get('/sign-up')).status, 200)
  })

  t.test('invitations are listed and can be ended', async (t) => {
    const { id, slug } = await privateRoom(bob, 'Inner circle')
    await bob.post(`/rooms/${slug}/invitation`, {})
    const code = /\/join\/([\w-]+)/.exec(await page(`/rooms/${slug}/settings`, bob))?.[1] ?? ''
    const text = await page('/admin/invitations')
    t.match(text, 'Inner circle')
    t.notMatch(text, code, 'the list does not let anybody into a private room')
    t.match(text, /Inner circle.*?created by somebody in the room/s, 'nor does it say who is in the room')
    t.match(text, /Lobby.*lets newcomers sign up/s)
    t.equal((await post(`/admin/invitations/${id}/end`)).status, 303)
    t.equal((await server.visitor().get(`/join/${code}`)).status, 404)
    for (const room of [slug, 'nowhere', ''])
      t.match(
        await post('/admin/invitations', { room }),
        { status: 400, text: /There is no such room/ },
        room,
      )
    const by = (address: string) => post('/admin/invitations', { room: address })
    t.equal(linkIn(await by(`${server.address}/rooms/lobby?at=1`)), linkIn(await by('lobby')))
  })

  t.test('an administrator makes bots, replaces their keys and deletes them', async (t) => {
    const made = await post('/admin/bots', { name: 'Weather Bot' })
    const first = /value="(pl_[\w-]+)"/.exec(made.text)?.[1] ?? ''
    const asBot = (key: string) => server.visitor().get('/api/rooms', { authorization: `Bearer ${key}` })
    t.equal((await asBot(first)).status, 200)
    t.match(await page('/admin/bots'), '@weather-bot')
    const again = /value="(pl_[\w-]+)"/.exec((await post('/admin/bots/weather-bot/key')).text)?.[1] ?? ''
    t.same([(await asBot(first)).status, (await asBot(again)).status], [401, 200])
    t.equal((await post('/admin/bots/weather-bot/end')).status, 303)
    t.equal((await asBot(again)).status, 401)
    t.equal((await post('/admin/bots/bob/end')).status, 404, 'a person is not a bot')
    t.match(await post('/admin/bots', { name: ' ' }), { status: 400, text: /Give the bot a name/ })
  })

  t.test('failed jobs can be tried again', async (t) => {
    const failed = (kind: string, key: string) => ({
      kind,
      key,
      payload: JSON.stringify({ room: 7, former: 'secret', id: '00000000-0000-7000-8000-000000000000' }),
      created_at: '2026-01-01T00:00:00.000Z',
      failed_at: '2026-01-01T00:00:01.000Z',
      attempts: 12,
      error: 'Error: <b>the disk</b> is full',
    })
    const [one] = await database
      .insertInto('failed_jobs')
      .values(['a', 'b', 'c'].map((key) => failed('of-the-test', key)))
      .returning('id')
      .execute()
    const listed = await page('/admin/jobs')
    t.match(listed, /Is part of a test.*12 attempts.*Error: &lt;b&gt;the disk.*of-the-test/s)
    t.match(
      listed.replaceAll('&quot;', '"'),
      '{"room":7,"former":"…","id":"00000000-0000-7000-8000-000000000000"}',
    )
    t.notMatch(listed, 'secret', 'but no text')
    t.equal((await post(`/admin/jobs/${one?.id}/retry`)).status, 303)
    await eventually('it was tried again', () => runs === 1)
    t.equal((await post(`/admin/jobs/${one?.id}/retry`)).status, 303, 'somebody else may have been faster')
    t.equal((await post('/admin/jobs/retry')).status, 303)
    await eventually('all were', () => runs === 3)
    t.match(await page('/admin/jobs'), 'No job has failed')
  })

  t.test('a page shows what uses the storage', async (t) => {
    await bob.post('/rooms/lobby/messages', { message: 'x'.repeat(3_000) })
    await app.usage.save()
    t.match(await page('/admin/storage'), /Database.*(?:KiB|MiB).*People using the most space.*bob.*KiB/s)
    t.notMatch(await page('/admin/storage'), 'href="/admin/people/deleted-', 'a link that would lead nowhere')
  })

  t.test('the log says what was done in a private room, but not who is in it', async (t) => {
    const people = { hanna: await server.person('hanna'), ivan: await server.person('ivan') }
    const judy = await server.person('judy')
    await post('/admin/people/judy/role', { administrator: 'on' })
    const { hanna, ivan } = people
    const { id, slug } = await privateRoom(hanna, 'Back room')
    const inRoom = (path: string, fields: Record<string, string> = {}) =>
      hanna.post(`/rooms/${slug}${path}`, fields)
    for (const name of ['ivan', 'judy']) await inRoom('/members', { name })
    await ivan.post(`/rooms/${slug}/messages`, { message: 'not for the log' })
    for (const seq of [1, 1]) await inRoom(`/messages/${seq}/delete`)
    const said = ivan.socket(`/ws/chat/${slug}`)
    await said.next('welcome')
    said.send({ message: 'nor is this', id: 'two' })
    await said.next('message')
    const moderator = await enter(judy, slug)
    moderator.send({ type: 'delete', seq: 3, id: 'd' })
    await moderator.next('done')
    await ivan.post(`/rooms/${slug}/messages`, { message: 'my own' })
    await ivan.post(`/rooms/${slug}/messages/5/delete`, {})
    await inRoom('/members/ivan/mute', { for: '1 h' })
    await inRoom('/members/ivan/mute', { end: 'on' })
    await inRoom('/members/ivan/remove')
    for (const name of ['ivan', 'ivan']) await inRoom('/members', { name })
    await inRoom('/invitation')
    await inRoom('/settings', { name: 'Back room', description: 'only this' })
    await inRoom('/settings', { name: 'Backroom', description: 'only this' })
    await hanna.postJson(`/api/rooms/${slug}/hooks`, { direction: 'in', name: 'Bell' })
    await judy.post(`/admin/invitations/${id}/end`, {})
    await ada.post(`/admin/rooms/${id}/archive`, {})

    const told = async (by: Visitor) =>
      (await by.get('/admin/log.csv')).text
        .split('\r\n')
        .filter((line) => /Back ?room/.test(line))
        .map((line) => line.split(',').slice(1).join(','))
        .reverse()
    const at = '127.0.0.1'
    const somebody = 'somebody in the room'
    const entries = [
      ['message.delete', 'hanna', 'ivan', 'Back room', 'message 1'],
      ['message.delete', 'judy', 'ivan', 'Back room', 'message 3'],
      ['member.mute', 'hanna', 'ivan', 'Back room', /until .* UTC/],
      ['member.unmute', 'hanna', 'ivan', 'Back room', ''],
      ['member.remove', 'hanna', 'ivan', 'Back room', ''],
      ['member.readmit', 'hanna', 'ivan', 'Back room', ''],
      ['invitation.make', 'hanna', '', 'Back room', ''],
      ['room.rename', 'hanna', '', 'Backroom', 'formerly Back room'],
      ['hook.add', 'hanna', '', 'Backroom', 'in'],
    ] as const
    const outside = [
      ['invitation.end', 'judy', '', 'Backroom', '', at],
      ['room.archive', 'ada', '', 'Backroom', '', at],
    ]
    const matches = (lines: readonly string[], expected: readonly (readonly (string | RegExp)[])[]) =>
      t.match(
        lines.map((line) => line.split(',')),
        expected,
      )
    matches(await told(judy), [...entries.map((entry) => [...entry, at]), ...outside])
    const hidden = entries.map(([action, , person, ...rest]) => [
      ...[action, somebody, person && somebody, ...rest, ''],
    ])
    matches(await told(ada), [...hidden, ...outside])
    t.match(await page('/admin/log'), /Person removed from a room.*by <bdi>somebody in the room<\/bdi><\/p>/s)
    for (const name of ['ivan', 'hanna', 'judy']) {
      const text = await page(`/admin/log?person=${name}`)
      t.notMatch(text, /Person (muted|removed)|Somebody else|Hook created/, `what ${name} did, or had done`)
    }
    t.match(await page('/admin/log?person=judy'), 'Invitation ended', 'an entry that names no member')
    t.match(
      await page('/admin/log?person=ivan', judy),
      'Person removed from a room',
      'only for people who are in the room',
    )
    said.close()
    moderator.close()
  })

  t.test('the log has every action of an administrator', async (t) => {
    const { text } = await ada.get('/admin/log.csv')
    const [head, ...lines] = text.trim().split('\r\n')
    t.equal((await ada.request('HEAD', '/admin/log.csv')).status, 405)
    t.equal(head, 'at,action,by,person,room,detail,address')
    const told = lines.map((line) => line.split(',').slice(1).join(',')).reverse()
    for (const line of [
      'account.deactivate,ada,cyd,,,127.0.0.1',
      'account.reactivate,ada,cyd,,,127.0.0.1',
      'sessions.end,ada,dan,,,127.0.0.1',
      'keys.revoke,ada,dan,,,127.0.0.1',
      'account.add,ada,eve-mueller,,,127.0.0.1',
      'password.link,ada,eve-mueller,,,127.0.0.1',
      'administrator.make,ada,fay,,,127.0.0.1',
      'administrator.remove,ada,fay,,,127.0.0.1',
      'room.archive,ada,,Surprise party,,127.0.0.1',
      'room.unarchive,ada,,Surprise party,,127.0.0.1',
      'room.delete,ada,,Doomed,,127.0.0.1',
      'sign-up.change,ada,,,closed,127.0.0.1',
      'invitation.make,somebody in the room,,Inner circle,,',
      'invitation.end,ada,,Inner circle,,127.0.0.1',
      'hook.add,somebody in the room,,Doomed,in,',
      'bot.add,ada,weather-bot,,,127.0.0.1',
      'bot.end,ada,weather-bot,,,127.0.0.1',
      'jobs.retry,ada,,,of-the-test,127.0.0.1',
      'jobs.retry,ada,,,2 in all,127.0.0.1',
    ])
      t.ok(told.includes(line), line)
    t.equal(new Set(told.filter((line) => line.startsWith('account.deactivate'))).size, 1)

    const about = await page('/admin/log?person=cyd')
    t.match(about, /Account reactivated.*cyd.*by.*ada.*from 127\.0\.0\.1.*Account deactivated/s)
    t.notMatch(about, 'Surprise party')
    t.match(await page('/admin/log?person=nobody%00'), 'Nobody here has this username')
  })

  t.test('the log is shown page by page, exported whole, and deleted when it is too old', async (t) => {
    const entry = (at: string, detail: string) => ({
      at,
      action: 'account.add',
      actor_id: 99_999,
      address: 'shell',
      person_id: null,
      room_id: null,
      room_name: null,
      detail,
    })
    const recent = new Date().toISOString()
    await inTransaction(database, async (transaction) => {
      await transaction.deleteFrom('audit_entries').execute()
      const old = Array.from({ length: 1_100 }, (_, index) =>
        entry('2026-01-01T00:00:00.000Z', `old ${index}`),
      )
      await transaction.insertInto('audit_entries').values(old).execute()
      const young = Array.from({ length: 60 }, (_, index) => entry(recent, `=young(${index})`))
      await transaction.insertInto('audit_entries').values(young).execute()
    })
    const first = await page('/admin/log')
    t.match(first, /=young\(59\).*=young\(10\)/s)
    t.notMatch(first, '=young(9)')
    t.match(first, 'deleted account 99999')
    const older = /rel="next" href="([^"]+)"/.exec(first)?.[1] ?? ''
    t.match(await page(older.replaceAll('&amp;', '&')), /=young\(9\).*old 1099/s)
    const { text } = await ada.get('/admin/log.csv')
    t.equal(text.split('\r\n').length, 1 + 1_160 + 1)
    t.match(text, "'=young(59)", 'a spreadsheet does not calculate it')

    const long = `\0${'x'.repeat(199)}\ud83d\ude00${'x'.repeat(1_000)}`
    await recordAudit(database, { action: 'jobs.retry', by: SHELL, detail: long })
    const [latest] = await auditEntries(database, { limit: 1 })
    t.match(latest?.detail, /^x{199}\ufffd?$/, 'an entry is cut to a bounded length')
    const sweep = async () => {
      await database
        .updateTable('jobs')
        .set({ run_at: recent })
        .where('kind', '=', 'sweep-audit')
        .where('leased_by', 'is', null)
        .execute()
      app.jobs.wake()
    }
    await sweep()
    await eventually('the old ones are gone', async () => {
      const entries = await auditEntries(database, { limit: 2_000 })
      return entries.length === 61
    })

    const { id = 0 } = (await auditEntries(database, { limit: 1 }))[0] ?? {}
    const numbered = (id: number, action: string) => ({ ...entry(recent, ''), id, action })
    await database
      .insertInto('audit_entries')
      .values([numbered(id + 1, 'member.mute'), numbered(id + 600_000, 'member.unmute')])
      .execute()
    await sweep()
    await eventually('what an owner did long ago is gone', async () => {
      const entries = await auditEntries(database, { limit: 2_000 })
      return !entries.some(({ action }) => action === 'member.mute')
    })
    t.equal(
      (await auditEntries(database, { limit: 2_000 })).length,
      62,
      'but nothing that administrators did',
    )
  })

  t.test(
    'a role, session or account that is lost while a request body arrives no longer counts',
    async (t) => {
      const mallory = await server.person('mallory')
      await post('/admin/people/mallory/role', { administrator: 'on' })
      const role = await mallory.beginPost('/admin/people/mallory/role', { administrator: 'on' })
      const bot = await mallory.beginPost('/api/bots', { name: 'late' })
      const message = await mallory.beginPost('/rooms/lobby/messages', { message: 'too late' })
      const name = await mallory.beginPost('/account/name', { name: 'Too Late' })
      const key = await mallory.beginPost('/account/keys', { name: 'late', scope: 'read' })
      await post('/admin/people/mallory/role', { administrator: 'off' })
      t.match(await role(), { status: 404 })
      t.match(await bot(), { status: 403 })
      t.equal((await mallory.get('/admin')).status, 404)

      const { id = 0 } = (await findPerson(database, 'mallory')) ?? {}
      await app.accountDeletion.delete(id, { messages: 'keep', by: SHELL })
      t.match(await message(), { status: 303 }, 'to the sign-in page')
      t.match(await name(), { status: 303 })
      t.match(await key(), { status: 303 })
      t.notMatch(await page('/rooms/lobby'), 'too late')
      t.match(await personById(database, id), { displayName: 'Deleted account' })
      t.same(await app.apiKeys.list(id), [])
    },
  )

  t.test('a former administrator changes no account, however far their request has come', async (t) => {
    const { id } = (await findPerson(database, 'bob')) ?? { id: 0 }
    const by = { user: id, address: '' }
    const statusOf = (work: Promise<unknown>) =>
      work.then(
        () => 200,
        ({ statusCode }) => statusCode,
      )
    t.equal(await statusOf(setAdministrator(database, id, true, by)), 404)
    t.equal(await statusOf(deactivate(database, 1, by)), 404)
    t.equal(await statusOf(reactivate(database, id, by)), 404)
    t.equal(await statusOf(app.accountDeletion.delete(1, { messages: 'keep', by })), 404)
    const cyd = (await findPerson(database, 'cyd'))?.id ?? 0
    await deactivate(database, cyd, SHELL)
    const key = app.apiKeys.create(cyd, 'late', ['read'], { device: '', address: '' })
    t.equal(await statusOf(key), 401)
    await reactivate(database, cyd, SHELL)
  })
})

t.test('with SIGN_UP=closed, no administrator can open sign-up', async (t) => {
  const server = await startServer(t, { SIGN_UP: 'closed' })
  const ada = await server.person('ada')
  t.match((await ada.get('/admin/invitations')).text, /keeps sign-up closed/)
  await ada.post('/admin/sign-up', { sign_up: 'open' })
  t.equal((await server.visitor().get('/sign-up')).status, 403)
})

/** Adds this many invented people to a room. */
async function crowd(database: Database, room: number, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, index) => 1_000_000 + index)
  const at = new Date().toISOString()
  await inTransaction(database, async (transaction) => {
    for (let from = 0; from < count; from += 500) {
      const some = numbers.slice(from, from + 500)
      const user = { password: '', role: 'member', created_at: at } as const
      await transaction
        .insertInto('users')
        .values(some.map((id) => ({ ...user, id, name: `crowd-${id}` })))
        .execute()
      await transaction
        .insertInto('memberships')
        .values(some.map((user_id) => ({ room_id: room, user_id, read_seq: 0, joined_at: at })))
        .execute()
    }
  })
}

/** The path of the link that a page shows to be copied. */
function linkIn({ text }: Answer): string {
  const link = /id="new-key"[^>]*value="([^"]+)"/.exec(text)?.[1] ?? ''
  return link === '' ? '' : new URL(link).pathname
}
