import t from 'tap'
import { inTransaction } from '../../src/storage/index.ts'
import { roomRow } from '../support/chat.ts'
import { startServer } from '../support/server.ts'
import type { Frame, TestSocket } from '../support/socket.ts'
import type { Visitor } from '../support/visitor.ts'

const server = await startServer(t, { RATE_LIMIT: '0', ROOMS_PER_USER: '0' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')
const cleo = await server.person('cleo')

t.test('what is pushed to a person reaches all their devices, and those that come later', async (t) => {
  const phone = await follow(ada)
  const laptop = await follow(ada)
  const id = await app.notifications.push(await idOf('ada'), { event: 'order', order: 7 })
  const frame = { type: 'notification', id, payload: { event: 'order', order: 7 } }
  t.match(await phone.next('notification'), frame)
  t.match(await laptop.next('notification'), frame)
  t.match(await laptop.next('unseen'), { unseen: 1 })

  const later = ada.socket('/ws/notifications')
  await later.next('rooms')
  t.match(await later.next(), frame, 'first of all, right after the rooms')
  t.match(await later.next(), { type: 'unseen', unseen: 1 })
})

t.test('what was seen on one device is seen on all', async (t) => {
  const phone = await follow(bob)
  const laptop = await follow(bob)
  const first = await app.notifications.push(await idOf('bob'), { text: 'one' })
  const second = await app.notifications.push(await idOf('bob'), { text: 'two' })
  await laptop.next('notification')
  await laptop.next('notification')
  phone.send({ type: 'seen', id: first })
  t.match(await laptop.next('seen'), { id: first })
  t.match(await laptop.next('unseen'), { unseen: 1 })
  t.match(await listOf(bob), {
    unseen: 1,
    more: false,
    notifications: [
      { id: second, payload: { text: 'two' }, seen: false },
      { id: first, seen: true },
    ],
  })
  const later = bob.socket('/ws/notifications')
  t.match(await later.next('notification'), { id: second }, 'what was seen does not come again')

  phone.send({ type: 'seen', id: Number.MAX_SAFE_INTEGER })
  await laptop.next('seen')
  await app.notifications.push(await idOf('bob'), { text: 'three' })
  t.match(await laptop.next('notification'), { payload: { text: 'three' } })
  t.match(await listOf(bob), { unseen: 1 }, 'a mark stands for nothing that is still to come')
})

t.test('what was added without a word is found by looking', async (t) => {
  const device = await follow(cleo)
  const user = await idOf('cleo')
  await inTransaction(app.database, (transaction) =>
    app.notifications.add(transaction, [{ user, event: 'reminder', payload: { text: 'now' } }]),
  )
  t.match(await device.next('notification'), { payload: { event: 'reminder', text: 'now' } })
})

t.test('what is about a room is only for those who may read it now', async (t) => {
  const room = await privateRoom(ada, 'Plans', ['bob'])
  const { id } = await roomRow(app, room)
  const [forBob, forCleo] = [await idOf('bob'), await idOf('cleo')]
  const device = await follow(cleo)
  await inTransaction(app.database, (transaction) =>
    app.notifications.add(transaction, [
      { user: forBob, event: 'reminder', room: id, payload: { text: 'secret' } },
      { user: forCleo, event: 'reminder', room: id, payload: { text: 'secret' } },
      { user: forCleo, payload: { text: 'behind' } },
    ]),
  )
  app.notifications.wake()
  t.match(await device.next('notification'), { payload: { text: 'behind' } })
  t.match((await listOf(bob)).notifications[0], { payload: { room, room_name: 'Plans', text: 'secret' } })
  const before = (await listOf(bob)).unseen

  await ada.post(`/rooms/${room}/members/bob/remove`, {})
  const after = await listOf(bob)
  t.notMatch(JSON.stringify(after), /secret/)
  t.equal(after.unseen, before - 1, 'nor is it counted')
  t.notMatch(JSON.stringify(await listOf(cleo)), /secret/)
})

interface List {
  readonly notifications: readonly Frame[]
  readonly more: boolean
  readonly unseen: number
}

async function listOf(person: Visitor, query = ''): Promise<List> {
  return JSON.parse((await person.get(`/api/notifications${query}`)).text)
}

/** Opens a person's notifications, and waits until they are followed. */
async function follow(person: Visitor): Promise<TestSocket> {
  const socket = person.socket('/ws/notifications')
  await socket.next('unseen')
  return socket
}

async function privateRoom(maker: Visitor, name: string, members: readonly string[]): Promise<string> {
  const { headers } = await maker.post('/rooms', { name, private: 'on' })
  const room = headers.get('location')?.slice('/rooms/'.length) ?? ''
  for (const name of members) await maker.post(`/rooms/${room}/members`, { name })
  return room
}

async function idOf(name: string): Promise<number> {
  const { id } = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
  return id
}
