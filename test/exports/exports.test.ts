import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import t from 'tap'
import { inBrowser, openBrowser } from '../support/browser.ts'
import { enter, newRoom, roomRow } from '../support/chat.ts'
import { eventually } from '../support/eventually.ts'
import { addressOf, load, sayWith, sentFile } from '../support/files.ts'
import { holdQuery } from '../support/held-query.ts'
import { photo } from '../support/pictures.ts'
import { startPostgres, withPostgres } from '../support/postgres.ts'
import { startProcess } from '../support/process.ts'
import { startRedis, withRedis } from '../support/redis.ts'
import { startServer, type TestServer, temporaryFolder } from '../support/server.ts'
import type { Frame } from '../support/socket.ts'
import { Visitor } from '../support/visitor.ts'

t.setTimeout(600_000)

const folder = temporaryFolder(t)
const server = await startServer(t, { RATE_LIMIT: '0', DATA_DIR: folder, LOG_LEVEL: 'error' })
const { app } = server
const ada = await server.person('ada')
const bob = await server.person('bob')

t.test('a room is exported in three formats, all of which have its messages', async (t) => {
  const room = await newRoom(ada, 'Exported')
  const talk = await enter(ada, room)
  for (const [id, message] of Object.entries({
    one: '=1+1 <script>alert(1)</script>',
    two: 'two\n"lines"',
    three: 'to be deleted',
  })) {
    talk.send({ id, message })
    await talk.next('message')
  }
  talk.send({ type: 'react', seq: 1, emoji: '👍', on: true, id: 'r' })
  talk.send({ type: 'delete', seq: 3, id: 'd' })
  talk.send({ id: 'four', message: 'an answer', reply: 1 })
  while ((await talk.next('message')).id !== 'four');

  const notices = ada.socket('/ws/notifications')
  await notices.next('rooms')
  const job = await exported(ada, room, 'json')
  const states: Frame[] = []
  while (states.at(-1)?.state !== 'done') states.push(await notices.next('job'))
  t.strictSame(
    states.map(({ state, progress }) => [state, progress]),
    [
      ['waiting', 0],
      ['running', 0],
      ['done', 1],
    ],
    'every tab of the person gets the progress',
  )
  t.match(job, { kind: 'export', state: 'done', progress: 1, result: { room, format: 'json', messages: 4 } })
  const file = await ada.get(urlOf(job))
  t.equal(file.headers.get('content-type'), 'application/json; charset=utf-8')
  t.match(file.headers.get('content-disposition'), /^attachment; filename="exported-\d{4}-\d\d-\d\d\.json"$/)
  t.equal(file.headers.get('x-content-type-options'), 'nosniff')
  t.equal(file.headers.get('content-length'), String(Buffer.byteLength(file.text)))
  const { room: about, messages } = JSON.parse(file.text)
  t.match(about, { slug: room, name: 'Exported', kind: 'open' })
  t.match(messages, [
    { seq: 1, sender: 'ada', message: '=1+1 <script>alert(1)</script>', reactions: { '👍': { count: 1 } } },
    { seq: 2, message: 'two\n"lines"' },
    { seq: 3, message: '', deleted: true },
    { message: 'an answer', reply: { seq: 1, sender: 'ada' } },
  ])

  const csv = (await ada.get(urlOf(await exported(ada, room, 'csv')))).text.split('\r\n')
  t.match(csv[1], /^1,[^,]+,ada,,'=1\+1 <script>alert\(1\)<\/script>,,,👍 1,,,$/, 'no cell is a formula')
  t.match(csv[2], /,"two\n""lines""",/)
  t.match(csv[3], /,yes,$/)

  const html = (await ada.get(urlOf(await exported(ada, room, 'html')))).text
  t.match(html, '=1+1 &lt;script&gt;alert(1)&lt;/script&gt;')
  t.notMatch(html, '<script')
  t.match(html, '<a href="#message-1">ada</a>')
  t.match(html, 'This message was deleted.')
})

t.test('a deleted message is removed from all files, and so are quotes of it', async (t) => {
  const hal = await server.person('hal')
  const room = await newRoom(hal, 'Regretted')
  const text = 'said in haste'
  await fillAtOnce(app, room, 'hal', 4_000)
  const talk = await enter(hal, room)
  talk.send({ id: 'haste', message: text })
  const { seq } = await talk.next('message')
  await fillAtOnce(app, room, 'hal', 4_000, 4_001)
  talk.send({ id: 'answer', message: 'an answer', reply: seq })
  await talk.next('message')
  const done = await exported(hal, room, 'json')
  const before = (await hal.get(urlOf(done))).text
  t.equal(before.match(/said in haste/g)?.length, 2)

  const held = await holdJobs(app)
  talk.send({ type: 'delete', seq, id: 'delete' })
  await talk.next('done')
  const parts = await app.database
    .selectFrom('export_parts')
    .select(['is_stale', 'file'])
    .where('export_id', '=', String(done.id))
    .orderBy('first_seq')
    .execute()
  t.strictSame(
    parts.map(({ is_stale, file }) => [is_stale, file === null]),
    [
      [0, false],
      [1, true],
      [1, true],
    ],
    'only the parts that it was in',
  )
  t.match(await hal.get(urlOf(done)), { status: 404, text: /being created again/ })
  t.match(JSON.parse((await hal.get(`/api/jobs/${done.id}`)).text), { state: 'running', progress: 0.333 })
  await held.release()
  const again = await finished(hal, String(done.id))
  const after = await hal.get(urlOf(again))
  t.notMatch(after.text, text)
  const { messages } = JSON.parse(after.text)
  t.equal(messages.length, 8_002)
  t.match(messages[4_000], { seq, message: '', deleted: true })
  t.match(messages.at(-1), { message: 'an answer', reply: { seq, excerpt: '' } })
  t.equal(Number(after.headers.get('content-length')), Buffer.byteLength(after.text))
  await eventually('what was replaced is gone', () => filesOf(done).length === 3)
  t.notOk(filesOf(done).some((file) => file.includes(text)))
})

t.test('an exported page contains the files in the room as long as their messages exist', async (t) => {
  const lea = await server.person('lea')
  const room = await newRoom(lea, 'With files')
  const content = '<script>alert(1)</script>'.repeat(20_000)
  const picture = await sentFile(lea, room, { name: 'Zoë & me.jpg', content: await photo() })
  const others = [
    await sentFile(lea, room, { name: 'page.html', content }),
    await sentFile(lea, room, { name: 'empty.txt', content: '' }),
  ]
  await sayWith(lea, room, 'look', [picture.id, ...others.map(({ id }) => id)])
  const before = await keptBy(app, 'lea')
  const job = await exported(lea, room, 'html')
  const { headers, text } = await lea.get(urlOf(job))
  t.equal(Number(headers.get('content-length')), Buffer.byteLength(text))
  t.match(job.result, { size: Buffer.byteLength(text) })
  t.same(
    heldIn(text).map(({ name }) => name),
    ['Zoë &amp; me.jpg', 'page.html', 'empty.txt'],
  )
  const [shown, ...saved] = heldIn(text)
  t.same(shown?.content, (await load(lea, addressOf(picture))).content, 'a picture is shown')
  t.equal(shown?.type, 'image/jpeg')
  t.same(
    saved.map(({ content, type }) => [content.toString(), type]),
    [
      [content, 'application/octet-stream'],
      ['', 'application/octet-stream'],
    ],
    'and everything else is only for download, whatever its type',
  )
  const stored = filesOf(job).join('')
  t.ok(stored.length < 5_000 && !stored.includes(content.slice(0, 40)), 'its bytes are not stored twice')
  t.equal((await keptBy(app, 'lea')) - before, Buffer.byteLength(stored), 'nor counted twice')

  const talk = await enter(lea, room)
  talk.send({ type: 'delete', seq: 1, id: 'delete' })
  await talk.next('done')
  const after = (await lea.get(urlOf(await finished(lea, String(job.id))))).text
  t.match(after, 'This message was deleted.')
  t.same(heldIn(after), [])
})

t.test(
  'an exported page has only as many files as a browser can open, and says which are missing',
  async (t) => {
    const max = await server.person('max')
    const say = async (room: string, sizes: readonly number[]) => {
      const sent = sizes.map(async (size) => {
        const { id } = await sentFile(max, room, { name: 'film', content: 'x' })
        await app.database.updateTable('files').set({ size }).where('id', '=', id).execute()
        return id
      })
      await sayWith(max, room, '', await Promise.all(sent))
    }
    const mebibytes = 1024 * 1024
    const large = await newRoom(max, 'With a large file')
    await say(large, [20 * mebibytes + 2, 1])
    const { text } = await max.get(urlOf(await exported(max, large, 'html')))
    t.same(
      heldIn(text).map(({ content }) => content.toString()),
      ['x'],
    )
    t.match(text, /📎 <span dir="auto">film<\/span> \(20 MiB\), not included in this page/)

    const many = await newRoom(max, 'With many of them')
    for (const count of [4, 4, 2])
      await say(
        many,
        Array.from({ length: count }, () => 20 * mebibytes),
      )
    const all = await exported(max, many, 'html')
    const size = Number(Reflect.get(Object(all.result), 'size'))
    t.ok(size > 240 * mebibytes && size < 241 * mebibytes, 'all of it')
    t.equal(
      filesOf(all)
        .join('')
        .match(/not included in this page/g)?.length,
      1,
    )
  },
)

t.test('a message that is deleted while its part is written is not in the file', async (t) => {
  const ivy = await server.person('ivy')
  const room = await newRoom(ivy, 'Regretted at once')
  const talk = await enter(ivy, room)
  talk.send({ id: 'haste', message: 'said in haste' })
  const { seq } = await talk.next('message')
  const reading = holdQuery(app.database, /"messages"\."seq" > .* order by "messages"\."seq" limit/)
  const job = exported(ivy, room, 'csv')
  await reading.hasRead
  talk.send({ type: 'delete', seq, id: 'delete' })
  await talk.next('done')
  reading.release()
  const { text } = await ivy.get(urlOf(await job))
  t.match(text, /,yes,\r\n$/)
  t.notMatch(text, 'haste')
  await eventually('it is not left in the folder', async () => filesOf(await job).join() === text)
})

t.test('a part whose messages have become longer is rewritten as several', async (t) => {
  const joy = await server.person('joy')
  const room = await newRoom(joy, 'Longer')
  await fillAtOnce(app, room, 'joy', 1_000)
  const done = await exported(joy, room, 'json')
  await app.database
    .updateTable('messages')
    .set({ text: 'long '.repeat(500) })
    .where('room_id', '=', (await roomRow(app, room)).id)
    .execute()
  const talk = await enter(joy, room)
  talk.send({ type: 'delete', seq: 500, id: 'delete' })
  await talk.next('done')
  const { text } = await joy.get(urlOf(await finished(joy, String(done.id))))
  const { messages } = JSON.parse(text)
  t.ok(filesOf(done).length > 3)
  t.ok(filesOf(done).every((file) => file.length < 1_000_000))
  t.strictSame(
    messages.map(({ seq, deleted = false }: Frame) => [seq, deleted]),
    Array.from({ length: 1_000 }, (_, index) => [index + 1, index === 499]),
  )
})

t.test('only its owner can download an export, as long as they may read the room', async (t) => {
  const { headers } = await ada.post('/rooms', { name: 'Secret', private: 'on' })
  const room = headers.get('location')?.replace('/rooms/', '') ?? ''
  await ada.post(`/rooms/${room}/members`, { name: 'bob' })
  t.equal((await server.visitor().get('/api/jobs/00000000-0000-0000-0000-000000000000')).status, 401)
  const job = await exported(bob, room, 'json')
  for (const path of [`/api/jobs/${job.id}`, urlOf(job)]) {
    t.equal((await ada.get(path)).status, 404, 'not even the owner of the room may download it')
    t.equal((await bob.get(path)).status, 200)
  }
  await ada.post(`/rooms/${room}/members/bob/remove`, {})
  t.equal((await bob.get(urlOf(job))).status, 404)
  const stranger = await server.person('stranger')
  t.equal((await stranger.postJson(`/api/rooms/${room}/export`, {})).status, 404)
})

t.test('a person who is removed while their export waits gets none', async (t) => {
  const { headers } = await ada.post('/rooms', { name: 'Also secret', private: 'on' })
  const room = headers.get('location')?.replace('/rooms/', '') ?? ''
  const { id } = await roomRow(app, room)
  await ada.post(`/rooms/${room}/members`, { name: 'bob' })
  const held = await holdJobs(app)
  const { text } = await bob.postJson(`/api/rooms/${room}/export`, {})
  await ada.post(`/rooms/${room}/members/bob/remove`, {})
  await held.release()
  const job = await finished(bob, JSON.parse(text).id)
  t.match(job, { state: 'failed', result: { error: 'You can no longer read this room.' } })
  t.equal(
    (await app.database.selectFrom('exports').selectAll().where('room_id', '=', id).execute()).length,
    1,
  )
})

t.test('without JavaScript, the page has the form, exports in progress, and files', async (t) => {
  const room = await newRoom(ada, 'On a page')
  const wrong = await ada.post(`/rooms/${room}/export`, { format: 'pdf' })
  t.equal(wrong.status, 400)
  t.match(wrong.text, 'Choose one of the three formats.')
  const held = await holdJobs(app)
  for (const _ of ['once', 'again']) {
    const { headers, status } = await ada.post(`/rooms/${room}/export`, { format: 'html' })
    t.equal(status, 303)
    t.equal(headers.get('location'), `/rooms/${room}/export`)
  }
  const waiting = (await ada.get(`/rooms/${room}/export`)).text
  t.equal(waiting.match(/Waiting to start/g)?.length, 1, 'asking again changes nothing')
  await held.release()
  const path = /\/rooms\/[a-z-]+\/export\/([0-9a-f-]{36})\/delete/
  const id = path.exec(waiting)?.[1] ?? ''
  const job = await finished(ada, id)
  t.match((await ada.get(`/rooms/${room}/export`)).text, `href="${urlOf(job)}"`)
  t.equal((await bob.post(`/rooms/${room}/export/${id}/delete`, {})).status, 404)
  t.equal((await ada.post(`/rooms/${room}/export/${id}/delete`, {})).status, 303)
  t.equal((await ada.get(urlOf(job))).status, 404)
  t.notOk(readdirSync(join(folder, 'exports')).includes(id), 'its file is gone too')
})

t.test('an open page shows the progress of an export, and then its file', inBrowser, async (t) => {
  const room = await newRoom(ada, 'Live on a page')
  const notes = randomBytes(6 * 1024 * 1024)
  const files = [
    await sentFile(ada, room, { name: 'photo.jpg', content: await photo() }),
    await sentFile(ada, room, { name: 'notes.bin', content: notes }),
  ]
  for (const { id } of files) await sayWith(ada, room, '', [id])
  await sayWith(ada, room, 'both', [])
  const held = await holdJobs(app)
  const page = await (await openBrowser(t, ada)).newPage()
  await page.goto(`/rooms/${room}/export`)
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByText('Waiting to start').waitFor()
  await held.release()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download the HTML file' }).click(),
  ])
  t.match(download.suggestedFilename(), /^live-on-a-page-.*\.html$/)
  await page.getByText('3 messages').waitFor()
  t.equal(await page.getByRole('status').textContent(), 'The export is ready.')

  const saved = join(temporaryFolder(t), 'room.html')
  await download.saveAs(saved)
  await page.goto(`file://${saved}`)
  const shown = page.getByRole('img', { name: 'photo.jpg' })
  t.equal(
    await shown.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth)),
    300,
  )
  const [sent] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'notes.bin' }).click(),
  ])
  t.equal(sent.suggestedFilename(), 'notes.bin')
  t.ok(readFileSync(await sent.path()).equals(notes), 'a file that is not a picture can be downloaded')
})

