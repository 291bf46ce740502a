import t from 'tap'
import { calculate, openSheet } from '../support/calculator.ts'
import { enter, newRoom } from '../support/chat.ts'
import { TestEvents } from '../support/events.ts'
import { eventually } from '../support/eventually.ts'
import { at, startTwoProcesses } from '../support/processes.ts'
import { withRedis } from '../support/redis.ts'
import type { Frame, TestSocket } from '../support/socket.ts'
import { Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

/** Keeps track of who is online, from the welcome of a socket and every change since. */
class Onlooker {
  readonly socket: TestSocket
  readonly here = new Set<string>()
  readonly heard: Frame[] = []

  constructor(socket: TestSocket) {
    this.socket = socket
  }

  async enter(): Promise<this> {
    const { online } = await this.socket.next('welcome')
    for (const name of online as string[]) this.here.add(name)
    return this
  }

  /** Resolves when exactly these people are online. */
  async sees(...names: string[]): Promise<void> {
    const same = () => [...this.here].sort().join() === names.join()
    while (!same()) {
      const { joined, left } = await this.socket.next('presence')
      for (const name of joined as string[]) this.here.add(name)
      for (const name of left as string[]) this.here.delete(name)
      this.heard.push({ joined, left })
    }
  }
}

t.test('a room that people open at two processes', withRedis, async (t) => {
  const { redis, first, second, person } = await startTwoProcesses(t)
  const [ada, bob, cyd] = [await person('ada'), await person('bob'), await person('cyd')]

  t.test('a message at one appears at the other at once', async (t) => {
    const room = await newRoom(ada, 'messages')
    const [here, there] = [await enter(ada, room), await enter(at(second, bob), room)]
    const begun = performance.now()
    for (let turn = 1; turn <= 20; turn += 1) {
      here.send({ message: 'ping', id: `ping-${turn}` })
      t.match(await there.next('message'), { id: `ping-${turn}`, sender: 'ada', seq: 2 * turn - 1 })
      await here.next('message')
      there.send({ message: 'pong', id: `pong-${turn}` })
      t.match(await here.next('message'), { id: `pong-${turn}`, sender: 'bob', seq: 2 * turn })
      await there.next('message')
    }
    t.ok(performance.now() - begun < 20_000, 'looking into the database would take two seconds each time')
  })

  t.test('a mention at one notifies people at the other, once on all their devices', async (t) => {
    const room = await newRoom(ada, 'mentions')
    const here = await enter(ada, room)
    await enter(at(second, bob), room)
    // From then on the first process knows that bob is here, whichever of the two notifies him.
    await here.next('presence')
    const devices = [bob.socket('/ws/notifications'), at(second, bob).socket('/ws/notifications')] as const
    for (const device of devices) await device.next('unseen')
    for (const message of ['@bob', 'Anybody @here?']) {
      here.send({ message, id: `mention-${message.length}` })
      for (const device of devices)
        t.match(await device.next('notification'), { payload: { event: 'mention', room, excerpt: message } })
    }
    const [phone, laptop] = devices
    phone.send({ type: 'seen', id: Number.MAX_SAFE_INTEGER })
    await laptop.next('seen')
    t.match(await laptop.next('unseen'), { unseen: 0 })
  })

  t.test('a block at one collapses messages and stops notifications at the other', async (t) => {
    const room = await newRoom(ada, 'blocks')
    const [here, there] = [await enter(ada, room), await enter(at(second, bob), room)]
    const device = at(second, ada).socket('/ws/notifications')
    t.same((await device.next('blocked')).people, [])
    await ada.post('/people/bob/block', { on: 'on' })
    t.same((await device.next('blocked')).people, ['bob'])
    there.send({ message: '@ada from bob', id: 'from-bob' })
    await here.next('message')
    await at(second, cyd).get(`/rooms/${room}`)
    await at(second, cyd).post(`/rooms/${room}/messages`, { message: '@ada from cyd' })
    t.match(await device.next('notification'), { payload: { excerpt: '@ada from cyd' } })
    t.match((await at(second, ada).get(`/rooms/${room}`)).text, 'whom you blocked')
    await ada.post('/people/bob/block', {})
    t.same((await device.next('blocked')).people, [])
    device.close()
  })

  t.test('an expression at one is calculated with the sheet edited at the other', async (t) => {
    const room = await newRoom(ada, 'expressions')
    const [here, there] = [await enter(ada, room), await enter(at(second, bob), room)]
    t.match(await calculate(await openSheet(ada, room), 'rent = 1250', 'line'), { type: 'result' })
    there.send({ message: '= rent * 2', id: 'said' })
    const values = [{ expression: 'rent * 2', text: '2500' }]
    t.match(await there.next('message'), { id: 'said', values })
    t.match(await here.next('message'), { id: 'said', values })
  })

  t.test('the list of rooms at one shows what is said and read at the other', async (t) => {
    const room = await newRoom(ada, 'lists')
    const list = at(second, ada).socket('/ws/notifications')
    await list.next('rooms')
    const change = async () => {
      for (;;) {
        const frame = await list.next('room')
        if (frame.slug === room) return frame
      }
    }
    const talk = await enter(bob, room)
    t.match(await change(), { members: 2 })
    talk.send({ message: 'hello', id: 'hello' })
    t.match(await change(), { unread: 1, last: { sender: 'bob' } })
    const reader = await enter(ada, room)
    reader.send({ type: 'read', seq: 1 })
    t.match(await change(), { unread: 0 })
  })

  t.test('everyone sees who is online at both, and who comes and goes', async (t) => {
    const room = await newRoom(ada, 'presence')
    const here = await new Onlooker(ada.socket(`/ws/chat/${room}`)).enter()
    const there = await new Onlooker(at(second, bob).socket(`/ws/chat/${room}`)).enter()
    t.same([...there.here], ['ada', 'bob'], 'from the welcome on')
    await here.sees('ada', 'bob')
    const [tab, otherTab] = [await enter(cyd, room), await enter(at(second, cyd), room)]
    for (const onlooker of [here, there]) await onlooker.sees('ada', 'bob', 'cyd')
    tab.close()
    await tab.closed()
    otherTab.close()
    for (const onlooker of [here, there]) {
      await onlooker.sees('ada', 'bob')
      t.same(onlooker.heard.slice(-2), [
        { joined: ['cyd'], left: [] },
        { joined: [], left: ['cyd'] },
      ])
    }
  })

  t.test('typing at one is shown at the other', async (t) => {
    const room = await newRoom(ada, 'typing')
    const [here, there] = [await enter(ada, room), await enter(at(second, bob), room)]
    here.send({ type: 'typing', on: true })
    t.match(await there.next('typing'), { sender: 'ada', on: true })
    here.close()
    t.match(await there.next('typing'), { sender: 'ada', on: false })
  })

  t.test('leaving at one closes the sockets at both, in the room and on its sheet', async (t) => {
    const room = await newRoom(ada, 'leaving')
    const bobThere = at(second, bob)
    const sockets = [await enter(bob, room), await enter(bobThere, room)]
    const sheet = bobThere.socket(`/ws/calculator/${room}`)
    await sheet.next('welcome')
    const stays = await enter(at(second, ada), room)
    t.match(await bob.post(`/rooms/${room}/leave`, {}, `/rooms/${room}`), { status: 303 })
    for (const socket of [...sockets, sheet]) t.match(await socket.closed(), { code: 4003 })
    stays.send({ message: 'still here', id: 'stays' })
    t.match(await stays.next('message'), { id: 'stays' })
  })

  t.test('streams at one end when a person is removed, or a key is revoked, at the other', async (t) => {
    const room = await newRoom(ada, 'streams')
    const dan = await person('dan')
    await dan.get(`/rooms/${room}`)
    const made = await cyd.postJson('/api/keys', { name: 'script', scopes: ['read'] })
    const { id, key } = JSON.parse(made.text)
    const path = `/api/rooms/${room}/events`
    const byKey = { authorization: `Bearer ${key}` }
    const stranger = new Visitor(second.address)
    const streams = [
      await TestEvents.open(at(second, dan), path),
      await TestEvents.open(stranger, path, byKey),
    ]
    for (const stream of streams) await stream.next('welcome')
    const polls = [
      at(second, dan).get(`${path}?since=0&wait=60`),
      stranger.request('GET', `${path}?since=0&wait=60`, undefined, byKey),
    ]
    // This answer comes after the polls have arrived.
    for (const one of [at(second, dan), stranger]) await one.request('GET', '/healthz')
    const begun = performance.now()
    t.equal((await ada.post(`/rooms/${room}/members/dan/remove`, {})).status, 303)
    const headers = { 'x-csrf-token': await cyd.token('/account') }
    t.equal((await cyd.request('DELETE', `/api/keys/${id}`, undefined, headers)).status, 204)
    const ends = await Promise.all(streams.map((stream) => stream.rest()))
    t.match(ends, [[{ data: { type: 'close', code: 4003 } }], [{ data: { type: 'close', code: 4001 } }]])
    t.strictSame(
      (await Promise.all(polls)).map(({ status }) => status),
      [403, 401],
    )
    t.ok(performance.now() - begun < 10_000, 'long before the polls would have ended')
  })

  t.test('people see each other again after Redis was lost with all its data', async (t) => {
    const room = await newRoom(ada, 'outage')
    const here = await new Onlooker(ada.socket(`/ws/chat/${room}`)).enter()
    const there = await new Onlooker(at(second, bob).socket(`/ws/chat/${room}`)).enter()
    await here.sees('ada', 'bob')
    await redis.kill()
    const alone = await new Onlooker(cyd.socket(`/ws/chat/${room}`)).enter()
    t.ok(
      alone.here.has('ada') && alone.here.has('cyd'),
      'a person who comes meanwhile sees who is at the same process',
    )
    await here.sees('ada', 'bob', 'cyd')
    await redis.start()
    for (const onlooker of [here, there, alone]) await onlooker.sees('ada', 'bob', 'cyd')
    t.same(there.heard, [{ joined: ['cyd'], left: [] }], 'and nobody is reported to have left')
    await eventually('all is well again', async () => (await fetch(`${first.address}/readyz`)).ok)
  })
})
