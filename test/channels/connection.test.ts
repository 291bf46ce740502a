import { once } from 'node:events'
import { connect } from 'node:net'
import { mock } from 'node:test'
import t from 'tap'
import { Consumer } from '../../src/channels/consumers/consumer.ts'
import { CloseCode } from '../../src/channels/sockets/close-codes.ts'
import { channelsApp, ERROR, person } from '../support/channels.ts'
import { gate, Notes, settled } from '../support/notes.ts'
import { answers, Echo, echoServer, Peer } from '../support/peer.ts'

t.test('peers are pinged, and a silent one is dropped', async (t) => {
  const limits = { pingInterval: 50, silenceTimeout: 1_000 }
  const { url, metric } = await echoServer(t, { limits })
  const alive = await new Peer(url).opened()
  const silent = await new Peer(url, { autoPong: false }).opened()
  await once(silent.socket, 'ping')

  t.equal((await silent.closed()).code, 1006)
  t.equal(await metric('partyline_evictions_total', { reason: 'silent' }), 1)
  t.ok(await answers(alive))
})

t.test('setting the clock forward or back drops nobody and refuses nothing', async (t) => {
  const { url } = await echoServer(t, { limits: { pingInterval: 10, idleTimeout: 60_000 } })
  const peer = await new Peer(url).opened()
  t.teardown(() => mock.timers.reset())
  for (const change of [24 * 3_600_000, -24 * 3_600_000]) {
    mock.timers.enable({ apis: ['Date'], now: Date.now() + change })
    await once(peer.socket, 'ping')
    await once(peer.socket, 'ping')
    t.ok(await answers(peer))
    mock.timers.reset()
  }
})

t.test('a person may hold so many sockets, and one more is closed with 1013', async (t) => {
  const { url, metric } = await echoServer(t, { connectionsPerUser: 2 })
  const first = await new Peer(url).opened()
  const second = await new Peer(url).opened()
  t.equal((await (await new Peer(url).opened()).closed()).code, CloseCode.overloaded)
  t.ok(await answers(await new Peer(url, { as: 'bob' }).opened()), 'others may')
  t.ok(await answers(second))
  t.equal(await metric('partyline_evictions_total', { reason: 'connections' }), 1)

  first.socket.close()
  await first.closed()
  await settled()

  t.ok(await answers(await new Peer(url).opened()), 'a place is free again')
})

t.test('an address may hold so many sockets, signed in or not', async (t) => {
  class Open extends Echo {
    static override readonly anonymous = true
  }
  const { listen } = await channelsApp(
    t,
    { '/ws/open': Open },
    { connectionsPerAddress: 2, identify: () => null },
  )
  const url = `${await listen()}/ws/open`
  await new Peer(url).opened()
  await new Peer(url).opened()
  t.equal((await (await new Peer(url).opened()).closed()).code, CloseCode.overloaded)
})

t.test('the sockets of a session that ends are closed with 4001, and no others', async (t) => {
  const { app, url } = await echoServer(t)
  const [one, two] = [await new Peer(url).opened(), await new Peer(url).opened()]
  const other = await new Peer(url, { as: 'bob' }).opened()
  const { id } = person('ada').session
  t.same(app.sockets.sessions().sort(), [id, person('bob').session.id].sort())

  app.sockets.endSession(id)

  t.equal((await one.closed()).code, CloseCode.signedOut)
  t.equal((await two.closed()).code, CloseCode.signedOut)
  t.ok(await answers(other))
  t.same(app.sockets.sessions(), [person('bob').session.id])
})

