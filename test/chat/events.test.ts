import t from 'tap'
import { deactivate } from '../../src/accounts/index.ts'
import { SHELL } from '../../src/audit/index.ts'
import { defaultLimits } from '../../src/channels/sockets/connection-limits.ts'
import { enter, fill, messages, newRoom, roomRow } from '../support/chat.ts'
import { TestEvents } from '../support/events.ts'
import { startServer, type TestServer } from '../support/server.ts'
import type { Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

t.test('event streams of a room', async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0', CONNECTIONS_PER_USER: '0' })
  const ada = await server.person('ada')
  const bob = await server.person('bob')

  const room = async (name: string) => {
    const slug = await newRoom(ada, name)
    const { id } = await roomRow(server.app, slug)
    return { slug, id, path: `/api/rooms/${slug}/events` }
  }

  t.test('a stream has the frames of the socket, each with its rev as its id', async (t) => {
    const { slug, path } = await room('Frames')
    const socket = await enter(ada, slug)
    const events = await TestEvents.open(bob, path)
    t.match(events.response.headers, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    })
    t.match(await events.next(), {
      id: 0,
      retry: 2000,
      data: { type: 'welcome', room: slug, user: 'bob', rev: 0 },
    })
    socket.send({ message: 'one\ntwo', id: 'a' })
    socket.send({ type: 'edit', seq: 1, message: 'changed 👍' })
    socket.send({ message: 'three', id: 'b' })
    const frames = await messages(socket, 3)
    const got = await events.take(3)
    t.same(
      got.map(({ data }) => data),
      frames,
    )
    t.same(
      got.map(({ id }) => id),
      [1, 2, 3],
    )
    socket.close()
    events.close()
  })

  t.test('a stream continues from Last-Event-ID, or else from `since`', async (t) => {
    const { slug, path } = await room('Going on')
    await fill(server.app, slug, 'ada', 5)
    const revs = async (query: string, headers: Record<string, string>, count: number) => {
      const events = await TestEvents.open(ada, path + query, headers)
      const [welcome, ...rest] = await events.take(count + 1)
      events.close()
      return [welcome?.id, ...rest.map(({ id }) => id)]
    }
    t.same(await revs('?since=3', {}, 2), [3, 4, 5])
    t.same(await revs('?since=1&seq=1&id=other', { 'last-event-id': '4' }, 1), [4, 5])
  })

  t.test(
    'a stream tells a client to load the history if it is another one, or too much was missed',
    async (t) => {
      const { slug, path } = await room('Another history')
      await fill(server.app, slug, 'ada', 3)
      for (const [query, id] of Object.entries({
        '?since=9': 9,
        '?since=x': undefined,
        '?since=3&seq=3&id=other': 3,
      })) {
        const events = await TestEvents.open(ada, path + query)
        t.equal((await events.next('welcome')).id, id, query)
        t.same(await events.next(), { id: 3, data: { type: 'reset', rev: 3 } }, query)
        events.close()
      }
    },
  )

  t.test('a stream misses nothing that is said while a client connects', async (t) => {
    const { slug, path } = await room('Connecting')
    const filling = fill(server.app, slug, 'ada', 300)
    const all = await Promise.all(Array.from({ length: 8 }, () => TestEvents.open(bob, `${path}?since=0`)))
    await filling
    for (const events of all) {
      await events.next('welcome')
      const ids = (await events.take(300)).map(({ id }) => id)
      t.same(
        ids,
        Array.from({ length: 300 }, (_, index) => index + 1),
      )
      events.close()
    }
  })

  t.test('opening a stream does not join the room, and is counted', async (t) => {
    const { id, path } = await room('Not joined')
    const events = await TestEvents.open(bob, path)
    await events.next('welcome')
    const members = await server.app.database
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'user_id')
      .select('name')
      .where('room_id', '=', id)
      .execute()
    t.same(members, [{ name: 'ada' }])
    t.match(await metrics(server), /partyline_connections\{consumer="chat-events"\} [1-9]/)
    events.close()
    t.equal((await bob.request('HEAD', path)).status, 405)
  })

  t.test('streams end for a person who is removed, and for a session that ended', async (t) => {
    const { slug, path } = await room('Ends')
    const eve = await server.person('eve')
    await eve.get(`/rooms/${slug}`)
    const events = await TestEvents.open(eve, path)
    const poll = eve.get(`${path}?wait=50`)
    await events.next('welcome')
    t.equal((await ada.post(`/rooms/${slug}/members/eve/remove`, {})).status, 303)
    t.same((await events.rest()).at(-1), {
      data: { type: 'close', code: 4003, reason: 'you were removed from this room' },
    })
    t.match(await poll, {
      status: 403,
      text: '{"error":"You were removed from this room.","code":"forbidden"}',
    })
    t.match(await eve.get(path), { status: 403, text: /"code":"forbidden"/ })

    const lobby = await TestEvents.open(eve, '/api/rooms/lobby/events')
    const pollOfLobby = eve.get('/api/rooms/lobby/events?wait=50')
    await lobby.next('welcome')
    await eve.signOut()
    t.same((await lobby.rest()).at(-1), { data: { type: 'close', code: 4001, reason: 'signed out' } })
    t.equal((await pollOfLobby).status, 401)

    await eve.signIn('eve')
    const late = await TestEvents.open(eve, '/api/rooms/lobby/events')
    await late.next('welcome')
    const { id } = await server.app.database
      .selectFrom('users')
      .select('id')
      .where('name', '=', 'eve')
      .executeTakeFirstOrThrow()
    await deactivate(server.app.database, id, SHELL)
    t.match((await late.rest()).at(-1), { data: { type: 'close', code: 4001 } })
  })

  t.test('a client without streams can poll with answers that wait', async (t) => {
    const { slug, path } = await room('Waiting')
    t.same(await ask(ada, `${path}?wait=0`), { rev: 0, frames: [] }, 'nothing yet')
    const socket = await enter(ada, slug)
    const waiting = ask(bob, `${path}?since=0&wait=50`)
    socket.send({ message: 'hello', id: 'hello' })
    const [frame] = await messages(socket, 1)
    t.same(await waiting, { rev: 1, frames: [frame] })
    t.same(await ask(bob, `${path}?since=1&wait=1`), { rev: 1, frames: [] }, 'nothing came')
    t.same(await ask(bob, `${path}?since=7&wait=50`), { rev: 1, frames: [{ type: 'reset', rev: 1 }] })
    await fill(server.app, slug, 'ada', 250)
    const first = await ask(bob, `${path}?since=1&wait=50`)
    t.match(first, { rev: 201, frames: { length: 200 } })
    t.match(await ask(bob, `${path}?since=201&wait=50`), { rev: 251, frames: { length: 50 } })
    for (const wait of ['61', '-1', 'x', ''])
      t.match(await bob.get(`${path}?wait=${wait}`), { status: 400 }, wait)
    socket.close()
  })

  t.test('the sheet of a room has streams too', async (t) => {
    const { slug } = await room('Sheet')
    const events = await TestEvents.open(bob, `/api/sheets/${slug}/events`)
    t.match(await events.next(), { id: 0, data: { type: 'welcome', room: slug } })
    const socket = ada.socket(`/ws/calculator/${slug}`)
    await socket.next('welcome')
    socket.send({ expression: '6 * 7', id: 'x' })
    const frame = await socket.next('result')
    t.same(await events.next(), { id: 1, data: frame })
    t.match(await ask(ada, `/api/sheets/${slug}/events?since=0&wait=0`), { rev: 1, frames: [frame] })
    events.close()
    socket.close()
  })
})

