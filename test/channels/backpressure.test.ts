import t from 'tap'
import { WebSocket } from 'ws'
import { JsonConsumer } from '../../src/channels/consumers/consumer.ts'
import type { ChannelEvent } from '../../src/channels/layers/layer.ts'
import { CloseCode } from '../../src/channels/sockets/close-codes.ts'
import { channelsApp } from '../support/channels.ts'
import { Notes, settled } from '../support/notes.ts'
import { Peer } from '../support/peer.ts'

const BIG = { type: 'big', text: 'x'.repeat(60_000) }

/** Its peers are told things by events of the group `all`. */
class Crowd extends JsonConsumer {
  static notes = new Notes()

  override async connect() {
    await this.groupAdd('all')
    this.sendJson({ type: 'welcome' })
  }

  'test.tell'(event: ChannelEvent) {
    this.sendJson(event)
  }

  'test.big'() {
    this.sendJson(BIG)
  }

  'test.fill'() {
    if (this.identity.user.name === 'bob') return
    Crowd.notes.add(this.connection.congested ? 'congested' : 'filled')
    if (!this.connection.congested) this.sendJson(BIG)
  }

  'test.lossy'() {
    this.sendLossy({ type: 'lossy' })
  }

  override disconnect(code: number) {
    Crowd.notes.add(`${this.identity.user.name} ends with ${code}`)
  }
}

t.test(
  'a client that does not read is closed with 4008 or cut off, while its neighbour gets everything',
  async (t) => {
    Crowd.notes = new Notes()
    const { app, listen, metric } = await channelsApp(
      t,
      { '/ws/crowd': Crowd },
      { limits: { lossyBuffer: 64 * 1024, fullBuffer: 128 * 1024 } },
    )
    const url = `${await listen()}/ws/crowd`
    const slow = await new Peer(url, { as: 'ada' }).opened()
    const neighbour = await new Peer(url, { as: 'bob' }).opened()
    await slow.next()
    await neighbour.next()
    slow.socket.pause()

    let told = 0
    while ((await metric('partyline_evictions_total', { reason: 'slow' })) === 0) {
      await app.channelLayer.groupSend('all', { type: 'test.big' })
      told += 1
      t.equal(await neighbour.next(), JSON.stringify(BIG))
    }

    await Crowd.notes.has(`ada ends with ${CloseCode.tooSlow}`)
    slow.socket.resume()
    t.match((await slow.closed()).code, /^(4008|1006)$/)
    await app.channelLayer.groupSend('all', { type: 'test.tell', text: 'the end' })
    t.match(JSON.parse(await neighbour.next()), { text: 'the end' })
    t.ok(slow.received.length <= told)
    t.equal(await metric('partyline_evictions_total', { reason: 'slow' }), 1)
  },
)

t.test(
  'a client that reads nothing for so long is closed with 4008 or cut off, however little waits for it',
  async (t) => {
    Crowd.notes = new Notes()
    const { app, listen, metric } = await channelsApp(
      t,
      { '/ws/crowd': Crowd },
      { limits: { writeTimeout: 1_000, pingInterval: 100, silenceTimeout: 60_000 } },
    )
    const url = `${await listen()}/ws/crowd`
    const peers = {
      slow: await new Peer(url, { as: 'ada' }).opened(),
      reader: await new Peer(url, { as: 'bob' }).opened(),
    }
    for (const peer of Object.values(peers)) await peer.next()
    peers.slow.socket.pause()
    while (!Crowd.notes.list.includes('congested')) {
      await app.channelLayer.groupSend('all', { type: 'test.fill' })
      await settled()
    }
    await Crowd.notes.has(`ada ends with ${CloseCode.tooSlow}`)
    t.equal(await metric('partyline_evictions_total', { reason: 'slow' }), 1)
    t.equal(peers.reader.socket.readyState, WebSocket.OPEN)
  },
)

t.test(
  'the sockets of a person share one limit of bytes that wait, and the fullest is closed first',
  async (t) => {
    Crowd.notes = new Notes()
    const { app, listen, metric } = await channelsApp(
      t,
      { '/ws/crowd': Crowd },
      { limits: { personBuffer: 1.5 * 1024 * 1024 } },
    )
    const url = `${await listen()}/ws/crowd`
    const slow = await Promise.all(['ada', 'ada', 'cleo'].map((as) => new Peer(url, { as }).opened()))
    for (const peer of slow) {
      await peer.next()
      peer.socket.pause()
    }
    while (!Crowd.notes.list.includes(`ada ends with ${CloseCode.tooSlow}`)) {
      await app.channelLayer.groupSend('all', { type: 'test.fill' })
      await settled()
    }
    t.equal(await metric('partyline_evictions_total', { reason: 'slow' }), 1)
  },
)

t.test('lossy frames, and only those, are left out for a client that reads slowly', async (t) => {
  Crowd.notes = new Notes()
  const { app, listen } = await channelsApp(t, { '/ws/crowd': Crowd }, { limits: { lossyBuffer: 1 } })
  const url = `${await listen()}/ws/crowd`
  const slow = await new Peer(url, { as: 'ada' }).opened()
  const neighbour = await new Peer(url, { as: 'bob' }).opened()
  await slow.next()
  await neighbour.next()
  slow.socket.pause()
  while (!Crowd.notes.list.includes('congested')) {
    await app.channelLayer.groupSend('all', { type: 'test.fill' })
    await settled()
  }

  await app.channelLayer.groupSend('all', { type: 'test.lossy' })
  await app.channelLayer.groupSend('all', { type: 'test.tell', text: 'kept' })
  slow.socket.resume()

  t.same(JSON.parse(await neighbour.next()), { type: 'lossy' })
  t.match(JSON.parse(await neighbour.next()), { text: 'kept' })
  const filled = Crowd.notes.list.filter((note) => note === 'filled').length
  for (let frame = 0; frame < filled; frame += 1)
    t.equal((await slow.next()).length, JSON.stringify(BIG).length)
  t.match(JSON.parse(await slow.next()), { text: 'kept' })
})
