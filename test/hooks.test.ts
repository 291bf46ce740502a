import { createECDH, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { IncomingWebhook } from '@slack/webhook'
import { Webhook } from 'standardwebhooks'
import t, { type Test } from 'tap'
import { deactivate } from '../src/accounts/index.ts'
import { SHELL } from '../src/audit/index.ts'
import { enter, newRoom, roomRow } from './support/chat.ts'
import { keepsDataInFolders } from './support/database.ts'
import { eventually } from './support/eventually.ts'
import { freePort } from './support/ports.ts'
import { startProcess } from './support/process.ts'
import { end, onPath, outlived } from './support/programs.ts'
import { type Received, startReceiver } from './support/receiver.ts'
import { startServer, type TestServer, temporaryFolder } from './support/server.ts'
import { type Answer, Visitor } from './support/visitor.ts'

const alertmanager = onPath('prometheus-alertmanager')
if (!alertmanager && process.env.CI === 'true')
  throw new Error('no prometheus-alertmanager on the path: apt install prometheus-alertmanager')
const withAlertmanager = {
  skip: alertmanager ? false : 'no prometheus-alertmanager on the path',
} as const

t.setTimeout(600_000)

async function make(person: Visitor, room: string, body: object): Promise<Record<string, string>> {
  const { status, text } = await person.postJson(`/api/rooms/${room}/hooks`, body)
  if (status !== 201) throw new Error(`no hook was made: ${status} ${text}`)
  return JSON.parse(text)
}

/** Posts to a hook, as a program would. */
function post(server: TestServer, url: string, body: string, type = 'application/json'): Promise<Answer> {
  const path = new URL(url).pathname
  return server.visitor().request('POST', path, body, { 'content-type': type })
}

async function hookOf(person: Visitor, room: string, id = '') {
  const { hooks } = JSON.parse((await person.get(`/api/rooms/${room}/hooks`)).text)
  return hooks.find((hook: { id: string }) => hook.id === id)
}

t.test('incoming hooks', async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const room = await newRoom(ada, 'Room')
  const socket = await enter(bob, room)
  const { id = '', url = '' } = await make(ada, room, { direction: 'in', name: 'Build Server' })
  const say = async (payload: unknown) => {
    t.match(await post(server, url, JSON.stringify(payload)), { status: 200, text: 'ok' })
    return (await socket.next('message')).message
  }

  t.test('a message through a hook is posted by a bot with its name', async (t) => {
    t.match(await post(server, url, '{"text":"it is done"}'), { status: 200, text: 'ok' })
    const frame = await socket.next('message')
    t.match(frame, { message: 'it is done', bot: true, sender: 'build-server', sender_name: 'Build Server' })
    t.match((await bob.get(`/rooms/${room}`)).text, /Build Server<\/b>.*<span class="bot">bot<\/span>/)
    t.notMatch((await bob.get('/people')).text, 'Build Server')
    t.match(await hookOf(ada, room, id), {
      direction: 'in',
      name: 'Build Server',
      made_by: 'ada',
      deliveries: [{ event: 'in', seq: frame.seq, status: 200, error: null }],
    })
  })

  t.test('a message may be in Slack’s format, as far as it is text', async (t) => {
    t.equal(
      await say({ text: 'see <https://a.example/|the log> &amp; <!here> <https://b.example>' }),
      'see the log (https://a.example/) & here https://b.example',
    )
    t.equal(
      await say({
        attachments: [
          {
            pretext: 'before',
            title: 'Title',
            title_link: 'https://a.example',
            text: 'text',
            fallback: 'not shown',
            fields: [{ title: 'Host', value: 'db1' }],
          },
          { fallback: 'only this' },
        ],
      }),
      'before\nTitle (https://a.example)\ntext\nHost: db1\nonly this',
    )
    t.equal(
      await say({
        text: 'for notifications',
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: 'Head <1>' } },
          { type: 'divider' },
          {
            type: 'section',
            text: { type: 'mrkdwn', text: '*bold*' },
            fields: [{ type: 'mrkdwn', text: 'field' }],
          },
          {
            type: 'context',
            elements: [
              { type: 'mrkdwn', text: 'one' },
              { type: 'plain_text', text: 'two' },
            ],
          },
          {
            type: 'rich_text',
            elements: [
              {
                type: 'rich_text_section',
                elements: [
                  { type: 'text', text: 'rich ' },
                  { type: 'link', url: 'https://a.example', text: 'link' },
                ],
              },
            ],
          },
        ],
      }),
      'Head <1>\n*bold*\nfield\none two\nrich link (https://a.example)',
    )
    const form = new URLSearchParams({ payload: '{"text":"by a form"}' }).toString()
    t.match(await post(server, url, form, 'application/x-www-form-urlencoded'), { status: 200 })
    t.match(await socket.next('message'), { message: 'by a form' })
    t.match(await say({ text: `${'x'.repeat(5_000)}` }), /^x{3999}…$/)
    t.match(await say({ text: '= 1 + 1' }), '= 1 + 1', 'and nothing in it is calculated')
  })

  t.test('a message without text, or to a wrong address, is refused', async (t) => {
    for (const [body, error] of [
      ['{}', 'no_text'],
      ['{"text":"  "}', 'no_text'],
      ['{"text":"\\u200b\\u2060"}', 'no_text'],
      ['[]', 'invalid_payload'],
      ['{"payload":"{"}', 'invalid_payload'],
      ['{"te', 'invalid_payload'],
      ['', 'invalid_payload'],
    ] as const)
      t.match(await post(server, url, body), { status: 400, text: error })
    t.match((await hookOf(ada, room, id)).deliveries, [{ status: 400, error: 'invalid_payload' }])
    const { text } = await ada.get(`/rooms/${room}/hooks`)
    t.match(text, 'What was sent has no text. Have the other system fill in the field “text”.')
    t.match(text, 'What was sent is not in the form that Slack takes.')
    t.notMatch(text, /no_text|invalid_payload/, 'people get it in words')
    const wrong = [
      url.replace(/.{4}$/, 'AAAA'),
      url.replace(id, 'A'.repeat(16)),
      `${url}A`,
      url.replace(id, '%00'),
    ]
    for (const address of wrong)
      for (const body of ['{"text":"no"}', '{"te'])
        t.match(await post(server, address, body), { status: 404, text: 'no_service' }, address)
  })

  t.test('a hook stops working when its maker may no longer write in the room', async (t) => {
    const { database } = server.app
    const carol = await server.person('carol')
    const owned = await newRoom(carol, 'Owned')
    // Otherwise nobody would be left, and the room would be archived.
    await ada.get(`/rooms/${owned}`)
    const hook = await make(carol, owned, { direction: 'in', name: 'owned' })
    t.equal((await post(server, hook.url ?? '', '{"text":"a"}')).status, 200)
    await ada.post(`/rooms/${owned}/members/carol/remove`, {})
    t.equal((await post(server, hook.url ?? '', '{"text":"b"}')).status, 404)
    await ada.post(`/rooms/${owned}/members`, { name: 'carol' })
    t.equal((await post(server, hook.url ?? '', '{"text":"c"}')).status, 200)
    await ada.post(`/rooms/${owned}/members/carol/mute`, { for: '1 h' })
    t.equal((await post(server, hook.url ?? '', '{"text":"c"}')).status, 404, 'nor while they are muted')
    await ada.post(`/rooms/${owned}/members/carol/mute`, { end: 'on' })
    t.equal((await post(server, hook.url ?? '', '{"text":"c"}')).status, 200)
    await ada.post(`/rooms/${owned}/archive`, {})
    t.match(await post(server, hook.url ?? '', '{"text":"d"}'), { status: 410, text: 'channel_is_archived' })
    await ada.post(`/rooms/${owned}/unarchive`, {})
    const user = await database
      .selectFrom('users')
      .select('id')
      .where('name', '=', 'carol')
      .executeTakeFirstOrThrow()
    await deactivate(database, user.id, SHELL)
    t.equal((await post(server, hook.url ?? '', '{"text":"e"}')).status, 404)
  })

  t.test('people, bots and hooks share one set of names', async (t) => {
    for (const name of ['bob', 'b0b', 'build-server', 'everyone']) {
      const answer = await ada.postJson(`/api/rooms/${room}/hooks`, { direction: 'in', name })
      t.match(answer, { status: 409, text: '"code":"conflict"' }, name)
    }
    t.equal((await server.visitor().signUp('build-server')).status, 409)
    const bot = await ada.postJson('/api/bots', { name: 'build-server' })
    t.match(bot, { status: 409, text: '"code":"conflict"' })
    const csrf = { 'x-csrf-token': await ada.token('/account') }
    t.equal((await ada.request('DELETE', `/api/rooms/${room}/hooks/${id}`, undefined, csrf)).status, 204)
    t.equal((await post(server, url, '{"text":"gone"}')).status, 404)
    const again = await make(ada, room, { direction: 'in', name: 'Build Server' })
    t.match(await post(server, again.url ?? '', '{"text":"back"}'), { status: 200 })
    t.match(
      await server.app.database
        .selectFrom('users')
        .select('id')
        .where('name', 'like', 'build-server%')
        .execute(),
      { length: 1 },
    )
  })

  t.test('a room has at most 20 hooks, made by people who administer it', async (t) => {
    const eve = await server.person('eve')
    const crowded = await newRoom(ada, 'Crowded')
    for (let count = 0; count < 20; count += 1)
      await make(ada, crowded, { direction: 'out', url: 'https://example.com/' })
    const more = await ada.postJson(`/api/rooms/${crowded}/hooks`, { direction: 'in', name: 'one more' })
    t.match(more, { status: 409, text: /at most 20/ })
    t.equal((await eve.postJson(`/api/rooms/${room}/hooks`, { direction: 'in', name: 'mine' })).status, 403)
    t.equal((await eve.get(`/rooms/${room}/hooks`)).status, 403)
    t.equal((await ada.get('/api/rooms/nowhere/hooks')).status, 404)
  })

  t.test('the limit also holds for hooks made at the same moment, and one name is given once', async (t) => {
    const hasty = await newRoom(ada, 'Hasty')
    const path = `/api/rooms/${hasty}/hooks`
    const first = await make(ada, hasty, { direction: 'in', name: 'again' })
    const csrf = { 'x-csrf-token': await ada.token('/account') }
    t.equal((await ada.request('DELETE', `${path}/${first.id}`, undefined, csrf)).status, 204)
    const same = await Promise.all(
      [1, 2, 3].map(() => ada.postJson(path, { direction: 'in', name: 'again' })),
    )
    t.same(same.map(({ status }) => status).sort(), [201, 409, 409])
    const url = 'https://example.com/'
    const asked = Array.from({ length: 25 }, (_, number) =>
      ada.postJson(
        path,
        number % 2 === 0 ? { direction: 'out', url } : { direction: 'in', name: `h-${number}` },
      ),
    )
    const answers = await Promise.all(asked)
    t.equal(answers.filter(({ status }) => status === 201).length, 19)
    t.match(JSON.parse((await ada.get(path)).text).hooks, { length: 20 })
  })

  t.test('a name or address with a NUL is refused', async (t) => {
    const path = `/api/rooms/${room}/hooks`
    t.match(await ada.postJson(path, { direction: 'in', name: 'a\0b' }), { status: 400 })
    const csrf = { 'x-csrf-token': await ada.token('/account') }
    t.equal((await ada.request('DELETE', `${path}/%00`, undefined, csrf)).status, 400)
  })

  t.test('hooks can be made with forms, which show an address once', async (t) => {
    const path = `/rooms/${room}/hooks`
    t.match(await ada.post(path, { direction: 'in', name: 'bob' }), { status: 400, text: /is taken/ })
    const { status, text } = await ada.post(path, { direction: 'in', name: 'weather' })
    t.equal(status, 200)
    const address = /value="(http:[^"]*\/hooks\/[^"]+)"/.exec(text)?.[1] ?? ''
    t.match(await post(server, address, '{"text":"sunny"}'), { status: 200 })
    const page = await ada.get(path)
    t.notMatch(page.text, address)
    t.match(page.text, /weather[\s\S]*message \d+/)
    t.match((await ada.get(`/rooms/${room}/settings`)).text, path)
    const inside = await ada.post(path, { direction: 'out', url: 'http://127.0.0.1/', event: 'message' })
    t.match(inside, { status: 400, text: /not a public internet address/ })
    const nothing = await ada.post(path, { direction: 'out', url: 'https://example.com/' })
    t.match(nothing, { status: 400, text: /Choose what/ })
    t.match(await ada.post(path, { direction: 'out', url: 'https://example.com/', event: 'edit' }), {
      status: 200,
      text: /value="whsec_/,
    })
    const remove = new RegExp(`action="(${path}/[\\w-]+/delete)"`).exec((await ada.get(path)).text)?.[1] ?? ''
    t.equal((await ada.post(remove, {})).status, 303)
  })

  t.test('Slack’s own client can post through a hook', async (t) => {
    const hook = await make(ada, room, { direction: 'in', name: 'slack' })
    const client = new IncomingWebhook(hook.url ?? '')
    socket.drain()
    t.match(await client.send('from the library'), { text: 'ok' })
    t.match(await socket.next('message'), { sender: 'slack', message: 'from the library', bot: true })
    await client.send({ text: 'x', attachments: [{ color: 'good', text: 'attached' }] })
    t.match(await socket.next('message'), { message: 'x\nattached' })
  })

  t.test(
    'Prometheus Alertmanager can post through a hook, as to Slack and in its own format',
    withAlertmanager,
    async (t) => {
      const slack = await make(ada, room, { direction: 'in', name: 'alerts' })
      const own = await make(ada, room, { direction: 'in', name: 'alerts-webhook' })
      socket.drain()
      await alert(t, slack.url ?? '', own.url ?? '')
      const frames = [await socket.next('message'), await socket.next('message')]
      const from = (sender: string) => frames.find((frame) => frame.sender === sender)
      t.match(from('alerts'), { message: /FIRING.*HighLoad/s, bot: true })
      t.match(from('alerts-webhook'), { message: /^\[FIRING\] HighLoad \(.*instance=db1.*\)\nLoad is high/ })
    },
  )
})