t.test('streams and sockets share a limit', async (t) => {
  const server = await startServer(t, { CONNECTIONS_PER_USER: '2' })
  const ada = await server.person('ada')
  const events = await TestEvents.open(ada, '/api/rooms/lobby/events')
  await events.next('welcome')
  const socket = await enter(ada, 'lobby')
  const answer = await ada.get('/api/rooms/lobby/events?wait=50')
  t.match(answer, { status: 429, text: /too many connections.*"code":"rate_limited"/ })
  t.ok(answer.headers.get('retry-after'))
  socket.close()
  await socket.closed()
  events.close()
})

t.test('a slow reader is told so at the end, and can continue where it was', async (t) => {
  const limits = {
    ...defaultLimits,
    framesPerSecond: 0,
    fullBuffer: 64 * 1024,
    personBuffer: 2 ** 40,
    pingInterval: 40,
  }
  const server = await startServer(t, { RATE_LIMIT: '0' }, { limits })
  const ada = await server.person('ada')
  const quiet = await TestEvents.open(ada, '/api/rooms/lobby/events')
  await quiet.next('welcome')
  await quiet.comment()
  quiet.close()

  const slow = await TestEvents.open(ada, '/api/rooms/lobby/events', {}, false)
  const { id } = await roomRow(server.app, 'lobby')
  const sender = { id: 1, name: 'ada' }
  // Two batches, since what the kernel accepts of the first does not count.
  let said = 0
  const evicted = async () => /evictions_total\{reason="slow"\} 1/.test(await metrics(server))
  while (!(await evicted()) && said < 4_000) {
    await Promise.all(
      Array.from({ length: 100 }, () => server.app.chat.writer.post(id, sender, '👍'.repeat(4_000))),
    )
    said += 100
  }
  slow.read()
  const events = await slow.rest()
  t.match(events.at(-1), { data: { type: 'close', code: 4008, reason: 'read too slowly' } })
  const last = events.at(-2)?.id ?? 0
  t.ok(last > 0 && last < said, `${last} of ${said}`)
  t.same(
    events.slice(1, -1).map(({ id }) => id),
    Array.from({ length: last }, (_, index) => index + 1),
  )
  const again = await TestEvents.open(ada, '/api/rooms/lobby/events', { 'last-event-id': `${last}` })
  await again.next('welcome')
  t.equal((await again.next()).id, last + 1)
  again.close()
})

t.test('streams do not hold up a stop, and tell clients when to reconnect', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const events = await TestEvents.open(ada, '/api/rooms/lobby/events')
  await events.next('welcome')
  const poll = ada.get('/api/rooms/lobby/events?wait=50')
  await ada.get('/api/rooms/lobby/messages')
  await server.app.close()
  const last = (await events.rest()).at(-1)
  t.match(last, { data: { type: 'close', code: 1012 } })
  t.equal(last?.retry, Number(last?.data.reason))
  t.match(await poll, { status: 503 })
})

async function ask(person: Visitor, path: string): Promise<unknown> {
  const { status, text } = await person.get(path)
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`)
  return JSON.parse(text)
}

async function metrics({ address }: TestServer): Promise<string> {
  return (await fetch(`${address}/metrics`)).text()
}