t.test('a file counts towards the storage of its person until it is removed after a day', async (t) => {
  const carol = await server.person('carol')
  const room = await newRoom(carol, 'Counted')
  await fillAtOnce(app, room, 'carol', 100)
  const bytes = () => keptBy(app, 'carol')
  const before = await bytes()
  const job = await exported(carol, room, 'json')
  t.equal(await bytes(), before + Number(Reflect.get(Object(job.result), 'size')))
  const id = String(job.id)
  await app.database.updateTable('exports').set({ expires_at: '2000' }).where('id', '=', id).execute()
  t.equal((await carol.get(`/api/jobs/${id}`)).status, 404)
  await app.database.updateTable('jobs').set({ run_at: '2000' }).where('kind', '=', 'sweep-exports').execute()
  await eventually('it is removed', async () => !(await has(app, id)))
  await eventually('and nobody keeps it', async () => (await bytes()) === before)
  await eventually('nor is there its file', async () => !readdirSync(join(folder, 'exports')).includes(id))
})

t.test('downloads are few at once, and need access to the room and a session', async (t) => {
  const finn = await server.person('finn')
  const { headers } = await ada.post('/rooms', { name: 'Slowly', private: 'on' })
  const room = headers.get('location')?.replace('/rooms/', '') ?? ''
  await ada.post(`/rooms/${room}/members`, { name: 'finn' })
  const file = urlOf(await exported(finn, room, 'json'))
  await enlarge(app, folder, file)
  const slow = await Promise.all(Array.from({ length: 4 }, () => download(finn, file)))
  t.strictSame(
    slow.map(({ statusCode }) => statusCode),
    [200, 200, 200, 200],
  )
  t.match(await finn.get(file), { status: 429, text: /4 downloads in progress/ })
  await ada.post(`/rooms/${room}/members/finn/remove`, {})
  for (const one of slow) t.notOk(await isWhole(one), 'it ends when its person is removed')

  const own = urlOf(await exported(ada, room, 'json'))
  await enlarge(app, folder, own)
  const elsewhere = new Visitor(server.address)
  await elsewhere.signIn('ada')
  const last = await download(elsewhere, own)
  await elsewhere.signOut()
  t.notOk(await isWhole(last), 'or signs out')
  t.ok(await isWhole(await download(ada, own)), 'and is complete otherwise')
})

