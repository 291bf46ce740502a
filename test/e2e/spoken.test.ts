import t from 'tap'
import { axeFindings } from '../support/axe.ts'
import { eventually, inBrowser } from '../support/browser.ts'
import { newRoom } from '../support/chat.ts'
import { RoomPage } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'
import { SheetPage } from '../support/sheet-page.ts'

t.test('messages of others are read aloud as they are shown, with their values', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const ada = await RoomPage.open(t, await server.person('ada'))
  const other = await server.person('bob')
  const say = (message: string) => other.postJson('/api/rooms/lobby/messages', { message })
  const reads = (text: string) =>
    eventually(text, async () => (await ada.page.locator('#announcer').textContent()) === text)

  await say('**Done**: see `plan.txt` and [the list](https://example.org/list)')
  await reads('bob: Done: see plan.txt and the list')
  await say('The costs are {= 1200 * 2}')
  await reads('bob: The costs are {= 1200 * 2}. 1200 * 2 = 2,400')

  const named = ada.page.getByRole('article', {
    name: /^bob The costs are \{= 1200 \* 2\} 1200 \* 2 = 2,400 \d?\d:\d\d$/,
  })
  await named.waitFor()
  await ada.page.reload()
  await named.waitFor()
  t.ok(await named.isVisible(), 'the same when it is loaded with the page')
})

t.test('a message is read with its quote, and that it was edited and pinned', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const bob = await server.person('bob')
  const { page } = await RoomPage.open(t, await server.person('ada'))
  await bob.post('/rooms/lobby/messages', { message: 'shall we meet?' })
  await bob.post('/rooms/lobby/messages', { message: 'yes', reply: '1' })
  const reads = async (name: RegExp) =>
    page.locator('#message-2').and(page.getByRole('article', { name })).waitFor()

  await reads(/^bob yes \d?\d:\d\d In reply to bob shall we meet\?$/)
  await bob.post('/rooms/lobby/messages/2', { message: 'yes, at four' })
  await reads(/^bob yes, at four \d?\d:\d\d In reply to bob shall we meet\? edited$/)
  await bob.post('/rooms/lobby/messages/2/pin', { on: 'on' })
  const all = /^bob yes, at four \d?\d:\d\d In reply to bob shall we meet\? edited Pinned$/
  await reads(all)
  await bob.post('/rooms/lobby/messages/1', { message: 'shall we eat?' })
  await reads(/In reply to bob shall we eat\? edited Pinned$/)
  await page.reload()
  await reads(/^bob yes, at four \d?\d:\d\d In reply to bob shall we eat\? edited Pinned$/)
  await page.goto('/rooms/lobby/pins')
  await reads(/^bob yes, at four \d?\d:\d\d In reply to bob shall we eat\? edited$/)
})

t.test('a value of a sheet is read as one number', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const ada = await server.person('ada')
  const room = await newRoom(ada, 'Kiln')
  await ada.post(`/rooms/${room}/calculator`, { expression: '38.4 m' })
  const { page } = await SheetPage.open(t, ada, { room })
  await page.getByRole('button', { name: '38.4 m', exact: true }).waitFor()
  await ada.post(`/rooms/${room}/archive`, {})
  await page.reload()
  t.match(await page.locator('.line .answer').ariaSnapshot(), /^- text: 38\.4 m$/m)
})

t.test(
  'a value that is being written is read as one number, beside its line and to others',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const [ada, bob] = [await server.person('ada'), await server.person('bob')]
    const room = await newRoom(ada, 'Kiln')
    for (const expression of ['width = 1', 'width * 3 m'])
      await ada.post(`/rooms/${room}/calculator`, { expression })
    const [own, other] = [await SheetPage.open(t, ada, { room }), await SheetPage.open(t, bob, { room })]
    await own.edit('width = 1')
    await own.page.keyboard.type('2.8')
    for (const sheet of [own, other])
      await eventually('the value', async () =>
        /^- text: 38\.4 m$/m.test(await sheet.line('width * 3 m').locator('.answer').ariaSnapshot()),
      )
  },
)

t.test(
  'a change to a line is announced with the name of who made it, not of who began the line',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const [ada, bob, cleo] = [
      await server.person('ada'),
      await server.person('bob'),
      await server.person('cleo'),
    ]
    await ada.post('/account/name', { name: 'Ada Lovelace' })
    const room = await newRoom(ada, 'Kiln')
    await ada.post(`/rooms/${room}/calculator`, { expression: '1 + 1' })
    const { page } = await SheetPage.open(t, cleo, { room })
    const other = await SheetPage.open(t, bob, { room })
    await other.edit('1 + 1')
    await other.editor.fill('1 + 2')
    await other.editor.press('Enter')
    await page.locator('#spoken', { hasText: 'bob changed 1 + 2, equals 3' }).waitFor({ state: 'attached' })
  },
)

t.test(
  'the Tab key reaches code and tables that are too wide, and messages are read with what is in them',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const bob = await server.person('bob')
    await bob.post('/rooms/lobby/messages', { message: `\`\`\`\nwide ${'code '.repeat(12)}\n\`\`\`` })
    const row = `|${'header|'.repeat(12)}`
    await bob.post('/rooms/lobby/messages', { message: `${row}\n${row.replaceAll('header', '---')}\n${row}` })
    await bob.post('/rooms/lobby/messages', { message: '```\nnarrow\n```' })
    const viewport = { width: 500, height: 900 }
    const { page } = await RoomPage.open(t, await server.person('ada'), { viewport })
    const code = page.getByRole('group', { name: 'Code' })
    await page.getByRole('group', { name: 'Table' }).and(page.locator('#message-2 .table')).waitFor()
    await code.and(page.locator('#message-1 pre')).waitFor()
    t.equal(await page.locator('#message-3 pre').getAttribute('tabindex'), null, 'what fits is not')
    await page.getByRole('article', { name: /^bob wide code code/ }).waitFor()
    await page.getByRole('article', { name: /^bob header header/ }).waitFor()
    t.same(await axeFindings(page), [])

    await page.locator('#message-3').focus()
    for (const key of ['ArrowUp', 'ArrowUp', 'Tab']) await page.keyboard.press(key)
    t.ok(await code.evaluate((element) => element === document.activeElement))

    await bob.post('/rooms/lobby/messages/1', { message: `\`\`\`\nchanged ${'code '.repeat(12)}\n\`\`\`` })
    await page.getByRole('article', { name: /^bob changed code/ }).waitFor()
    await code.waitFor()
    await page.setViewportSize({ width: 1280, height: 900 })
    await page.locator('#message-1 pre:not([tabindex])').waitFor()
  },
)
