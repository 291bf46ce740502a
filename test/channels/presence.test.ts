import { mock } from 'node:test'
import pino from 'pino'
import t, { type Test } from 'tap'
import { Consumer } from '../../src/channels/consumers/consumer.ts'
import type { ChannelEvent } from '../../src/channels/layers/layer.ts'
import { MemoryLayer } from '../../src/channels/layers/memory.ts'
import type { LiveTimes } from '../../src/channels/live/live-times.ts'
import { openLiveState } from '../../src/channels/live/open-live-state.ts'
import { Presence } from '../../src/channels/live/presence.ts'
import { communicate } from '../../src/channels/testing/communicator.ts'
import { channelsApp, person } from '../support/channels.ts'
import { settled } from '../support/notes.ts'

const GROUP = 'room'

/** Presence with a clock that tests advance, and the announcements so far. */
async function presenceOf(t: Test, times: Partial<LiveTimes> = { gather: 10, grace: 100 }) {
  const log = pino({ enabled: false })
  const layer = new MemoryLayer(log)
  const told: Pick<ChannelEvent, 'joined' | 'left'>[] = []
  const channel = layer.newChannel(({ joined, left }) => told.push({ joined, left }) > 0)
  await layer.groupAdd(GROUP, channel)
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const presence = new Presence(layer, log, times)
  return {
    layer,
    presence,
    told,
    join: (name: string, connection = `${name}.1`) => presence.join(GROUP, name, connection),
    leave: (name: string, connection = `${name}.1`) => presence.leave(GROUP, name, connection),
    names: () => presence.list(GROUP, 200).names,
    async pass(milliseconds: number) {
      // One by one, because timers set other timers.
      for (let passed = 0; passed < milliseconds; passed += 1) {
        mock.timers.tick(1)
        for (let turn = 0; turn < 3; turn += 1) await Promise.resolve()
      }
    },
  }
}

t.test('a newcomer is listed at once, and newcomers are announced together', async (t) => {
  const { join, names, told, pass } = await presenceOf(t)
  for (const name of ['cyd', 'ada', 'bob']) join(name)
  t.same(names(), ['ada', 'bob', 'cyd'])
  await pass(9)
  t.same(told, [], 'gathered')
  await pass(1)
  t.same(told, [{ joined: ['cyd', 'ada', 'bob'], left: [] }])
  await pass(1_000)
  t.equal(told.length, 1)
})

t.test('a person with two tabs joins once, and stays until both are closed', async (t) => {
  const { join, leave, names, told, pass } = await presenceOf(t)
  join('ada', 'one')
  await pass(10)
  join('ada', 'two')
  await pass(1_000)
  t.same(told, [{ joined: ['ada'], left: [] }])

  leave('ada', 'one')
  await pass(1_000)
  t.same(names(), ['ada'])
  leave('ada', 'two')
  await pass(1_000)

  t.same(names(), [])
  t.same(told.slice(1), [{ joined: [], left: ['ada'] }])
})

t.test('a person is announced as gone only after the grace period, and listed until then', async (t) => {
  const { join, leave, names, told, pass } = await presenceOf(t)
  join('ada')
  await pass(10)
  leave('ada')
  await pass(109)
  t.same(names(), ['ada'])
  t.equal(told.length, 1)
  await pass(1)
  t.same(names(), [])
  t.same(told[1], { joined: [], left: ['ada'] })
})

t.test('a reload within the grace period is not announced', async (t) => {
  const { join, leave, told, pass } = await presenceOf(t)
  join('ada', 'first')
  await pass(10)
  for (const [index, pause] of [0, 50, 99, 105].entries()) {
    leave('ada', index === 0 ? 'first' : `${index - 1}`)
    await pass(pause)
    join('ada', `${index}`)
    await pass(500)
  }
  t.same(told, [{ joined: ['ada'], left: [] }])
})

t.test(
  'a person who joins and leaves within one interval is announced as joined, then as gone',
  async (t) => {
    const { join, leave, told, pass } = await presenceOf(t)
    join('ada')
    leave('ada')
    await pass(10)
    t.same(told, [{ joined: ['ada'], left: [] }])
    await pass(500)
    t.same(told.slice(1), [{ joined: [], left: ['ada'] }])
  },
)

