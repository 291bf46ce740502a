import { randomUUID } from 'node:crypto'
import t from 'tap'
import { startServer } from '../../test/support/server.ts'
import { sweep } from './chats.ts'

t.test('a visitor without an account asks, and those who are signed in answer', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0' })
  const { app } = server
  const [page, desk] = ['/examples/support', '/examples/support/desk']
  const [visitor, stranger, ada] = [server.visitor(), server.visitor(), await server.person('ada')]
  const ask = (who: typeof visitor, text: string, id: string = randomUUID()) =>
    who.post(page, { text, id }, page)
  t.match(await visitor.socket('/ws/support').closed(), { code: 4004 }, 'nobody has asked yet')
  for (const what of ['a message is stored', 'once, however often it is sent'])
    t.match(await ask(visitor, 'Where is <the> exit?', 'once'), { status: 303 }, what)
  const his = visitor.socket('/ws/support')
  t.match(await his.next('message'), { rev: 1, text: 'Where is <the> exit?', by: null })
  t.match((await ada.get(desk)).text, /href="\/examples\/support\/desk\/1"/)
  const hers = ada.socket('/ws/support/1?since=1')
  await hers.next('welcome')
  hers.send({ text: 'Behind you.', id: 'answer' })
  t.match(await his.next('message'), { text: 'Behind you.', by: 'ada' })
  t.match(await hers.next('message'), { text: 'Behind you.' }, 'and nothing that came before')
  his.send({ text: 'Thanks', id: 'thanks' })
  t.match(await hers.next('message'), { text: 'Thanks', by: null })
  t.match(await ada.post(`${desk}/1`, { text: 'Bye', id: 'bye' }), { status: 303 })
  for (const text of ['Thanks', 'Bye']) t.match(await his.next('message'), { text })
  t.match((await visitor.get(page)).text, /exit[\s\S]*ada[\s\S]*Behind[\s\S]*Bye/)

  t.notMatch((await stranger.get(page)).text, 'exit')
  const forged = { cookie: 'partyline-support=1.x' }
  t.match(await stranger.socket('/ws/support', forged).closed(), { code: 4004 })
  t.match(await stranger.socket('/ws/support/1').closed(), { code: 4001 })
  for (const path of [desk, `${desk}/1`]) t.equal((await stranger.get(path)).status, 303)
  for (const path of [`${desk}/2`, `${desk}/x`]) t.equal((await ada.get(path)).status, 404)
  t.equal((await visitor.postBare(page, { text: 'no token', id: 'x' })).status, 403)

  for (let others = 0; others < 4; others += 1) t.equal((await ask(server.visitor(), 'Help')).status, 303)
  t.match(await ask(server.visitor(), 'Help'), { status: 413 }, 'five chats for each address')
  const { database } = app
  await database.updateTable('support_chats').set({ messages: 200 }).where('id', '=', 1).execute()
  t.match(await ask(visitor, 'More'), { status: 413, text: /full/ })
  await database.updateTable('support_chats').set({ created_at: '2020' }).where('id', '=', 1).execute()
  await sweep(database, app.eraseDeleted)
  t.same(await database.selectFrom('support_messages').selectAll().where('chat_id', '=', 1).execute(), [])
  t.notMatch((await visitor.get(page)).text, 'exit')
})
