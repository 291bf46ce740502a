import type { Page, WebSocketRoute } from 'playwright-core'
import t, { type Test } from 'tap'
import { eventually, inBrowser, OUTAGE, openBrowser } from '../support/browser.ts'
import { RoomPage } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

t.test('after 1012 the page reconnects when the server said', inBrowser, async (t) => {
  const { room, sockets } = await roomWithSockets(t)
  await stopClock(room)
  await sockets.last().close({ code: 1012, reason: '3000' })
  await room.page.clock.fastForward(2_900)
  t.equal(sockets.count(), 1)
  await room.page.clock.fastForward(700)
  await room.page.clock.resume()
  await eventually('another socket', async () => sockets.count() === 2)
  await room.live()
})

t.test('after 4029 the page waits for ten seconds or more', inBrowser, async (t) => {
  const { room, sockets } = await roomWithSockets(t)
  await stopClock(room)
  await sockets.last().close({ code: 4029 })
  await room.page.clock.fastForward(9_900)
  t.equal(sockets.count(), 1)
  await room.page.clock.fastForward(10_200)
  await room.page.clock.resume()
  await eventually('another socket', async () => sockets.count() === 2)
})

for (const code of [1006, 1011, 1013, 4008]) {
  t.test(`after ${code} the page reconnects and continues where it was`, inBrowser, async (t) => {
    const { room, sockets } = await roomWithSockets(t)
    await room.say('one')
    await room.shows('one')
    // A script may not close with 1006, which it sees when there was no close at all.
    await sockets.last().close(code === 1006 ? {} : { code })
    await room.page.clock.fastForward(600)
    await eventually('another socket', async () => sockets.count() === 2)
    t.match(sockets.last().url(), /since=1&seq=1&id=[0-9a-f-]{36}$/)
    await room.live()
    await room.showsJust(['one'])
  })
}

for (const [code, reason] of [
  [4003, 'You are no longer in this room.'],
  [4004, 'This room no longer exists.'],
] as const) {
  t.test(`after ${code} the page shows the reason, and does not reconnect`, inBrowser, async (t) => {
    const { room, sockets } = await roomWithSockets(t)
    await sockets.last().close({ code })
    await room.banner().getByText(reason).waitFor()
    await room.page.clock.fastForward(120_000)
    await room.page.evaluate(() => dispatchEvent(new Event('online')))
    t.equal(sockets.count(), 1)
  })
}

t.test('after 4001 a person has to sign in, and gets back what they were writing', inBrowser, async (t) => {
  const { room, sockets } = await roomWithSockets(t)
  await room.composer.fill('half a thought')
  const cookies = await room.page.context().cookies()
  await room.page.context().clearCookies()
  await sockets.last().close({ code: 4001 })

  await room.page.waitForURL('**/sign-in?next=%2Frooms%2Flobby')
  await room.page.context().addCookies(cookies)
  await room.page.reload()
  await room.page.waitForURL('**/rooms/lobby')
  await room.live()
  t.equal(await room.composer.inputValue(), 'half a thought')
})

t.test('a device that was asleep has lost its connection, and opens another', inBrowser, async (t) => {
  const { room, sockets } = await roomWithSockets(t)
  await room.page.clock.fastForward(3_600_000)
  await eventually('another socket', async () => sockets.count() === 2)
  await room.live()
})

t.test('a hidden tab, whose timers run once a minute, keeps its connection', inBrowser, async (t) => {
  const { room, sockets } = await roomWithSockets(t)
  for (let minute = 0; minute < 5; minute += 1) await room.page.clock.fastForward(61_000)
  t.equal(sockets.count(), 1)
})

t.test('a page restored from the back/forward cache reconnects', inBrowser, async (t) => {
  const { room, sockets } = await roomWithSockets(t)
  await room.page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
  })
  await eventually('another socket', async () => sockets.count() === 2)
  await room.live()
  await room.say('back')
  await room.showsJust(['back'])
})

t.test('a connection that opens without a welcome is given up', inBrowser, async (t) => {
  const server = await startServer(t)
  const page = await (await openBrowser(t, await server.person('ada'), { expected: OUTAGE })).newPage()
  await page.clock.install()
  let silent = 0
  await routeTalk(page, () => {
    silent += 1
  })
  await page.goto('/rooms/lobby')
  await eventually('a socket', async () => silent === 1)
  await page.clock.fastForward(15_100)
  await page.clock.fastForward(600)
  await eventually('another socket', async () => silent === 2)
})

t.test('when the network is back, the page reconnects at once without waiting', inBrowser, async (t) => {
  const server = await startServer(t)
  const page = await (await openBrowser(t, await server.person('ada'), { expected: OUTAGE })).newPage()
  await page.clock.install()
  let tried = 0
  await routeTalk(page, (socket) => {
    tried += 1
    if (tried > 1) socket.connectToServer()
  })
  await page.goto('/rooms/lobby')
  await eventually('a try that hangs', async () => tried === 1)
  await page.evaluate(() => dispatchEvent(new Event('online')))
  await new RoomPage(page).live()
  t.equal(tried, 2)
})

/** Lets a test answer the sockets of the chat. Other sockets of the page reach the server. */
async function routeTalk(page: Page, answer: (socket: WebSocketRoute) => void): Promise<void> {
  await page.routeWebSocket('**/ws/**', (socket) => {
    if (socket.url().includes('/ws/chat/')) answer(socket)
    else socket.connectToServer()
  })
}

/** From here on, only the test advances the clock, however long the machine takes. */
async function stopClock({ page }: RoomPage): Promise<void> {
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1_000)
}

/** Ada in the lobby, with a clock that the test controls, and all her sockets. */
async function roomWithSockets(t: Test) {
  const server = await startServer(t)
  const page = await (await openBrowser(t, await server.person('ada'), { expected: OUTAGE })).newPage()
  const opened: WebSocketRoute[] = []
  await page.clock.install()
  await routeTalk(page, (socket) => {
    opened.push(socket)
    socket.connectToServer()
  })
  await page.goto('/rooms/lobby')
  const room = new RoomPage(page)
  await room.live()
  const last = () => {
    const socket = opened.at(-1)
    if (!socket) throw new Error('no socket was opened')
    return socket
  }
  return { room, sockets: { last, count: () => opened.length } }
}