t.test('an export whose files did not move with the database is made again, or is gone', async (t) => {
  const gwen = await server.person('gwen')
  const room = await newRoom(gwen, 'Moved')
  await fillAtOnce(app, room, 'gwen', 3)
  const done = await exported(gwen, room, 'json')
  rmSync(join(folder, 'exports', String(done.id)), { recursive: true })
  t.match(await gwen.get(urlOf(done)), { status: 404, text: /Export the room again/ })

  const held = await holdJobs(app)
  const { id } = JSON.parse((await gwen.postJson(`/api/rooms/${room}/export`, {})).text)
  const half = { state: 'running', written_seq: 2, last_seq: 3, messages: 2, parts: 1, bytes: 10 } as const
  await app.database.updateTable('exports').set(half).where('id', '=', id).execute()
  const part = { export_id: id, number: 0, file: 'elsewhere', content: null }
  await app.database.insertInto('export_parts').values(part).execute()
  await held.release()
  const job = await finished(gwen, id)
  const { messages } = JSON.parse((await gwen.get(urlOf(job))).text)
  t.strictSame(
    messages.map(({ seq }: Frame) => seq),
    [1, 2, 3],
  )
})

t.test('an export that exceeds the storage of its person fails with that reason', async (t) => {
  const small = await startServer(t, { RATE_LIMIT: '0', DISK_PER_USER: '2000' })
  const dora = await small.person('dora')
  const room = await newRoom(dora, 'Too much')
  await fillAtOnce(small.app, room, 'dora', 100)
  const job = await exported(dora, room, 'json')
  t.match(job, { state: 'failed', result: { error: /all of your 2 KiB/ } })
})

