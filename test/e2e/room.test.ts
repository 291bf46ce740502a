import type { Page } from 'playwright-core'
import t from 'tap'
import { eventually, inBrowser, openBrowser } from '../support/browser.ts'
import { fill, newRoom } from '../support/chat.ts'
import { numbered, RoomPage, sayAll } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'
import { SheetPage } from '../support/sheet-page.ts'
import { PASSWORD, type Visitor } from '../support/visitor.ts'

t.test('two people see each other’s messages at once', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  const bob = await RoomPage.open(t, await server.person('bob'))

  await ada.say('hello, bob')
  await bob.shows('hello, bob')
  await bob.say('hello, ada')
  await ada.showsJust(['hello, bob', 'hello, ada'])

  t.equal(await ada.page.locator('.message.own').count(), 1)
  t.equal(await bob.page.locator('.message.own').count(), 1)
})

t.test('open pages of a room that is archived are read-only until it is restored', inBrowser, async (t) => {
  const server = await startServer(t)
  const owner = await server.person('ada')
  const room = await newRoom(owner, 'Over soon')
  const bob = await server.person('bob')
  const talk = await RoomPage.open(t, bob, { room })
  await talk.say('hello')
  await talk.shows('hello')
  const sheet = new SheetPage(await talk.page.context().newPage())
  await sheet.page.goto(`/rooms/${room}/calculator`)
  await sheet.live()
  await sheet.calculate('6 * 7')
  const line = sheet.page.locator('#timeline .line').first()
  await line.getByText('42').waitFor()

  const message = talk.page.locator('.message', { hasText: 'hello' })
  await talk.composer.fill('not said yet')
  t.equal((await owner.post(`/rooms/${room}/archive`, {})).status, 303)
  for (const page of [talk.page, sheet.page]) {
    const notice = page.getByRole('status').filter({ hasText: 'This room is archived' })
    await notice.waitFor()
  }
  t.notOk(await talk.composer.isVisible())
  await message.hover()
  await message.locator('.more').click()
  await talk.page.getByRole('menuitem', { name: 'Copy text' }).waitFor()
  t.notOk(await talk.page.getByRole('menuitem', { name: 'Reply' }).isVisible())
  await talk.page.keyboard.press('Escape')
  t.notOk(await sheet.input.isVisible())
  await line.click()
  t.equal(await sheet.page.locator('#timeline input').count(), 0, 'no line can be edited')
  t.ok(await line.getByText('42').isVisible())
  await sheet.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  const copied = () => sheet.page.evaluate(() => navigator.clipboard.readText())
  await line.getByRole('button', { name: '42', exact: true }).click()
  await line.getByRole('button', { name: 'Copy the value' }).click()
  await line.getByRole('button', { name: 'Copied' }).waitFor()
  t.equal(await copied(), '42', 'a value is copied, and not inserted')
  t.notMatch(sheet.page.url(), 'insert')
  const opened = new SheetPage(await sheet.page.context().newPage())
  await opened.page.goto(`/rooms/${room}/calculator`)
  await opened.page.evaluate(() => navigator.clipboard.writeText(''))
  await opened.page.getByText('42', { exact: true }).hover()
  await opened.page.getByRole('button', { name: 'Copy the value' }).click()
  await opened.page.getByRole('button', { name: 'Copied' }).waitFor()
  t.equal(await copied(), '42', 'as on a page that is opened now')
  await opened.page.close()

  t.equal((await owner.post(`/rooms/${room}/unarchive`, {})).status, 303)
  await talk.composer.waitFor()
  t.equal(await talk.composer.inputValue(), 'not said yet')
  await talk.composer.press('Enter')
  await talk.shows('not said yet')
  await sheet.calculate('6 * 8')
  await sheet.page.getByText('48').first().waitFor()
})

t.test('two people see who is here, and who comes and goes', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.page.getByText('Only you').waitFor()

  const visitor = await server.person('bob')
  const bob = await RoomPage.open(t, visitor)
  await ada.page.getByText('2 here').click()
  await ada.page.locator('.here-panel li', { hasText: 'bob' }).waitFor()
  await ada.page.locator('.here-panel').getByText('ada (you)').waitFor()

  await visitor.post('/account/status', { emoji: '🌴', text: 'On holiday' })
  await ada.page.locator('.here-panel li', { hasText: 'bob' }).getByText('On holiday').waitFor()
  await bob.say('from the beach')
  await ada.shows('from the beach')
  await ada.page.locator('.message').hover()
  await ada.page.locator('.message .more').click()
  await ada.page.getByRole('menuitem', { name: 'About bob · 🌴 On holiday' }).waitFor()
  await ada.page.keyboard.press('Escape')
  t.equal(await ada.page.locator('.message .byline a').getAttribute('href'), '/people/bob')

  await bob.page.close()
  await ada.page.getByText('Only you').waitFor()
})

