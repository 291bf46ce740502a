import t from 'tap'
import { inBrowser } from '../support/browser.ts'
import { numbered, onLine, RoomPage } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

t.test('a reload keeps what was not sent and what was being written', inBrowser, async (t) => {
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

t.test('what was stored, though the answer was lost, is not said again', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, visitor, line } = await onLine(t, server)
  line.cut()
  await ada.say('stored')
  const { id } = await ada.page.evaluate(
    () => JSON.parse(sessionStorage.getItem('outbox ada lobby') ?? '[]')[0],
  )
  await visitor.postJson('/api/rooms/lobby/messages', { message: 'stored', id })
  line.mend()

  await ada.showsJust(['stored'])
  t.equal((await server.app.database.selectFrom('messages').selectAll().execute()).length, 1)
})

t.test('60 messages that were written offline arrive, each once and in order', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  const bob = await RoomPage.open(t, await server.person('bob'))
  const said = numbered('note', 60)
  line.cut()
  await ada.banner().waitFor()
  for (const text of said) await ada.say(text)
  line.mend()

  await bob.page.locator('.text', { hasText: 'note 60' }).waitFor({ timeout: 30_000 })
  await ada.showsJust(said)
  await bob.showsJust(said)
})

t.test('a stricter limit only makes it slower', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '2' })
  const { ada, line } = await onLine(t, server)
  const said = numbered('note', 12)
  line.cut()
  for (const text of said) await ada.say(text)
  line.mend()

  await ada.page.locator('.message[data-seq] .text', { hasText: 'note 12' }).waitFor({ timeout: 30_000 })
  await ada.showsJust(said)
})

t.test('a message shows at once as on its way, and turns solid', inBrowser, async (t) => {
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
