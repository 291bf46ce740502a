import t from 'tap'
import { eventually, inBrowser, OUTAGE } from '../support/browser.ts'
import { newRoom } from '../support/chat.ts'
import { onLine, RoomPage, sayAll } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'
import { SheetPage } from '../support/sheet-page.ts'

const has = (room: RoomPage, text: string) =>
  eventually(`the text ${JSON.stringify(text)}`, async () => (await room.composer.inputValue()) === text)

const isFocused = (room: RoomPage, id: string) =>
  eventually(`the focus in ${id}`, () => room.page.evaluate((id) => document.activeElement?.id === id, id))

t.test('a reply to a message that is deleted meanwhile is no longer a reply', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const [visitor, other] = [await server.person('ada'), await server.person('bob')]
  await sayAll(other, ['a secret', 'a question'])
  const ada = await RoomPage.open(t, visitor)
  const { page } = ada
  const message = page.locator('#message-1')
  await message.hover()
  await message.locator('.more').click()
  await page.getByRole('menuitem', { name: 'Reply' }).click()
  await ada.composer.pressSequentially('my answer')
  await page.getByText('Replying to bob: a secret').waitFor()

  await other.post('/rooms/lobby/messages/1', { message: 'another secret' })
  await page.getByText('Replying to bob: another secret').waitFor()
  await other.post('/rooms/lobby/messages/1/delete', {})
  await page.getByText('The message you were replying to was deleted.').waitFor()
  await page.locator('#composer-mode').waitFor({ state: 'hidden' })
  t.equal(await ada.composer.inputValue(), 'my answer')
  const kept = () => page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
  t.notMatch(await kept(), 'secret', 'the reply is not kept as a draft')
  await isFocused(ada, 'message')
  await ada.composer.press('Enter')
  await ada.shows('my answer')
  t.equal(await page.locator('.message .reply').count(), 0)
})

t.test('a reply whose original was deleted meanwhile can be sent without it', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const other = await server.person('bob')
  await sayAll(other, ['a secret'])
  const { ada, line } = await onLine(t, server)
  const { page } = ada
  await page.locator('.message .more').click()
  await page.getByRole('menuitem', { name: 'Reply' }).click()
  line.cut()
  await page.locator('.live-grid:not([data-state="live"])').waitFor()
  await ada.say('my answer')
  await page.locator('.message.pending .reply', { hasText: 'a secret' }).waitFor()

  await other.post('/rooms/lobby/messages/1/delete', {})
  line.mend()
  const failed = page.locator('.message.failed')
  await failed.getByRole('alert').getByText('the message that this replies to no longer exists').waitFor()
  await page.locator('#message-1.deleted').waitFor()
  await failed.getByRole('button', { name: 'Try again' }).press('Enter')
  await eventually('the focus stays at the message', () =>
    page.evaluate(() => document.activeElement?.closest('.message.own') !== null),
  )
  await failed.getByRole('alert').waitFor()
  t.notMatch(await page.locator('#timeline').textContent(), 'a secret')
  await failed.getByRole('button', { name: 'Edit' }).press('Enter')
  await page.getByText('The message you were replying to was deleted.').waitFor()
  t.equal(await ada.composer.inputValue(), 'my answer')
  await ada.composer.press('Enter')
  await ada.shows('my answer')
})

