import t from 'tap'
import { inBrowser, openBrowser } from '../support/browser.ts'
import { enter, newRoom } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { type BrowserSubscription, startPushService } from '../support/push-service.ts'
import { startServer } from '../support/server.ts'
import type { Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

const service = await startPushService(t)
const server = await startServer(
  t,
  { RATE_LIMIT: '0', WEBHOOK_HOSTS: service.host },
  { presence: { grace: 50 } },
)
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')
const { key } = JSON.parse((await bob.get('/api/push/key')).text)

t.test('notifications are pushed to people who are not connected, and only to them', async (t) => {
  const room = await newRoom(ada, 'Pushed')
  await bob.get(`/rooms/${room}`)
  const talk = await enter(ada, room)
  const browser = await subscribed(bob)
  talk.send({ message: '@bob are you there?' })
  t.match(await pushed(browser, 1), [
    { title: 'ada mentioned you in Pushed', body: '@bob are you there?', url: `/rooms/${room}?at=1` },
  ])
  const tab = bob.socket('/ws/notifications')
  await tab.next('notification')
  talk.send({ message: '@bob here?' })
  await tab.next('notification')
  await eventually('it need not be pushed', async () => (await subscription(browser))?.pushed === 2)
  tab.close()
  await eventually('bob is gone', () => app.rooms.online.present(['bob']) === 0)
  talk.send({ message: '@bob still here?' })
  t.match((await pushed(browser, 2))[1], { body: '@bob still here?' })
})

t.test('a program that listens with a person’s key does not silence their devices', async (t) => {
  const browser = await subscribed(bob)
  const { text } = await bob.postJson('/api/keys', { name: 'watcher', scopes: ['read'] })
  const program = server.visitor().socket('/ws/notifications', {
    authorization: `Bearer ${JSON.parse(text).key}`,
  })
  await program.next('unseen')
  t.equal(app.rooms.online.present(['bob']), 0, 'nor does it count as bob being online')
  const user = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'bob')
    .executeTakeFirstOrThrow()
  await app.notifications.push(user.id, { event: 'order', text: 'ready' })
  t.match(await pushed(browser, 1), [{ body: 'ready' }])
  program.close()
})

t.test('nothing is pushed about a room that the person may no longer read', async (t) => {
  const { headers } = await ada.post('/rooms', { name: 'Secret', private: 'on' })
  const room = headers.get('location')?.replace('/rooms/', '') ?? ''
  await ada.post(`/rooms/${room}/members`, { name: 'bob' })
  const browser = await subscribed(bob)
  const open = await newRoom(ada, 'Open')
  await bob.get(`/rooms/${open}`)
  const { id } = await app.database
    .selectFrom('rooms')
    .select('id')
    .where('slug', '=', room)
    .executeTakeFirstOrThrow()
  await ada.postJson(`/api/rooms/${room}/messages`, { message: 'a secret' })
  await ada.post(`/rooms/${room}/members/bob/remove`, {})
  // As if it had been added just before.
  const user = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'bob')
    .executeTakeFirstOrThrow()
  await app.database
    .transaction()
    .execute((transaction) =>
      app.notifications.add(transaction, [{ user: user.id, event: 'mention', room: id, seq: 1 }]),
    )
  const talk = await enter(ada, open)
  talk.send({ message: '@bob but this' })
  t.match(await pushed(browser, 1), [{ body: '@bob but this' }])
})

t.test('in quiet hours nothing is pushed', async (t) => {
  const user = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'bob')
    .executeTakeFirstOrThrow()
  const browser = await subscribed(bob)
  await app.database
    .insertInto('quiet_hours')
    .values({ user_id: user.id, starts_at: 0, ends_at: 1440 })
    .execute()
  const id = await app.notifications.push(user.id, { event: 'order', text: 'quiet' })
  await eventually('it need not be pushed', async () => (await subscription(browser))?.pushed === id)
  await app.database.deleteFrom('quiet_hours').execute()
  await app.notifications.push(user.id, { event: 'order', text: 'loud' })
  t.match(await pushed(browser, 1), [{ title: 'Partyline', body: 'loud', url: '/' }])
})

