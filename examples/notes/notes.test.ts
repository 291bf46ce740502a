import t from 'tap'
import { newRoom } from '../../test/support/chat.ts'
import { startServer } from '../../test/support/server.ts'

t.test('the last writer of a field wins, and everyone sees who is editing which field', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on', RATE_LIMIT: '0' })
  const [ada, bob] = [await server.person('ada'), await server.person('bob')]
  const room = await newRoom(ada, 'Party')
  const [page, path] = [`/rooms/${room}/notes`, `/ws/notes/${room}`]
  const [adas, bobs] = [ada.socket(path), bob.socket(path)]
  const [hers, his] = [ada.socket(`${path}/editing`), bob.socket(`${path}/editing`)]
  for (const socket of [hers, his]) t.match(await socket.next('editing.changed'), { set: {} })
  his.send({ seq: 2 })
  t.match(await hers.next('editing.changed'), { set: { bob: '2' }, gone: [] })
  his.close()
  t.match(await hers.next('editing.changed'), { gone: ['bob'] })

  for (const socket of [adas, bobs]) t.match(await socket.next('welcome'), { rev: 0 })
  for (const what of ['a text is stored', 'once, however often it is sent']) {
    bobs.send({ seq: 2, text: 'Cake', id: 'write' })
    t.match(await bobs.next('done'), { rev: 1 }, what)
  }
  t.match(await adas.next('field'), { rev: 1, seq: 2, text: 'Cake', by: 'bob' })
  t.match(await ada.post(page, { seq: '2', text: 'Cake\r\nand <b>tea</b>' }), { status: 303 })
  while ((await bobs.next('field')).rev !== 2);
  adas.send({ seq: 1, text: 'Food' })
  t.match(await bobs.next('field'), { rev: 3, seq: 1, text: 'Food', by: 'ada' })
  t.match((await bob.get(page)).text, /Food<[\s\S]*Cake\nand &lt;b&gt;tea[\s\S]*Last changed by ada/)

  const late = bob.socket(`${path}?since=1`)
  t.match(await late.next('field'), { rev: 2, seq: 2, text: 'Cake\nand <b>tea</b>' })
  t.match(await late.next('field'), { rev: 3, seq: 1 })
  for (const frame of [
    { seq: 4, text: '' },
    { seq: 1, text: '\0' },
    { seq: 1, text: 'x'.repeat(5_001) },
  ]) {
    adas.send(frame)
    t.match(await adas.next('error'), { code: /invalid|too_long/ })
  }
  t.match(await ada.post(page, { seq: '9', text: 'x' }), { status: 400 })
})
