import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { enter, newRoom } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { at, startTwoProcesses, type TwoProcesses } from '../support/processes.ts'
import { Promised } from '../support/promised.ts'
import { startRedis, withRedis } from '../support/redis.ts'
import { Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

/** Tests everything that closes the sockets of a room, or keeps them from changing anything, with both processes. */
function endings(t: Test, { first, second, person }: TwoProcesses, when: string): void {
  const promised = new Promised()
  t.test(`a person who is removed loses every socket in the room and on its sheet, ${when}`, async (t) => {
    const [owner, eve, stays] = [
      await person(`o-${when}`),
      await person(`e-${when}`),
      await person(`s-${when}`),
    ]
    for (const fields of [{}, { private: 'on' }]) {
      const { headers } = await owner.post('/rooms', { name: `Removal ${when}`, ...fields })
      const room = headers.get('location')?.slice('/rooms/'.length) ?? ''
      for (const name of ['e', 's']) await owner.post(`/rooms/${room}/members`, { name: `${name}-${when}` })
      const there = at(second, eve)
      const sheet = there.socket(`/ws/calculator/${room}`)
      await sheet.next('welcome')
      const sockets = [await enter(at(first, eve), room), await enter(there, room), sheet]
      const elsewhere = await enter(there, 'lobby')
      const other = await enter(at(second, stays), room)
      const begun = performance.now()
      t.equal((await owner.post(`/rooms/${room}/members/e-${when}/remove`, {})).status, 303)
      for (const socket of sockets)
        t.same(await socket.closed(), { code: 4003, reason: 'you were removed from this room' })
      promised.note(t, begun)
      for (const [socket, id] of [
        [other, 'other'],
        [elsewhere, 'elsewhere'],
      ] as const) {
        socket.send({ message: 'still here', id })
        while ((await socket.next('message')).id !== id);
        socket.close()
      }
    }
  })

  t.test(`a person who is muted can change nothing at any process, ${when}`, async (t) => {
    const [owner, eve] = [await person(`mo-${when}`), await person(`me-${when}`)]
    const room = await newRoom(owner, `Mute ${when}`)
    const socket = await enter(at(second, eve), room)
    const begun = performance.now()
    await owner.post(`/rooms/${room}/members/me-${when}/mute`, { for: '1 h' })
    await eventually('nothing is taken any more', async () => {
      socket.send({ message: 'spoken', id: randomUUID() })
      return (await socket.next()).code === 'forbidden'
    })
    promised.note(t, begun)
    await owner.post(`/rooms/${room}/members/me-${when}/mute`, { end: 'on' })
    await eventually('they may speak again', async () => {
      socket.send({ message: 'again', id: randomUUID() })
      return (await socket.next()).type === 'message'
    })
    socket.close()
  })

  t.test(`an archived room accepts nothing more at any process, ${when}`, async (t) => {
    const owner = await person(`a-${when}`)
    const room = await newRoom(owner, `Archive ${when}`)
    const there = at(second, owner)
    const socket = await enter(there, room)
    await owner.post(`/rooms/${room}/archive`, {})
    socket.send({ message: 'too late', id: 'said' })
    t.match(await socket.next('error'), { id: 'said', code: 'forbidden' })
    t.equal((await there.post(`/rooms/${room}/messages`, { message: 'too late' })).status, 403)
    await owner.post(`/rooms/${room}/unarchive`, {})
    await eventually('it is in use again', async () => {
      socket.send({ message: 'again', id: 'again' })
      return (await socket.next()).type === 'message'
    })
    const administrator = new Visitor(first.address)
    await administrator.signIn('administrator')
    const { text } = await administrator.get('/admin/rooms')
    const id = new RegExp(`Archive ${when}<.*?/admin/rooms/(\\d+)/`, 's').exec(text)?.[1]
    const begun = performance.now()
    t.equal((await administrator.post(`/admin/rooms/${id}/delete`, {})).status, 303)
    t.match(await socket.closed(), { code: 4004 }, 'and a deleted room is gone at both')
    promised.note(t, begun)
  })

  t.test(`this happens within two seconds, ${when}`, async (t) => promised.check(t))
}

t.test('two processes', withRedis, async (t) => {
  const processes = await startTwoProcesses(t)
  const { first, redis, second } = processes
  await processes.person('administrator')
  const isLost = () =>
    Promise.all(
      [first, second].map(({ address }) =>
        eventually('the loss is seen', async () => !(await fetch(`${address}/readyz`)).ok),
      ),
    )
  t.test('over Redis', async (t) => endings(t, processes, 'redis'))
  t.test('lists show who is online in rooms, at either process', async () => {
    const [ada, bob] = [await processes.person('ada'), await processes.person('bob')]
    const room = await newRoom(ada, 'Attended')
    const { headers } = await ada.post('/rooms/direct', { with: 'bob' })
    const direct = headers.get('location')?.split('/').at(-1) ?? ''
    await ada.post(`/rooms/${direct}/messages`, { message: 'hello' })
    const list = at(second, ada).socket('/ws/notifications')
    await list.next('rooms')
    const [talk, page] = [await enter(at(first, bob), room), at(first, bob).socket('/ws/notifications')]
    const awaited = new Set<unknown>([room, direct])
    while (awaited.size > 0) {
      const { online, slug } = await list.next('room')
      if (online === 1) awaited.delete(slug)
    }
    for (const socket of [talk, page]) socket.close()
    list.close()
  })
  t.test('while Redis only follows another', async (t) => {
    const leader = await startRedis(t)
    const client = new Redis(redis.port, '127.0.0.1')
    await client.call('REPLICAOF', '127.0.0.1', leader.port)
    client.disconnect()
    await isLost()
    endings(t, processes, 'demoted')
  })
  t.test('while Redis is away', async (t) => {
    await redis.kill()
    await isLost()
    endings(t, processes, 'alone')
  })
})
