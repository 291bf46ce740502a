import t, { type Test } from 'tap'
import { Consumer } from '../../src/channels/consumers/consumer.ts'
import { CloseCode } from '../../src/channels/sockets/close-codes.ts'
import { FanOut } from '../../src/channels/sockets/fan-out.ts'
import { encodeText } from '../../src/channels/sockets/framing.ts'
import { writeScheduler } from '../../src/channels/sockets/write-scheduler.ts'
import { busyProcess } from '../support/busy.ts'
import { channelsApp } from '../support/channels.ts'
import { settled } from '../support/notes.ts'
import { Peer } from '../support/peer.ts'

/** All sockets of one path as one audience; a frame `direct` is answered, anything else is told to all. */
function choir() {
  const audience = new FanOut(writeScheduler)
  class Choir extends Consumer {
    override connect() {
      audience.add(this.connection)
      this.send('"in"')
    }
    override receive(text: string) {
      for (const [index, word] of text.split(' ').entries()) {
        if (word === 'direct') this.send(JSON.stringify(`direct ${index}`))
        else audience.send(encodeText(JSON.stringify(`all ${index}`)))
      }
      this.connection.sendPromptly()
    }
  }
  return { audience, Choir }
}

/** A method that reports its calls. */
function counted(method: (...parameters: never[]) => unknown, called: () => void) {
  return function (this: unknown, ...parameters: unknown[]) {
    called()
    return Reflect.apply(method, this, parameters)
  }
}

t.test('the frames that a socket is sent in one turn are one write', async (t) => {
  const { Choir } = choir()
  const { app, listen, metric } = await channelsApp(t, { '/ws/choir': Choir })
  const writes: number[] = []
  app.server.on('upgrade', (_request, stream) => {
    const index = writes.push(0) - 1
    const write = counted(stream.write, () => {
      writes[index] = (writes[index] ?? 0) + 1
    })
    Object.defineProperty(stream, 'write', { value: write })
  })
  const url = `${await listen()}/ws/choir`
  const one = await new Peer(url).opened()
  await one.next()
  const other = await new Peer(url).opened()
  await other.next()
  const before = [...writes]

  one.socket.send('all all all all all')
  for (let frame = 0; frame < 5; frame += 1) t.equal(await other.next(), `"all ${frame}"`)
  for (let frame = 0; frame < 5; frame += 1) await one.next()
  t.same(
    writes.map((count, index) => count - (before[index] ?? 0)),
    [1, 1],
  )

  one.socket.send('direct direct direct')
  for (let frame = 0; frame < 3; frame += 1) await one.next()
  t.same(
    writes.map((count, index) => count - (before[index] ?? 0)),
    [2, 1],
  )
  t.equal(await metric('partyline_messages_sent_total', { consumer: 'choir' }), 15)
})

/** Two of a choir, who have just heard something, in a busy process. */
async function busyChoir(t: Test) {
  const { audience, Choir } = choir()
  const { app, listen } = await channelsApp(t, { '/ws/choir': Choir })
  const url = `${await listen()}/ws/choir`
  const one = await new Peer(url).opened()
  const other = await new Peer(url).opened()
  t.same([await one.next(), await other.next()], ['"in"', '"in"'])
  const pass = busyProcess(t)
  one.socket.send('all')
  t.same([await one.next(), await other.next()], ['"all 0"', '"all 0"'])
  return { app, audience, one, other, pass }
}

t.test('in a busy process only clients that just listen wait', async (t) => {
  const { audience, one, other, pass } = await busyChoir(t)
  for (let saying = 0; saying < 3; saying += 1) {
    one.socket.send('all')
    t.equal(await one.next(), '"all 0"')
  }
  t.same([audience.waiting, other.received], [3, []])
  pass(32)
  for (let saying = 0; saying < 3; saying += 1) t.equal(await other.next(), '"all 0"')
  t.same(one.received, [])
})

t.test('a direct answer in a busy process does not overtake frames that wait', async (t) => {
  const { one, other } = await busyChoir(t)
  one.socket.send('all')
  t.equal(await one.next(), '"all 0"')
  other.socket.send('direct')
  t.same([await other.next(), await other.next()], ['"all 0"', '"direct 0"'])
})

t.test('frames that wait in a busy process are sent before a close', async (t) => {
  const { app, one, other } = await busyChoir(t)
  one.socket.send('all')
  t.equal(await one.next(), '"all 0"')
  await app.close()
  t.equal(await other.next(), '"all 0"')
  t.match(await other.closed(), { code: CloseCode.restarting })
})

t.test('a direct answer and frames for everyone keep their order', async (t) => {
  const { Choir } = choir()
  const { listen } = await channelsApp(t, { '/ws/choir': Choir })
  const url = `${await listen()}/ws/choir`
  const other = await new Peer(url).opened()
  const one = await new Peer(url).opened()
  t.equal(await other.next(), '"in"')
  t.equal(await one.next(), '"in"')

  one.socket.send('direct all direct all all direct')

  for (const frame of ['direct 0', 'all 1', 'direct 2', 'all 3', 'all 4', 'direct 5']) {
    t.equal(await one.next(), JSON.stringify(frame))
  }
  for (const frame of ['all 1', 'all 3', 'all 4']) t.equal(await other.next(), JSON.stringify(frame))
})

t.test('a connection that closes leaves the fan-out', async (t) => {
  const { audience, Choir } = choir()
  const { listen } = await channelsApp(t, { '/ws/choir': Choir })
  const url = `${await listen()}/ws/choir`
  const one = await new Peer(url).opened()
  const other = await new Peer(url).opened()
  await one.next()
  await other.next()
  t.equal(audience.size, 2)

  one.socket.terminate()
  await one.closed()
  while (audience.size > 1) await settled()
  other.socket.send('all')

  t.equal(await other.next(), '"all 0"')
})
