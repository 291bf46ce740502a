import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import t, { type Test } from 'tap'
import { fill, newRoom, roomRow } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'
import { startProcess } from '../support/process.ts'
import { at, startTwoProcesses } from '../support/processes.ts'
import { withRedis } from '../support/redis.ts'
import { find, texts, untilFound } from '../support/search.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import { PASSWORD, Visitor } from '../support/visitor.ts'

const SETTINGS = { RATE_LIMIT: '0', SECRET: 'a secret of thirty-two characters' }
const FILES = ['search.sqlite', 'search.sqlite-wal', 'search.sqlite-shm']

/** Runs a server on a folder while `work` is done. */
async function during<Result>(
  t: Test,
  DATA_DIR: string,
  work: (server: TestServer) => Promise<Result>,
): Promise<Result> {
  let result: Promise<Result> | undefined
  await t.test('a server runs on the folder', async (t) => {
    const server = await startServer(t, { ...SETTINGS, DATA_DIR })
    result = work(server)
    await result
  })
  if (!result) throw new Error('nothing was done')
  return result
}

async function say(person: Visitor, room: string, message: string): Promise<number> {
  const { status, text } = await person.postJson(`/api/rooms/${room}/messages`, { message })
  if (status !== 201) throw new Error(`nothing was said: ${status} ${text}`)
  return JSON.parse(text).seq
}

function standsIn(folder: string, text: string): string[] {
  return readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(text))
}

t.test('deleted and replaced text is soon in no file of the index', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const server = await startServer(t, { ...SETTINGS, DATA_DIR })
  const ada = await server.person('ada')
  const [first, second] = [
    await say(ada, 'lobby', 'the quetzalcoatlus'),
    await say(ada, 'lobby', 'a xiphosuran'),
  ]
  await untilFound(ada, 'in:lobby', 2)
  t.ok(standsIn(DATA_DIR, 'quetzalcoatlus').includes('search.sqlite-wal'), 'it can be found so')
  const headers = { 'x-csrf-token': await ada.token('/account'), 'content-type': 'application/json' }
  const path = '/api/rooms/lobby/messages'
  await ada.request('DELETE', `${path}/${first}`, '{}', headers)
  await ada.request('PUT', `${path}/${second}`, JSON.stringify({ message: 'something else' }), headers)
  await untilFound(ada, 'something else', 1)
  for (const part of ['quetzalcoatlus', 'xiphosuran', 'xip', 'quetz', 'zalc'])
    await eventually(
      `${part} is gone`,
      () => standsIn(DATA_DIR, part).length === 0,
      () => standsIn(DATA_DIR, part),
    )
})

t.test('messages that are indexed together are written to the file together', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const server = await startServer(t, { ...SETTINGS, DATA_DIR })
  const ada = await server.person('ada')
  await fill(server.app, 'lobby', 'ada', 20, (index) => `a gnu of the herd ${index}`)
  await untilFound(ada, 'in:lobby', 20)
  const index = new DatabaseSync(join(DATA_DIR, 'search.sqlite'), { readOnly: true })
  t.teardown(() => index.close())
  // An id begins with the number of the segment that it is a page of.
  const { segments } =
    index.prepare('select count(distinct id >> 37) as segments from grams_data where id > 10').get() ?? {}
  t.equal(segments, 1)
})

t.test('a room that cannot be indexed does not hold up others', withPostgres, async (t) => {
  const DATABASE_URL = await (await startPostgres(t)).database()
  const server = await startServer(t, {
    ...SETTINGS,
    ...{ DATA_DIR: temporaryFolder(t), DATABASE_URL, LOG_LEVEL: 'silent' },
  })
  const ada = await server.person('ada')
  const room = await newRoom(ada, 'Unfit')
  const { id } = await roomRow(server.app, room)
  const { database } = server.app
  await sql`alter table search_entries add constraint fit check (room_id <> ${sql.lit(id)})`.execute(database)
  await say(ada, room, 'a gharial')
  await say(ada, 'lobby', 'a gharial in the lobby')
  await untilFound(ada, 'gharial', 1)
  await sql`alter table search_entries drop constraint fit`.execute(database)
  await untilFound(ada, 'gharial', 2)
})

