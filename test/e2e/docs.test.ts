import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { eventually, inBrowser, openBrowser } from '../support/browser.ts'
import { sayWith, sentFile } from '../support/files.ts'
import { RoomPage, sayAll } from '../support/room-page.ts'
import { startServer } from '../support/server.ts'
import type { Visitor } from '../support/visitor.ts'

const docs = join(import.meta.dirname, '../../docs')
const now = new Date('2026-03-11T09:56:00Z')

/** Minutes before the picture is taken, the author, and the text. */
const talk: readonly (readonly [number, string, string])[] = [
  [
    1507,
    'noor',
    'The slides for week nine are in the shared folder. I left the proof of the last lemma out on purpose.',
  ],
  [1503, 'oskar', 'Thank you. Is the reading for Thursday still chapter four?'],
  [1501, 'noor', 'Chapter four, up to page 112.'],
  [
    58,
    'mira',
    'Good morning. Does anyone have the measurements from yesterday? The ones I wrote down add up to more than the whole.',
  ],
  [56, 'oskar', 'They are on the board in room 204. I took a picture before it was wiped.'],
  [55, 'oskar', 'Third column is in millimetres, not centimetres. That is where yours goes wrong, I think.'],
  [53, 'mira', 'It is. I divided by ten and now everything fits.'],
  [31, 'jun', 'I am on a train, so this may reach you in pieces.'],
  [
    30,
    'jun',
    'The draft is at https://notes.example.edu/group-b/draft\nSections one and two are done, three needs somebody who writes better than I do.',
  ],
  [12, 'mira', 'I can take three this afternoon.'],
  [11, 'noor', 'Then I read all of it tonight, and we meet tomorrow at ten?'],
  [3, 'oskar', 'Ten is good.'],
  [2, 'jun', 'Ten. And the train is out of the tunnel, so you have all of it now.'],
]

