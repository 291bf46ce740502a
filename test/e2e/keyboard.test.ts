import type { Page } from 'playwright-core'
import t from 'tap'
import { axeFindings } from '../support/axe.ts'
import { inBrowser, openBrowser, overflows } from '../support/browser.ts'
import { RoomPage } from '../support/room-page.ts'
import { untilFound } from '../support/search.ts'
import { startServer } from '../support/server.ts'
import { PASSWORD } from '../support/visitor.ts'

t.test('a person signs up and chats with the keyboard alone', inBrowser, async (t) => {
  const server = await startServer(t)
  const page = await (await openBrowser(t, server.visitor())).newPage()
  const { keyboard } = page

  await page.goto('/')
  await tabTo(page, 'Create an account')
  await keyboard.press('Enter')
  await page.waitForURL('**/sign-up*')
  await keyboard.type('ada')
  await keyboard.press('Tab')
  await keyboard.press('Tab')
  await keyboard.type(PASSWORD)
  await keyboard.press('Enter')
  await page.waitForURL(server.address)
  await tabTo(page, 'Lobby Join')
  await keyboard.press('Enter')
  const room = new RoomPage(page)
  await room.live()
  await keyboard.type('first line')
  await keyboard.press('Shift+Enter')
  await keyboard.type('second line')
  await keyboard.press('Enter')

  await room.showsJust(['first line\nsecond line'])
})

t.test('an administrator deactivates a person with the keyboard alone', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const page = await (await openBrowser(t, ada)).newPage()

  await page.goto('/admin')
  await tabTo(page, 'People')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/admin/people')
  await tabTo(page, 'bob')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/admin/people/bob')
  await tabTo(page, 'Deactivate this account')
  await page.keyboard.press('Enter')

  await page.getByText('The account is deactivated.').waitFor()
  t.equal((await bob.get('/api/rooms')).status, 401)
})

t.test('a person searches with the keyboard alone, even from the composer', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  await ada.postJson('/api/rooms/lobby/messages', { message: 'the kettle is on' })
  await untilFound(ada, 'kettle', 1)
  const { page } = await RoomPage.open(t, ada)
  await page.locator('#message').focus()
  await page.keyboard.press('Control+/')
  t.equal(await focusedName(page), 'Search messages')
  await page.keyboard.type('KETTLE')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/search?q=KETTLE')
  t.equal(await page.locator('.hit mark').textContent(), 'kettle')
  await page.locator('h1').click()
  await page.keyboard.press('/')
  t.equal(await page.locator('#search').evaluate((field) => field === document.activeElement), true)
  t.equal(await page.locator('#search').inputValue(), 'KETTLE')
  await page.locator('.hit a').focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/rooms\/lobby\?at=\d+/)
  await page.locator('.message.marked').waitFor()

  await page.setViewportSize({ width: 360, height: 740 })
  await page.goto('/people')
  await page.locator('h1').click()
  await page.keyboard.press('/')
  await page.waitForURL('**/search')
})

t.test('the tab order is the order of the page', inBrowser, async (t) => {
  const server = await startServer(t)
  const { page } = await RoomPage.open(t, await server.person('ada'))
  await page.locator('.skip').focus()

  const met = [await focusedName(page)]
  while (met.length < 25) {
    await page.keyboard.press('Tab')
    met.push(await focusedName(page))
  }
  t.same(met, [
    'Skip to content',
    'Partyline',
    'Search messages',
    'Notifications',
    'Calculator',
    'Administration',
    'ada',
    'Sign out',
    'Lobby',
    'All rooms',
    'Calculator',
    'Side by side',
    'Only you',
    'Room menu',
    'Messages in Lobby',
    'Invite people',
    'Hello, everyone!',
    'What should we do first?',
    'Who is in?',
    'Bold',
    'message',
    'Formatting',
    'Attach files',
    'Schedule for later',
    'Send',
  ])
})

t.test('the skip link appears when it gets the focus, and leads to the content', inBrowser, async (t) => {
  const server = await startServer(t)
  const page = await (await openBrowser(t, await server.person('ada'))).newPage()
  await page.goto('/')
  const skip = page.getByRole('link', { name: 'Skip to content' })

  await page.keyboard.press('Tab')
  t.ok(((await skip.boundingBox())?.y ?? -1) >= 0)
  await page.keyboard.press('Enter')
  t.equal(await page.evaluate(() => document.activeElement?.id), 'content')
})

t.test('Escape closes the menu of a room, and so does leaving it', inBrowser, async (t) => {
  const server = await startServer(t)
  const { page } = await RoomPage.open(t, await server.person('ada'))
  const leave = page.getByRole('button', { name: 'Leave this room' })

  await page.locator('.room-menu summary').focus()
  await page.keyboard.press('Enter')
  await leave.waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Escape')
  await leave.waitFor({ state: 'hidden' })
  t.equal(await focusedName(page), 'Room menu')

  await page.keyboard.press('Enter')
  await leave.waitFor()
  for (let item = 1; item <= 16; item += 1) await page.keyboard.press('Tab')
  await leave.waitFor({ state: 'hidden' })
})

