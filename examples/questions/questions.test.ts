import t from 'tap'
import { newRoom } from '../../test/support/chat.ts'
import { startServer } from '../../test/support/server.ts'

t.test('everyone can ask, vote once for each question, and sees the most popular first', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0' })
  const [ada, bob] = [await server.person('ada'), await server.person('bob')]
  const room = await newRoom(ada, 'Party')
  const [page, path] = [`/rooms/${room}/questions`, `/ws/questions/${room}`]
  const [adas, bobs] = [ada.socket(path), bob.socket(path)]
  for (const socket of [adas, bobs]) t.match(await socket.next('welcome'), { rev: 0 })
  for (const what of ['a question is asked', 'once, however often it is sent']) {
    adas.send({ text: 'Why?', id: 'once' })
    t.match(await adas.next('done'), { rev: 1 }, what)
  }
  t.match(await bobs.next('question'), { rev: 1, seq: 1, text: 'Why?', by: 'ada', votes: 0 })
  t.match(await bob.post(page, { text: 'When, <b>exactly</b>?', id: 'bobs' }), { status: 303 })
  for (const [on, rev] of Object.entries({ true: 3, false: 4 })) {
    for (const what of ['a vote counts', 'once']) {
      bobs.send({ type: 'vote', seq: 2, on: on === 'true', id: on })
      t.match(await bobs.next('done'), { rev }, what)
    }
  }
  await ada.post(page, { seq: '2', on: 'true' })
  while ((await bobs.next('question')).rev !== 5);
  const pressed = /question-2[\s\S]*When, &lt;b&gt;[\s\S]*value="false" aria-pressed="true"[\s\S]*question-1/
  t.match((await ada.get(page)).text, pressed)
  const late = bob.socket(`${path}?since=1`)
  t.match(await late.next('question'), { rev: 5, seq: 2, votes: 1 })
  bobs.send({ type: 'vote', seq: 9, on: true })
  t.match(await bobs.next('error'), { code: 'not_found' })
  for (const form of [{ text: ' ', id: 'x' }, { text: 'x' }, { seq: 'x' }])
    t.match(await bob.post(page, form), { status: 400 })

  const { database } = server.app
  const first = await database
    .selectFrom('questions')
    .selectAll()
    .where('seq', '=', 1)
    .executeTakeFirstOrThrow()
  await database
    .insertInto('questions')
    .values({ ...first, seq: 500, id: 'last' })
    .execute()
  t.match(await bob.post(page, { text: 'One more?', id: 'more' }), { status: 413, text: /at most 500/ })
})