t.test('a person sees that another is typing until the message arrives', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  const bob = await RoomPage.open(t, await server.person('bob'))

  await bob.composer.pressSequentially('hel')
  await ada.page.getByText('bob is typing…').waitFor()
  await bob.composer.press('Enter')
  await ada.shows('hel')
  await ada.page.locator('#typing:empty').waitFor({ state: 'attached' })
})

t.test('a person who empties the composer is no longer typing', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  const bob = await RoomPage.open(t, await server.person('bob'))

  await bob.composer.fill('hello')
  await ada.page.getByText('bob is typing…').waitFor()
  await bob.composer.fill('')
  await ada.page.locator('#typing:empty').waitFor({ state: 'attached' })
})

t.test('a message sent in one tab is in the other tab of that person', inBrowser, async (t) => {
  const server = await startServer(t)
  const one = await RoomPage.open(t, await server.person('ada'))
  const other = await one.anotherTab()

  await one.say('said once')
  await other.showsJust(['said once'])
  await one.showsJust(['said once'])
  await other.page.getByText('Only you').waitFor()
})

t.test('signing out in one tab takes the other to the sign-in page', inBrowser, async (t) => {
  const server = await startServer(t)
  const one = await RoomPage.open(t, await server.person('ada'))
  const other = await one.anotherTab()

  await other.page.getByRole('button', { name: 'Sign out' }).click()
  await one.page.waitForURL('**/sign-in?next=%2Frooms%2Flobby')
})

t.test('leaving a room in one tab closes it in the other, which says so', inBrowser, async (t) => {
  const server = await startServer(t)
  const one = await RoomPage.open(t, await server.person('ada'))
  const other = await one.anotherTab()
  await one.composer.fill('half a thought')

  await other.page.getByLabel('Room menu').click()
  await other.page.getByRole('button', { name: 'Leave this room' }).click()

  await one.banner().getByText('You are no longer in this room.').waitFor()
  t.equal(await one.composer.inputValue(), 'half a thought', 'the text can still be copied')
  t.equal(await one.composer.getAttribute('readonly'), '')
  await one.banner().getByRole('link', { name: 'All rooms' }).click()
  await one.page.getByRole('heading', { name: 'Rooms', exact: true }).waitFor()
})

t.test(
  'the menu of a room is the same on its sheet, for its owner and for a member',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const owner = await server.person('ada')
    const slug = await newRoom(owner, 'Pumps')
    const member = await server.person('bob')
    const narrow = { viewport: { width: 360, height: 640 } }
    const open = async (visitor: Visitor, path: string, options = {}) => {
      const page = await (await openBrowser(t, visitor, options)).newPage()
      await page.goto(`/rooms/${slug}${path}`)
      await page.getByLabel('Room menu').click()
      return page
    }
    const entries = (page: Page) => page.locator('.room-menu-panel :is(a, button):visible').allTextContents()

    const found = ['Search in this room', 'Pictures and files']
    const common = [
      'Settings and members',
      ...found,
      'Reminders and scheduled messages',
      'Export',
      'Leave this room',
    ]
    const own = [...common, 'Archive this room']
    // Only the chat has these.
    const ofTalk = ['Pinned messages', 'Go to that date', 'Keyboard shortcuts']
    t.same((await entries(await open(owner, ''))).sort(), [...ofTalk, ...own].sort())
    t.same(await entries(await open(owner, '/calculator')), own)
    const page = await open(member, '/calculator', narrow)
    t.same(await entries(page), ['Chat', ...common])
    await page.getByRole('link', { name: 'Chat' }).click()
    await page.getByLabel('Message to Pumps').waitFor()

    await page.goto(`/rooms/${slug}/calculator`)
    await page.getByLabel('Room menu').click()
    await page.getByRole('button', { name: 'Leave this room' }).click()
    await page.getByRole('heading', { name: 'Rooms', exact: true }).waitFor()
    t.equal(await page.locator('#own-rooms .room-name', { hasText: 'Pumps' }).count(), 0)
  },
)

