import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { inBrowser, OUTAGE, openBrowser } from '../support/browser.ts'
import { Line } from '../support/line.ts'
import { onLine, RoomPage } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'
import { SheetPage } from '../support/sheet-page.ts'
import { PASSWORD, Visitor } from '../support/visitor.ts'

t.test(
  'unsent messages are kept for their author when another person signs in, and sent later',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    await server.person('bob')
    const { ada, line } = await onLine(t, server)
    line.cut()
    await ada.say('from ada')
    await ada.composer.fill('half a thought')
    const context = ada.page.context()
    await context.setOffline(true)
    line.mend()
    await signInAs(context, 'bob', server.address, line.address)
    await context.setOffline(false)

    await ada
      .banner()
      .getByText('You are now signed in as bob. What ada wrote here has not been sent')
      .waitFor()
    t.equal(await ada.composer.inputValue(), 'half a thought', 'so that it can be copied')
    t.equal(await ada.page.locator('.message.pending', { hasText: 'from ada' }).count(), 1)
    await ada.page.getByRole('link', { name: 'Open this page as bob' }).click()
    await ada.live()
    await ada.say('from bob')
    await ada.showsJust(['from bob'])
    t.equal(await ada.page.locator('.message .sender').first().textContent(), 'bob')

    await signInAs(context, 'ada', server.address, line.address)
    await ada.page.goto('/rooms/lobby')
    await ada.showsJust(['from bob', 'from ada'])
    t.same(await ada.page.locator('.message .sender').allTextContents(), ['bob', 'ada'])
  },
)

t.test(
  'unsent lines of a sheet are kept for their author when another person signs in',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    await server.person('bob')
    const line = await Line.open(t, server.address)
    const visitor = new Visitor(line.address)
    await visitor.signUp('ada')
    const ada = await SheetPage.open(t, visitor, { expected: OUTAGE })
    line.cut()
    await ada.calculate('12*7')
    const context = ada.page.context()
    await context.setOffline(true)
    line.mend()
    await signInAs(context, 'bob', server.address, line.address)
    await context.setOffline(false)

    await ada.page.locator('#banner').getByText('You are now signed in as bob').waitFor()
    await ada.page.getByRole('link', { name: 'Open this page as bob' }).click()
    await ada.live()
    await ada.calculate('1+1')
    await ada.showsJust(['2'])

    await signInAs(context, 'ada', server.address, line.address)
    await ada.page.goto('/calculator')
    await ada.showsJust(['84'])
  },
)

t.test(
  'even a server that does not check whom a page is for cannot make it post for another person',
  inBrowser,
  async (t) => {
    const server = await startServer(t)
    const visitor = await server.person('ada')
    const bob = await server.person('bob')
    const context = await openBrowser(t, visitor)
    const ada = new RoomPage(await context.newPage())
    const sent: string[] = []
    await ada.page.routeWebSocket('**/ws/chat/**', (socket) => {
      socket.onMessage((frame) => sent.push(String(frame)))
      socket.send(
        JSON.stringify({ type: 'welcome', room: 'lobby', user: 'bob', rev: 0, online: [], online_count: 0 }),
      )
    })
    await ada.page.goto('/rooms/lobby')
    await ada.banner().getByText('You are now signed in as bob').waitFor()
    t.equal(await ada.page.locator('#message').getAttribute('readonly'), '')
    t.same(sent, [])
    t.equal((await bob.get('/account')).status, 200)
  },
)

/** Signs another person in with this browser. */
async function signInAs(context: BrowserContext, name: string, server: string, seen: string): Promise<void> {
  const person = new Visitor(server)
  await person.signIn(name, PASSWORD)
  await context.clearCookies()
  await context.addCookies([...person.cookies].map(([key, value]) => ({ name: key, value, url: seen })))
}
