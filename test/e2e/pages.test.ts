import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { axeFindings } from '../support/axe.ts'
import { inBrowser, OUTAGE, openBrowser, overflows } from '../support/browser.ts'
import { enter } from '../support/chat.ts'
import { keepDraft } from '../support/drafts.ts'
import { eventually } from '../support/eventually.ts'
import { sentFile } from '../support/files.ts'
import { RoomPage, sayAll } from '../support/room-page.ts'
import { startServer, type TestServer } from '../support/server.ts'
import type { Visitor } from '../support/visitor.ts'

const windows = [
  { colorScheme: 'light', width: 1280, height: 800 },
  { colorScheme: 'dark', width: 1280, height: 800 },
  { colorScheme: 'light', width: 360, height: 740 },
  { colorScheme: 'dark', width: 360, height: 740 },
] as const
type Look = (typeof windows)[number]

/** The two of them that differ most, for pages that look like others. */
const few = [windows[0], windows[3]] as const

/** Colours are checked without transitions. */
const still = { reducedMotion: 'reduce' } as const

t.test('axe finds nothing on any page, light or dark, wide or narrow', inBrowser, async (t) => {
  const { server, ada, bob } = await worldWithRooms(t)
  const visitor = await (
    await openBrowser(t, server.visitor(), { ...still, expected: /status of/ })
  ).newPage()
  await checkAll(t, visitor, ['/', '/sign-in', '/sign-up', '/nowhere'])
  await visitor.goto('/sign-in')
  await visitor.getByLabel('Username').fill('ada')
  await visitor.getByLabel('Password').fill('not the password')
  await visitor.getByRole('button', { name: 'Sign in' }).click()
  await visitor.locator('.fault').waitFor()
  await check(t, visitor, 'a wrong password')

  const own = await (await openBrowser(t, ada, { ...still, expected: /status of/ })).newPage()
  const settings = '/rooms/reading-group-on-the-history-of-mathematics/settings'
  await ada.post('/rooms/reading-group-on-the-history-of-mathematics/invitation', {})
  await checkAll(t, own, [
    '/',
    '/account',
    '/people',
    '/rooms/nowhere',
    '/rooms/lobby?before=5',
    '/rooms/new',
    settings,
    '/admin',
    '/admin/people/bob',
    '/admin/invitations',
    '/admin/bots',
    '/admin/log',
  ])
  await fillLists(ada, bob)
  const socket = await enter(ada, 'lobby')
  const group = '/rooms/reading-group-on-the-history-of-mathematics'
  await checkAll(
    t,
    own,
    [
      ...['/admin/people', '/admin/people/bob/delete', '/admin/rooms', '/admin/rooms/2/delete'],
      ...['/admin/jobs', '/admin/storage', '/admin/bans'],
      ...[`${group}/members/bob`, `${group}/hooks`, `${group}/export`, '/account/export', '/account/delete'],
      ...[
        '/search',
        '/search?q=from:me',
        '/scheduled',
        await editPage(ada),
        '/help',
        '/notifications',
        '/dashboard/connections',
        await connectionPage(ada),
      ],
    ],
    few,
  )
  socket.close()
  await own.goto('/')
  await own.getByLabel('Name').fill('  ')
  await own.getByRole('button', { name: 'Create room' }).click()
  await own.locator('.fault').waitFor()
  await check(t, own, 'a room without a name')
})

t.test('axe finds nothing in a room, whatever its state', inBrowser, async (t) => {
  const { ada } = await worldWithRooms(t)
  const room = await RoomPage.open(t, ada, { ...still, expected: /net::ERR_/ })
  const { page } = room
  await check(t, page, 'a talk')
  await page.locator('.here summary').click()
  await page.getByText('ada (you)').waitFor()
  await check(t, page, 'who is here')
  await page.keyboard.press('Escape')
  await room.composer.fill('x'.repeat(4_100))
  await check(t, page, 'too long')
  await room.composer.fill('')
  await room.scrollTo(0)
  await check(t, page, 'further up')
  await page.context().setOffline(true)
  await room.say('on its way')
  await room.banner().waitFor()
  await check(t, page, 'no line')
  await page.context().setOffline(false)
  await room.shows('on its way')
  await keepDraft(page, 'ada', 'lobby', { id: 'a', text: 'refused', error: 'this could not be saved' })
  await keepDraft(page, 'ada', 'lobby', { id: 'b', text: 'old', at: '2026-01-01T00:00:00.000Z' })
  await page.reload()
  await page.getByText('Not sent:').waitFor()
  await page.getByText('You wrote this').waitFor()
  await check(t, page, 'messages that were refused or are old')
  await page.goto('/')
  await page.getByText('2 messages were not sent').waitFor()
  await check(t, page, 'what was not sent, on the front page')
})

