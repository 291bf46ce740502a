import type { Page } from 'playwright-core'
import t from 'tap'
import { eventually, inBrowser } from '../support/browser.ts'
import { onLine, RoomPage } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'
import { SheetPage } from '../support/sheet-page.ts'

const has = (room: RoomPage, text: string) =>
  eventually(`the text ${JSON.stringify(text)}`, async () => (await room.composer.inputValue()) === text)

t.test('a draft written on one device appears on the other, until it is sent', inBrowser, async (t) => {
  const server = await startServer(t)
  const visitor = await server.person('ada')
  const phone = await RoomPage.open(t, visitor)
  const laptop = await RoomPage.open(t, visitor)
  await phone.say('a question')
  await phone.shows('a question')

  await phone.page.locator('.message .more').click()
  await phone.page.getByRole('menuitem', { name: 'Reply' }).click()
  await phone.composer.fill('an answer')
  await has(laptop, 'an answer')
  await laptop.page.getByText('Replying to ada: a question').waitFor()
  await laptop.composer.press('End')
  await laptop.page.keyboard.type(', and more')
  await has(phone, 'an answer, and more')
  await laptop.page.reload()
  await laptop.live()
  await has(laptop, 'an answer, and more')
  await laptop.page.getByText('Replying to ada: a question').waitFor()

  await laptop.composer.press('Enter')
  await phone.shows('an answer, and more')
  await has(phone, '')
  t.equal(await phone.page.locator('#composer-mode').isVisible(), false)
})

t.test(
  'two devices that write at the same time keep both drafts, and offer each other’s',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const { ada: laptop, visitor, line } = await onLine(t, server)
    const phone = await RoomPage.open(t, visitor)

    line.cut()
    await laptop.page.locator('.live-grid:not([data-state="live"])').waitFor()
    await laptop.composer.fill('written on the train')
    await phone.composer.fill('written at home')
    await eventually('the server has it', async () =>
      (await visitor.get('/api/rooms/lobby/draft')).text.includes('at home'),
    )
    line.mend()
    await laptop.live()
    const offer = laptop.page.locator('#composer-offer')
    await offer.getByText('You had started writing on another device: “written at home”').waitFor()
    t.equal(await laptop.composer.inputValue(), 'written on the train')
    t.equal(await phone.composer.inputValue(), 'written at home')

    await offer.getByRole('button', { name: 'Use it' }).click()
    await has(laptop, 'written at home')
    await offer.getByText('You had started writing here: “written on the train”').waitFor()
    await offer.getByRole('button', { name: 'Use it' }).click()
    await has(laptop, 'written on the train')
    await has(phone, 'written on the train')
  },
)

t.test('a draft survives an edit, and the caret returns to its place', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.say('said befor')
  await ada.shows('said befor')

  await ada.composer.fill('a draft of mine')
  await ada.composer.evaluate((text) => text instanceof HTMLTextAreaElement && text.setSelectionRange(2, 7))
  await ada.page.locator('.message .more').click()
  await ada.page.getByRole('menuitem', { name: 'Edit' }).click()
  await has(ada, 'said befor')
  await ada.composer.press('Escape')
  await has(ada, 'a draft of mine')
  const selected = await ada.composer.evaluate(
    (text) => text instanceof HTMLTextAreaElement && [text.selectionStart, text.selectionEnd],
  )
  t.same(selected, [2, 7])
})

t.test('characters beyond the limit are marked, cannot be sent, and are not lost', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.composer.fill('x'.repeat(3_900))
  await ada.page.getByText('100 characters left').waitFor()
  t.equal(await ada.page.locator('#composer-left').textContent(), '100 characters or fewer left')
  await ada.say(`${'x'.repeat(4_000)}too much`)
  t.equal(await ada.page.locator('#composer-marks mark').textContent(), 'too much\u200b')
  await ada.page.reload()
  await ada.live()
  t.equal((await ada.composer.inputValue()).length, 4_008)
  t.same(await ada.texts(), [])
})

t.test('the page says when it is up to date, and what is missing when it is not', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  const connection = ada.page.locator('#connection')
  await connection.getByText('Up to date', { exact: true }).waitFor()

  line.cut()
  await connection.getByText('Reconnecting…').waitFor()
  await ada.say('one')
  await ada.say('two')
  await connection.getByText('Reconnecting… 2 messages waiting to be sent').waitFor()
  line.mend()
  await connection.getByText('Up to date', { exact: true }).waitFor()
  await ada.showsJust(['one', 'two'])
})

t.test(
  'what somebody was writing is not kept in the browser after they sign out, but what they sent is',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const { ada, line } = await onLine(t, server)
    const { page } = ada
    await page.setViewportSize({ width: 1280, height: 800 })
    const other = new SheetPage(await page.context().newPage())
    await other.page.goto('/calculator')
    await other.live()
    await other.input.fill('a line on another tab')
    await page.getByRole('button', { name: 'Side by side' }).click()
    const beside = page.frameLocator('#beside')
    await beside.locator('[data-state="live"]').waitFor()
    await beside.locator('#expression').fill('a line beside')
    // The server has none of it: a draft that it has is on the next device.
    await page.route('**/api/rooms/lobby/draft', (route) => route.abort())
    line.cut()
    await page.locator('.live-grid:not([data-state="live"])').waitFor()
    await ada.say('a message that was sent')
    await ada.composer.fill('a message in the making')
    t.match(await keptTexts(page), 'a message in the making')

    // It does not connect again: what was sent would arrive.
    await page.context().routeWebSocket('**', (socket) => socket.close())
    line.mend()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL('**/sign-in')
    const kept = await keptTexts(page)
    for (const text of ['a message in the making', 'a line beside']) t.notMatch(kept, text)
    t.match(kept, 'a message that was sent')
    await eventually('the other tab forgets', async () => !/another tab/.test(await keptTexts(other.page)))
    await other.page.goto('/sign-in')
    t.notMatch(await keptTexts(other.page), 'another tab')
  },
)

/** All that the browser keeps for a tab. */
function keptTexts(page: Page): Promise<string> {
  return page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
}