const pictures = [
  { file: 'room-light.png', colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { file: 'room-dark.png', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const

for (const { file, ...window } of pictures) {
  t.test(`the room that docs/${file} shows`, inBrowser, async (t) => {
    const mira = await roomWithTalk(t)
    const room = await RoomPage.open(t, mira, {
      ...window,
      now,
      room: 'statistics-group-b',
      timezoneId: 'Europe/Berlin',
    })
    await room.page.getByText('4 here').waitFor()
    await room.shows('out of the tunnel')
    // It opens at the first unread message.
    await room.page.evaluate(() => document.getElementById('jump')?.click())
    t.ok((await room.distanceFromEnd()) < 5)
    await countsWhatIsElsewhere(room.page)
    await keep(room.page, file)
  })
}

t.test('the chat and sheet side by side that docs/side-by-side.png shows', inBrowser, async (t) => {
  const mira = await roomWithTalk(t)
  const room = await RoomPage.open(t, mira, {
    viewport: { width: 1280, height: 720 },
    now,
    room: 'statistics-group-b',
    timezoneId: 'Europe/Berlin',
  })
  for (const expression of ['pieces = 17', 'piece = 312 mm', 'pieces * piece to m', '6 m - ans'])
    await mira.post('/rooms/statistics-group-b/calculator', { expression })
  await room.page.evaluate(() => document.getElementById('jump')?.click())
  await countsWhatIsElsewhere(room.page)
  await room.page.getByRole('button', { name: 'Side by side' }).click()
  await room.page.frameLocator('#beside').locator('[data-state="live"]').waitFor()
  await keep(room.page, 'side-by-side.png')
})

t.test('the search that docs/search.png shows', inBrowser, async (t) => {
  const mira = await roomWithTalk(t)
  await eventually(
    'the index',
    async () => JSON.parse((await mira.get('/api/search?q=train')).text).messages.length === 2,
  )
  const context = await openBrowser(t, mira, { viewport: { width: 1280, height: 640 }, now })
  const page = await context.newPage()
  await page.goto('/search?q=ten')
  await page.getByText('Ten is good.').waitFor()
  await keep(page, 'search.png')
})

t.test('the files that docs/files.png shows', inBrowser, async (t) => {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const [mira, oskar] = [await server.person('mira'), await server.person('oskar')]
  await mira.post('/rooms', { name: 'Statistics, group B' })
  const room = 'statistics-group-b'
  const board = await sentFile(oskar, room, { name: 'board.jpg', content: await pictureOfBoard() })
  await sayWith(oskar, room, 'The board in room 204, before it was wiped.', [board.id])
  const rows = MEASURED.map((lengths, group) => [group + 1, ...lengths].join(',')).join('\n')
  const table = await sentFile(mira, room, { name: 'measurements.csv', content: rows, type: 'text/csv' })
  await sayWith(mira, room, 'Thank you! This is what I read on it. Third column in **millimetres**.', [
    table.id,
  ])
  const page = await RoomPage.open(t, mira, { viewport: { width: 1280, height: 800 }, room })
  const picture = page.page.getByRole('img', { name: /board\.jpg/ })
  await picture.waitFor()
  await eventually('the thumbnail', () =>
    picture.evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth > 0),
  )
  await page.page.getByText('measurements.csv').waitFor()
  await keep(page.page, 'files.png')
})

/** Lengths in centimetres, and one in millimetres, of four groups. */
const MEASURED = [
  [12.4, 12.6, 125],
  [11.9, 12.1, 120],
  [12.7, 12.5, 126],
  [12.2, 12.3, 122],
]

/** A photo of a whiteboard on which a table is written. */
async function pictureOfBoard(): Promise<Uint8Array<ArrayBuffer>> {
  const cells = MEASURED.flatMap((lengths, row) =>
    [`${row + 1}`, ...lengths.map(String)].map(
      (text, column) => `<text x="${130 + 190 * column}" y="${190 + 80 * row}">${text}</text>`,
    ),
  )
  const board = `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="560">
    <rect width="960" height="560" fill="#8a8d86"/><rect x="30" y="24" width="900" height="500" rx="8" fill="#f4f5f1"/>
    <g font-family="DejaVu Sans" font-size="46" fill="#1f4a8f" font-style="italic">
      <text x="110" y="104" fill="#9c2f2f">group</text><text x="330" y="104" fill="#9c2f2f">first</text>
      <text x="505" y="104" fill="#9c2f2f">second</text><text x="730" y="104" fill="#9c2f2f">third</text>${cells.join('')}
    </g><path d="M90 128 H880 M285 60 V470" stroke="#1f4a8f" stroke-width="4" fill="none"/></svg>`
  return new Uint8Array(await sharp(Buffer.from(board)).jpeg().toBuffer())
}

/** Resolves when the messages read in the open room no longer count as unread. */
function countsWhatIsElsewhere(page: Page): Promise<void> {
  return eventually('what is read is counted no more', async () =>
    (await page.locator('#unread-total').innerText()).startsWith('3'),
  )
}

/** Takes the picture if that is asked for. */
async function keep(page: Page, file: string): Promise<void> {
  if (process.env.SCREENSHOTS !== '1') return
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur())
  await page.screenshot({ path: join(docs, file), caret: 'hide' })
}

/** @returns mira, who has the lobby open, with the others in it and something unread elsewhere */
async function roomWithTalk(t: Test): Promise<Visitor> {
  const server = await startServer(t, { RATE_LIMIT: '0' })
  const people = new Map<string, Visitor>()
  for (const name of ['mira', 'noor', 'oskar', 'jun']) people.set(name, await server.person(name))
  const one = (name: string): Visitor => people.get(name) ?? server.visitor()
  const mira = one('mira')
  for (const name of ['Statistics, group B', 'Field trip', 'Library desk'])
    await mira.post('/rooms', { name })
  await sayAll(
    one('noor'),
    ['The bus leaves at eight.', 'From the north gate.', 'Bring a coat.'],
    'field-trip',
  )
  for (const [, name, text] of talk) await sayAll(one(name), [text], 'statistics-group-b')
  const { database } = server.app
  const said = await database.selectFrom('messages').select(['seq', 'text', 'room_id']).execute()
  for (const [minutes, , text] of talk) {
    const message = said.find((row) => row.text === text)
    if (!message) continue
    const created_at = new Date(now.getTime() - minutes * 60_000).toISOString()
    await database
      .updateTable('messages')
      .set({ created_at })
      .where('room_id', '=', message.room_id)
      .where('seq', '=', message.seq)
      .execute()
  }
  for (const name of ['noor', 'oskar', 'jun']) {
    const socket = one(name).socket('/ws/chat/statistics-group-b')
    t.teardown(() => socket.close())
    await socket.next('welcome')
  }
  return mira
}