t.test('a person can have at most 20 exports', async (t) => {
  const eve = await server.person('eve')
  const room = await newRoom(eve, 'Often')
  for (let count = 0; count < 20; count += 1) await exported(eve, room, 'csv')
  const { status, text } = await eve.postJson(`/api/rooms/${room}/export`, { format: 'csv' })
  t.equal(status, 413)
  t.match(JSON.parse(text), { code: 'limit', error: /20 exports/ })
  t.equal((await eve.post(`/rooms/${room}/export`, { format: 'csv' })).status, 400)
})

t.test(
  'another process continues the export of a killed one, and nothing is in it twice',
  withRedis,
  async (t) => {
    const count = 40_000
    const place = { DATA_DIR: temporaryFolder(t), REDIS_URL: (await startRedis(t)).url, RATE_LIMIT: '0' }
    const first = await startServer(t, place)
    const person = await first.person('ada')
    const room = await newRoom(person, 'Large')
    await fillAtOnce(first.app, room, 'ada', count)
    await first.app.close()

    const doomed = await startProcess(t, place)
    const before = like(person, doomed.address)
    const watching = before.socket('/ws/notifications')
    await watching.next('rooms')
    const id = JSON.parse((await before.postJson(`/api/rooms/${room}/export`, {})).text).id
    for (let progress = 0; progress === 0; ) progress = Number((await watching.next('job')).progress)
    await doomed.kill()

    const second = await startServer(t, place)
    const { parts } = await second.app.database
      .selectFrom('exports')
      .select('parts')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    t.ok(parts > 0, 'it had begun')
    const third = await startServer(t, place)
    const elsewhere = like(person, third.address)
    const told = elsewhere.socket('/ws/notifications')
    await told.next('rooms')
    t.match(
      await told.next('job'),
      { id, state: 'running' },
      'a client that connects is told about exports in progress',
    )
    // The lease of the dead process has ended.
    await second.app.database
      .updateTable('jobs')
      .set({ run_at: '2000' })
      .where('kind', '=', 'export')
      .execute()
    let last = await told.next('job')
    while (last.state === 'running') last = await told.next('job')
    t.match(last, { id, state: 'done', progress: 1, result: { messages: count } }, 'in every process')
    const { messages } = JSON.parse((await elsewhere.get(urlOf(last))).text)
    t.ok(
      messages.length === count && messages.every(({ seq }: Frame, index: number) => seq === index + 1),
      'each message once, in order',
    )
  },
)

