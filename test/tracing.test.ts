import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { openTracing } from '../src/tracing/index.ts'
import { calculate, openSheet } from './support/calculator.ts'
import { enter, messages, newRoom } from './support/chat.ts'
import { type CollectedSpan, startCollector } from './support/collector.ts'
import { run } from './support/process.ts'
import { at, startTwoProcesses } from './support/processes.ts'
import { withRedis } from './support/redis.ts'

t.setTimeout(600_000)

/** Sockets that send at the same moment, so that some messages are stored together. */
const AT_ONCE = 20

t.test('two processes with tracing', withRedis, async (t) => {
  const collector = await startCollector(t)
  const servers = await startTwoProcesses(t, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint })
  const ada = await servers.person('ada')
  const room = await newRoom(ada, 'Traces')
  const bob = await servers.person('bob')
  const socket = await enter(ada, room)
  const far = await enter(at(servers.second, bob), room)

  socket.send({ message: 'words that nobody else may read', id: 'first' })
  await messages(far, 1)
  socket.send({ type: 'edit', seq: 77, message: 'nothing to edit' })
  await socket.next('error')
  const posted = await ada.postJson(`/api/rooms/${room}/messages`, { message: 'by HTTP', id: 'posted' })
  t.equal(posted.status, 201)
  await messages(far, 1)
  await calculate(await openSheet(ada), '12*7', 'line')
  const crowd = await Promise.all(Array.from({ length: AT_ONCE }, () => enter(ada, room)))
  for (const [index, one] of crowd.entries()) one.send({ message: 'together', id: `${index}` })
  await messages(far, AT_ONCE)
  const ended = await Promise.all([servers.first.stop(), servers.second.stop()])
  t.same(
    ended.map(({ code, stderr }) => [code, stderr]),
    [
      [0, ''],
      [0, ''],
    ],
  )
  const spans = collector.spans()

  t.test('one trace leads from the incoming frame to the last write in the other process', async (t) => {
    const frame = spans.find(({ attributes }) => attributes['partyline.frame.type'] === 'message')
    if (!frame) return t.fail('no frame was traced')
    const ways = spans
      .filter(({ name, traceId }) => name === 'write' && traceId === frame.traceId)
      .map((write) => wayTo(write, spans))
    const names = ['frame chat', 'store chat', 'transaction chat', 'publish chat.changed']
    t.same(
      ways.map((way) => way.map(({ name }) => name)),
      [
        [...names, 'deliver chat.changed', 'write'],
        [...names, 'deliver chat.changed', 'write'],
      ],
      'in each process',
    )
    t.same(new Set(ways.map((way) => way.at(-1)?.instance)).size, 2)
    t.equal(new Set(ways.map(([first]) => first?.instance)).size, 1)
    t.match(ways.at(0)?.at(-1)?.attributes, { 'partyline.receivers': 1 })
  })

  t.test('a request over HTTP is traced with its route', async (t) => {
    const request = spans.find(({ name }) => name === 'POST /api/rooms/:room/messages')
    t.match(request?.attributes, {
      'http.route': '/api/rooms/:room/messages',
      'http.response.status_code': 201,
    })
    const store = spans.find(({ parentSpanId }) => parentSpanId === request?.spanId)
    t.equal(store?.name, 'store chat')
  })

  t.test('the calculation of a line on a sheet is traced', async (t) => {
    const evaluation = spans.find(({ name }) => name === 'evaluate')
    t.match(evaluation?.attributes, { 'partyline.outcome': 'done' })
    t.same(evaluation && wayTo(evaluation, spans).map(({ name }) => name), ['frame calculator', 'evaluate'])
  })

  t.test('a frame that was answered with an error has its code', async (t) => {
    const frame = spans.find(({ attributes }) => attributes['partyline.frame.type'] === 'edit')
    t.equal(frame?.attributes['partyline.error'], 'not_found')
  })

  t.test('a transaction and the frames that it stores link to each other', async (t) => {
    const transactions = spans.filter(({ name }) => name === 'transaction chat')
    const shared = transactions.filter(({ links }) => links.length > 1)
    t.ok(shared.length > 0, 'some of them were stored together')
    for (const transaction of shared) {
      t.equal(transaction.attributes['partyline.commands'], transaction.links.length)
      const stores = transaction.links.map((link) => spans.find(({ spanId }) => spanId === link.spanId))
      t.ok(stores.every((store) => store?.links.some(({ spanId }) => spanId === transaction.spanId)))
      t.equal(new Set(stores.map((store) => store?.traceId)).size, stores.length, 'each in its own trace')
    }
    const stored = transactions.reduce((sum, { links }) => sum + links.length, 0)
    t.equal(stored, AT_ONCE + 3)
  })

  t.test('traces contain nothing that people wrote, nor who they are', async (t) => {
    const text = collector.text()
    for (const word of ['words that', 'together', 'by HTTP', 'nothing to edit', '"ada"', '"bob"', room])
      t.notMatch(text, word)
    for (const secret of [...ada.cookies.values(), ...bob.cookies.values()]) t.notMatch(text, secret)
  })
})

t.test('a collector that refuses traces is logged once', async (t) => {
  const collector = await startCollector(t)
  collector.answerWith(400)
  const told: string[] = []
  const tracing = openTracing({ endpoint: collector.endpoint, share: 1 }, (reason) => told.push(reason))
  tracing.begin('one').end()
  await tracing.close()
  t.equal(told.length, 1)
})

t.test('a collector that does not answer delays a stop by at most a second', async (t) => {
  const silent = createServer()
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  t.teardown(() => silent.close())
  const { port } = silent.address() as AddressInfo
  const tracing = openTracing({ endpoint: `http://127.0.0.1:${port}`, share: 1 }, () => {})
  tracing.begin('one').end()
  const before = performance.now()
  await tracing.close()
  t.ok(performance.now() - before < 8_000, 'instead of the ten that it usually has')
})

t.test('a trace that is not sampled has no further spans', async (t) => {
  const tracing = openTracing({ endpoint: 'http://127.0.0.1:9', share: 0 }, () => {})
  await tracing.run('frame', {}, async () => t.equal(tracing.current(), undefined))
  const kept = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await tracing.run('frame', { parent: kept }, async () => t.match(tracing.current(), /^00-0af76519.*-01$/))
  await tracing.run('frame', { parent: 'garbage' }, async () => t.equal(tracing.current(), undefined))
})

t.test('a server without tracing does not load it', async (t) => {
  const code = `
    import { registerHooks } from 'node:module'
    const found = []
    registerHooks({ resolve: (name, context, next) => { found.push(name); return next(name, context) } })
    await import('./src/app.ts')
    console.log(found.filter((name) => /tracing\\/index|sdk-trace/.test(name)).length, found.length > 100)
    process.exit()`
  const { stdout } = await run(t, {}, [process.execPath, '--input-type=module', '-e', code])
  t.equal(stdout, '0 true\n')
})

/** The spans that lead to this one, from the first. */
function wayTo(last: CollectedSpan, spans: readonly CollectedSpan[]): CollectedSpan[] {
  const above = spans.find(({ spanId }) => last.parentSpanId !== undefined && spanId === last.parentSpanId)
  return above ? [...wayTo(above, spans), last] : [last]
}
