import t from 'tap'
import { startServer } from '../support/server.ts'

t.test('a message reaches everyone in the room, its sender too', async (t) => {
  const server = await startServer(t)
  const ada = (await server.person('ada')).socket('/ws/chat/lobby')
  const bob = (await server.person('bob')).socket('/ws/chat/lobby')
  t.match(await ada.next('welcome'), { room: 'lobby', user: 'ada', rev: 0 })
  t.match(await bob.next('welcome'), { user: 'bob', rev: 0 })

  ada.send({ message: 'hello', id: 'first' })

  const expected = {
    type: 'message',
    room: 'lobby',
    seq: 1,
    rev: 1,
    id: 'first',
    sender: 'ada',
    message: 'hello',
  }
  t.match(await ada.next('message'), expected)
  t.match(await bob.next('message'), expected)
})

t.test('a retry with the same id is stored once and answered to its sender alone', async (t) => {
  const server = await startServer(t)
  const ada = (await server.person('ada')).socket('/ws/chat/lobby')
  const bob = (await server.person('bob')).socket('/ws/chat/lobby')
  await bob.next('welcome')

  await ada.next('welcome')
  ada.send({ message: 'hello', id: 'once' })
  ada.send({ message: 'hello', id: 'once' })
  ada.send({ message: 'after', id: 'after' })

  t.match(await ada.next('message'), { rev: 1, repeat: undefined })
  t.match(await ada.next('message'), { id: 'once', rev: 1, seq: 1, repeat: true })
  t.match(await ada.next('message'), { id: 'after', rev: 2 })
  t.match(await bob.next('message'), { id: 'once', rev: 1 })
  t.match(await bob.next('message'), { id: 'after', rev: 2 })
})
