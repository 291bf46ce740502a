import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { safeFileName } from '../../src/files/file-name.ts'
import { enter, newRoom } from '../support/chat.ts'
import { keepsDataInFolders } from '../support/database.ts'
import { addressOf, load, sayWith, sendFile, sentFile } from '../support/files.ts'
import { photo } from '../support/pictures.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

t.setTimeout(600_000)

const DATA_DIR = temporaryFolder(t)
const MAX = 300 * 1024
const server = await startServer(t, { DATA_DIR, RATE_LIMIT: '0', MAX_FILE_SIZE: String(MAX) })
const ada = await server.person('ada')
const bob = await server.person('bob')
const room = await newRoom(ada, 'Files')
await bob.get(`/rooms/${room}`)
const elsewhere = await newRoom(ada, 'Elsewhere')

t.test('an uploaded file is served to people who may read its message', async (t) => {
  const content = 'name,age\nAda,36\n'
  const answer = await sendFile(ada, room, { name: 'people.csv', content })
  t.equal(answer.status, 201)
  const file = JSON.parse(answer.text)
  t.match(file, { name: 'people.csv', type: 'text/plain', size: 16, width: null, height: null })
  t.match(file.id, /^[0-9a-f]{32}$/)
  t.equal(
    (await load(bob, addressOf(file))).status,
    404,
    'only its sender can read it until it is part of a message',
  )
  t.equal((await load(ada, addressOf(file))).content.toString(), content)

  const socket = await enter(bob, room)
  const said = await sayWith(ada, room, '', [file.id], 'with-file')
  t.match([said.status, JSON.parse(said.text)], [201, { message: '', files: [file] }])
  t.match(await socket.next('message'), { id: 'with-file', files: [file] })
  socket.close()
  const { status, headers, content: got } = await load(bob, addressOf(file))
  t.equal(status, 200)
  t.equal(got.toString(), content)
  t.match(Object.fromEntries(headers), {
    'content-type': 'text/plain; charset=utf-8',
    'content-disposition': 'attachment; filename=people.csv',
    'content-security-policy': /^default-src 'none';.* sandbox$/,
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'private, no-cache',
    'referrer-policy': 'no-referrer',
    'accept-ranges': 'bytes',
  })
  t.match(
    JSON.parse((await sayWith(ada, room, '', [file.id], 'with-file')).text),
    { files: [file] },
    'a retry is answered',
  )
  t.match(
    await sayWith(ada, room, 'once more', [file.id]),
    { status: 404 },
    'a file belongs to only one message',
  )
  t.match((await bob.get(`/rooms/${room}`)).text, /people\.csv/)
  t.match((await bob.get(`/rooms/${room}/files`)).text, /people\.csv/)
  t.equal((await load(server.visitor(), addressOf(file))).status, 303)
  if (keepsDataInFolders()) t.equal(statSync(join(DATA_DIR, 'files')).mode & 0o777, 0o700)
})

t.test('a photo is shown upright, without the place where it was taken', async (t) => {
  const sent = await photo({ width: 1600, height: 1200 })
  t.ok(Buffer.from(sent).includes('Camera of Ada'))
  const file = await sentFile(ada, room, { name: 'IMG_1.jpeg', content: sent, type: 'text/html' })
  t.match(file, { type: 'image/jpeg', width: 1200, height: 1600 }, 'by its bytes, as it is shown')
  await sayWith(ada, room, 'look', [file.id])
  const whole = await load(bob, addressOf(file))
  t.match(Object.fromEntries(whole.headers), {
    'content-type': 'image/jpeg',
    'content-disposition': 'inline; filename=IMG_1.jpeg',
  })
  t.match(await sharp(whole.content).metadata(), {
    format: 'jpeg',
    width: 1200,
    height: 1600,
    exif: undefined,
  })
  t.notOk(whole.content.includes('Camera'))
  const thumbnail = await load(bob, `${addressOf(file)}?thumbnail=1`)
  t.equal(thumbnail.headers.get('content-type'), 'image/webp')
  t.match(await sharp(thumbnail.content).metadata(), {
    format: 'webp',
    width: 405,
    height: 540,
    exif: undefined,
  })
  const { text } = await bob.get(`/rooms/${room}`)
  t.match(
    text,
    new RegExp(
      `<img src="/files/${file.id}/IMG_1.jpeg\\?thumbnail=1" width="203" height="270" alt="IMG_1.jpeg"`,
    ),
  )
})