t.test(
  'a server that stops tells each socket when to return, and ends after the last disconnect',
  async (t) => {
    const { opened, open } = gate()
    const notes = new Notes()
    class Leaving extends Echo {
      override async disconnect(code: number) {
        notes.add(`disconnect ${code}`)
        await opened
        notes.add('disconnected')
      }
    }
    const { app, listen } = await channelsApp(t, { '/ws/leaving': Leaving })
    app.addHook('onClose', async () => notes.add('closed'))
    const url = `${await listen()}/ws/leaving`
    const early = await new Peer(url).opened()
    const peers = [await new Peer(url).opened(), await new Peer(url).opened()]
    early.socket.close()
    await notes.has('disconnect 1005')

    const closing = app.close()
    for (const peer of peers) {
      const { code, reason } = await peer.closed()
      t.equal(code, CloseCode.restarting)
      t.match(reason, /^\d+$/)
    }
    await notes.has('disconnect 1012', 2)
    // Longer than the server waits for a peer to answer its close.
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    t.notOk(notes.list.includes('closed'))
    open()
    await closing

    t.same(notes.list, [
      'disconnect 1005',
      'disconnect 1012',
      'disconnect 1012',
      'disconnected',
      'disconnected',
      'disconnected',
      'closed',
    ])
  },
)

t.test('a frame that is being handled when the server stops is still handled completely', async (t) => {
  const { opened, open } = gate()
  const notes = new Notes()
  class Storing extends Consumer {
    override async receive() {
      notes.add('storing')
      await opened
      notes.add('stored')
    }
    override disconnect() {
      notes.add('disconnect')
    }
  }
  const { app, listen } = await channelsApp(t, { '/ws/storing': Storing })
  app.addHook('onClose', async () => notes.add('closed'))
  const peer = await new Peer(`${await listen()}/ws/storing`).opened()
  peer.socket.send('a frame')
  await notes.has('storing')

  const closing = app.close()
  await peer.closed()
  open()
  await closing

  t.same(notes.list, ['storing', 'stored', 'disconnect', 'closed'])
})

t.test('neither a handler that never ends nor half a request holds up a stop for ever', async (t) => {
  const notes = new Notes()
  class Stuck extends Consumer {
    override async receive() {
      notes.add('stuck')
      await new Promise(() => {})
    }
  }
  const { app, listen, logged } = await channelsApp(t, { '/ws/stuck': Stuck }, { stopWithin: 100 })
  app.addHook('onRequest', async ({ ws }) => void (ws || notes.add('half a request')))
  const url = await listen()
  const peer = await new Peer(`${url}/ws/stuck`).opened()
  peer.socket.send('a frame')
  await notes.has('stuck')
  const half = connect(Number(new URL(url).port), '127.0.0.1')
  half.on('error', () => {})
  half.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf')
  await notes.has('half a request')
  await app.close()

  t.equal((await peer.closed()).code, CloseCode.restarting)
  t.match(logged, [{ level: ERROR, msg: /still busy/ }])
})

t.test('a socket whose frames are held back is still closed at once', async (t) => {
  const { opened, open } = gate()
  const notes = new Notes()
  class Busy extends Consumer {
    override async receive() {
      notes.add('busy')
      await opened
      this.close(CloseCode.forbidden)
    }
    override disconnect() {
      notes.add('disconnect')
    }
  }
  const { listen } = await channelsApp(t, { '/ws/busy': Busy }, { limits: { framesPerSecond: 0 } })
  const peer = await new Peer(`${await listen()}/ws/busy`).opened()
  for (let frame = 0; frame < 200; frame += 1) peer.socket.send('x'.repeat(1_000))
  await notes.has('busy')
  await settled()
  const before = performance.now()

  open()

  t.equal((await peer.closed()).code, CloseCode.forbidden)
  await notes.has('disconnect')
  t.ok(performance.now() - before < 1_500, 'the answer to the close was read')
})

t.test('connections, frames and their durations are counted', async (t) => {
  const { url, metric } = await echoServer(t)
  const labels = { consumer: 'echo' }
  const peer = await new Peer(url).opened()
  const other = await new Peer(url).opened()
  t.ok(await answers(peer))
  t.ok(await answers(other))
  t.ok(await answers(peer))

  t.equal(await metric('partyline_connections', labels), 2)
  t.equal(await metric('partyline_messages_received_total', labels), 3)
  t.equal(await metric('partyline_messages_sent_total', labels), 3)
  t.equal(await metric('partyline_message_duration_seconds', labels), 3)
  other.socket.close()
  await other.closed()
  await settled()
  t.equal(await metric('partyline_connections', labels), 1)
})
