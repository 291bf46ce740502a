import t from 'tap'
import { newRoom } from '../../test/support/chat.ts'
import { communicate } from '../../test/support/communicator.ts'
import { at, startTwoProcesses } from '../../test/support/processes.ts'
import { withRedis } from '../../test/support/redis.ts'
import { startServer } from '../../test/support/server.ts'
import type { Visitor } from '../../test/support/visitor.ts'

async function ask(ada: Visitor) {
  const path = `/rooms/${await newRoom(ada, 'Party')}/polls`
  const { headers } = await ada.post(path, { question: 'Cake?', options: 'yes\nno', hours: '1' })
  const page = headers.get('location') ?? ''
  return { page, socket: page.replace(/^\/rooms\/(.*)\/polls/, '/ws/polls/$1') }
}

t.test('each person has one vote, which they can change until the poll closes', async (t) => {
  const server = await startServer(t, { EXAMPLES: 'on' })
  const ada = await server.person('ada')
  const poll = await ask(ada)
  const as = { session: { id: 'x' }, user: { id: 1, name: 'ada', administrator: true } }
  const bob = communicate(server.app, poll.socket, { as })
  await bob.connect()
  t.match(await bob.receive(), { type: 'welcome', rev: 0 })
  bob.send({ option: 1 })
  t.match(await bob.receive(), { type: 'poll', rev: 1, counts: [0, 1] })
  await ada.post(poll.page, { option: '0' })
  t.match(await bob.receive(), { type: 'poll', rev: 2, counts: [1, 0] })
  t.match((await ada.get(poll.page)).text, /value="0" required checked[\s\S]*data-option="0">1</)
  await server.app.database.updateTable('polls').set({ closes_at: '2020-01-01T00:00:00.000Z' }).execute()
  bob.send({ option: 1, id: 'late' })
  t.match(await bob.receive(), { type: 'error', id: 'late', code: 'forbidden' })
  t.equal((await ada.post(poll.page, { option: '1' })).status, 403)
  await bob.disconnect()
})

t.test('a vote survives a killed process, and is shown at the other one', withRedis, async (t) => {
  const { first, second, person } = await startTwoProcesses(t, { EXAMPLES: 'on' })
  const ada = await person('ada')
  const poll = await ask(ada)
  const there = at(second, ada).socket(poll.socket)
  await there.next('welcome')
  await ada.post(poll.page, { option: '1' })
  await first.kill()
  t.match(await there.next('poll'), { rev: 1, counts: [0, 1] })
  t.match((await at(second, ada).get(poll.page)).text, /data-option="1">1</)
})