t.test('the index loses a deleted room, and the messages of a deleted account', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const server = await startServer(t, { ...SETTINGS, DATA_DIR, ADMINISTRATORS: 'ada' })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const room = await newRoom(ada, 'Doomed')
  await say(ada, room, 'a pterodactyl in a room')
  await say(bob, 'lobby', 'an ichthyosaur of somebody')
  await untilFound(ada, 'in:lobby', 1)
  await untilFound(ada, `in:${room}`, 1)
  const { id } = await roomRow(server.app, room)
  t.equal(
    (await ada.post(`/admin/rooms/${id}/delete`, { name: 'Doomed' }, `/admin/rooms/${id}/delete`)).status,
    303,
  )
  t.strictSame(await find(ada, 'pterodactyl'), { messages: [], more: false })
  await eventually(
    'the room is gone',
    () => standsIn(DATA_DIR, 'pterodactyl').length === 0,
    () => standsIn(DATA_DIR, 'pterodactyl'),
  )
  const leave = { password: PASSWORD, messages: 'delete' }
  t.match(await bob.post('/account/delete', leave, '/account/delete'), { status: 303 })
  await eventually(
    'what it said is gone',
    () => standsIn(DATA_DIR, 'ichthyosaur').length === 0,
    () => standsIn(DATA_DIR, 'ichthyosaur'),
  )
})

t.test(
  'messages from before there was an index are added in the background, and found in order',
  async (t) => {
    const DATA_DIR = temporaryFolder(t)
    const rooms = await during(t, DATA_DIR, async (server) => {
      const ada = await server.person('ada')
      const rooms = [await newRoom(ada, 'one'), await newRoom(ada, 'two'), await newRoom(ada, 'three')]
      for (let round = 1; round <= 5; round += 1)
        for (const room of rooms)
          await fill(server.app, room, 'ada', 30, (index) => `round ${round} of ${room}, ${index}`)
      const gone = await say(ada, rooms[0] ?? '', 'a dodo')
      await ada.request('DELETE', `/api/rooms/${rooms[0]}/messages/${gone}`, undefined, {
        'x-csrf-token': await ada.token('/account'),
      })
      return rooms
    })
    for (const file of FILES) rmSync(join(DATA_DIR, file), { force: true })
    await during(t, DATA_DIR, async (server) => {
      const ada = server.visitor()
      await ada.signIn('ada')
      await say(ada, rooms[1] ?? '', 'while it is being indexed')
      await untilFound(ada, 'while indexed', 1)
      // The oldest is added last.
      await untilFound(ada, `"round 1 of ${rooms[0]} 1"`, 1)
      const found: string[] = []
      let cursor: string | undefined
      do {
        const answer = await find(ada, 'round', { limit: '100', ...(cursor && { cursor }) })
        found.push(...answer.messages.map(({ at }) => at))
        cursor = answer.cursor
      } while (cursor)
      t.equal(found.length, 450)
      t.strictSame(found, found.toSorted().toReversed(), 'newest first')
      t.strictSame(await texts(ada, 'dodo'), [])
    })
  },
)

t.test('a restored database and a damaged index are noticed', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  const database = join(DATA_DIR, 'partyline.sqlite')
  await during(t, DATA_DIR, async (server) => {
    const ada = await server.person('ada')
    await say(ada, 'lobby', 'from before the backup')
    await untilFound(ada, 'before the backup', 1)
  })
  copyFileSync(database, join(DATA_DIR, 'aside'))
  await during(t, DATA_DIR, async (server) => {
    const ada = server.visitor()
    await ada.signIn('ada')
    for (let count = 1; count <= 5; count += 1) await say(ada, 'lobby', `lost ${count}`)
    await untilFound(ada, 'lost', 5)
  })
  for (const end of ['-wal', '-shm']) rmSync(database + end, { force: true })
  copyFileSync(join(DATA_DIR, 'aside'), database)
  await during(t, DATA_DIR, async (server) => {
    const ada = server.visitor()
    await ada.signIn('ada')
    t.strictSame(await texts(ada, 'lost'), [], 'messages that no longer exist are not found')
    await say(ada, 'lobby', 'said in another history')
    await untilFound(ada, 'another history', 1)
    await untilFound(ada, 'before the backup', 1)
  })
  writeFileSync(join(DATA_DIR, 'search.sqlite'), 'no database at all'.repeat(1_000))
  await during(t, DATA_DIR, async (server) => {
    const ada = server.visitor()
    await ada.signIn('ada')
    await untilFound(ada, 'history', 1)
    await untilFound(ada, 'backup', 1)
  })
})