t.test('no page is wider than a window of 320 pixels', inBrowser, async (t) => {
  const { ada } = await worldWithRooms(t)
  const viewport = { width: 320, height: 568 }
  const page = await (await openBrowser(t, ada, { viewport, expected: /status of/ })).newPage()
  for (const path of [
    '/',
    '/account',
    '/rooms/lobby',
    '/rooms/lobby?before=5',
    '/rooms/nowhere',
    '/rooms/new',
    '/rooms/lobby/settings',
    '/rooms/lobby/hooks',
    ...['/admin', '/admin/people', '/admin/people/bob', '/admin/rooms', '/admin/rooms/2/delete'],
    ...['/admin/invitations', '/admin/bots', '/admin/jobs', '/admin/storage', '/admin/log', '/admin/bans'],
  ]) {
    await page.goto(path)
    t.notOk(await overflows(page), path)
  }
})

t.test('pages can still be used with larger letters or a zoom of 400 %', inBrowser, async (t) => {
  const { ada } = await worldWithRooms(t)
  const room = await RoomPage.open(t, ada, { viewport: { width: 320, height: 256 } })

  const talk = await room.page.locator('#scroll').boundingBox()
  t.ok(talk && talk.height > 256 / 3, `the talk is ${talk?.height} pixels high`)
  t.ok(await room.composer.isVisible())
})

t.test('people to write to are suggested while typing', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const zoe = await server.person('zoe')
  await zoe.post('/account/name', { name: 'Zoë Quill' })
  for (const name of ['bob', 'quentin', 'quiet']) await server.person(name)
  await ada.post('/people/quiet/block', { on: 'on' })
  const page = await (await openBrowser(t, ada)).newPage()
  await page.goto('/rooms/new')
  const field = page.getByLabel('Usernames, separated by commas')
  const options = page.getByRole('listbox', { name: 'People to write to' }).getByRole('option')
  const names = options.locator('.mention-names')

  await field.pressSequentially('qu')
  await options.first().waitFor()
  t.same(await names.allInnerTexts(), ['quentin', 'Zoë Quill @zoe'], 'neither oneself nor a blocked person')
  t.same([await field.getAttribute('role'), await field.getAttribute('aria-expanded')], ['combobox', 'true'])
  t.equal(await field.getAttribute('aria-activedescendant'), 'mention-quentin')
  t.same(await axeFindings(page), [])
  await field.press('ArrowDown')
  t.equal(await field.getAttribute('aria-activedescendant'), 'mention-zoe')
  await field.press('Enter')
  t.equal(await field.inputValue(), 'zoe, ')
  await options.first().waitFor({ state: 'detached' })

  await field.pressSequentially('qu')
  await options.first().waitFor()
  t.same(await names.allInnerTexts(), ['quentin'], 'nor people who are already chosen')
  await field.press('Escape')
  t.equal(await options.count(), 0)
  await field.fill('zoe, bo')
  await options.first().click()
  t.equal(await field.inputValue(), 'zoe, bob, ')
  await field.press('Enter')
  await page.getByRole('heading', { name: /bob.*Zoë Quill/ }).waitFor()
})

t.test('times are shown in the time zone of the reader', inBrowser, async (t) => {
  const server = await startServer(t, { TRUST_PROXY: 'loopback' })
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  await ada.post('/rooms', { name: 'Chess' })
  await bob.get('/rooms/chess')
  const { id } = await sentFile(bob, 'chess', { name: 'game.txt', content: 'e4 e5' })
  await bob.postJson('/api/rooms/chess/messages', { message: 'e4', files: [id] })
  await ada.post('/rooms/chess/members/bob/mute', { for: '1 day' })
  await ada.post('/admin/bans', { address: '198.51.100.7', for: '1 day', reason: '' })
  t.match(
    (await ada.get('/admin/bans')).text,
    /until <time[^>]+>[\d-]+ [\d:]+ UTC/,
    'without scripts, the time zone',
  )

  const banned = server.visitor({ 'x-forwarded-for': '198.51.100.7' })
  t.match((await banned.get('/api/rooms')).text, /The ban ends at [\d-]+ [\d:]+ UTC\. If/, 'for programs too')
  for (const [visitor, path] of [
    ...['messages/1', 'files', 'members/bob', 'settings'].map(
      (page) => [ada, `/rooms/chess/${page}`] as const,
    ),
    [ada, '/admin/bans'],
    [bob, '/rooms/chess'],
    [bob, '/rooms/chess/calculator'],
    [bob, '/rooms/chess/schedule'],
    [banned, '/'],
  ] as const) {
    const options = { timezoneId: 'Asia/Tokyo', extraHTTPHeaders: visitor.headers, expected: OUTAGE }
    const page = await (await openBrowser(t, visitor, options)).newPage()
    await page.goto(path)
    const time = page.locator('.note time, .panel time, .hint time, .muted-notice time, .lead time').first()
    await time.filter({ hasNotText: 'UTC' }).waitFor()
    const at = new Date((await time.getAttribute('datetime')) ?? '')
    const clock = { timeZone: 'Asia/Tokyo', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
    t.match(await time.innerText(), at.toLocaleTimeString('en-GB', clock), path)
  }
})

t.test('a muted person is told the end of it in their own time zone', inBrowser, async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  await ada.post('/rooms', { name: 'Chess' })
  await bob.get('/rooms/chess')
  const page = await RoomPage.open(t, bob, { room: 'chess', timezoneId: 'Asia/Tokyo' })
  await ada.post('/rooms/chess/members/bob/mute', { for: '1 day' })

  await page.say('hello')
  const failure = page.page.locator('.message.failed', { hasText: 'muted in this room until' })
  await failure.waitFor()
  const settings = (await ada.get('/rooms/chess/settings')).text
  const at = new Date(/muted until <time datetime="([^"]+)"/.exec(settings)?.[1] ?? '')
  const whole = { timeZone: 'Asia/Tokyo', dateStyle: 'medium', timeStyle: 'short' } as const
  t.match(await failure.innerText(), `until ${at.toLocaleString('en-GB', whole)}`)
})

