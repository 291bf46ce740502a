import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WebSocketRoute } from 'playwright-core'
import t from 'tap'
import { eventually, inBrowser, openBrowser } from '../test/support/browser.ts'
import { newRoom } from '../test/support/chat.ts'
import { eventually as comesAbout } from '../test/support/eventually.ts'
import { startRedis, withRedis } from '../test/support/redis.ts'
import { startServer, temporaryFolder } from '../test/support/server.ts'
import { PASSWORD, type Visitor } from '../test/support/visitor.ts'
import { linesOf, list } from './list.ts'

t.test('a page lists all examples, and opens them in one of the person’s rooms', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on' })
  t.match(await server.visitor().get('/examples'), { status: 303 })
  const ada = await server.person('ada')
  t.match((await ada.get('/examples')).text, 'href="/rooms/lobby/polls"')
  await ada.get('/rooms/lobby')
  const room = await newRoom(ada, 'Party')
  for (const [query, shown] of [
    [`?room=${room}`, room],
    ['?room=lobby', 'lobby'],
  ] as const) {
    const { text } = await ada.get(`/examples${query}`)
    for (const { title, path } of list) t.match(text, `<a href="${path(shown)}">${title}</a>`)
  }
  for (const query of ['?room=nowhere', '?room=a&room=b', '?room=%00'])
    t.equal((await ada.get(`/examples${query}`)).status, 200, query)
  for (const { path } of list) t.match(await ada.get(path(room)), { status: 200 }, path(room))
})

t.test(
  'the page of an example reports a refusal, and reloads when too much was missed',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { EXAMPLES: 'on' })
    const ada = await server.person('ada')
    const asked = { question: 'Cake?', options: 'yes\nno', hours: '1' }
    const path = (await ada.post(`/rooms/${await newRoom(ada, 'Party')}/polls`, asked)).headers.get(
      'location',
    )
    await server.app.database.updateTable('polls').set({ rev: 5_000 }).execute()
    const late = ada.socket(`${path?.replace(/^.rooms.(.*).polls/, '/ws/polls/$1')}?since=1`)
    t.match(await late.next('poll'), { rev: 5_000 }, 'nobody can miss too much of a single state')
    late.close()

    const page = await (await openBrowser(t, ada)).newPage()
    const sockets: WebSocketRoute[] = []
    await page.routeWebSocket('**/ws/polls/**', (socket) => {
      // A page that was sent something is listening.
      socket.connectToServer().onMessage((frame) => {
        socket.send(frame)
        if (!sockets.includes(socket)) sockets.push(socket)
      })
    })
    await page.goto(path ?? '')
    await eventually('a socket', async () => sockets.length === 1)
    sockets[0]?.send(JSON.stringify({ type: 'error', code: 'forbidden', error: 'this poll has closed' }))
    await page.getByRole('alert').filter({ hasText: 'this poll has closed' }).waitFor()
    sockets[0]?.send(JSON.stringify({ type: 'reset', rev: 5_000 }))
    await eventually('the page is loaded again', async () => sockets.length === 2)
    t.equal(await page.getByRole('alert').innerText(), '')
  },
)

t.test('people at two processes share the stored and the live state of examples', withRedis, async (t) => {
  const place = {
    DATA_DIR: temporaryFolder(t),
    REDIS_URL: (await startRedis(t)).url,
    EXAMPLES: 'on',
    RATE_LIMIT: '0',
  }
  const [first, second] = [await startServer(t, place), await startServer(t, place)]
  const [ada, bob] = [await first.person('ada'), await second.person('bob')]
  const room = await newRoom(ada, 'Party')
  const asked = { question: 'Cake?', options: 'yes\nno', hours: '1' }
  const location = (await ada.post(`/rooms/${room}/polls`, asked)).headers.get('location') ?? ''
  const poll = location.replace(/^.rooms.(.*).polls/, '/ws/polls/$1')
  for (const [path, said, type, heard] of [
    [poll, { option: 1 }, 'poll', { counts: [0, 1] }],
    [`/ws/questions/${room}`, { text: 'Why?', id: 'why' }, 'question', { seq: 1, text: 'Why?', by: 'bob' }],
    [`/ws/notes/${room}`, { seq: 1, text: 'Food' }, 'field', { seq: 1, text: 'Food', by: 'bob' }],
    [`/ws/notes/${room}/editing`, { seq: 2 }, 'editing.changed', { set: { bob: '2' } }],
    [`/ws/connect-four/${room}`, { game: 1, move: 0, column: 3 }, 'board', { moves: '3', players: ['bob'] }],
  ] as const) {
    const [hers, his] = [ada.socket(path), bob.socket(path)]
    const greeting = path.endsWith('editing') ? 'editing.changed' : 'welcome'
    await Promise.all([hers.next(greeting), his.next(greeting)])
    his.send(said)
    t.match(await hers.next(type), heard, path)
    hers.close()
    his.close()
  }
})

