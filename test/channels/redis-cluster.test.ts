import t, { type Test } from 'tap'
import { eventually } from '../support/eventually.ts'
import { startRedisCluster, withRedis } from '../support/redis.ts'
import { isBack, join, onlooker, openLayer, say } from '../support/redis-layer.ts'
import { testLayer, testProcesses } from './conformance.ts'

t.test('a layer over a Redis Cluster', withRedis, async (t) => {
  const { url, nodes } = await startRedisCluster(t)

  t.test('it keeps the promises of every layer', async (t) => {
    const make = async (t: Test) => (await openLayer(t, url)).layer
    testLayer(t, make)
    testProcesses(t, make)
  })

  t.test(
    'a slot that moves to another node keeps its subscriptions, even if nodes learn of it late',
    async (t) => {
      const [one, other] = await Promise.all([openLayer(t, url), openLayer(t, url)])
      const heard = await join(other.layer, 'room.1')
      await say(one.layer, 'room.1', 1)
      await eventually('an event', () => heard.includes(1))

      const clients = nodes.map((node) => onlooker(t, node))
      const slot = Number(await clients[0]?.cluster('KEYSLOT', 'partyline:0:group:room.1'))
      const owner = Math.floor((slot * nodes.length) / 16_384)
      const heir = String(await clients[(owner + 1) % nodes.length]?.cluster('MYID'))
      const first = other.back()
      for (const client of clients) await client.config('RESETSTAT')
      await clients[owner]?.cluster('SETSLOT', slot, 'NODE', heir)
      await eventually('a node is asked where the slot is', async () => {
        const calls = await Promise.all(clients.map((client) => client.info('commandstats')))
        return calls.some((text) => text.includes('cmdstat_cluster|slots'))
      })
      for (const client of clients) await client.cluster('SETSLOT', slot, 'NODE', heir)

      await eventually('the subscription is back', () => other.back() > first)
      await say(one.layer, 'room.1', 2)
      await eventually('an event', () => heard.includes(2))
      t.same(heard, [1, 2])
    },
  )

  t.test('a lost node', async (t) => {
    const [one, other] = await Promise.all([openLayer(t, url), openLayer(t, url)])
    const rooms = Array.from({ length: 30 }, (_, room) => `room.${room}`)
    const heard = await Promise.all(rooms.map((room) => join(other.layer, room)))
    const near = await Promise.all(rooms.map((room) => join(one.layer, room)))

    t.test('its loss is reported, and members in one process still reach each other', async (t) => {
      await nodes[1]?.kill()
      await eventually('the loss is seen', () => !one.layer.connected() && !other.layer.connected())
      for (const room of rooms) await say(one.layer, room, 1)
      t.ok(near.every((numbers) => numbers.includes(1)))
    })

    t.test('its subscriptions are restored when it is back', async (t) => {
      const first = other.back()
      await nodes[1]?.start()
      await isBack(one, other)
      for (const room of rooms) await say(one.layer, room, 2)
      await eventually('an event in each room', () => heard.every((numbers) => numbers.includes(2)))
      t.ok(other.back() > first)
    })
  })
})
