import type { Page } from 'playwright-core'
import t from 'tap'
import { inBrowser, openBrowser } from '../support/browser.ts'
import { RoomPage } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'
import { PASSWORD } from '../support/visitor.ts'

t.test('a person comes in and talks with the keyboard alone', inBrowser, async (t) => {
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

t.test('an administrator deactivates somebody with the keyboard alone', inBrowser, async (t) => {
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

t.test('the order of Tab is the order of the page', inBrowser, async (t) => {
  const server = await startServer(t)
  const { page } = await RoomPage.open(t, await server.person('ada'))
  await page.locator('.skip').focus()

  const met = [await focusedName(page)]
  while (met.length < 21) {
    await page.keyboard.press('Tab')
    met.push(await focusedName(page))
  }
  t.same(met, [
    'Skip to the content',
    'Partyline',
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
    'What shall we do first?',
    'Who is in?',
    'message',
    'Schedule for later',
    'Send',
  ])
})

t.test(
  'the link past the top of the page shows when it is reached, and leads to the content',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const page = await (await openBrowser(t, await server.person('ada'))).newPage()
    await page.goto('/')
    const skip = page.getByRole('link', { name: 'Skip to the content' })

    await page.keyboard.press('Tab')
    t.ok(((await skip.boundingBox())?.y ?? -1) >= 0)
    await page.keyboard.press('Enter')
    t.equal(await page.evaluate(() => document.activeElement?.id), 'content')
  },
)

t.test('Escape closes the menu of a room, and so does going elsewhere', inBrowser, async (t) => {
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
  for (let item = 1; item <= 6; item += 1) await page.keyboard.press('Tab')
  await leave.waitFor({ state: 'hidden' })
})

t.test('messages are scrolled with the keyboard', inBrowser, async (t) => {
  const server = await startServer(t)
  const room = await RoomPage.open(t, await server.person('ada'), { viewport: { width: 360, height: 400 } })
  await room.say(Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n'))
  await room.shows('line 39')

  // Behind the buttons of messages that are cut off.
  for (let tabs = 0; tabs < 10 && (await focusedName(room.page)) !== 'Messages in Lobby'; tabs += 1)
    await room.page.keyboard.press('Shift+Tab')
  t.equal(await focusedName(room.page), 'Messages in Lobby')
  await room.page.keyboard.press('Home')
  await room.page.getByRole('button', { name: 'Newest messages' }).waitFor()
})

t.test('what has the focus shows it', inBrowser, async (t) => {
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