t.test('on PostgreSQL, files are kept in the database', withPostgres, async (t) => {
  const url = await (await startPostgres(t)).database()
  const place = { DATA_DIR: temporaryFolder(t), DATABASE_URL: url, RATE_LIMIT: '0' }
  const other = await startServer(t, place)
  const person = await other.person('ada')
  const room = await newRoom(person, 'Elsewhere')
  await fillAtOnce(other.app, room, 'ada', 5_000)
  const job = await exported(person, room, 'json')
  const { messages } = JSON.parse((await person.get(urlOf(job))).text)
  t.equal(messages.length, 5_000)
  t.notOk(readdirSync(place.DATA_DIR).includes('exports'))
  const rows = await other.app.database.selectFrom('export_parts').select('number').execute()
  t.ok(rows.length > 1, 'in parts')

  const content = 'what was sent '.repeat(40_000)
  const { id: sent } = await sentFile(person, room, { name: 'sent.txt', content })
  await sayWith(person, room, '', [sent])
  const html = await person.get(urlOf(await exported(person, room, 'html')))
  t.same(
    heldIn(html.text).map((file) => file.content.toString()),
    [content],
    'and a page has the files that are stored there',
  )

  const talk = await enter(person, room)
  const reading = holdQuery(other.app.database, /"messages"\."seq" > .* order by "messages"\."seq" limit/)
  talk.send({ type: 'delete', seq: 1, id: 'first' })
  await talk.next('done')
  await reading.hasRead
  talk.send({ type: 'delete', seq: 2, id: 'second' })
  await talk.next('done')
  reading.release()
  const again = JSON.parse((await person.get(urlOf(await finished(person, String(job.id))))).text)
  t.strictSame(
    again.messages.slice(0, 3).map(({ message }: Frame) => message === ''),
    [true, true, false],
    'deletions are applied there too, even during an export',
  )
})