t.test('messages can be scrolled with the keyboard', inBrowser, async (t) => {
  const server = await startServer(t)
  const room = await RoomPage.open(t, await server.person('ada'), { viewport: { width: 360, height: 400 } })
  await room.say(Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n'))
  await room.shows('line 39')

  // After the buttons of messages that are cut off.
  for (let tabs = 0; tabs < 10 && (await focusedName(room.page)) !== 'Messages in Lobby'; tabs += 1)
    await room.page.keyboard.press('Shift+Tab')
  t.equal(await focusedName(room.page), 'Messages in Lobby')
  await room.page.keyboard.press('Home')
  await room.page.getByRole('button', { name: 'Newest messages' }).waitFor()
})

t.test('the focus is always visible', inBrowser, async (t) => {
  const server = await startServer(t)
  const { page } = await RoomPage.open(t, await server.person('ada'))
  for (let index = 0; index < 12; index += 1) {
    await page.keyboard.press('Tab')
    const { name, width } = await page.evaluate(() => {
      const focused = document.activeElement ?? document.body
      return { name: focused.outerHTML.slice(0, 60), width: getComputedStyle(focused).outlineWidth }
    })
    if (!name.startsWith('<body')) t.ok(Number.parseFloat(width) >= 2, name)
  }
})

t.test(
  'messages collapse when their author is blocked, and can be opened with the keyboard',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const [visitor, bob] = [await server.person('ada'), await server.person('bob')]
    await bob.post('/account/name', { name: 'Bob Lee' })
    const say = (message: string, reply = '') => bob.post('/rooms/lobby/messages', { message, reply })
    await say('an unkindness, @ada')
    const ada = await RoomPage.open(t, visitor, { reducedMotion: 'reduce' })
    const { page } = ada
    await ada.say('an answer')
    await ada.shows('an answer')
    const [first, last] = [page.locator('#message-1'), page.locator('#message-3')]
    await first.focus()
    const setBlocked = (on: Record<string, string>) => visitor.post('/people/bob/block', on)

    await setBlocked({ on: 'on' })
    const fold = first.getByText('A message from Bob Lee, whom you blocked')
    await fold.waitFor()
    t.notOk(await first.locator('.text').isVisible())
    t.notOk(await first.evaluate(({ classList }) => classList.contains('mentions-you')))
    t.ok(await first.evaluate((message) => message === document.activeElement), 'the focus stays on it')
    await say('one more unkindness', '1')
    await last.getByText('whom you blocked').first().waitFor()
    t.notOk(await last.locator('.text').isVisible())
    t.match(await first.ariaSnapshot(), /^- article "A message from Bob Lee, whom you blocked \d?\d:\d\d"/)

    await page.keyboard.press('Tab')
    t.equal(await page.evaluate(() => document.activeElement?.id), 'blocked-1')
    t.same(await axeFindings(page), [])
    await page.emulateMedia({ colorScheme: 'dark' })
    t.same(await axeFindings(page, 'colours'), [])
    await page.keyboard.press('Enter')
    await first.getByText('an unkindness').waitFor()
    await first.and(page.getByRole('article', { name: /^Bob Lee @bob an unkindness/ })).waitFor()
    t.same(await axeFindings(page, 'colours'), [])
    await bob.post('/rooms/lobby/messages/1', { message: 'an edited unkindness' })
    await first.getByText('an edited unkindness').waitFor()
    t.match(await first.ariaSnapshot(), /^- article "Bob Lee @bob an edited unkindness/, 'it stays open')
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 740 })
      t.notOk(await overflows(page), `${width}`)
    }
    await fold.focus()
    await page.keyboard.press('Enter')
    await first.locator('.text').waitFor({ state: 'hidden' })

    t.equal(await page.locator('#announcer').textContent(), '', 'none of it was read aloud')

    await setBlocked({})
    for (const message of [first, last]) await message.locator('.text').waitFor()
    t.equal(await page.getByText('whom you blocked').count(), 0)
    t.match(await last.ariaSnapshot(), /^- article "Bob Lee @bob one more unkindness/)
  },
)

async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 30; presses += 1) {
    await page.keyboard.press('Tab')
    if ((await focusedName(page)) === name) return
  }
  throw new Error(`Tab does not lead to ${name}`)
}

function focusedName(page: Page): Promise<string> {
  return page.evaluate(() => {
    const focused = document.activeElement
    if (!(focused instanceof HTMLElement)) return ''
    const label = focused.getAttribute('aria-label') ?? ''
    const text = [...focused.childNodes]
      .filter((node) => !(node instanceof HTMLElement && node.ariaHidden))
      .map((node) => node.textContent?.trim())
      .filter(Boolean)
      .join(' ')
    return label || text || focused.id
  })
}
