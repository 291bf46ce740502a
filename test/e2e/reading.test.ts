import t from 'tap'
import { axeFindings } from '../support/axe.ts'
import { eventually, inBrowser, overflows } from '../support/browser.ts'
import { fill, newRoom } from '../support/chat.ts'
import { numbered, RoomPage, sayAll } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

t.test(
  'a person can scroll through a whole room, of which the page keeps only a part',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    await server.person('bob')
    await fill(server.app, 'lobby', 'bob', 700)
    const ada = await RoomPage.open(t, await server.person('ada'))
    const up = await travel(ada, 'up')
    t.same(up.jumps, [], 'nothing jumped')
    t.same(up.met, consecutive(1, 700), 'all were there')
    t.ok(up.most <= 300, `${up.most} are kept`)
    t.same(up.holes, [])
    await ada.page.getByText('This is where Lobby begins.').waitFor()
    t.same(await ada.page.locator('.divider').allTextContents(), ['Today'])
    t.ok(await ada.page.locator('#jump').isVisible())

    const down = await travel(ada, 'down')
    t.same(down.jumps, [], 'nothing jumped')
    t.same(down.met, consecutive(1, 700), 'all were there')
    t.ok(down.most <= 300, `${down.most} are kept`)
    t.same(down.holes, [])
    t.notOk(await ada.page.locator('#jump').isVisible())
    await ada.say('at the end')
    await ada.shows('at the end')
  },
)

t.test('the time of a message under the same name is shown beside its text', inBrowser, async (t) => {
  const server = await startServer(t)
  await sayAll(await server.person('bob'), ['first', 'second '.repeat(60)])
  const { page } = await RoomPage.open(t, await server.person('ada'))
  const message = page.locator('.message.follows')
  await message.hover()
  const [time, text] = [
    await message.locator('time').boundingBox(),
    await message.locator('.text').boundingBox(),
  ]
  t.ok((time?.x ?? 0) > 0)
  t.ok((time?.x ?? 0) + (time?.width ?? 0) <= (text?.x ?? 0))
})

t.test(
  'an archived room can be scrolled, and read with the keyboard, like any other',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const owner = await server.person('ada')
    const room = await newRoom(owner, 'Long ago')
    await fill(server.app, room, 'ada', 160)
    t.equal((await owner.post(`/rooms/${room}/archive`, {})).status, 303)
    const ada = await RoomPage.open(t, owner, { room })
    const { page } = ada
    t.notOk(await ada.composer.isVisible())
    const up = await travel(ada, 'up')
    t.same(up.jumps, [], 'nothing jumped')
    t.same(up.met, consecutive(1, 160), 'all were there')

    const focused = () => page.evaluate(() => document.activeElement?.querySelector('.text')?.textContent)
    await page.locator('.message').last().focus()
    await page.keyboard.press('ArrowUp')
    t.equal(await focused(), '159')
    await page.keyboard.press('r')
    t.equal(await focused(), '159', 'nothing can be sent')
    await page.keyboard.press('Enter')
    t.same(await page.locator('#message-menu [role="menuitem"]:visible').allTextContents(), [
      'Copy text',
      'Copy link',
      'About ada',
    ])
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' })
    await help.getByText('The message above or below').waitFor()
    t.notOk(await help.getByText('Edit your message').isVisible())
    await help.getByRole('button', { name: 'Close' }).click()
    await page.keyboard.press('Escape')
    t.equal(await page.evaluate(() => document.activeElement?.id), 'scroll')

    t.equal((await owner.post(`/rooms/${room}/unarchive`, {})).status, 303)
    await ada.composer.waitFor()
    await ada.say('in use again')
    await ada.shows('in use again')
  },
)