t.test('a person’s data in examples is in their export, and is deleted with their account', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0' })
  const { app } = server
  const [ada, eve] = [await server.person('ada'), await server.person('eve')]
  const room = await newRoom(ada, 'Party')
  const asked = { question: 'Cake?', options: 'yes\nno', hours: '1' }
  const poll = (await ada.post(`/rooms/${room}/polls`, asked)).headers.get('location') ?? ''
  const wall = `/rooms/${room}/questions`
  await eve.post(`/rooms/${room}/polls`, { ...asked, question: 'Tea?' })
  await eve.post(poll, { option: '1' })
  await ada.post(wall, { text: 'When?', id: 'when' })
  await eve.post(wall, { seq: '1', on: 'true' })
  await eve.post(wall, { text: 'Why?', id: 'why' })
  await ada.post(wall, { seq: '2', on: 'true' })
  await eve.post(`/rooms/${room}/notes`, { seq: '3', text: 'Bring tea' })
  await eve.post(`/rooms/${room}/connect-four`, { game: '1', move: '0', column: '3' })

  await eve.post('/account/export', {}, '/account/export')
  let file = ''
  await comesAbout('the file is there', async () => {
    const { text } = await eve.get('/account/export')
    file = /\/account\/export\/[0-9a-f-]{36}\/partyline-[\d-]+\.json/.exec(text)?.[0] ?? ''
    return file !== ''
  })
  t.match(JSON.parse((await eve.get(file)).text), {
    polls: [{ room, question: 'Tea?', options: ['yes', 'no'] }],
    poll_votes: [{ room, question: 'Cake?', option: 'no' }],
    questions: [{ room, seq: 2, text: 'Why?', votes: 1 }],
    question_votes: [{ room, seq: 1 }],
    notes: [{ room, seq: 3, text: 'Bring tea' }],
    connect_four: [{ room, game: 1, moves: '3' }],
    support_answers: [],
  })

  const [tally, questions] = [
    ada.socket(poll.replace(/^.rooms.(.*).polls/, '/ws/polls/$1')),
    ada.socket(`/ws/questions/${room}`),
  ]
  for (const socket of [tally, questions]) await socket.next('welcome')
  await eve.post('/account/delete', { messages: 'delete', password: PASSWORD }, '/account/delete')
  await app.database
    .updateTable('jobs')
    .set({ run_at: '2000' })
    .where('kind', '=', 'delete-account')
    .execute()
  app.jobs.wake()
  t.match(await tally.next('poll'), { counts: [0, 0] }, 'the vote is withdrawn, and everyone is told')
  t.match(await questions.next('question'), { seq: 1, votes: 0 })
  t.match(await questions.next('question'), { seq: 2, text: 'This question was deleted.', votes: 1 })
  await comesAbout('all is cleared', async () => {
    const job = app.database.selectFrom('jobs').select('id').where('kind', '=', 'delete-account')
    return (await job.executeTakeFirst()) === undefined
  })
  const pages = ['polls', 'questions', 'notes', 'connect-four'].map(
    async (page) => (await ada.get(`/rooms/${room}/${page}`)).text,
  )
  const text = (await Promise.all(pages)).join('')
  for (const gone of ['Tea?', 'Why?', '>eve<']) t.notMatch(text, gone)
  for (const left of ['Cake?', 'When?', 'Bring tea']) t.match(text, left, 'what others contributed to stays')
})

t.test('a former administrator no longer gets messages at the support desk', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0' })
  const [ada, bob, visitor] = [await server.person('ada'), await server.person('bob'), server.visitor()]
  await ada.post('/admin/people/bob/role', { administrator: 'on' })
  const atDesk = bob.socket('/ws/support/desk')
  await atDesk.next('welcome')
  await ada.post('/admin/people/bob/role', {})
  await visitor.post('/examples/support', { text: 'Help', id: 'help' }, '/examples/support')
  t.match(await atDesk.closed(), { code: 4004 })
})

t.test('people without an account can store little', async (t) => {
  const { app, ...server } = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0' })
  const page = '/examples/support'
  const ask = (who: Visitor) => who.post(page, { text: 'Help', id: randomUUID() }, page)
  const visitor = server.visitor()
  t.match(await ask(visitor), { status: 303 })
  t.match((await visitor.postBare(page, { text: 'no token', id: 'x' })).status, 403)
  const forged = { cookie: 'partyline-support=1.x' }
  t.match(await server.visitor().socket('/ws/support', forged).closed(), { code: 4004 })
  for (let others = 0; others < 4; others += 1) t.match(await ask(server.visitor()), { status: 303 })
  t.match(await ask(server.visitor()), { status: 413 }, 'five chats for each address')
  await app.database.updateTable('support_chats').set({ messages: 200 }).where('id', '=', 1).execute()
  t.match(await ask(visitor), { status: 413, text: /full/ })
})

t.test('the README of the examples gives the number of lines of each', async (t) => {
  const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  for (const { name } of list) {
    const lines = linesOf(name)
    t.ok(lines > 0 && lines < 300, `${name}: ${lines} lines`)
    t.match(readme, `[${name}](${name}), ${lines} lines`)
  }
})
