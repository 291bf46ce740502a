import t from 'tap'
import { eventually, inBrowser, OUTAGE, openBrowser } from '../support/browser.ts'
import { fill, newRoom, unread } from '../support/chat.ts'
import { numbered, RoomPage, sayAll } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

t.test(
  'unread messages are counted in the title, and a divider shows where they begin',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const cleo = await server.person('cleo')
    const visitor = await server.person('ada')
    await visitor.post('/people/cleo/block', { on: 'on' })
    const ada = await RoomPage.open(t, visitor)
    const bob = await RoomPage.open(t, await server.person('bob'))
    await bob.say('seen')
    await ada.shows('seen')
    await setVisibility(ada, 'hidden')

    await sayAll(cleo, ['of somebody whom she blocked'])
    await ada.page.getByText('A message from cleo, whom you blocked').waitFor()
    await bob.say('unseen')
    await bob.say('unseen too')
    await ada.shows('unseen too')
    t.equal(await ada.page.title(), '(2) Lobby · Partyline')
    t.same(await dividers(ada), ['Today', 'New'])
    t.equal(await ada.page.locator('.divider.unread + .message .text').textContent(), 'unseen')

    await setVisibility(ada, 'visible')
    t.equal(await ada.page.title(), 'Lobby · Partyline')
    await ada.say('I see')
    await ada.shows('I see')
    t.same(await dividers(ada), ['Today'])
  },
)

t.test('a person who returns sees the New divider once', inBrowser, async (t) => {
  const server = await startServer(t)
  const visitor = await server.person('ada')
  const bob = await RoomPage.open(t, await server.person('bob'))
  await bob.say('before ada came')
  await bob.shows('before ada came')
  const ada = await RoomPage.open(t, visitor)
  t.same(await dividers(ada), ['Today'])
  await ada.page.goto('/account')

  await bob.say('missed')
  await bob.say('missed too')
  await bob.shows('missed too')
  await ada.page.goto('/rooms/lobby')
  await ada.live()
  t.same(await dividers(ada), ['Today', 'New'])
  t.equal(await ada.page.locator('.divider.unread + .message .text').textContent(), 'missed')

  await eventually('the server knows', async () => (await unread(visitor, 'lobby')) === 0)
  await ada.page.reload()
  await ada.live()
  t.same(await dividers(ada), ['Today'])
})

t.test('a room opened in the background stays unread until somebody looks', inBrowser, async (t) => {
  const server = await startServer(t)
  const visitor = await server.person('ada')
  await visitor.get('/rooms/lobby')
  await sayAll(await server.person('bob'), ['missed'])
  const context = await openBrowser(t, visitor)
  await context.addInitScript(() => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => 'hidden' })
  })
  const ada = new RoomPage(await context.newPage())
  await ada.page.clock.install()
  await ada.page.goto('/rooms/lobby')
  await ada.live()
  await ada.page.clock.fastForward(10_000)
  await ada.say('an answer')
  await ada.shows('an answer')
  t.equal(await unread(visitor, 'lobby'), 1)

  await setVisibility(ada, 'visible')
  await ada.page.clock.fastForward(2_000)
  await eventually('it is read', async () => (await unread(visitor, 'lobby')) === 0)
})

t.test('the list of rooms shows what is unread until it was read', inBrowser, async (t) => {
  const server = await startServer(t, {}, { presence: { grace: 200 } })
  const ada = await RoomPage.open(t, await server.person('ada'))
  const rooms = await ada.page.context().newPage()
  const bob = await RoomPage.open(t, await server.person('bob'))
  await rooms.goto('/')
  await ada.page.goto('about:blank')

  await bob.say('one')
  await bob.say('two')
  await bob.showsJust(['one', 'two'])
  const lobby = rooms.locator('.card', { hasText: 'Lobby' })
  await lobby.getByText('2 unread').waitFor()
  await lobby.getByText(/^bob, \d{1,2}:\d\d · 2 people · 1 here$/).waitFor()
  await rooms.getByRole('link', { name: 'Partyline 2 unread' }).waitFor()
  const account = await rooms.context().newPage()
  await account.goto('/account')
  await account.getByRole('link', { name: 'Partyline 2 unread' }).waitFor()

  await ada.page.goto('/rooms/lobby')
  await ada.live()
  await bob.say('three')
  await ada.shows('three')
  await lobby.locator('.badge').waitFor({ state: 'detached' })
  await account.getByRole('link', { name: 'Partyline', exact: true }).waitFor()
})

async function setVisibility(room: RoomPage, state: 'hidden' | 'visible'): Promise<void> {
  await room.page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => value })
    document.dispatchEvent(new Event('visibilitychange'))
  }, state)
}

function dividers(room: RoomPage): Promise<string[]> {
  return room.page.locator('.divider').allTextContents()
}

t.test('a room opens at its first unread message, however far back', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const visitor = await server.person('ada')
  const bob = await server.person('bob')
  await sayAll(bob, numbered('old', 60))
  await visitor.get('/rooms/lobby')
  await sayAll(bob, numbered('new', 30))

  const ada = await RoomPage.open(t, visitor, { viewport: { width: 800, height: 500 } })
  t.equal(await firstNew(ada), 'new 1')
  t.ok(await inSight(ada, 'new 1'))
  t.notOk(await inSight(ada, 'new 30'))
  await ada.page.getByRole('button', { name: '30 new' }).waitFor()
  t.equal(await ada.page.title(), '(30) Lobby · Partyline')
  await eventually('what is on the screen is read, and no more', async () => {
    const left = (await unread(visitor, 'lobby')) ?? 0
    return left > 0 && left < 30
  })
  await ada.page.goto('about:blank')

  await sayAll(bob, numbered('newer', 300))
  const again = new RoomPage(await ada.page.context().newPage())
  await again.page.goto('/rooms/lobby')
  await again.page.locator('.divider.unread').waitFor()
  const first = (await firstNew(again)) ?? ''
  t.match(first, /^new [0-9]+$/, 'not at the oldest message that the page came with')
  t.ok(await inSight(again, first))
  t.ok(((await unread(visitor, 'lobby')) ?? 0) > 280, 'messages that were only loaded are not read')
  await again.page.locator('#jump').click()
  await eventually('it is read', async () => (await unread(visitor, 'lobby')) === 0)
})