t.test('a link into the history opens a room that continues to new messages', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  await fill(server.app, 'lobby', 'bob', 200)
  const ada = await RoomPage.open(t, await server.person('ada'), { room: 'lobby?at=60' })
  const marked = ada.page.locator('.message.marked', { hasText: '60' })
  await marked.waitFor()
  const before = await marked.boundingBox()

  await sayAll(bob, ['new one', 'new two'])
  await bob.post('/rooms/lobby/messages/61', { message: 'changed' })
  await bob.post('/rooms/lobby/messages/190', { message: 'changed out of sight' })
  await ada.shows('changed')
  await ada.page.getByRole('button', { name: '2 new' }).waitFor()
  t.same(await marked.boundingBox(), before, 'nothing moved')
  t.notOk((await ada.texts()).includes('new one'), 'nothing follows a gap')

  const { holes, jumps } = await travel(ada, 'down')
  t.same(jumps, [])
  t.same(holes, [])
  t.same((await ada.texts()).slice(-3), ['200', 'new one', 'new two'])
  t.ok((await ada.texts()).includes('changed out of sight'))
  await bob.post('/rooms/lobby/messages', { message: 'live' })
  await ada.shows('live')

  await ada.page.goto('/rooms/lobby?at=60')
  await ada.say('from far back')
  await ada.shows('from far back')
  t.ok((await ada.distanceFromEnd()) < 5)
})

t.test('earlier messages load while others go on writing', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  const all = numbered('remark', 90)
  await sayAll(bob, all)
  const ada = await RoomPage.open(t, await server.person('ada'))
  let answer: (() => void) | undefined
  const asked = new Promise<void>((resolve) => {
    void ada.page.route('**/api/rooms/**', async (route) => {
      const response = await route.fetch()
      await new Promise<void>((go) => {
        answer = go
        resolve()
      })
      await route.fulfill({ response })
    })
  })

  await ada.scrollTo(0)
  await asked
  await sayAll(bob, ['meanwhile'])
  await bob.post('/rooms/lobby/messages/10', { message: 'changed meanwhile' })
  await ada.shows('meanwhile')
  answer?.()

  await ada.showsJust([...all.with(9, 'changed meanwhile'), 'meanwhile'])
  await ada.page.getByRole('button', { name: '1 new' }).waitFor()
})

t.test('earlier messages that could not be loaded can be requested again', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  await sayAll(await server.person('bob'), numbered('remark', 60))
  const ada = await RoomPage.open(t, await server.person('ada'), { expected: /ERR_FAILED/ })
  await ada.page.route('**/api/rooms/**', (route) => route.abort(), { times: 1 })

  await ada.scrollTo(0)
  await ada.page.getByRole('link', { name: 'could not be loaded. Try again' }).click()
  await ada.showsJust(numbered('remark', 60))
})

t.test(
  'a person at the newest message stays there, whatever arrives and however tall',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const bob = await server.person('bob')
    const ada = await RoomPage.open(t, await server.person('ada'), { viewport: { width: 360, height: 500 } })

    for (const text of [...numbered('tall\n\n\n\n\n\n\n\n\n', 12), 'last']) await sayAll(bob, [text])
    await ada.shows('last')

    await eventually('the newest is in sight', async () => (await ada.distanceFromEnd()) < 5)
    t.equal(await ada.page.title(), 'Lobby · Partyline')
    await ada.page.setViewportSize({ width: 360, height: 320 })
    await eventually('also in a lower window', async () => (await ada.distanceFromEnd()) < 5)
  },
)

t.test('a person who reads further up stays there, and is told about new messages', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  await sayAll(bob, numbered('remark', 50))
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.scrollTo(0)
  const mark = ada.page.locator('.message').first()
  const before = await mark.boundingBox()

  await sayAll(bob, ['new one', 'new two'])
  await ada.shows('new two')
  t.same(await mark.boundingBox(), before)
  t.equal(await ada.page.title(), '(2) Lobby · Partyline')

  await ada.page.getByRole('button', { name: '2 new' }).click()
  t.ok((await ada.distanceFromEnd()) < 5)
  t.equal(await ada.page.title(), 'Lobby · Partyline')
  t.notOk(await ada.page.locator('#jump').isVisible())
})

t.test('a page that stays open keeps the newest 300 messages', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  const ada = await RoomPage.open(t, await server.person('ada'))
  const said = numbered('remark', 360)
  const socket = bob.socket('/ws/chat/lobby')
  await socket.next('welcome')
  for (const message of said) socket.send({ message })

  await ada.page.locator('.text', { hasText: 'remark 360' }).waitFor()
  await ada.showsJust(said.slice(-300))
  t.ok((await ada.distanceFromEnd()) < 5)
  t.same(await ada.page.locator('.divider').allTextContents(), ['Today'])
})