t.test('a hook accepts only so much in a second', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const { url = '' } = await make(ada, 'lobby', { direction: 'in', name: 'chatty' })
  const begun = performance.now()
  // Requests that cannot be read count as well.
  const bodies = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? '{"text":"again"}' : '{"te'))
  const answers = await Promise.all(bodies.map((body) => post(server, url, body)))
  const seconds = Math.ceil((performance.now() - begun) / 1_000)
  const refused = answers.filter(({ status }) => status === 429)
  const taken = answers.length - refused.length
  t.ok(taken >= 30 && taken <= 30 + seconds, `${taken} taken in ${seconds} s`)
  t.ok(refused.every(({ headers }) => Number(headers.get('retry-after')) > 0))
})

t.test('the page of hooks explains connection problems in words', async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0', WEBHOOK_HOSTS: '127.0.0.1' })
  const ada = await server.person('ada')
  const room = await newRoom(ada, 'Room')
  const url = `http://127.0.0.1:${await freePort()}/`
  const { id } = await make(ada, room, { direction: 'out', url, events: ['message'] })
  await ada.post(`/rooms/${room}/messages`, { message: 'to nobody' })
  await eventually('a delivery', async () => (await hookOf(ada, room, id)).deliveries.length > 0)
  t.match((await hookOf(ada, room, id)).deliveries[0], {
    status: null,
    error: /ECONNREFUSED/,
    failure: 'connection_refused',
  })
  const { text } = await ada.get(`/rooms/${room}/hooks`)
  t.match(text, 'Nothing takes connections at this address. Check that the other system runs, and its port.')
  t.notMatch(text, 'ECONNREFUSED')
})

