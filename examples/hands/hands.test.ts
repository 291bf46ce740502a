import t from 'tap'
import { newRoom } from '../../test/support/chat.ts'
import { startServer } from '../../test/support/server.ts'
import { PASSWORD } from '../../test/support/visitor.ts'
import { hands } from './index.ts'

t.test('everyone in a room sees how many hands are up, each person counted once', async (t) => {
  // A feature without a line in `src/app.ts` is registered as a guest.
  const server = await startServer(t, {}, {}, hands)
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const room = await newRoom(ada, 'Party')
  const [adas, bobs] = [ada.socket(`/ws/hands/${room}`), bob.socket(`/ws/hands/${room}`)]
  t.match(await adas.next('welcome'), { rev: 0 })
  await bobs.next('welcome')

  adas.send({ on: true, id: 'up' })
  t.match(await bobs.next('hands'), { rev: 1, count: 1 })
  t.match(await adas.next('done'), { id: 'up', rev: 1 })
  adas.send({ on: true, id: 'again' })
  t.match(await adas.next('done'), { id: 'again', rev: 1 }, 'a retry changes nothing')
  bobs.send({ on: true })
  adas.send({ on: false })
  t.match(await bobs.next('hands'), { rev: 2, count: 2 })
  t.match(await bobs.next('hands'), { rev: 3, count: 1 })

  const late = bob.socket(`/ws/hands/${room}?since=0`)
  t.match(await late.next('hands'), { rev: 3, count: 1 })
  adas.send({ on: 'yes' })
  t.match(await adas.next('error'), { code: 'invalid' })

  const { belongings, database, jobs } = server.app
  const kept = belongings.all.find(({ name }) => name === 'hands')
  const { id } = await database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'bob')
    .executeTakeFirstOrThrow()
  t.same(await kept?.read?.(id, ''), { items: [{ room }], next: undefined }, 'it is in their export')
  await bob.post('/account/delete', { messages: 'keep', password: PASSWORD }, '/account/delete')
  await database.updateTable('jobs').set({ run_at: '2000' }).execute()
  jobs.wake()
  t.match(await adas.next('hands'), { rev: 4, count: 0 }, 'and is deleted with their account')
})
