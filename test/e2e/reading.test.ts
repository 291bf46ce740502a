import t from 'tap'
import { axeFindings } from '../support/axe.ts'
import { eventually, inBrowser } from '../support/browser.ts'
import { numbered, RoomPage, sayAll } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

t.test('earlier messages load, and the reader stays where they were', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  const all = numbered('remark', 170)
  await sayAll(bob, all)
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.showsJust(all.slice(120))

  for (const from of [70, 20, 0]) {
    await ada.scrollTo(0)
    const [first = ''] = await ada.texts()
    const mark = ada.page.getByText(first, { exact: true })
    const before = (await mark.boundingBox())?.y ?? 0
    await ada.page.getByRole('link', { name: 'Earlier messages' }).click()
    await ada.showsJust(all.slice(from))
    const after = (await mark.boundingBox())?.y ?? 0
    t.ok(Math.abs(after - before) < 2, `moved by ${after - before} pixels`)
  }

  t.ok(await ada.page.getByText('This is where Lobby begins.').isVisible())
  t.same(await ada.page.locator('.divider').allTextContents(), ['Today'])
})

t.test('earlier messages load while others go on talking', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  const all = numbered('remark', 90)
  await sayAll(bob, all)
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.scrollTo(0)
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

  await ada.page.getByRole('link', { name: 'Earlier messages' }).click()
  await asked
  await sayAll(bob, ['meanwhile'])
  await ada.shows('meanwhile')
  answer?.()

  await ada.showsJust([...all, 'meanwhile'])
  await ada.page.getByRole('button', { name: '1 new' }).waitFor()
})

t.test('earlier messages that cannot be had now can be asked for again', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  await sayAll(await server.person('bob'), numbered('remark', 60))
  const ada = await RoomPage.open(t, await server.person('ada'), { expected: /ERR_FAILED/ })
  await ada.scrollTo(0)
  await ada.page.route('**/api/rooms/**', (route) => route.abort(), { times: 1 })

  await ada.page.getByRole('link', { name: 'Earlier messages' }).click()
  await ada.page.getByRole('link', { name: 'could not be loaded. Try again' }).click()
  await ada.showsJust(numbered('remark', 60))
})

t.test('who is at the newest stays there, whatever comes and however tall', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  const ada = await RoomPage.open(t, await server.person('ada'), { viewport: { width: 360, height: 500 } })

  for (const text of [...numbered('tall\n\n\n\n\n\n\n\n\n', 12), 'last']) await sayAll(bob, [text])
  await ada.shows('last')

  await eventually('the newest is in sight', async () => (await ada.distanceFromEnd()) < 5)
  t.equal(await ada.page.title(), 'Lobby · Partyline')
  await ada.page.setViewportSize({ width: 360, height: 320 })
  await eventually('also in a lower window', async () => (await ada.distanceFromEnd()) < 5)
})

t.test('who reads further up is left there, and told what is new', inBrowser, async (t) => {
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

t.test('a page that is open for long keeps the newest 1,000, and can still go back', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  const ada = await RoomPage.open(t, await server.person('ada'))
  const said = numbered('remark', 1_060)
  const socket = bob.socket('/ws/chat/lobby')
  await socket.next('welcome')
  for (const message of said) socket.send({ message })

  await ada.page.locator('.text', { hasText: 'remark 1060' }).waitFor({ timeout: 30_000 })
  const kept = await ada.texts()
  t.ok(kept.length >= 1_000 && kept.length <= 1_050, `${kept.length} are kept`)
  t.same(kept, said.slice(-kept.length))
  t.ok((await ada.distanceFromEnd()) < 5)

  await ada.scrollTo(0)
  await ada.page.getByRole('link', { name: 'Earlier messages' }).click()
  await ada.showsJust(said.slice(-kept.length - 50))
  t.same(await ada.page.locator('.divider').allTextContents(), ['Today'])
})

t.test('who comes back to a room, or reloads it, is where they were', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  await sayAll(bob, numbered('remark', 120))
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.scrollTo(0)
  await ada.page.getByRole('link', { name: 'Earlier messages' }).click()
  await ada.showsJust(numbered('remark', 120).slice(20))
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
  t.ok((await ada.distanceFromEnd()) < 5, 'who comes anew is at the newest')
})

t.test('a very tall message is cut off, and shown whole when one asks for it', inBrowser, async (t) => {
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
  t.ok((await height()) > 40_000, 'what has the focus is in sight')
})