t.test('a person who left before anybody was told is not announced', async (t) => {
  const { join, leave, names, told, pass } = await presenceOf(t, { gather: 100, grace: 10 })
  join('ada')
  leave('ada')
  join('bob')
  await pass(100)
  t.same(told, [{ joined: ['bob'], left: [] }])
  t.same(names(), ['bob'])
})

t.test('people who join and leave at the same moment are announced together', async (t) => {
  const { join, leave, told, pass } = await presenceOf(t)
  join('ada')
  join('bob')
  await pass(10)
  leave('ada')
  leave('bob')
  await pass(100)
  join('cyd')
  await pass(10)
  t.same(told.slice(1), [{ joined: ['cyd'], left: ['ada', 'bob'] }])
})

t.test('a person who returns after having left is announced again', async (t) => {
  const { join, leave, told, pass } = await presenceOf(t)
  join('ada')
  await pass(10)
  leave('ada')
  await pass(500)
  join('ada')
  await pass(10)
  t.same(told[2], { joined: ['ada'], left: [] })
})

t.test('leaving twice, or a group that one was never in, has no effect', async (t) => {
  const { join, leave, presence, names, told, pass } = await presenceOf(t)
  join('ada', 'one')
  join('ada', 'two')
  await pass(10)
  leave('ada', 'one')
  leave('ada', 'one')
  leave('ada', 'three')
  leave('bob')
  presence.leave('elsewhere', 'ada', 'two')
  await pass(500)
  t.same(names(), ['ada'])
  t.equal(told.length, 1)
})

t.test('a list has the first names in alphabetical order, and the number of all', async (t) => {
  const { join, presence } = await presenceOf(t)
  for (const name of ['dan', 'cyd', 'ada', 'bob']) join(name)
  t.same(presence.list(GROUP, 2), { names: ['ada', 'bob'], count: 4 })
  t.same(presence.list('elsewhere', 2), { names: [], count: 0 })
})

t.test('a list is sorted, in whatever order people join and leave', async (t) => {
  const { join, leave, names, pass } = await presenceOf(t)
  const people = Array.from({ length: 50 }, (_, number) => `person-${(number * 37) % 50}`)
  for (const name of people) join(name)
  t.same(names(), [...people].sort())
  for (const name of people.slice(0, 30)) leave(name)
  await pass(200)
  t.same(names(), people.slice(30).sort())
})

t.test('a group needs a name that every layer can carry', async (t) => {
  const { presence } = await presenceOf(t)
  for (const bad of ['a b', 'x'.repeat(91)]) t.throws(() => presence.join(bad, 'ada', 'one'), TypeError)
  await presence.join('x'.repeat(90), 'ada', 'one')
})

t.test('groups do not affect each other', async (t) => {
  const { join, presence, told, pass } = await presenceOf(t)
  join('ada')
  presence.join('elsewhere', 'bob', 'bob.1')
  await pass(10)
  t.same(told, [{ joined: ['ada'], left: [] }])
  t.same(presence.list('elsewhere', 200).names, ['bob'])
})

t.test('nothing is announced once presence is closed', async (t) => {
  const { join, leave, presence, told, pass } = await presenceOf(t)
  join('ada')
  await pass(10)
  leave('ada')
  join('bob')
  presence.close()
  await pass(1_000)
  t.equal(told.length, 1)
})

t.test('a layer that fails loses the announcement, but does not stop the process', async (t) => {
  const { join, layer, pass, names } = await presenceOf(t)
  t.intercept(layer, 'groupSendLocal', { value: () => Promise.reject(new Error('the layer is away')) })
  join('ada')
  await pass(10)
  t.same(names(), ['ada'])
})