t.test(
  'deliveries that failed before failures had codes can still be read',
  // The test reads the database of its server.
  { skip: !keepsDataInFolders() },
  async (t) => {
    const folder = temporaryFolder(t)
    const first = await startServer(t, { DATA_DIR: folder })
    const ada = await first.person('ada')
    const room = await newRoom(ada, 'Room')
    const { id: incoming = '' } = await make(ada, room, { direction: 'in', name: 'build' })
    const { id: outgoing = '' } = await make(ada, room, { direction: 'out', url: 'https://example.com/' })
    await first.app.close()

    const file = new DatabaseSync(join(folder, 'partyline.sqlite'))
    file.exec(`alter table hook_deliveries drop column failure;
    delete from hooks_migrations where name = '005-failures'`)
    const insert = file.prepare(
      "insert into hook_deliveries (hook_id, at, event, status, error) values (?, '2026-01-01T00:00:00.000Z', ?, ?, ?)",
    )
    insert.run(incoming, 'in', 200, null)
    insert.run(incoming, 'in', 400, 'no_text')
    insert.run(incoming, 'in', 413, 'limit')
    insert.run(outgoing, 'message', 200, null)
    insert.run(outgoing, 'message', 410, 'the answer was 410')
    insert.run(outgoing, 'message', null, 'getaddrinfo ENOTFOUND example.com')
    file.close()

    const second = await startServer(t, { DATA_DIR: folder })
    const owner = second.visitor()
    await owner.signIn('ada')
    const failures = async (hook: string) =>
      (await hookOf(owner, room, hook)).deliveries.map(({ failure }: { failure: string | null }) => failure)
    t.strictSame(await failures(incoming), ['no_space_left', 'no_text', null])
    t.strictSame(await failures(outgoing), [null, 'wrong_address', null])
    const { text } = await owner.get(`/rooms/${room}/hooks`)
    t.match(text, 'Whoever created this hook has no space left here.')
    t.match(text, 'Check the address. (It answered 410.)')
    t.match(text, 'It could not be delivered: getaddrinfo ENOTFOUND example.com.')
  },
)

