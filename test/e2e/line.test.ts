import t from 'tap'
import { inBrowser, OUTAGE } from '../support/browser.ts'
import { numbered, onLine, RoomPage, sayAll } from '../support/room-page.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'

t.test('a lost connection neither loses nor repeats messages', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  const bob = await server.person('bob')
  await ada.say('before')
  await ada.shows('before')

  line.cut()
  await ada.banner().getByText('Connection lost').waitFor()
  await ada.say('kept one')
  await ada.say('kept two')
  await ada.composer.fill('half a thought')
  await sayAll(bob, ['bob meanwhile', 'and again'])
  t.equal(await ada.page.locator('.message.pending').count(), 2)
  line.mend()

  await ada.showsJust(['before', 'bob meanwhile', 'and again', 'kept one', 'kept two'])
  t.equal(await ada.composer.inputValue(), 'half a thought')
  await ada.banner().waitFor({ state: 'hidden' })
})

t.test(
  'a connection that is lost in the middle of a burst neither loses nor repeats messages',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const { ada, line } = await onLine(t, server)
    const said = numbered('burst', 12)

    for (const [index, text] of said.entries()) {
      await ada.say(text)
      if (index % 4 === 3) {
        line.cut()
        line.mend()
      }
    }

    await ada.showsJust(said)
    await ada.page.reload()
    await ada.live()
    await ada.showsJust(said)
  },
)

t.test('"Try now" reconnects at once', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  line.cut()
  const again = ada.banner().getByRole('button', { name: 'Try now' })
  await ada.banner().getByText('Trying again in').waitFor()
  line.mend()

  await again.click()
  await ada.live()
  await ada.banner().waitFor({ state: 'hidden' })
  t.equal(
    await ada.page.evaluate(() => document.activeElement?.id),
    'message',
    'and a person can go on writing',
  )
})

t.test('a browser that is offline says so, and reconnects when it is online', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await RoomPage.open(t, await server.person('ada'), { expected: OUTAGE })

  await ada.page.context().setOffline(true)
  await ada.banner().getByText('Connection lost').waitFor()
  await ada.say('from the train')
  await ada.page.context().setOffline(false)

  await ada.showsJust(['from the train'])
})

t.test('a connection that died silently is noticed when nothing is answered', inBrowser, async (t) => {
  const server = await startServer(t)
  const { ada, line } = await onLine(t, server)
  line.hold()
  await ada.say('into the void')
  line.release()

  await ada.page
    .locator('.message[data-seq] .text', { hasText: 'into the void' })
    .waitFor({ timeout: 20_000 })
  await ada.showsJust(['into the void'])
})

t.test('the page reconnects to a restarted server, and everything is sent', inBrowser, async (t) => {
  const folder = temporaryFolder(t)
  const first = await startServer(t, { DATA_DIR: folder })
  const { ada, line } = await onLine(t, first)
  await ada.say('before')
  await ada.shows('before')

  await first.app.close()
  await ada.say('while it was away')
  const second = await startServer(t, { DATA_DIR: folder })
  line.mend(second.address)

  await ada.showsJust(['before', 'while it was away'])
})

t.test(
  'a page that was disconnected for being idle reconnects when somebody writes',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { IDLE_TIMEOUT: '2' })
    const ada = await RoomPage.open(t, await server.person('ada'))
    const bob = await server.person('bob')
    await ada.banner().getByText('this page was disconnected').waitFor()
    await sayAll(bob, ['meanwhile'])

    await ada.say('good morning')
    await ada.showsJust(['meanwhile', 'good morning'])
    await ada.banner().getByRole('button', { name: 'Reconnect' }).click()
    await ada.live()
  },
)

t.test(
  'a person who missed too much gets the newest messages, and the rest on request',
  inBrowser,
  async (t) => {
    const server = await startServer(t, { RATE_LIMIT: '0' })
    const { ada, line } = await onLine(t, server)
    const bob = await server.person('bob')
    await ada.say('before')
    await ada.shows('before')
    line.cut()
    await ada.say('kept')
    const { user, room } = await ids(server)
    await server.app.database.transaction().execute(async (transaction) => {
      const rows = numbered('missed', 1_200).map((text, index) => ({
        room_id: room,
        seq: index + 2,
        rev: index + 2,
        sender_id: user,
        client_id: text.replace(' ', '-'),
        text,
        created_at: new Date().toISOString(),
      }))
      for (let at = 0; at < rows.length; at += 200) {
        await transaction
          .insertInto('messages')
          .values(rows.slice(at, at + 200))
          .execute()
      }
      await transaction.updateTable('rooms').set({ rev: 1_201 }).where('id', '=', room).execute()
    })
    await sayAll(bob, ['the last'])
    line.mend()

    await ada.shows('kept')
    const all = ['before', ...numbered('missed', 1_200), 'the last', 'kept']
    const newest = await ada.texts()
    t.ok(newest.length < 110)
    t.same(newest, all.slice(-newest.length))
    await ada.scrollTo(0)
    await ada.showsJust(all.slice(-newest.length - 100))
  },
)

async function ids(server: TestServer) {
  const { database } = server.app
  const user = await database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'bob')
    .executeTakeFirstOrThrow()
  const room = await database
    .selectFrom('rooms')
    .select('id')
    .where('slug', '=', 'lobby')
    .executeTakeFirstOrThrow()
  return { user: user.id, room: room.id }
}
