import t from 'tap'
import { newRoom } from '../../test/support/chat.ts'
import { startServer } from '../../test/support/server.ts'

t.test('people in a room see each other’s pointers until they go', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on' })
  const [ada, bob] = [await server.person('ada'), await server.person('bob')]
  const path = `/ws/cursors/${await newRoom(ada, 'Party')}`
  const [hers, his] = [ada.socket(path), bob.socket(path)]
  t.match(await his.next('cursors.changed'), { set: {}, gone: [] })
  hers.send({ x: 1, y: 2 })
  t.match(await his.next('cursors.changed'), { set: { ada: '1 2' } })
  hers.close()
  t.match(await his.next('cursors.changed'), { gone: ['ada'] })
})