t.test('a person who returns to a room, or reloads it, is where they were', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  await sayAll(bob, numbered('remark', 120))
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.scrollTo(0)
  await ada.showsJust(numbered('remark', 120))
  await ada.scrollTo(700)
  const place = () =>
    ada.page.locator('#scroll').evaluate((scroll) => {
      const { top } = scroll.getBoundingClientRect()
      const first = [...scroll.querySelectorAll('.text')].find(
        (text) => text.getBoundingClientRect().bottom > top,
      )
      return `${first?.textContent} ${Math.round((first?.getBoundingClientRect().top ?? 0) - top)}`
    })
  const before = await place()

  // Everything below it has become another page of history meanwhile.
  await sayAll(bob, numbered('later', 80))
  await ada.page.goto('/account')
  await ada.page.goBack()
  await ada.live()
  await eventually('the place', async () => (await place()) === before)
  await ada.page.reload()
  await ada.live()
  await eventually('the place', async () => (await place()) === before)

  await ada.page.goto('/account')
  await ada.page.goto('/rooms/lobby')
  await ada.live()
  t.equal(
    await ada.page.locator('.divider.unread + .message .text').textContent(),
    'later 1',
    'a person who opens the room again is at the first unread message',
  )
})

t.test('a person who returns further up is told how many messages are new', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  await sayAll(bob, numbered('remark', 40))
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.scrollTo(0)
  await ada.page.goto('/account')
  await sayAll(bob, numbered('later', 3))
  await ada.page.goBack()
  await ada.page.getByRole('button', { name: '3 new' }).waitFor()
  await sayAll(bob, ['the last'])
  await ada.page.getByRole('button', { name: '4 new' }).click()
  await ada.page.getByText('the last').waitFor()
  t.ok((await ada.distanceFromEnd()) < 5)
})

t.test('a very tall message is cut off, and shown whole on request', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  const ada = await RoomPage.open(t, await server.person('ada'))
  const tall = `top${'\n'.repeat(1_900)}https://example.org/in-it${'\n'.repeat(1_900)}end`
  await sayAll(bob, ['x\n'.repeat(15), tall])
  await ada.shows('top')
  await ada.page.reload()
  await ada.live()

  const height = async () => (await ada.page.locator('.message .text').last().boundingBox())?.height ?? 0
  const all = ada.page.getByRole('button', { name: 'Show all' })
  await all.waitFor()
  t.equal(await all.count(), 1)
  t.ok((await height()) < 600)
  t.same(await axeFindings(ada.page), [])
  await all.focus()
  await ada.page.keyboard.press('Enter')
  t.ok((await height()) > 40_000)
  await ada.page.getByRole('button', { name: 'Show less', expanded: true }).click()
  t.ok((await height()) < 600)
  await ada.page.getByRole('link', { name: 'https://example.org/in-it' }).focus()
  t.ok((await height()) > 40_000, 'the focused element is visible')

  const less = ada.page.getByRole('button', { name: 'Show less', expanded: true })
  await less.focus()
  await ada.page.keyboard.press(' ')
  t.ok((await height()) < 600, 'it can be collapsed with the keyboard too')
  await all.waitFor()
  const focused = ada.page.locator(':focus')
  t.equal(await focused.textContent(), 'Show all')
  const { y = -1 } = (await focused.boundingBox()) ?? {}
  t.ok(y > 0 && y < 800, 'the place where it was collapsed is visible')
  await ada.page.keyboard.press('ArrowUp')
  t.equal(await focused.locator('.text').count(), 1, 'and the arrow keys continue from there')
})