t.test('outgoing hooks', async (t) => {
  const receiver = await startReceiver(t)
  const server = await startServer(t, { RATE_LIMIT: '0', WEBHOOK_HOSTS: receiver.host })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const room = await newRoom(ada, 'Room')
  const socket = await enter(bob, room)
  socket.send({ message: 'before the hook' })
  await socket.next('message')
  const { id = '', secret = '' } = await make(ada, room, {
    direction: 'out',
    url: receiver.address,
    events: ['message', 'edit', 'delete'],
  })
  const verified = ({ body, headers }: Received) =>
    new Webhook(secret).verify(body, headers as Record<string, string>)

  t.test('deliveries are signed as Standard Webhooks, and in order', async (t) => {
    socket.send({ message: 'hello', id: 'one' })
    const { seq } = await socket.next('message')
    const first = await receiver.delivery(0)
    t.match(verified(first), { type: 'message', data: { room, seq, message: 'hello', sender: 'bob' } })
    t.throws(() =>
      new Webhook(`whsec_${Buffer.alloc(32).toString('base64')}`).verify(
        first.body,
        first.headers as Record<string, string>,
      ),
    )
    socket.send({ type: 'react', seq, emoji: '👍', on: true, id: 'r' })
    await socket.next('done')
    socket.send({ type: 'edit', seq, message: 'hello again', id: 'e' })
    await socket.next('done')
    t.match(verified(await receiver.delivery(1)), { type: 'edit', data: { seq, message: 'hello again' } })
    socket.send({ type: 'react', seq, emoji: '👍', on: false, id: 'r2' })
    await socket.next('done')
    socket.send({ type: 'delete', seq, id: 'd' })
    await socket.next('done')
    t.match(verified(await receiver.delivery(2)), {
      type: 'delete',
      data: { seq, message: '', deleted: true },
    })
    const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
    t.equal(new Set(ids).size, 3)
    const { deliveries } = await hookOf(ada, room, id)
    t.match(deliveries, [
      { event: 'delete', seq, status: 200, error: null },
      { event: 'edit' },
      { event: 'message' },
    ])
    const { text } = await ada.get(`/rooms/${room}/hooks`)
    const list = text.replaceAll(/<[^>]*>/g, '')
    for (const words of ['deleted', 'edited', 'new'])
      t.match(list, `UTC ${words} message ${seq} · 200`, 'the page says so in words')
  })

  t.test('a failed delivery is repeated after 5 seconds, without messages deleted meanwhile', async (t) => {
    receiver.received.splice(0)
    receiver.status = 503
    socket.send({ message: 'retried' })
    const { seq } = await socket.next('message')
    const first = await receiver.delivery(0)
    const begun = Date.now()
    socket.send({ message: 'secret' })
    const deleted = await socket.next('message')
    socket.send({ type: 'delete', seq: deleted.seq, id: 'd' })
    await socket.next('done')
    t.match((await hookOf(ada, room, id)).deliveries[0], {
      seq,
      status: 503,
      error: 'the answer was 503',
      failure: 'other_system_failed',
    })
    receiver.status = 200
    const second = await receiver.delivery(1)
    t.ok(Date.now() - begun > 4_000)
    t.equal(second.headers['webhook-id'], first.headers['webhook-id'])
    t.match(verified(second), { data: { seq } })
    socket.send({ message: 'afterwards' })
    t.match(verified(await receiver.delivery(2)), { type: 'message', data: { message: 'afterwards' } })
    t.notOk(receiver.received.some(({ body }) => body.includes('secret')))
  })

  t.test('the page says in words why a delivery failed', async (t) => {
    t.match(
      (await ada.get(`/rooms/${room}/hooks`)).text,
      'The other system failed. Look for the reason in its log.',
    )
  })

  t.test('a host that does not exist fails only its own deliveries', async (t) => {
    const room = await newRoom(ada, 'Misspelt')
    const { id = '' } = await make(ada, room, { direction: 'out', url: 'https://nobody.invalid/' })
    t.match(await ada.postJson(`/api/rooms/${room}/messages`, { message: 'is anybody there?' }), {
      status: 201,
    })
    await eventually('the delivery failed', async () => (await hookOf(ada, room, id)).deliveries.length > 0)
    t.match((await hookOf(ada, room, id)).deliveries[0], { status: null, error: /ENOTFOUND|EAI_AGAIN/ })
    t.match((await ada.get(`/rooms/${room}/hooks`)).text, 'The name in the address was not found.')
  })

  t.test('nothing is delivered once the maker of the hook may no longer read the room', async (t) => {
    receiver.received.splice(0)
    const owned = await newRoom(bob, 'Owned')
    await ada.get(`/rooms/${owned}`)
    const hook = await make(bob, owned, { direction: 'out', url: receiver.address, events: ['message'] })
    await ada.post(`/rooms/${owned}/members/bob/remove`, {})
    t.equal((await ada.post(`/rooms/${owned}/messages`, { message: 'not for bob' })).status, 303)
    const { id: row } = await roomRow(server.app, owned)
    await eventually('the hook passes it over', async () => {
      const { position, rev } = await server.app.database
        .selectFrom('hooks')
        .innerJoin('rooms', 'rooms.id', 'room_id')
        .select(['position', 'rev'])
        .where('hooks.id', '=', hook.id ?? '')
        .where('rooms.id', '=', row)
        .executeTakeFirstOrThrow()
      return position === rev
    })
    t.same(receiver.received, [])
  })

  t.test('addresses that must not be reached are refused', async (t) => {
    for (const url of [
      'http://127.0.0.1:1/',
      'http://localhost/',
      'http://[::ffff:10.0.0.1]/',
      'http://169.254.169.254/',
      'ftp://example.com/',
      'http://user:pass@example.com/',
    ])
      t.match(
        await ada.postJson(`/api/rooms/${room}/hooks`, { direction: 'out', url, events: ['message'] }),
        { status: 400 },
        url,
      )
  })

  t.test('the last 50 deliveries are kept', async (t) => {
    receiver.received.splice(0)
    for (let count = 0; count < 60; count += 1) socket.send({ message: `${count}` })
    await receiver.delivery(59)
    await eventually('50 are kept', async () => (await hookOf(ada, room, id)).deliveries.length === 50)
    t.same(
      receiver.received.map(({ body }) => JSON.parse(body).data.message),
      Array.from({ length: 60 }, (_, index) => `${index}`),
    )
  })
})

