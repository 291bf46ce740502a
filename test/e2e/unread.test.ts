import t from 'tap'
import { eventually, inBrowser, openBrowser } from '../support/browser.ts'
import { unread } from '../support/chat.ts'
import { RoomPage, sayAll } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

t.test('unread messages are counted in the title, and marked where they begin', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  const bob = await RoomPage.open(t, await server.person('bob'))
  await bob.say('seen')
  await ada.shows('seen')
  await setVisibility(ada, 'hidden')

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
})

t.test('who comes back sees where the unread begins, once', inBrowser, async (t) => {
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

t.test('a room that is opened in the background stays unread until somebody looks', inBrowser, async (t) => {
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

t.test('the rooms show what is unread, and no more once it was read', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  const rooms = await ada.page.context().newPage()
  const bob = await RoomPage.open(t, await server.person('bob'))
  await rooms.goto('/')
  await ada.page.goto('about:blank')

  await bob.say('one')
  await bob.say('two')
  await bob.showsJust(['one', 'two'])
  await rooms.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await rooms.locator('.card', { hasText: 'Lobby' }).getByText('2 unread').waitFor()

  await ada.page.goto('/rooms/lobby')
  await ada.live()
  await bob.say('three')
  await ada.shows('three')
  await eventually('nothing is unread', async () => {
    await rooms.reload()
    return (await rooms.locator('.badge').count()) === 0
  })
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