t.test('a printed room has all its messages, dark on light, without controls', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  const ada = await server.person('ada')
  await sayAll(bob, [...numbered('remark', 30), '@ada look', `top${'\n'.repeat(400)}end`])
  const { page } = await RoomPage.open(t, ada, { colorScheme: 'dark' })
  const text = page.locator('.message .text').last()
  await page.getByRole('button', { name: 'Show all' }).waitFor()
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })

  t.ok(((await text.boundingBox())?.height ?? 0) > 5_000, 'including what is cut off on the screen')
  t.equal(await text.evaluate((element) => getComputedStyle(element).maskImage), 'none')
  t.equal(
    await page.locator('#scroll').evaluate(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight),
    0,
  )
  t.ok(await page.locator('.message').first().isVisible())
  t.ok(await page.getByRole('heading', { name: 'Lobby' }).isVisible(), 'below its name')
  for (const button of await page.locator('button, summary, textarea, .top').all())
    t.notOk(await button.isVisible(), await button.evaluate(({ outerHTML }) => outerHTML.slice(0, 60)))
  const lightness = (property: 'color' | 'backgroundColor') =>
    page.evaluate((property) => {
      const [red = 0, green = 0, blue = 0] =
        getComputedStyle(document.body)
          [property].match(/[\d.]+/g)
          ?.map(Number) ?? []
      return (red + green + blue) / 3
    }, property)
  t.ok((await lightness('color')) < 80)
  t.equal(await lightness('backgroundColor'), 255)
  t.notOk(await overflows(page), 'within the margins of the paper')
  await page.goto('/notifications')
  t.notOk(await page.locator('.top').isVisible(), 'nor does another page print its menu')
})

t.test('in forced colours, mentions can still be recognised', inBrowser, async (t) => {
  const server = await startServer(t)
  const bob = await server.person('bob')
  const ada = await server.person('ada')
  await sayAll(bob, ['nothing', '@ada look'])
  const { page } = await RoomPage.open(t, ada, { forcedColors: 'active' })
  const edges = () =>
    page
      .locator('.message')
      .evaluateAll((all) => all.map((one) => getComputedStyle(one, '::before').borderInlineStartStyle))
  await page.getByText('@ada look').waitFor()
  t.same(await edges(), ['none', 'solid'])
})

/** Scrolls through a room to its first or newest message. @returns what was seen on the way */
function travel(room: RoomPage, direction: 'up' | 'down') {
  return room.page.locator('#scroll').evaluate(async (scroll, direction) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const articles = () => [...document.querySelectorAll<HTMLElement>('#timeline article')]
    const seen = { jumps: [] as string[], met: [] as number[], most: 0, holes: [] as string[] }
    const met = new Set<number>()
    const look = () => {
      const seqs = articles().map(({ dataset }) => Number(dataset.seq))
      seen.most = Math.max(seen.most, seqs.length)
      for (const [index, seq] of seqs.entries()) {
        met.add(seq)
        if (index > 0 && seq !== (seqs[index - 1] ?? 0) + 1) seen.holes.push(`${seqs[index - 1]} ${seq}`)
      }
    }
    const isThere = () => {
      const beginning = document.getElementById('beginning')
      return direction === 'up'
        ? beginning?.hidden === false && scroll.scrollTop === 0
        : document.getElementById('jump')?.hidden === true
    }
    const step = (direction === 'up' ? -0.7 : 0.7) * scroll.clientHeight
    const until = Date.now() + 25_000
    look()
    while (!isThere() && Date.now() < until) {
      const { top, bottom } = scroll.getBoundingClientRect()
      const most = scroll.scrollHeight - scroll.clientHeight
      const moves = Math.max(0, Math.min(most, scroll.scrollTop + step)) - scroll.scrollTop
      // A message that is visible before and after.
      const mark = articles().find((article) => {
        const y = article.getBoundingClientRect().top - moves
        return y > top && y < bottom
      })
      const wanted = (mark?.getBoundingClientRect().top ?? 0) - moves
      scroll.scrollTop += moves
      for (let frames = 0; frames < 4; frames += 1) {
        await frame()
        const jump = mark?.isConnected ? mark.getBoundingClientRect().top - wanted : 0
        if (Math.abs(jump) >= 2) seen.jumps.push(`${mark?.dataset.seq} by ${jump}`)
      }
      look()
    }
    seen.met = [...met].sort((one, other) => one - other)
    return seen
  }, direction)
}

/** Consecutive whole numbers. */
function consecutive(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
