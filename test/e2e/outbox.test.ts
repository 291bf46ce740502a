import t from 'tap'
import { eventually, inBrowser } from '../support/browser.ts'
import { keepDraft } from '../support/drafts.ts'
import { numbered, onLine, RoomPage } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

t.test('a reload keeps unsent messages and the draft', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  line.cut()
  await ada.banner().waitFor()
  await ada.say('one')
  await ada.say('two')
  await ada.composer.fill('half a thought')
  line.mend()

  await ada.page.reload()
  await ada.showsJust(['one', 'two'])
  t.equal(await ada.composer.inputValue(), 'half a thought')
  await ada.page.reload()
  await ada.live()
  await ada.showsJust(['one', 'two'])
})

t.test('a message that was stored but not acknowledged is not posted twice', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, visitor, line } = await onLine(t, server)
  line.cut()
  await ada.say('stored')
  const id = await ada.page.evaluate(() => Object.keys(localStorage)[0]?.split(' ').at(-1))
  await visitor.postJson('/api/rooms/lobby/messages', { message: 'stored', id })
  line.mend()

  await ada.showsJust(['stored'])
  t.equal((await server.app.database.selectFrom('messages').selectAll().execute()).length, 1)
})

t.test('60 messages written offline arrive once and in order', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  const bob = await RoomPage.open(t, await server.person('bob'))
  const said = numbered('note', 60)
  line.cut()
  await ada.banner().waitFor()
  await ada.sayQuickly(said)
  line.mend()

  await bob.page.locator('.text', { hasText: 'note 60' }).waitFor({ timeout: 30_000 })
  await ada.showsJust(said)
  await bob.showsJust(said)
})

t.test('a stricter rate limit only slows down sending', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '2' })
  const { ada, line } = await onLine(t, server)
  const said = numbered('note', 12)
  line.cut()
  for (const text of said) await ada.say(text)
  line.mend()

  await ada.page.locator('.message[data-seq] .text', { hasText: 'note 12' }).waitFor({ timeout: 30_000 })
  await ada.showsJust(said)
})

t.test('a message is shown at once as pending, and then as sent', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  line.cut()

  await ada.say('hello')
  const message = ada.page.locator('.message.own')
  await ada.page.locator('.message.pending', { hasText: 'hello' }).waitFor()
  line.mend()

  await ada.showsJust(['hello'])
  t.equal(await message.count(), 1)
  t.ok(await message.getAttribute('data-seq'))
})

t.test('messages left unsent in a closed tab are sent once by the next tab', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  const context = ada.page.context()
  line.cut()
  await ada.say('written offline')
  await ada.say('and this')
  await ada.page.close()
  line.mend()

  const rooms = await context.newPage()
  await rooms.goto('/')
  await rooms.getByText('2 messages were not sent in Lobby').waitFor()
  const next = new RoomPage(await context.newPage())
  await next.page.goto('/rooms/lobby')
  await next.showsJust(['written offline', 'and this'])
  await rooms.locator('#unsent').waitFor({ state: 'hidden' })
  t.equal((await server.app.database.selectFrom('messages').selectAll().execute()).length, 2)
  t.equal(await next.page.evaluate(() => localStorage.length), 0)
})

t.test('two tabs show the same unsent messages, and only one of them sends each', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  const other = await ada.anotherTab()
  const sent: string[] = []
  for (const { page } of [ada, other]) {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => {
        if (String(payload).includes('"message"')) sent.push(String(payload))
      })
    })
  }
  line.cut()
  await ada.banner().waitFor()
  await other.banner().waitFor()
  await ada.say('from one')
  await other.page.locator('.message.pending', { hasText: 'from one' }).waitFor()
  await other.say('from the other')
  await ada.page.locator('.message.pending', { hasText: 'from the other' }).waitFor()
  line.mend()

  for (const tab of [ada, other]) for (const text of ['from one', 'from the other']) await tab.shows(text)
  await eventually('none waits', async () => (await ada.page.evaluate(() => localStorage.length)) === 0)
  t.same([...(await ada.texts())].sort(), ['from one', 'from the other'])
  t.equal(sent.length, 2, 'each was sent by one tab')
})

t.test('messages written days ago are sent only if their author says so', inBrowser, async (t) => {
  const server = await startServer(t)
  const visitor = await server.person('ada')
  const ada = await RoomPage.open(t, visitor)
  const at = new Date(Date.now() - 3.5 * 24 * 60 * 60 * 1_000).toISOString()
  for (const text of ['send me', 'drop me', 'change me'])
    await keepDraft(ada.page, 'ada', 'lobby', { id: text.replace(' ', '-'), text, at })
  await ada.page.reload()
  await ada.live()
  await ada.say('new')
  await ada.shows('new')

  const note = (text: string) => ada.page.locator('.message.unsent', { hasText: text })
  await note('send me').getByText('You wrote this 3 days ago, and it was not sent.').waitFor()
  await note('drop me').getByRole('button', { name: 'Discard' }).click()
  await note('change me').getByRole('button', { name: 'Edit' }).click()
  t.equal(await ada.composer.inputValue(), 'change me')
  await note('send me').getByRole('button', { name: 'Send it now' }).click()
  await ada.showsJust(['new', 'send me'])
  const waiting = () =>
    ada.page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('draft to send ')))
  t.same(await waiting(), [], 'nothing waits to be sent')
})

t.test('unsent messages are not shown to the next person who signs in', inBrowser, async (t) => {
  const server = await startServer(t)
  await server.person('bo')
  const ada = await RoomPage.open(t, await server.person('ada'))
  await keepDraft(ada.page, 'bob', 'lobby', { id: 'a', text: 'a secret of bob', error: 'no' })
  await keepDraft(ada.page, 'ada', 'lobby', { id: 'b', text: 'of ada', error: 'no' })
  await ada.page.reload()
  await ada.page.getByText('Not sent: no').waitFor()
  t.same(await ada.texts(), ['of ada'])
  await ada.page.goto('/')
  t.equal(await ada.page.locator('#unsent').innerText(), '1 message was not sent in Lobby')
})

t.test('a tab that was open during an upgrade keeps its unsent messages', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'))
  await ada.page.evaluate(() =>
    sessionStorage.setItem(
      'outbox ada lobby',
      JSON.stringify([
        { id: 'one', text: 'first' },
        { id: 'two', text: 'second' },
      ]),
    ),
  )
  await ada.page.reload()
  await ada.showsJust(['first', 'second'])
  t.equal(await ada.page.evaluate(() => sessionStorage.getItem('outbox ada lobby')), null)
})

t.test('only so many messages may wait, and a full browser says that it keeps none', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  await ada.page.evaluate(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
  })
  line.cut()
  await ada.banner().getByText('What you send is kept').waitFor()
  await ada.say('not kept')
  await ada
    .banner()
    .getByText('This browser cannot keep what you send, so leave this page open until it has been sent.')
    .waitFor()
  await ada.sayQuickly(numbered('more', 99))
  await ada.say('too many')
  await ada.page.getByText('100 messages are waiting to be sent.').waitFor()
  t.equal(await ada.composer.inputValue(), 'too many')
  line.mend()
  await eventually('all are sent', async () => (await ada.page.locator('.message.pending').count()) === 0)
  t.equal((await ada.texts()).length, 100)
})
