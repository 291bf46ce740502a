import t from 'tap'
import { eventually, inBrowser, openBrowser, overflows } from '../support/browser.ts'
import { newRoom } from '../support/chat.ts'
import { startServer } from '../support/server.ts'

t.test('the bell counts on every page, and leads to the message', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const room = await newRoom(ada, 'Picnic')
  await bob.get(`/rooms/${room}`)
  const context = await openBrowser(t, bob, { viewport: { width: 360, height: 740 } })
  const page = await context.newPage()
  await page.goto('/account')

  await ada.post(`/rooms/${room}/messages`, { message: 'Will you bring the cake, @bob?' })
  const bell = page.getByRole('button', { name: 'Notifications, 1 new' })
  await bell.waitFor()
  await eventually('the title counts', async () => (await page.title()).startsWith('(1) '))
  t.match(await page.locator('link[rel="icon"]').getAttribute('href'), /icon-unseen/)
  t.notOk(await overflows(page), 'a bell with a count')

  await bell.focus()
  await page.keyboard.press('Enter')
  const item = page.locator('#bell-list a')
  await item.waitFor()
  t.match(await item.innerText(), /ada mentioned you in Picnic/)
  t.notOk(await overflows(page), 'the panel')
  await page.keyboard.press('Escape')
  await page.locator('#bell-panel').waitFor({ state: 'hidden' })
  t.equal(await page.evaluate(() => document.activeElement?.id), 'bell')

  const other = await context.newPage()
  await other.goto('/notifications')
  await page.bringToFront()
  await bell.click()
  await page.getByRole('button', { name: 'Mark all as seen' }).click()
  await other.getByRole('button', { name: 'Notifications', exact: true }).waitFor()
  t.equal(await other.title(), 'Notifications · Partyline')
  await other.locator('main .notification a').click()
  await other.locator('.message.marked', { hasText: 'Will you bring' }).waitFor()
  t.ok(await other.locator('.message.mentions-you .mention', { hasText: '@bob' }).isVisible())
})

t.test('without scripts the bell is a link to a page with all of them', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  const room = await newRoom(ada, 'Picnic')
  await bob.get(`/rooms/${room}`)
  await ada.post(`/rooms/${room}/messages`, { message: 'Hello @bob' })
  await eventually('bob is notified', async () =>
    (await bob.get('/notifications')).text.includes('Hello @bob'),
  )
  const context = await openBrowser(t, bob, { javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto('/')
  await page.getByRole('link', { name: 'Notifications' }).click()
  await page.getByText('1 is new.').waitFor()
  await page.getByRole('button', { name: 'Mark all as seen' }).click()
  await page.getByText('You have seen everything.').waitFor()
})