t.test(
  'pending deliveries and pushes survive kill -9, even in the middle of one',
  // The test reads the database of its processes.
  { skip: !keepsDataInFolders() },
  async (t) => {
    const receiver = await startReceiver(t)
    receiver.status = 500
    const settings = { DATA_DIR: temporaryFolder(t), WEBHOOK_HOSTS: receiver.host, RATE_LIMIT: '0' }
    const first = await startProcess(t, settings)
    const [ada, bob] = [new Visitor(first.address), new Visitor(first.address)]
    await ada.signUp('ada')
    await bob.signUp('bob')
    const { id } = await make(ada, 'lobby', { direction: 'out', url: receiver.address, events: ['message'] })
    await ada.post('/rooms/lobby/messages', { message: 'kept' })
    await receiver.delivery(0)
    await eventually(
      'the failure is noted',
      async () => (await hookOf(ada, 'lobby', id)).deliveries.length === 1,
    )
    receiver.holds = true
    const browser = createECDH('prime256v1')
    const keys = { p256dh: browser.generateKeys('base64url'), auth: randomBytes(16).toString('base64url') }
    const endpoint = `${receiver.address}/push`
    t.equal((await bob.postJson('/api/push/subscriptions', { endpoint, keys })).status, 201)
    await ada.post('/rooms/lobby/messages', { message: '@bob are you there?' })
    // Both are in progress, and neither is answered.
    await receiver.delivery(2)
    t.strictSame(receiver.received.map(kindOf).sort(), ['hook', 'hook', 'push'])
    await first.kill()

    receiver.status = 200
    receiver.holds = false
    const database = new DatabaseSync(join(settings.DATA_DIR, 'partyline.sqlite'))
    // As if the server had been killed before there was a job for the push. The lease of the other job has ended.
    database.exec(`delete from jobs where kind = 'push'; update jobs set run_at = '2000'`)
    database.close()
    await startServer(t, settings)
    await receiver.delivery(5)
    const [failed, held, again, later] = receiver.received.filter((one) => kindOf(one) === 'hook')
    for (const one of [failed, held, again])
      t.match(JSON.parse(one?.body ?? ''), { type: 'message', data: { message: 'kept' } })
    const webhook = failed?.headers['webhook-id']
    t.strictSame([held?.headers['webhook-id'], again?.headers['webhook-id']], [webhook, webhook])
    t.match(JSON.parse(later?.body ?? ''), { data: { message: '@bob are you there?' } })
    t.equal(receiver.received.filter((one) => kindOf(one) === 'push').length, 2)
  },
)

function kindOf({ headers }: Received): 'hook' | 'push' {
  return 'webhook-id' in headers ? 'hook' : 'push'
}

/** Makes a real Alertmanager send one alert to two hooks. */
async function alert(t: Test, slack: string, own: string): Promise<void> {
  const folder = temporaryFolder(t)
  const port = await freePort()
  const configuration = join(folder, 'alertmanager.yml')
  writeFileSync(
    configuration,
    `route:
  receiver: hooks
  group_wait: 0s
receivers:
  - name: hooks
    slack_configs:
      - api_url: ${slack}
        channel: '#alerts'
    webhook_configs:
      - url: ${own}
`,
  )
  const child = outlived([
    alertmanager ?? '',
    `--config.file=${configuration}`,
    `--storage.path=${folder}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
    '--log.level=error',
  ])
  t.teardown(() => end(child))
  const alerts = JSON.stringify([
    { labels: { alertname: 'HighLoad', instance: 'db1' }, annotations: { summary: 'Load is high' } },
  ])
  await eventually('Alertmanager takes an alert', async () => {
    try {
      const { ok } = await fetch(`http://127.0.0.1:${port}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: alerts,
      })
      return ok
    } catch {
      return false
    }
  })
}
