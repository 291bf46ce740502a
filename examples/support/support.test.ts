import t from 'tap'
import { startServer } from '../../test/support/server.ts'
import { sweep } from './chats.ts'

t.test('a visitor without an account asks, and administrators answer', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0' })
  const [page, desk] = ['/examples/support', '/examples/support/desk']
  const [visitor, stranger, ada] = [server.visitor(), server.visitor(), await server.person('ada')]
  const bob = await server.person('bob')
  const ask = async (text: string) => (await visitor.post(page, { text, id: `${text.length}` }, page)).status
  t.match(await visitor.socket('/ws/support').closed(), { code: 4004 }, 'nobody has asked yet')
  const atDesk = ada.socket('/ws/support/desk')
  await atDesk.next('welcome')
  for (const what of ['a message is stored', 'once, however often it is sent'])
    t.equal(await ask('Where is <the> exit?'), 303, what)
  t.match(await atDesk.next('chat'), { id: 1, messages: 1 }, 'and the desk is told')
  const his = visitor.socket('/ws/support')
  t.match(await his.next('message'), { rev: 1, text: 'Where is <the> exit?', by: null })
  t.match((await ada.get(desk)).text, /href="\/examples\/support\/desk\/1"/)
  const hers = ada.socket('/ws/support/1?since=1')
  await hers.next('welcome')
  t.match(await ada.post(`${desk}/1`, { text: 'Behind you.', id: 'answer' }), { status: 303 })
  t.match(await his.next('message'), { text: 'Behind you.', by: 'ada' })
  t.match(await hers.next('message'), { text: 'Behind you.' }, 'and nothing from before')
  t.equal(await ask('Thanks'), 303)
  for (const socket of [his, hers]) t.match(await socket.next('message'), { text: 'Thanks', by: null })
  t.match((await visitor.get(page)).text, /exit[\s\S]*ada[\s\S]*Behind[\s\S]*Thanks/)

  t.notMatch((await stranger.get(page)).text, 'exit')
  for (const path of ['/ws/support/1', '/ws/support/desk']) {
    const closed = [stranger, bob].map((who) => who.socket(path).closed())
    t.match(await Promise.all(closed), [{ code: 4001 }, { code: 4004 }], path)
  }
  for (const path of [desk, `${desk}/1`])
    t.same([(await stranger.get(path)).status, (await bob.get(path)).status], [303, 404], path)
  for (const path of [`${desk}/2`, `${desk}/x`]) t.equal((await ada.get(path)).status, 404)
  await server.app.database.updateTable('support_chats').set({ created_at: '2020' }).execute()
  await sweep(server.app.database, server.app.eraseDeleted)
  t.notMatch((await visitor.get(page)).text, 'exit')
})
