import t from 'tap'
import { axeFindings } from '../support/axe.ts'
import { eventually, inBrowser, openBrowser, overflows } from '../support/browser.ts'
import { newRoom } from '../support/chat.ts'
import { RoomPage } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'

const server = await startServer(t)
const ada = await server.person('ada')
const bob = await server.person('bob')

t.test('the bell shows the number on every page, and leads to the message', inBrowser, async (t) => {
  const room = await newRoom(ada, 'Picnic')
  await bob.get(`/rooms/${room}`)
  const context = await openBrowser(t, bob, { viewport: { width: 360, height: 740 } })
  await context.addInitScript(() => {
    const onIcon: number[] = []
    Object.assign(window, { onIcon })
    Object.assign(navigator, {
      setAppBadge: async (count: number) => void onIcon.push(count),
      clearAppBadge: async () => void onIcon.push(0),
    })
  })
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
  const onIcon = await page.evaluate(() => Reflect.get(window, 'onIcon'))
  t.strictSame(onIcon, [0, 1, 0], 'the icon of the installed app counts too')
  await other.getByRole('button', { name: 'Turn on for this device' }).waitFor()
  t.notOk(await overflows(other), 'the page of all')
  await other.getByRole('link', { name: /ada mentioned you/ }).click()
  await other.locator('.message.marked', { hasText: 'Will you bring' }).waitFor()
  t.ok(await other.locator('.message.mentions-you .mention', { hasText: '@bob' }).isVisible())
})

t.test('without scripts, the bell is a link to a page with all notifications', inBrowser, async (t) => {
  const room = await newRoom(ada, 'Outing')
  await bob.get(`/rooms/${room}`)
  await ada.post(`/rooms/${room}/messages`, { message: 'Hello @bob' })
  await eventually('bob is notified', async () =>
    (await bob.get('/notifications')).text.includes('Hello @bob'),
  )
  const context = await openBrowser(t, bob, { javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto('/')
  await page.getByRole('link', { name: 'Notifications' }).click()
  await page.getByText('1 new notification').waitFor()
  await page.getByRole('button', { name: 'Mark all as seen' }).click()
  await page.getByText('You have seen everything.').waitFor()
})

t.test(
  'a name after @ is completed with the keyboard, only from people in the room',
  inBrowser,
  async (t) => {
    await bob.post('/account/name', { name: 'Zoë Müller' })
    await server.person('zora')
    const room = await newRoom(ada, 'Dinner')
    await bob.get(`/rooms/${room}`)
    const opened = await RoomPage.open(t, ada, {
      room,
      viewport: { width: 360, height: 740 },
    })
    const { composer, page } = opened

    await composer.pressSequentially('Hello @zo')
    const option = page.getByRole('option', { selected: true })
    await option.waitFor()
    t.match(await option.innerText(), /Zoë Müller @bob/)
    t.equal(await page.getByRole('option').count(), 1, 'not zora, who is in another room')
    t.equal(await composer.getAttribute('aria-activedescendant'), 'mention-bob')
    t.notOk(await overflows(page))
    t.same(await axeFindings(page), [])
    await composer.press('Enter')
    t.equal(await composer.inputValue(), 'Hello @bob ', 'chosen but not sent')

    await composer.pressSequentially('and @')
    await page.getByRole('option', { name: '@room' }).waitFor()
    await composer.press('ArrowDown')
    await composer.press('ArrowDown')
    await composer.press('Tab')
    t.equal(await composer.inputValue(), 'Hello @bob and @room ')
    await composer.pressSequentially('@b')
    await option.waitFor()
    await composer.press('Escape')
    await page.getByRole('listbox').waitFor({ state: 'hidden' })
    await composer.press('Enter')
    await opened.shows('Hello @bob and @room @b')
  },
)

/** What the page or its worker was asked to do that a browser without a window cannot. */
interface Asked {
  readonly permission: number
  readonly worker: readonly unknown[]
  readonly page: readonly unknown[]
}

t.test(
  'a hidden tab shows notifications through its worker, and a click leads to the message',
  inBrowser,
  async (t) => {
    const room = await newRoom(ada, 'Garden')
    await bob.get(`/rooms/${room}`)
    const context = await openBrowser(t, bob)
    await context.addInitScript(() => {
      // The empty page that comes first.
      if (!isSecureContext) return
      const asked = { permission: 0, worker: [] as unknown[], page: [] as unknown[] }
      let permission = 'default'
      Object.assign(window, { asked })
      class Stub extends EventTarget {
        static get permission() {
          return permission
        }
        static async requestPermission() {
          asked.permission += 1
          permission = 'granted'
          return permission
        }
        constructor(...given: unknown[]) {
          super()
          // As in Chrome for Android, until the test says otherwise.
          if (!Reflect.has(window, 'mayConstruct')) throw new TypeError('Illegal constructor')
          asked.page.push(given)
        }
      }
      Object.assign(window, { Notification: Stub })
      ServiceWorkerRegistration.prototype.showNotification = async (...given) => void asked.worker.push(given)
      Object.defineProperty(document, 'visibilityState', { value: 'hidden' })
    })
    const page = await context.newPage()
    await page.goto('/account')
    const asked = () => page.evaluate(() => Reflect.get(window, 'asked') as Asked)
    const workers = () => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length)
    const bell = page.getByRole('button', { name: /^Notifications/ })
    await bell.click()
    const turnOn = page.getByRole('button', { name: 'Turn on', exact: true })
    await turnOn.waitFor()
    t.strictSame([await asked(), await workers()], [{ permission: 0, worker: [], page: [] }, 0])
    await turnOn.click()
    await turnOn.waitFor({ state: 'hidden' })
    t.strictSame([(await asked()).permission, await workers()], [1, 1])

    await ada.post(`/rooms/${room}/messages`, { message: '@bob first' })
    await eventually('the worker shows it', async () => (await asked()).worker.length === 1)
    t.match((await asked()).worker, [
      ['ada mentioned you in Garden', { body: '@bob first', data: `/rooms/${room}?at=1` }],
    ])

    await page.evaluate(async () => {
      for (const registration of await navigator.serviceWorker.getRegistrations())
        await registration.unregister()
    })
    // Neither the worker nor the page can show this one, and nothing breaks.
    const told = page.waitForEvent('console', (message) => message.text().includes('Illegal constructor'))
    await ada.post(`/rooms/${room}/messages`, { message: '@bob second' })
    await page.getByRole('button', { name: 'Notifications, 2 new' }).waitFor()
    await told
    await page.evaluate(() => Object.assign(window, { mayConstruct: true }))
    await ada.post(`/rooms/${room}/messages`, { message: '@bob third' })
    await eventually('the page shows it', async () => (await asked()).page.length === 1)
    t.match(await asked(), {
      permission: 1,
      worker: { length: 1 },
      page: [[/mentioned/, { body: '@bob third' }]],
    })
  },
)