t.test('consumers are told who joins and leaves, once for two tabs', async (t) => {
  class Room extends Consumer {
    override async connect() {
      await this.groupAdd(GROUP)
      this.app.presence.join(GROUP, this.identity.user.name, this.channel)
    }
    'presence.changed'({ joined, left }: ChannelEvent) {
      this.send(JSON.stringify({ joined, left }))
    }
    override disconnect() {
      this.app.presence.leave(GROUP, this.identity.user.name, this.channel)
    }
  }
  const { app } = await channelsApp(t, { '/ws/room': Room }, { presence: { gather: 1, grace: 1 } })
  const ada = communicate(app, '/ws/room', { as: person('ada') })
  await ada.connect()
  t.same(await ada.receive(), { joined: ['ada'], left: [] })
  const tabs = [1, 2].map(() => communicate(app, '/ws/room', { as: person('bob') }))
  for (const tab of tabs) await tab.connect()
  t.same(await ada.receive(), { joined: ['bob'], left: [] })

  await tabs[0]?.disconnect()
  await settled()
  t.same(app.presence.list(GROUP, 200), { names: ['ada', 'bob'], count: 2 })
  await tabs[1]?.disconnect()

  t.same(await ada.receive(), { joined: [], left: ['bob'] })
})

/** Live state with values that last for a second, on a clock that tests advance. */
async function liveStateOf(t: Test, { keys = 3 } = {}) {
  const log = pino({ enabled: false })
  const layer = new MemoryLayer(log)
  const told: unknown[] = []
  const channel = layer.newChannel(({ type, set, gone }) => told.push({ type, set, gone }) > 0)
  await layer.groupAdd(GROUP, channel)
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const options = { name: 'cursor', gather: 10, lasts: 1_000, keys, valueLength: 5 }
  const state = openLiveState(layer, log, options, undefined)
  return {
    state,
    entries: () => state.list(GROUP, 9).entries,
    /** The announcements during so many milliseconds. */
    async pass(milliseconds: number) {
      for (let passed = 0; passed < milliseconds; passed += 1) {
        mock.timers.tick(1)
        for (let turn = 0; turn < 3; turn += 1) await Promise.resolve()
      }
      return told.splice(0)
    },
  }
}

t.test('live state sends the newest value of each key, collected, and when it is gone', async (t) => {
  const { state, entries, pass } = await liveStateOf(t)
  state.set(GROUP, 'ada', 'one', '1,1')
  state.set(GROUP, 'ada', 'one', '1,2')
  state.set(GROUP, 'bob', 'two', '9,9')
  t.same(entries(), [
    ['ada', '1,2'],
    ['bob', '9,9'],
  ])
  const first = { type: 'cursor.changed', set: { ada: '1,2', bob: '9,9' }, gone: [] }
  t.same(await pass(10), [first])
  state.set(GROUP, 'ada', 'one', '1,2')
  t.same(await pass(20), [], 'setting the same value again is not sent')
  state.set(GROUP, 'ada', 'one', '1,3')
  state.clear(GROUP, 'bob', 'two')
  t.same(await pass(10), [{ type: 'cursor.changed', set: { ada: '1,3' }, gone: ['bob'] }])
})

t.test('a value expires unless it is set again', async (t) => {
  const { state, entries, pass } = await liveStateOf(t)
  state.set(GROUP, 'ada', 'one', '1,1')
  await pass(900)
  state.set(GROUP, 'ada', 'one', '1,1')
  t.same(await pass(900), [])
  t.same(entries(), [['ada', '1,1']])
  t.same(await pass(110), [{ type: 'cursor.changed', set: {}, gone: ['ada'] }])
  t.same(entries(), [])
})

t.test('a key set by two connections has the last value, and outlives either of them', async (t) => {
  const { state, entries } = await liveStateOf(t)
  state.set(GROUP, 'ada', 'one', '1,1')
  state.set(GROUP, 'ada', 'two', '2,2')
  t.same(entries(), [['ada', '2,2']])
  state.clear(GROUP, 'ada', 'two')
  t.same(entries(), [['ada', '1,1']])
})

t.test('a group has a limit of keys, and a value one of characters', async (t) => {
  const { state, entries } = await liveStateOf(t, { keys: 1 })
  t.ok(state.set(GROUP, 'ada', 'one', '1,1'))
  t.notOk(state.set(GROUP, 'bob', 'two', '2,2'))
  t.ok(state.set(GROUP, 'ada', 'one', '1,3'), 'an existing key can change')
  t.same(entries(), [['ada', '1,3']])
  t.throws(() => state.set(GROUP, 'ada', 'one', '100,100'), /at most 5 characters/)
})