/** The files in an exported page, in order. */
function heldIn(page: string): { name: string; type: string; content: Buffer }[] {
  const found = page.matchAll(/(?:alt|download)="([^"]*)"[^>]* (?:src|href)="data:([^;]+);base64,([^"]*)"/g)
  return [...found].map(([, name = '', type = '', content = '']) => ({
    name,
    type,
    content: Buffer.from(content, 'base64'),
  }))
}

/** The bytes that somebody has stored. */
async function keptBy({ database, usage }: FastifyInstance, name: string): Promise<number> {
  await usage.save()
  const row = await database
    .selectFrom('usage')
    .innerJoin('users', 'users.id', 'usage.user_id')
    .select('bytes')
    .where('users.name', '=', name)
    .executeTakeFirst()
  return row?.bytes ?? 0
}

/** Exports a room. @returns the job when it has ended */
async function exported(person: Visitor, room: string, format: string): Promise<Frame> {
  const { status, text } = await person.postJson(`/api/rooms/${room}/export`, { format })
  if (status !== 202) throw new Error(`no export was begun: ${status} ${text}`)
  return finished(person, JSON.parse(text).id)
}

async function finished(person: Visitor, id: string): Promise<Frame> {
  let job: Frame = {}
  await eventually('the export has ended', async () => {
    job = JSON.parse((await person.get(`/api/jobs/${id}`)).text)
    return job.state === 'done' || job.state === 'failed'
  })
  return job
}