t.test(
  'messages of one person are grouped under one name, and days under their dates',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const ada = await server.person('ada')
    const old = await RoomPage.open(t, ada)
    await old.say('yesterday')
    await old.shows('yesterday')
    await server.app.database
      .updateTable('messages')
      .set({ created_at: new Date(Date.now() - 86_400_000).toISOString() })
      .execute()
    const room = await RoomPage.open(t, ada)

    await room.say('today')
    await room.say('and more')
    await room.showsJust(['yesterday', 'today', 'and more'])

    t.same(await room.page.locator('.divider').allTextContents(), ['Yesterday', 'Today'])
    t.same(await underNames(room), [1, 2])
  },
)

t.test(
  'name and time are shown again after ten messages of one person, or five minutes',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const ada = await server.person('ada')
    await sayAll(ada, numbered('remark', 78))
    const noon = Date.parse('2026-03-11T12:00:00Z')
    const minutesFrom: readonly [seq: number, minutes: number][] = [
      [1, 0],
      [75, 61],
      [76, 63],
      [77, 64],
      [78, 66],
    ]
    for (const [seq, minutes] of minutesFrom) {
      await server.app.database
        .updateTable('messages')
        .set({ created_at: new Date(noon + minutes * 60_000).toISOString() })
        .where('seq', '>=', seq)
        .execute()
    }

    const { text: served } = await ada.get('/rooms/lobby')
    const classes = [...served.matchAll(/<article class="([^"]*)"/g)].map(([, names = '']) => names)
    t.same(blocks(classes), [10, 10, 10, 10, 6, 3, 1], 'the page begins with message 29')

    const live = await RoomPage.open(t, ada)
    t.same(await underNames(live), [10, 10, 10, 10, 6, 3, 1])
    await live.scrollTo(0)
    await live.showsJust(numbered('remark', 78))
    t.same(await underNames(live), [10, 10, 10, 10, 10, 10, 10, 4, 3, 1])
  },
)

t.test('a screen reader announces each message once, and of many only their number', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  await bob.post('/account/name', { name: 'Bob Lee' })
  await fill(server.app, 'lobby', 'bob', 120)
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.page.evaluate(() => {
    new MutationObserver((changes) => {
      for (const { addedNodes, target } of changes)
        for (const node of addedNodes) {
          const region =
            target instanceof Element ? target.closest('[aria-live], [role=status], [role=log]') : null
          const isOff = region === null || region.ariaLive === 'off'
          if (!isOff && node.textContent?.trim()) document.body.dataset.read += `|${node.textContent.trim()}`
        }
    }).observe(document.body, { childList: true, subtree: true })
    document.body.dataset.read = ''
  })
  const read = () => ada.page.evaluate(() => document.body.dataset.read ?? '')

  await ada.say('from ada')
  await sayAll(bob, ['from bob'])
  await eventually('the message', async () => (await read()) === '|Bob Lee: from bob')
  await bob.post('/rooms/lobby/messages/122', { message: 'changed' })
  await ada.shows('changed')
  await ada.scrollTo(0)
  await ada.page.locator('#message-30').waitFor()
  await fill(server.app, 'lobby', 'bob', 7)
  await eventually('how many', async () => (await read()) === '|Bob Lee: from bob|7 new messages')
})

t.test('a message is read as author, text and time, and the list as a feed', inBrowser, async (t) => {
  const server = await startServer(t)
  const bob = await server.person('bob')
  await bob.post('/account/name', { name: 'Bob Lee' })
  await sayAll(bob, ['the first', 'with a https://example.org/link'])
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.page.locator('#message-2').waitFor()
  const devtools = await ada.page.context().newCDPSession(ada.page)
  const { nodes } = await devtools.send('Accessibility.getFullAXTree')
  const text = ({ name }: (typeof nodes)[number]) => String(name?.value ?? '')
  const feed = nodes.find(({ role }) => role?.value === 'feed')
  t.equal(feed && text(feed), 'Messages')
  const articles = nodes.filter(({ role }) => role?.value === 'article')
  t.match(articles.map(text), [
    /^Bob Lee @bob the first \d{1,2}:\d\d$/,
    /^Bob Lee @bob with a https:\/\/example.org\/link \d{1,2}:\d\d$/,
  ])
  const byId = new Map(nodes.map((node) => [node.nodeId, node]))
  const inOrder = (node: (typeof nodes)[number]): string[] =>
    node.role?.value === 'StaticText'
      ? [text(node)]
      : (node.childIds ?? []).flatMap((id) => {
          const child = byId.get(id)
          return child ? inOrder(child) : []
        })
  const spoken = articles.map((article) => inOrder(article).join(' ').replaceAll(/\s+/g, ' ').trim())
  t.match(spoken[0], /^Bob Lee @bob the first \d{1,2}:\d\d$/, 'even while reading on')
})