t.test('an animation stays animated', async (t) => {
  const frames = await Promise.all(
    ['#f00', '#0f0', '#00f'].map((background) =>
      sharp({ create: { width: 20, height: 10, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  )
  const content = new Uint8Array(
    await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer(),
  )
  const file = await sentFile(ada, room, { name: 'moving.gif', content })
  t.match(file, { type: 'image/gif', width: 20, height: 10 })
  t.match(await sharp((await load(ada, addressOf(file))).content, { animated: true }).metadata(), {
    pages: 3,
  })
})

t.test('parts of a file can be requested, so that people can seek in films', async (t) => {
  const content = randomBytes(280_000)
  const file = await sentFile(ada, room, { name: 'bytes', content: new Uint8Array(content) })
  const path = addressOf(file)
  const ask = async (range: string, headers: Record<string, string> = {}) => {
    const got = await load(ada, path, { range, ...headers })
    return { ...got, range: got.headers.get('content-range') }
  }
  const cases: [string, number, number][] = [
    ['bytes=0-9', 0, 9],
    ['bytes=100-', 100, 279_999],
    ['bytes=-50', 279_950, 279_999],
    ['bytes=262100-262200', 262_100, 262_200],
    ['bytes=279999-999999999999', 279_999, 279_999],
    ['bytes=-999999999999', 0, 279_999],
  ]
  for (const [range, start, end] of cases) {
    const got = await ask(range)
    t.match([got.status, got.range], [206, `bytes ${start}-${end}/280000`], range)
    t.ok(got.content.equals(content.subarray(start, end + 1)), range)
    t.equal(got.headers.get('content-length'), String(end - start + 1))
  }
  for (const range of ['bytes=280000-', 'bytes=999999999999-', 'bytes=-0']) {
    const got = await ask(range)
    t.match([got.status, got.range], [416, 'bytes */280000'], range)
    t.notOk(got.headers.get('content-disposition'))
  }
  const many = `bytes=${Array.from({ length: 1500 }, (_, index) => `${index}-`).join(',')}`
  for (const range of [many, 'bytes=0-1,5-6', 'bytes=0-10,5-20', 'bytes=5-2', 'bytes=x', 'lines=1-2']) {
    const got = await ask(range)
    t.equal(got.status, 200, range.slice(0, 30))
    t.ok(got.content.equals(content), 'all of it, once')
  }
  const etag = (await load(ada, path)).headers.get('etag') ?? ''
  t.equal((await ask('bytes=0-9', { 'if-range': etag })).status, 206)
  t.equal((await ask('bytes=0-9', { 'if-range': '"another"' })).status, 200)
  t.equal((await load(ada, path, { 'if-none-match': etag })).status, 304)
  t.equal((await load(bob, path, { 'if-none-match': etag })).status, 404, 'not before the session is checked')
  const head = await load(ada, path, {}, 'HEAD')
  t.match([head.status, head.headers.get('content-length'), head.content.length], [200, '280000', 0])
})

t.test('a file gets a name under which it can be saved on any system', async (t) => {
  const cases: [given: string, name: string][] = [
    ['photo.jpg', 'photo.jpg'],
    ['Übersicht – größer 📎.pdf', 'Übersicht – größer 📎.pdf'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\ada\\notes.txt', 'notes.txt'],
    ['a\0b\r\nc.txt', 'a_b c.txt'],
    ['evil\u202egpj.exe', 'evil_gpj.exe'],
    ['CON', 'CON_'],
    ['nul.txt', 'nul_.txt'],
    ['.htaccess', 'htaccess'],
    ['...', 'file'],
    ['', 'file'],
    ['a<b>:"c|?*.txt', 'a_b_c_.txt'],
    ['name. ', 'name'],
  ]
  for (const [given, name] of cases) t.equal(safeFileName(given), name, JSON.stringify(given))
  t.ok(safeFileName(`${'x'.repeat(1_000)}.txt`).length <= 150)
  t.match(safeFileName(`${'x'.repeat(1_000)}.txt`), /x\.txt$/)
  t.ok(safeFileName(`a.${'x'.repeat(1_000)}`).length <= 150)
  const file = await sentFile(ada, room, { name: '../a"b;\u202ec é.txt', content: 'x' })
  const disposition = (await load(ada, addressOf(file))).headers.get('content-disposition') ?? ''
  t.match(disposition, /filename\*=UTF-8''a%2522b%3B_c%20%C3%A9\.txt/)
  t.equal(
    (await load(ada, `/files/${file.id}/..%2f..%2fetc%2fpasswd`)).status,
    200,
    'the name in the address does not matter',
  )
})

t.test('a message may have only a few files, of its sender and its room', async (t) => {
  const file = await sentFile(ada, room, { name: 'a.txt', content: 'x' })
  const another = await sentFile(ada, elsewhere, { name: 'b.txt', content: 'x' })
  const code = ({ text }: { readonly text: string }) => JSON.parse(text).code
  t.equal(code(await sayWith(bob, room, 'not mine', [file.id])), 'not_found')
  t.equal(code(await sayWith(ada, room, 'of another room', [another.id])), 'not_found')
  t.equal(code(await sayWith(ada, room, 'of nobody', ['0'.repeat(32)])), 'not_found')
  t.equal(code(await sayWith(ada, room, 'of nothing', ['\0'])), 'invalid')
  t.equal(code(await sayWith(ada, room, 'twice', [file.id, file.id])), 'invalid')
  t.equal(
    code(
      await sayWith(
        ada,
        room,
        'many',
        Array.from({ length: 11 }, () => file.id),
      ),
    ),
    'invalid',
  )
  t.equal(code(await sayWith(ada, room, '', [])), 'invalid')
  t.equal((await load(bob, addressOf(file))).status, 404)
  const socket = await enter(ada, room)
  socket.send({ message: '', id: 'nothing' })
  t.match(await socket.next('error'), { id: 'nothing', code: 'invalid' })
  socket.send({ message: 'with it', files: [file.id], id: 'own' })
  t.match(await socket.next('message'), { id: 'own', files: [{ id: file.id }] })
  socket.close()
})

t.test('the form of a room sends files without JavaScript', async (t) => {
  const send = async (fields: [string, string | Blob, string?][]) => {
    const form = new FormData()
    form.set('_csrf', await ada.token(`/rooms/${room}`))
    for (const [name, value, filename] of fields)
      if (typeof value === 'string') form.append(name, value)
      else form.append(name, value, filename)
    const request = new Response(form)
    const headers = { 'content-type': request.headers.get('content-type') ?? '' }
    return ada.request('POST', `/rooms/${room}/messages`, await request.bytes(), headers)
  }
  const last = async () => JSON.parse((await ada.get(`/api/rooms/${room}/messages`)).text).messages.at(-1)
  const blob = (content: string) => new Blob([content])
  t.equal(
    (
      await send([
        ['message', ''],
        ['file', blob('one'), 'one.txt'],
        ['file', blob('two'), 'two.txt'],
      ])
    ).status,
    303,
  )
  t.match(await last(), { message: '', files: [{ name: 'one.txt' }, { name: 'two.txt' }] })
  t.equal(
    (
      await send([
        ['message', 'no file\r\nat all'],
        ['file', blob(''), ''],
      ])
    ).status,
    303,
  )
  t.match(await last(), { message: 'no file\nat all', files: undefined })
  const empty = await send([
    ['message', ''],
    ['file', blob(''), ''],
  ])
  t.match(empty, { status: 400, text: /A message must have 1 to 4,000 characters/ })
  const large = await send([
    ['message', 'and this'],
    ['file', blob('x'), 'small.txt'],
    ['file', blob('x'.repeat(MAX + 1)), 'large.txt'],
  ])
  t.match(large, { status: 400, text: /large\.txt was not sent: That file is too large/ })
  t.match(large.text, /and this<\/textarea>/)
  const [, kept = ''] = /name="files" value="([0-9a-f]{32})" checked/.exec(large.text) ?? []
  t.ok(kept, 'files that were accepted need not be sent again')
  t.equal(
    (
      await send([
        ['message', 'and this'],
        ['files', kept],
      ])
    ).status,
    303,
  )
  t.match(await last(), { message: 'and this', files: [{ name: 'small.txt' }] })
  t.equal((await ada.post(`/rooms/${room}/messages`, { message: 'as ever' })).status, 303)
})