function urlOf({ result }: Frame): string {
  return String(Reflect.get(Object(result), 'url'))
}

/** Makes exports wait until they are released. */
async function holdJobs({ database }: FastifyInstance): Promise<{ release(): Promise<void> }> {
  await sql`create trigger held after insert on jobs when new.kind = 'export'
    begin update jobs set run_at = '9999' where id = new.id; end`.execute(database)
  return {
    async release() {
      await sql`drop trigger held`.execute(database)
      await database.updateTable('jobs').set({ run_at: '2000' }).where('kind', '=', 'export').execute()
    },
  }
}

/** Makes an existing file larger than what fits in the buffers of a connection that nobody reads. */
async function enlarge({ database }: FastifyInstance, folder: string, url: string): Promise<void> {
  const id = url.split('/')[3] ?? ''
  const { file } = await database
    .selectFrom('export_parts')
    .select('file')
    .where('export_id', '=', id)
    .executeTakeFirstOrThrow()
  const size = 512 * 1024
  writeFileSync(join(folder, 'exports', id, file ?? ''), Buffer.alloc(size, 'x'))
  const others = Array.from({ length: 39 }, (_, index) => ({
    export_id: id,
    number: index + 1,
    first_seq: index + 2,
    file,
  }))
  await database.insertInto('export_parts').values(others).execute()
  await database
    .updateTable('exports')
    .set({ bytes: 40 * size })
    .where('id', '=', id)
    .execute()
}

/** Requests a file without reading it. */
function download({ address, cookie }: Visitor, path: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  get(address + path, { headers: { cookie }, agent: false }, resolve).on('error', reject)
  return promise
}

/** Reads the rest. */
async function isWhole(response: IncomingMessage): Promise<boolean> {
  try {
    for await (const _ of response);
  } catch {}
  return response.complete
}

/** The files in the folder of an export. */
function filesOf({ id }: Frame): string[] {
  const files = join(folder, 'exports', String(id))
  return readdirSync(files).map((file) => readFileSync(join(files, file), 'utf8'))
}

/** Fills a room with messages of some length, in one statement. @param after the `rev` of the room */
async function fillAtOnce(
  { database }: FastifyInstance,
  room: string,
  sender: string,
  count: number,
  after = 0,
): Promise<void> {
  const text = 'What was said here is not very long, but it is not short either.'
  await sql`
    with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${sql.lit(count)})
    insert into messages (room_id, seq, rev, sender_id, client_id, text, created_at)
    select rooms.id, n + ${sql.lit(after)}, n + ${sql.lit(after)}, users.id, cast(n + ${sql.lit(after)} as text), ${text}, '2026-11-28T09:00:00.000Z'
    from numbers, rooms, users where rooms.slug = ${room} and users.name = ${sender}`.execute(database)
  await database
    .updateTable('rooms')
    .set({ rev: after + count })
    .where('slug', '=', room)
    .execute()
}

async function has({ database }: FastifyInstance, id: string): Promise<boolean> {
  return (await database.selectFrom('exports').select('id').where('id', '=', id).execute()).length > 0
}

/** The same browser at another server of the same Partyline. */
function like(visitor: Visitor, address: TestServer['address']): Visitor {
  const same = new Visitor(address)
  for (const [name, value] of visitor.cookies) same.cookies.set(name, value)
  return same
}