t.test(
  'a message that is being edited may be deleted or changed elsewhere, and no text is lost',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const visitor = await server.person('ada')
    await sayAll(visitor, ['the first', 'the second'])
    const ada = await RoomPage.open(t, visitor)
    const { page } = ada
    const edit = async () => {
      await ada.composer.press('ArrowUp')
      await page.getByText('Editing your message').waitFor()
    }

    await edit()
    await visitor.post('/rooms/lobby/messages/2', { message: 'the second, from a phone' })
    await has(ada, 'the second, from a phone')
    await page.keyboard.type(', and here')
    await visitor.post('/rooms/lobby/messages/2', { message: 'the second, from a phone again' })
    await page
      .getByText('Editing your message, which you have changed elsewhere to: the second, from a phone again')
      .waitFor()
    t.equal(await ada.composer.inputValue(), 'the second, from a phone, and here')

    await visitor.post('/rooms/lobby/messages/2/delete', {})
    await page.getByText('The message you were editing was deleted. Your text is still').waitFor()
    await page.locator('#composer-mode').waitFor({ state: 'hidden' })
    t.equal(await ada.composer.inputValue(), 'the second, from a phone, and here')
    await ada.composer.fill('')

    await edit()
    await has(ada, 'the first')
    await visitor.post('/rooms/lobby/messages/1/delete', {})
    await page.getByText('The message you were editing was deleted.', { exact: true }).waitFor()
    t.equal(await ada.composer.inputValue(), '')
    await isFocused(ada, 'message')
  },
)

t.test('a renamed room shows its new name everywhere on its open pages', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const [owner, guest] = [await server.person('ada'), await server.person('bob')]
  const room = await newRoom(owner, 'Garden')
  const bob = await RoomPage.open(t, guest, { room })
  const sheet = new SheetPage(await bob.page.context().newPage())
  await sheet.page.goto(`/rooms/${room}/calculator`)
  await sheet.live()

  await owner.post(`/rooms/${room}/settings`, { name: 'Kitchen', description: '' })
  await bob.page.getByRole('heading', { name: 'Kitchen', exact: true }).waitFor()
  t.equal(await bob.page.title(), 'Kitchen · Partyline')
  await bob.page.getByRole('textbox', { name: 'Message to Kitchen' }).waitFor()
  await bob.page.getByRole('region', { name: 'Messages in Kitchen' }).waitFor()
  t.notMatch(await bob.page.locator('main').innerHTML(), />Garden<|Garden"/)
  await sheet.page.getByRole('heading', { name: 'Kitchen · Calculator' }).waitFor()
  t.equal(await sheet.page.title(), 'Calculator · Kitchen · Partyline')
  t.equal(await sheet.page.getByLabel('Back to Kitchen').count(), 1)
  t.notMatch(await sheet.page.locator('main').innerText(), 'Garden')
})

t.test('the sheet beside the chat is told that the room was archived', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const owner = await server.person('ada')
  const room = await newRoom(owner, 'Garden')
  const { page } = await RoomPage.open(t, owner, { room, expected: OUTAGE })
  await page.getByRole('button', { name: 'Side by side' }).click()
  const sheet = page.frameLocator('#beside')
  await sheet.locator('[data-state="live"]').waitFor()
  await owner.post(`/rooms/${room}/archive`, {})
  await sheet.getByText('You can read its sheet, but not change it.').waitFor()
  await sheet.getByLabel('Expression').waitFor({ state: 'hidden' })
})

t.test(
  'a message can be edited and deleted while disconnected right after it was sent',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const { ada, line } = await onLine(t, server)
    const { page } = ada
    await ada.say('said **in haste**')
    await ada.shows('said in haste')
    line.cut()
    await page.locator('.live-grid:not([data-state="live"])').waitFor()

    await ada.composer.press('ArrowUp')
    await has(ada, 'said **in haste**')
    await ada.composer.fill('said at leisure')
    await ada.composer.press('Enter')
    line.mend()
    await ada.shows('said at leisure')
    await ada.composer.press('ArrowUp')
    await has(ada, 'said at leisure')
    await ada.composer.press('Escape')
    await ada.composer.press('Shift+Tab')
    const message = page.locator('.message.own')
    await message.evaluate((element) => element.focus())
    await page.keyboard.press('d')
    await page.locator('.message.deleting').waitFor()
    await page.locator('.message.deleted:not(.deleting)').waitFor()
    t.equal(await message.locator('.text').evaluate((text) => getComputedStyle(text).opacity), '1')
  },
)