t.test('a room opens with the day of its first unread message in sight', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const visitor = await server.person('ada')
  await visitor.get('/rooms/lobby')
  await sayAll(await server.person('bob'), numbered('new', 30))
  const { page } = await RoomPage.open(t, visitor, { viewport: { width: 360, height: 640 } })
  await page.locator('.divider.day + .divider.unread').waitFor()
  const top = (await page.locator('#scroll').boundingBox())?.y ?? 0
  t.ok(((await page.locator('.divider.day').boundingBox())?.y ?? 0) >= top + 16)
})

t.test('a room with 5,000 unread messages opens at the first of them', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  await server.person('bob')
  const visitor = await server.person('ada')
  await fill(server.app, 'lobby', 'bob', 100)
  await visitor.get('/rooms/lobby')
  await fill(server.app, 'lobby', 'bob', 5_000, (index) => `new ${index}`)

  const ada = await RoomPage.open(t, visitor)
  t.equal(await firstNew(ada), 'new 1')
  t.ok(await inSight(ada, 'new 1'))
  await ada.page.getByRole('button', { name: '1,000+ new' }).waitFor()
  await ada.page.locator('#jump').click()
  await ada.shows('new 5000')
  await eventually('at the end', async () => (await ada.distanceFromEnd()) < 5)
  await eventually('it is read', async () => (await unread(visitor, 'lobby')) === 0)
})

t.test('after midnight, Today becomes Yesterday', inBrowser, async (t) => {
  const server = await startServer(t)
  const bob = await server.person('bob')
  const context = await openBrowser(t, await server.person('ada'), { expected: OUTAGE })
  const ada = new RoomPage(await context.newPage())
  const now = new Date()
  await sayAll(bob, ['before midnight'])
  await ada.page.clock.install({ time: now })
  await ada.page.goto('/rooms/lobby')
  await ada.live()
  t.same(await dividers(ada), ['Today'])
  await setVisibility(ada, 'hidden')
  await sayAll(bob, ['unseen'])
  await ada.shows('unseen')
  t.same(await dividers(ada), ['Today', 'New'])
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1)
  await ada.page.clock.fastForward(midnight.getTime() - now.getTime() + 60_000)
  await ada.live()
  await eventually('yesterday', async () => (await dividers(ada)).join() === 'Yesterday,New')
  t.equal(await firstNew(ada), 'unseen', 'the unread messages still begin in the same place')
  await setVisibility(ada, 'visible')
  await ada.page.context().setOffline(true)
  await ada.say('after midnight')
  await eventually('two days', async () => (await dividers(ada)).join() === 'Yesterday,Today')
  t.equal(
    await ada.page.locator('.divider').last().locator('+ .message .text').textContent(),
    'after midnight',
  )
})

t.test(
  'rooms appear in the list of every page, and disappear from it, without a reload',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const visitor = await server.person('ada')
    const ada = await RoomPage.open(t, visitor)
    const front = await ada.page.context().newPage()
    await front.goto('/')
    const room = await newRoom(visitor, 'Another room')
    await front.locator('#own-rooms').getByText('Another room').waitFor()
    await front
      .locator('#own-rooms')
      .getByRole('link', { name: 'Another room No messages yet · only you' })
      .waitFor()
    await ada.page.locator('#side-rooms').getByText('Another room').waitFor()
    await visitor.post(`/rooms/${room}/leave`, {})
    await front.locator('#own-rooms').getByText('Another room').waitFor({ state: 'detached' })
    await ada.page.locator('#side-rooms').getByText('Another room').waitFor({ state: 'detached' })
  },
)

t.test('messages read in one tab are read in the others', inBrowser, async (t) => {
  const server = await startServer(t)
  const visitor = await server.person('ada')
  const bob = await server.person('bob')
  const ada = await RoomPage.open(t, visitor)
  const rooms = await ada.page.context().newPage()
  const other = await ada.anotherTab()
  await setVisibility(ada, 'hidden')
  await setVisibility(other, 'hidden')
  await sayAll(bob, ['one', 'two'])
  await ada.shows('two')
  await other.shows('two')
  await rooms.goto('/')
  await rooms.locator('.card', { hasText: 'Lobby' }).getByText('2 unread').waitFor()
  t.equal(await other.page.title(), '(2) Lobby · Partyline')

  await setVisibility(ada, 'visible')
  await rooms.locator('.card .badge').waitFor({ state: 'detached' })
  await eventually('the other tab', async () => (await other.page.title()) === 'Lobby · Partyline')
})

function firstNew(room: RoomPage): Promise<string | null> {
  return room.page.locator('.divider.unread + .message .text').textContent()
}

async function inSight(room: RoomPage, text: string): Promise<boolean> {
  const box = await room.page.getByText(text, { exact: true }).boundingBox()
  const pane = await room.page.locator('#scroll').boundingBox()
  return box !== null && pane !== null && box.y >= pane.y && box.y + box.height <= pane.y + pane.height
}