t.test('pinned messages of one day are below its name, which is shown once', inBrowser, async (t) => {
  const { ada } = await worldWithRooms(t)
  for (const seq of [1, 3, 4]) await ada.post(`/rooms/lobby/messages/${seq}/pin`, { on: 'on' })
  const page = await (await openBrowser(t, ada)).newPage()

  await page.goto('/rooms/lobby/pins')

  await page.locator('.divider', { hasText: 'Today' }).waitFor()
  t.same(await page.locator('.divider, .message .sender').allInnerTexts(), ['Today', 'bob', 'bob', 'bob'])
})

/** Fills each list that would be empty: hooks, members, scheduled messages, notifications and bans. */
async function fillLists(ada: Visitor, bob: Visitor): Promise<void> {
  const group = 'reading-group-on-the-history-of-mathematics'
  await bob.get(`/rooms/${group}`)
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
  const answers = [
    await ada.postJson(`/api/rooms/${group}/hooks`, { direction: 'in', name: 'CI' }),
    await ada.postJson(`/api/rooms/${group}/export`, { format: 'csv' }),
    await ada.postJson('/api/rooms/lobby/scheduled', { message: 'later', at: tomorrow }),
    await ada.post('/admin/bans', { address: '198.51.100.7', for: '1 day', reason: 'noise' }),
    await bob.postJson('/api/rooms/lobby/messages', { message: '@ada look' }),
  ]
  for (const { status, text } of answers) if (status >= 400) throw new Error(`${status}: ${text}`)
}

/** The page that changes a scheduled message. */
async function editPage(person: Visitor): Promise<string> {
  const { text } = await person.get('/scheduled')
  const path = /href="(\/scheduled\/[^"]+\/edit)"/.exec(text)?.[1]
  if (path === undefined) throw new Error('nothing is scheduled that can be changed')
  return path
}

/** The page of a connection that is open now. */
async function connectionPage(ada: Visitor): Promise<string> {
  let path = ''
  await eventually('a connection is listed', async () => {
    const { text } = await ada.get('/dashboard/connections')
    path = /href="(\/dashboard\/connections\/[^"?]+)"/.exec(text)?.[1] ?? ''
    return path !== ''
  })
  return path
}

async function worldWithRooms(t: Test): Promise<{ server: TestServer; ada: Visitor; bob: Visitor }> {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const bob = await server.person('bob')
  await ada.post('/rooms', { name: 'Reading group on the history of mathematics' })
  await bob.post('/rooms', { name: 'B'.repeat(80) })
  await ada.get('/rooms/lobby')
  await sayAll(bob, ['hello', 'see https://example.org/somewhere', 'M'.repeat(200), 'مرحبا'])
  await sayAll(ada, ['hello, bob', 'one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten'])
  await sayAll(
    bob,
    Array.from({ length: 10 }, (_, index) => `remark ${index}`),
  )
  return { server, ada, bob }
}

async function checkAll(
  t: Test,
  page: Page,
  paths: readonly string[],
  shown: readonly Look[] = windows,
): Promise<void> {
  for (const path of paths) {
    const answer = await page.goto(path)
    if (path !== '/nowhere' && path !== '/rooms/nowhere') t.equal(answer?.status(), 200, path)
    await check(t, page, path, shown)
  }
}

async function check(t: Test, page: Page, what: string, shown: readonly Look[] = windows): Promise<void> {
  for (const { colorScheme, width, height } of shown) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height })
    // Dark differs from light only in its colours.
    const findings = await axeFindings(page, colorScheme === 'dark' ? 'colours' : 'all')
    t.same(findings, [], `${what}: ${colorScheme}, ${width} pixels wide`)
    t.notOk(await overflows(page), `${what}, no wider than ${width} pixels`)
  }
}