t.test('subscriptions are checked, bounded, and end with their browser, session or by request', async (t) => {
  const carol = await server.person('carol')
  const user = await app.database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'carol')
    .executeTakeFirstOrThrow()
  const { keys } = await service.subscribe(key)
  for (const endpoint of ['http://10.0.0.1/x', 'http://localhost:1/x', 'ftp://example.com/'])
    t.match(await carol.postJson('/api/push/subscriptions', { endpoint, keys }), { status: 400 }, endpoint)
  t.equal(
    (await carol.postJson('/api/push/subscriptions', { endpoint: 'https://example.com', keys: {} })).status,
    400,
  )
  t.equal((await server.visitor().get('/api/push/key')).status, 401)
  const none = { auth: 'A'.repeat(22), p256dh: 'B'.repeat(87) }
  t.match(
    await carol.postJson('/api/push/subscriptions', { endpoint: 'https://example.com', keys: none }),
    { status: 400, text: /p256dh/ },
    'nothing could be encrypted for it',
  )

  const gone = await subscribed(carol)
  await service.expire(gone)
  await app.notifications.push(user.id, { event: 'order' })
  await eventually('a browser that is gone is forgotten', async () => !(await subscription(gone)))

  const own = await subscribed(carol)
  const headers = { 'content-type': 'application/json', 'x-csrf-token': await carol.token('/account') }
  const body = JSON.stringify({ endpoint: own.endpoint })
  const others = { ...headers, 'x-csrf-token': await bob.token('/account') }
  t.equal((await bob.request('DELETE', '/api/push/subscriptions', body, others)).status, 204)
  t.ok(await subscription(own), 'nobody can remove the subscription of somebody else')
  t.equal((await carol.request('DELETE', '/api/push/subscriptions', body, headers)).status, 204)
  t.notOk(await subscription(own))
  const nul = JSON.stringify({ endpoint: 'https://example.com/\0' })
  t.equal((await carol.request('DELETE', '/api/push/subscriptions', nul, headers)).status, 400)

  const first = await subscribed(carol)
  for (let count = 0; count < 20; count += 1) {
    const endpoint = `http://${service.host}/notify/${count}`
    t.equal((await carol.postJson('/api/push/subscriptions', { endpoint, keys })).status, 201)
  }
  t.notOk(await subscription(first), 'the twenty-first replaces the oldest')

  const last = await subscribed(carol)
  await carol.signOut()
  await app.notifications.push(user.id, { event: 'order' })
  await eventually('who has signed out is pushed nothing', async () => !(await subscription(last)))
  t.strictSame(await service.pushed(last), [])
})

t.test('the page can be installed, and its worker shows pushed notifications', inBrowser, async (t) => {
  const manifest = JSON.parse((await ada.get('/manifest.webmanifest')).text)
  for (const { src } of manifest.icons) t.equal((await ada.get(src)).status, 200, src)
  const context = await openBrowser(t, ada, { expected: /push service|Registration failed|Push API/ })
  await context.grantPermissions(['notifications'])
  const page = await context.newPage()
  await page.goto('/account')
  t.equal(
    await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length),
    0,
    'nothing by itself',
  )
  const cdp = await context.newCDPSession(page)
  const registered = new Promise<string>((resolve) =>
    cdp.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      const active = versions.find(({ status }) => status === 'activated')
      if (active) resolve(active.registrationId)
    }),
  )
  await cdp.send('ServiceWorker.enable')
  // Without a push service, a browser gets no further than the worker.
  await page.getByRole('button', { name: 'Turn on for this device' }).click()
  const registrationId = await registered
  const [worker] = context.serviceWorkers()
  // This browser cannot show notifications, so the test looks at what it was asked to show.
  await worker?.evaluate(() => {
    const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration }
    Object.assign(globalThis, { asked: [], marked: 0 })
    const setAppBadge = async () => void Reflect.set(globalThis, 'marked', 1)
    Object.defineProperty(navigator, 'setAppBadge', { value: setAppBadge })
    registration.showNotification = async (...given) => void Reflect.get(globalThis, 'asked').push(given)
  })
  const shown = async (): Promise<unknown[]> =>
    (await worker?.evaluate(() => Reflect.get(globalThis, 'asked'))) ?? []
  const data = JSON.stringify({
    title: 'bob mentioned you',
    body: 'hello',
    url: '/rooms/lobby?at=1',
    tag: 'lobby 1',
  })
  await cdp.send('ServiceWorker.deliverPushMessage', {
    origin: server.address,
    registrationId,
    data,
  })
  await eventually('it is shown', async () => (await shown()).length > 0)
  t.strictSame(await shown(), [
    ['bob mentioned you', { body: 'hello', tag: 'lobby 1', data: '/rooms/lobby?at=1' }],
  ])
  t.equal(
    await worker?.evaluate(() => Reflect.get(globalThis, 'marked')),
    1,
    'the icon of the app has a badge',
  )
})

/** Subscribes a browser of this person. */
async function subscribed(person: Visitor): Promise<BrowserSubscription> {
  const browser = await service.subscribe(key)
  const { endpoint, keys } = browser
  const { status, text } = await person.postJson('/api/push/subscriptions', { endpoint, keys })
  if (status !== 201) throw new Error(`not subscribed: ${status} ${text}`)
  return browser
}

/** The notifications pushed to a browser, once there are so many. */
async function pushed(browser: BrowserSubscription, count: number): Promise<Record<string, unknown>[]> {
  let all: Record<string, unknown>[] = []
  await eventually(`${count} were pushed`, async () => {
    all = await service.pushed(browser)
    return all.length >= count
  })
  return all
}

function subscription({ endpoint }: BrowserSubscription) {
  return app.database
    .selectFrom('push_subscriptions')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .executeTakeFirst()
}