t.test('an empty room suggests how to begin, until somebody writes', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  const bob = await RoomPage.open(t, await server.person('bob'))
  t.equal(
    await ada.page.getByRole('link', { name: 'Invite people' }).getAttribute('href'),
    '/rooms/lobby/settings#invitation',
  )
  await ada.page.getByRole('button', { name: 'Who is in?' }).click()
  t.equal(await ada.composer.inputValue(), 'Who is in?', 'so that it can be changed before sending')
  await ada.composer.press('Enter')
  await bob.shows('Who is in?')
  for (const { page } of [ada, bob]) await page.locator('#starters').waitFor({ state: 'detached' })
})

t.test('the sheet of a room opens beside the chat if there is space for both', inBrowser, async (t) => {
  const server = await startServer(t)
  const bob = await server.person('bob')
  const ada = await RoomPage.open(t, await server.person('ada'), { viewport: { width: 1280, height: 800 } })
  await bob.post('/rooms/lobby/calculator', { expression: '3*4' })
  await ada.page.locator('#glance', { hasText: /^bob, / }).waitFor()

  await ada.page.getByRole('button', { name: 'Side by side' }).click()
  const sheet = ada.page.frameLocator('#beside')
  await sheet.locator('[data-state="live"]').waitFor()
  await sheet.getByText('12', { exact: true }).waitFor()
  await sheet.locator('#expression').fill('12*7')
  await sheet.locator('#expression').press('Enter')
  await sheet.getByText('84', { exact: true }).waitFor()
  await ada.say('both at once')
  await ada.shows('both at once')
  await ada.page.reload()
  await sheet.locator('[data-state="live"]').waitFor()

  await ada.page.setViewportSize({ width: 1100, height: 800 })
  await ada.page.locator('#beside').waitFor({ state: 'hidden' })
  await ada.page.getByRole('button', { name: 'Side by side' }).waitFor({ state: 'hidden' })
  await ada.page.setViewportSize({ width: 1280, height: 800 })
  await ada.page.getByRole('button', { name: 'Side by side' }).click()
  await ada.page.locator('#beside').waitFor({ state: 'hidden' })
})

/** The number of messages under each name, from the top. */
async function underNames(room: RoomPage): Promise<number[]> {
  const classNames = room.page.locator('.message').evaluateAll((all) => all.map(({ className }) => className))
  return blocks(await classNames)
}

function blocks(classes: readonly string[]): number[] {
  const starts = classes.flatMap((names, index) => (names.includes('follows') ? [] : [index]))
  return starts.map((start, index) => (starts[index + 1] ?? classes.length) - start)
}

t.test('a newcomer joins a private room with a link copied from its settings', inBrowser, async (t) => {
  const server = await startServer(t)
  const context = await openBrowser(t, await server.person('ada'), {
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  await context.addInitScript(() => {
    navigator.share = async (shared) => document.body.setAttribute('data-shared', shared?.url ?? '')
  })
  const page = await context.newPage()
  await page.goto('/rooms/new')
  await page.locator('#name').fill('Behind closed doors')
  await page.getByText('Make it private, or add a description').click()
  await page.getByLabel('Private: only people').check()
  await page.getByRole('button', { name: 'Create room' }).click()
  await page.getByLabel('Room menu').click()
  await page.getByRole('link', { name: 'Settings and members' }).click()
  await page.getByRole('button', { name: 'Create a link' }).click()
  await page.getByRole('button', { name: 'Copy' }).click()
  await page.getByText('Copied.').waitFor()
  const link = await page.evaluate(() => navigator.clipboard.readText())
  t.match(link, /\/join\/[\w-]{16,}$/)
  await page.getByRole('button', { name: 'Share' }).click()
  t.equal(await page.locator('body').getAttribute('data-shared'), link)
  await page.getByText('Show as a QR code').click()
  t.ok(await page.getByRole('img', { name: 'The link as a QR code' }).isVisible())

  const newcomer = await (await openBrowser(t, server.visitor())).newPage()
  await newcomer.goto(link)
  await newcomer.getByRole('heading', { name: 'You are invited to Behind closed doors' }).waitFor()
  await newcomer.getByRole('link', { name: 'Create an account' }).click()
  await newcomer.getByLabel('Name', { exact: true }).fill('Eve')
  await newcomer.getByLabel('Password').fill(PASSWORD)
  await newcomer.getByRole('button', { name: 'Sign up' }).click()
  await newcomer.getByRole('button', { name: 'Join the room' }).click()
  await newcomer.getByRole('heading', { name: 'Behind closed doors' }).waitFor()
})
