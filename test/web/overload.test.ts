import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { watchEventLoop } from '../../src/web/overload.ts'
import { enter } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { startServer } from '../support/server.ts'

/** Blocks the event loop for so many milliseconds. */
function block(milliseconds: number): void {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}

t.test('while the server is overloaded', async (t) => {
  let overloaded = false
  const server = await startServer(t, {}, { overloaded: () => overloaded })
  const ada = await server.person('ada')
  const token = await ada.token('/account')
  const socket = await enter(ada, 'lobby')
  overloaded = true

  t.test('a page is answered with 503, Retry-After, the usual look and a link', async (t) => {
    for (const path of ['/', '/rooms/lobby?before=7', '/sign-in', '/account', '/nothing']) {
      const answer = await ada.get(path)
      t.equal(answer.status, 503, path)
      t.ok(Number(answer.headers.get('retry-after')) > 0)
      t.match(answer.headers.get('content-type'), 'text/html')
      t.match(answer.headers.get('content-security-policy'), "default-src 'none'")
      t.match(answer.text, 'The server is busy')
      t.match(answer.text, `<a class="button" href="${path}">Try again</a>`)
      const stylesheet = /href="(\/assets\/[^"]+\.css)"/.exec(answer.text)?.[1] ?? ''
      t.equal((await ada.get(stylesheet)).status, 200)
    }
  })

  t.test('the link never leads to another site', async (t) => {
    const { status, text } = await ada.get('//evil.example/')
    t.equal(status, 503)
    t.notMatch(text, 'href="//')
  })

  t.test('a program gets the same as JSON', async (t) => {
    for (const answer of [
      await ada.get('/api/rooms/lobby/messages'),
      await ada.request('POST', '/api/token', '{}', { 'content-type': 'application/json' }),
    ]) {
      t.equal(answer.status, 503)
      t.ok(Number(answer.headers.get('retry-after')) > 0)
      t.match(JSON.parse(answer.text), { error: /The server is busy/, code: 'unavailable' })
    }
  })

  t.test('a form changes nothing', async (t) => {
    const answer = await ada.postBare('/rooms/lobby/messages', { message: 'turned away', _csrf: token })
    t.equal(answer.status, 503)
    t.same(await server.app.database.selectFrom('messages').select('text').execute(), [])
  })

  t.test('a new socket is closed with 1013, and counted', async (t) => {
    t.same(await ada.socket('/ws/chat/lobby').closed(), { code: 1013, reason: 'overloaded' })
    const { text } = await ada.get('/metrics')
    t.match(text, 'partyline_evictions_total{reason="overload"} 1')
  })

  t.test('open sockets are still served', async (t) => {
    socket.send({ message: 'still here' })
    t.match(await socket.next('message'), { message: 'still here' })
  })

  t.test('monitoring and the dashboard are still answered', async (t) => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/dashboard', '/dashboard/connections'])
      t.equal((await ada.get(path)).status, 200, path)
  })

  t.test('afterwards everything is as before', async (t) => {
    overloaded = false
    t.equal((await ada.get('/account')).status, 200)
    t.match(await ada.socket('/ws/chat/lobby').next(), { type: 'welcome' })
  })
})

t.test('pages are turned away while the event loop cannot keep up', async (t) => {
  const changes: boolean[] = []
  const watch = watchEventLoop({ turn: 50, window: 50, windows: 3 }, (change) => changes.push(change))
  t.teardown(() => watch.stop())
  watch.start()
  const server = await startServer(t, {}, { overloaded: () => watch.overloaded() })
  const visitor = server.visitor()
  // On a busy machine, the start itself may have been an overload.
  while ((await visitor.get('/sign-in')).status !== 200) await delay(10)

  let busy = true
  const work = () => {
    block(150)
    if (busy) setImmediate(work)
  }
  t.teardown(() => {
    busy = false
  })
  work()
  while ((await visitor.get('/sign-in')).status === 200);
  t.equal((await visitor.get('/healthz')).status, 200)

  busy = false
  while ((await visitor.get('/sign-in')).status === 503) await delay(10)
  t.notOk(watch.overloaded())
  t.same(changes.slice(0, 2), [true, false])
})

t.test(
  'a server watches its own event loop, and is overloaded after some turns of over a second',
  async (t) => {
    const server = await startServer(t)
    const visitor = server.visitor()
    for (let turn = 0; turn < 10 && !server.app.overloaded(); turn += 1) {
      block(1_100)
      await new Promise((resolve) => setImmediate(resolve))
    }
    t.ok(server.app.overloaded())
    await eventually('it keeps up again', async () => (await visitor.get('/sign-in')).status === 200)
  },
)

t.test('a single long pause is not an overload', async (t) => {
  const watch = watchEventLoop({ turn: 400, window: 50, windows: 3 })
  t.teardown(() => watch.stop())
  watch.start()
  await delay(60)
  block(1_000)
  for (let look = 0; look < 20; look += 1) {
    await delay(20)
    t.notOk(watch.overloaded())
  }
})
