import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { mock } from 'node:test'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { slowSenders } from '../../src/web/slow-senders.ts'
import { eventually } from '../support/eventually.ts'

const WINDOW = 30_000
/** Bytes that have to arrive between two checks. */
const LEAST = 16 * 1024

/** A server that accepts bodies at `/short` and `/long`, and says how much has arrived. */
async function startReader(t: Test) {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const app = Fastify({ bodyLimit: 1 })
  const reader = { received: 0 }
  await app.register(slowSenders)
  app.addContentTypeParser('*', async (_request: unknown, body: NodeJS.ReadableStream) => {
    for await (const chunk of body) reader.received += chunk.length
  })
  app.post('/short', async () => String(reader.received))
  app.post('/long', { config: { takesLong: true } }, async () => String(reader.received))
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  return {
    reader,
    /** Begins a request of some length by sending only its head. */
    async begin(path: string, length: number): Promise<{ socket: Socket; answer: Promise<string> }> {
      const begun = once(app.server, 'request')
      const socket = connect(Number(new URL(address).port), '127.0.0.1')
      t.teardown(() => socket.destroy())
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: a/b\r\nContent-Length: ${length}\r\n\r\n`,
      )
      await begun
      return { socket, answer: text(socket) }
    },
    /** Sends some more, and waits until it is there. */
    async send(socket: Socket, bytes: number): Promise<void> {
      const until = reader.received + bytes
      socket.write(Buffer.alloc(bytes))
      await eventually('it is there', () => reader.received === until)
    },
  }
}

t.test('an upload may take as long as data keeps coming', async (t) => {
  const { begin, send } = await startReader(t)
  const { answer, socket } = await begin('/long', 5 * LEAST)
  for (let count = 0; count < 4; count += 1) {
    await send(socket, LEAST)
    mock.timers.tick(WINDOW)
  }
  socket.write(Buffer.alloc(LEAST))
  t.match(await answer, /^HTTP\/1\.1 200 .*81920$/s)
})

t.test('an upload that almost stops is cut off', async (t) => {
  const { begin, send } = await startReader(t)
  const { answer, socket } = await begin('/long', 5 * LEAST)
  await send(socket, LEAST)
  mock.timers.tick(WINDOW)
  await send(socket, 100)
  mock.timers.tick(WINDOW)
  t.match(await answer, /^HTTP\/1\.1 408 /)
})

t.test('any other request has half a minute, however much has arrived', async (t) => {
  const { begin, send } = await startReader(t)
  const { answer, socket } = await begin('/short', 5 * LEAST)
  await send(socket, 4 * LEAST)
  mock.timers.tick(WINDOW)
  t.match(await answer, /^HTTP\/1\.1 408 /)
})

t.test('an upload is cut off after an hour even if data keeps coming', async (t) => {
  const { begin, send } = await startReader(t)
  const { answer, socket } = await begin('/long', 200 * LEAST)
  for (let count = 0; count < 120; count += 1) {
    await send(socket, LEAST)
    mock.timers.tick(WINDOW)
  }
  t.match(await answer, /^HTTP\/1\.1 408 /)
})

t.test('a client that goes on sending after the answer is closed soon', async (t) => {
  const app = Fastify()
  await app.register(slowSenders, { window: 50 })
  app.addContentTypeParser('*', async () => {})
  app.post('/', { config: { takesLong: true } }, async (_request, reply) => reply.code(413).send('too large'))
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: a/b\r\nContent-Length: 100000\r\n\r\nsome')
  const [answer] = await once(socket, 'data')
  t.match(String(answer), /^HTTP\/1\.1 413 /)
  const clear = clearInterval
  let cleared = 0
  t.capture(globalThis, 'clearInterval', (timer: NodeJS.Timeout) => {
    cleared += 1
    clear(timer)
  })
  socket.on('error', () => {}).resume()
  await once(socket, 'close')
  await eventually('nothing looks at it any more', () => cleared > 0)
})