t.test('an index made by an earlier version is rebuilt', async (t) => {
  const DATA_DIR = temporaryFolder(t)
  await during(t, DATA_DIR, async (server) => {
    const ada = await server.person('ada')
    await say(ada, 'lobby', 'from before the upgrade')
    await untilFound(ada, 'before the upgrade', 1)
  })
  const index = new DatabaseSync(join(DATA_DIR, 'search.sqlite'))
  // The words of messages had other tokens.
  index.exec("update state set version = '1.2'; insert into grams (grams) values ('delete-all')")
  index.close()
  await during(t, DATA_DIR, async (server) => {
    const ada = server.visitor()
    await ada.signIn('ada')
    await untilFound(ada, 'before the upgrade', 1)
  })
})

t.test(
  'messages that were not indexed when the server was killed are indexed at the next start',
  async (t) => {
    const settings = { ...SETTINGS, DATA_DIR: temporaryFolder(t) }
    const first = await startProcess(t, settings)
    const ada = new Visitor(first.address)
    await ada.signUp('ada')
    await say(ada, 'lobby', 'a message that is found')
    await untilFound(ada, 'message found', 1)
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => say(ada, 'lobby', `a message in the last moment ${index}`)),
    )
    await first.kill()
    const second = at(await startProcess(t, settings), ada)
    await untilFound(second, 'message last moment', 20)
    await untilFound(second, 'message', 21)
  },
)

t.test('words of a deleted message leave the files even if the server is killed right after', async (t) => {
  const settings = { ...SETTINGS, DATA_DIR: temporaryFolder(t) }
  const first = await startProcess(t, settings)
  const ada = new Visitor(first.address)
  await ada.signUp('ada')
  const seq = await say(ada, 'lobby', 'the archaeopteryx')
  await untilFound(ada, 'archaeopteryx', 1)
  const headers = { 'x-csrf-token': await ada.token('/account'), 'content-type': 'application/json' }
  await ada.request('DELETE', `/api/rooms/lobby/messages/${seq}`, '{}', headers)
  await say(ada, 'lobby', 'something afterwards')
  await untilFound(ada, 'something afterwards', 1)
  await first.kill()
  await startProcess(t, settings)
  await eventually(
    'it is gone',
    () => standsIn(settings.DATA_DIR, 'archaeop').length === 0,
    () => standsIn(settings.DATA_DIR, 'archaeop'),
  )
})

t.test(
  'two processes share one index, and one continues where the other was killed',
  withRedis,
  async (t) => {
    const { first, folder, person, second } = await startTwoProcesses(t)
    const here = await person('ada')
    const there = at(second, here)
    for (let count = 1; count <= 20; count += 1) {
      const said = Date.now()
      await say(count % 2 === 0 ? here : there, 'lobby', `ping number ${count}`)
      if (count % 5 > 0) continue
      await untilFound(count % 2 === 0 ? there : here, 'ping number', count)
      t.ok(Date.now() - said < 2_000, 'found at the other within two seconds')
    }
    await Promise.all(Array.from({ length: 10 }, (_, index) => say(here, 'lobby', `left behind ${index}`)))
    await first.kill()
    await untilFound(there, 'left behind', 10)
    await untilFound(there, 'number', 20)
    t.ok(existsSync(join(folder, 'search.sqlite')))
  },
)

t.test('a person who searches for as much as possible does not slow down others', async (t) => {
  const server = await startServer(t, SETTINGS)
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const room = await newRoom(ada, 'Large')
  const words =
    'the of and to in is that it as was for on are with they be at one have this from or had by'.split(' ')
  await fill(server.app, room, 'ada', 5_000, (index) =>
    Array.from({ length: 12 }, (_, at) => words[(index * 7 + at * index) % words.length]).join(' '),
  )
  await untilFound(ada, `in:${room} the`, 30)
  const greedy = [
    'the',
    '"the of the of the of"',
    'the of and to in is that it as was for on are with they be at one have',
    '"the',
    'e',
  ]
  // All at once, since over the network on a busy machine the first would be answered before the last is asked.
  const asked = Array.from({ length: 40 }, (_, index) =>
    server.app.inject({
      url: `/api/search?${new URLSearchParams({ q: greedy[index % greedy.length] ?? '', limit: '100' })}`,
      headers: { cookie: ada.cookie },
    }),
  )
  const began = performance.now()
  await find(bob, 'the of')
  const took = performance.now() - began
  const statuses = (await Promise.all(asked)).map(({ statusCode }) => statusCode)
  t.ok(took < 1_000, `another one waited ${Math.round(took)} ms`)
  t.ok(statuses.includes(429), 'a person who searches for much at once is told to wait')
  t.ok(statuses.includes(200))
  t.match(
    statuses.filter((status) => status !== 200 && status !== 429),
    [],
  )
})
