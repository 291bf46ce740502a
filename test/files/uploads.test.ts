import { request } from 'node:http'
import { Readable } from 'node:stream'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import t from 'tap'
import type { Part } from '../../src/files/store/file-store.ts'
import { newRoom } from '../support/chat.ts'
import { keepsDataInFolders } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import {
  addressOf,
  beginToSend,
  filesOnDisk,
  load,
  notedFiles,
  sendFile,
  sentFile,
} from '../support/files.ts'
import { startServer, temporaryFolder } from '../support/server.ts'

t.setTimeout(600_000)

const DATA_DIR = temporaryFolder(t)
const MAX = 300 * 1024
const server = await startServer(t, { DATA_DIR, RATE_LIMIT: '0', MAX_FILE_SIZE: String(MAX) })
const { app } = server
const ada = await server.person('ada')
const eve = await server.person('eve')
const room = await newRoom(ada, 'Files')
const hidden =
  (await ada.post('/rooms', { name: 'Hidden', private: 'on' })).headers.get('location')?.slice(7) ?? ''

t.test('nothing in a file can run in our origin', async (t) => {
  const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
    .png()
    .toBuffer()
  const script = '<script>alert(document.domain)</script>'
  const cases: [
    name: string,
    content: string | Uint8Array,
    type: string,
    disposition: 'attachment' | 'inline',
  ][] = [
    ['drawing.svg', `<svg xmlns="http://www.w3.org/2000/svg">${script}</svg>`, 'text/plain', 'attachment'],
    [
      'drawing.svg',
      `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">${script}</svg>`,
      'text/plain',
      'attachment',
    ],
    ['picture.png', `<!doctype html>${script}`, 'text/plain', 'attachment'],
    ['page.html', `<html>${script}</html>`, 'text/plain', 'attachment'],
    ['code.js', 'alert(1)', 'text/plain', 'attachment'],
    [
      'paper.pdf',
      `%PDF-1.7\n1 0 obj\n<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>`,
      'application/pdf',
      'attachment',
    ],
    [
      'two.gif',
      Buffer.concat([Buffer.from('GIF89a/*'), Buffer.from(`*/=1;${script}`)]),
      'image/gif',
      'attachment',
    ],
    ['jar.png', Buffer.concat([png, Buffer.from('PK\x03\x04'), Buffer.from(script)]), 'image/png', 'inline'],
    ['bytes.png', Buffer.from([0, 1, 2, 3, 255]), 'application/octet-stream', 'attachment'],
  ]
  for (const [name, content, type, disposition] of cases) {
    const file = await sentFile(ada, room, {
      name,
      content: new Uint8Array(Buffer.from(content)),
      type: 'text/html',
    })
    t.equal(file.type, type, name)
    const { content: got, headers } = await load(ada, addressOf(file))
    t.equal(headers.get('content-type')?.split(';')[0], type)
    t.match(headers.get('content-disposition'), new RegExp(`^${disposition};`), name)
    t.match(headers.get('content-security-policy'), /sandbox$/)
    if (disposition === 'inline') t.notOk(got.includes('alert'), 'data after the picture is removed')
  }
})

t.test('a picture with very many pixels is offered only as a download, and slows down nobody', async (t) => {
  const begun = performance.now()
  const file = await sentFile(ada, room, { name: 'flood.png', content: flood(60_000, 60_000) })
  t.match(file, { type: 'image/png', width: null, height: null })
  t.match((await load(ada, addressOf(file))).headers.get('content-disposition'), /^attachment/)
  t.ok(performance.now() - begun < 10_000)
})

t.test('a file that is too large is refused, and nothing of it is kept', async (t) => {
  const before = [filesOnDisk(DATA_DIR).length, await notedFiles(app)]
  for (const size of [MAX + 1, 4 * MAX]) {
    const answer = await sendFile(ada, room, { name: 'large', content: new Uint8Array(size) })
    t.match([answer.status, JSON.parse(answer.text)], [413, { code: 'too_large' }])
  }
  t.equal((await sendFile(ada, room, { name: 'just right', content: new Uint8Array(MAX) })).status, 201)
  const endless = await endlessPart(ada.address, ada.cookie, await ada.token('/account'))
  t.ok([413, 0].includes(endless.status), 'nor is an endless one')
  t.ok(endless.sent < 64 * 1024 * 1024)
  t.same(
    [filesOnDisk(DATA_DIR).length, await notedFiles(app)].map((count, index) => count - (before[index] ?? 0)),
    keepsDataInFolders() ? [1, 1] : [0, 1],
  )
})

t.test('an upload that is not a file is refused', async (t) => {
  const headers = { 'x-csrf-token': await ada.token('/account') }
  const path = `/api/rooms/${room}/files`
  t.match(await ada.request('POST', path, '{}', { 'content-type': 'application/json', ...headers }), {
    status: 400,
  })
  const boundary = { 'content-type': 'multipart/form-data; boundary=x', ...headers }
  t.match(await ada.request('POST', path, '', boundary), { status: 400 })
  t.match(await ada.request('POST', path, 'no multipart at all', boundary), { status: 400 })
  const part = (name: string) =>
    `--x\r\nContent-Disposition: form-data; name="${name}"; filename="a"\r\n\r\nhello\r\n`
  t.match(await ada.request('POST', path, `${part('other')}--x--\r\n`, boundary), { status: 400 })
  t.match(await ada.request('POST', path, part('file'), boundary), { status: 400 }, 'cut short')
  const many = await ada.request('POST', path, `${part('other').repeat(1_000)}--x--\r\n`, boundary)
  t.ok([400, 413].includes(many.status), 'a thousand parts')
  t.match(await sendFile(ada, room, { name: 'a', content: 'x' }, { 'x-csrf-token': 'wrong' }), {
    status: 403,
  })
  t.match(await sendFile(eve, hidden, { name: 'a', content: 'x' }), { status: 404 })
  t.match(await sendFile(ada, 'nowhere', { name: 'a', content: 'x' }), { status: 404 })
  t.notOk(
    filesOnDisk(DATA_DIR).some((name) => name.includes('-') && !name.endsWith('-thumbnail')),
    'and nothing of it is kept',
  )
})

t.test('an aborted upload leaves nothing behind', async (t) => {
  const before = filesOnDisk(DATA_DIR).length
  const rows = await notedFiles(app)
  const token = await ada.token('/account')
  const socket = beginToSend(ada, room, token)
  await eventually('it has begun', () => filesOnDisk(DATA_DIR).length > before)
  socket.destroy()
  await eventually('it is gone', () => filesOnDisk(DATA_DIR).length === before)
  t.equal(await notedFiles(app), rows)
})

t.test(
  'a person without storage left can upload nothing, and everybody only a few files at once',
  async (t) => {
    const folder = temporaryFolder(t)
    const small = await startServer(t, { DATA_DIR: folder, DISK_PER_USER: '5000', RATE_LIMIT: '0' })
    const fay = await small.person('fay')
    t.equal((await sendFile(fay, 'lobby', { name: 'a', content: new Uint8Array(1_000) })).status, 201)
    const refused = await sendFile(fay, 'lobby', { name: 'a', content: new Uint8Array(6_000) })
    t.match([refused.status, JSON.parse(refused.text)], [413, { code: 'limit', error: /used all of your/ }])
    const token = await fay.token('/account')
    const sockets = Array.from({ length: 4 }, () => beginToSend(fay, 'lobby', token))
    const coming = () => filesOnDisk(folder).filter((name) => name.includes('-')).length
    await eventually('four are under way', () => coming() === 4)
    const fifth = await sendFile(fay, 'lobby', { name: 'a', content: 'x' })
    t.match(fifth, { status: 429, text: /You are already uploading 4 files/ })
    t.equal(fifth.headers.get('retry-after'), '5')
    const gus = await small.person('gus')
    t.equal(
      (await sendFile(gus, 'lobby', { name: 'a', content: 'x' })).status,
      201,
      'somebody else can upload',
    )
    for (const socket of sockets) socket.destroy()
    await eventually(
      'and is taken afterwards',
      async () => (await sendFile(fay, 'lobby', { name: 'a', content: 'x' })).status === 201,
    )
  },
)

t.test('a full disk is reported as the server’s fault, and nothing is stored', async (t) => {
  const before = [filesOnDisk(DATA_DIR).length, await notedFiles(app)]
  const { store } = app.files
  const write = store.write.bind(store)
  // The file has been created and partly written when the disk is full.
  t.intercept(store, 'write', {
    value: (id: string, part: Part, source: Readable) =>
      write(
        id,
        part,
        Readable.from(
          (async function* () {
            yield* source
            throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
          })(),
        ),
      ),
  })
  const answer = await sendFile(ada, room, { name: 'a.txt', content: 'x' })
  t.match(answer, { status: 503, text: /There is no space for files at the moment/ })
  t.notMatch(answer.text, /ENOSPC/)
  t.equal(answer.headers.get('retry-after'), '60')
  const form = new FormData()
  form.set('_csrf', await ada.token(`/rooms/${room}`))
  form.set('message', 'kept in the form')
  form.set('file', new Blob(['x']), 'b.txt')
  const { headers, body } = new Request('http://a', { method: 'POST', body: form })
  const type = { 'content-type': headers.get('content-type') ?? '' }
  const page = await ada.request('POST', `/rooms/${room}/messages`, await new Response(body).bytes(), type)
  t.match(page.text, /b\.txt was not sent: There is no space for files at the moment/)
  t.match(page.text, /kept in the form<\/textarea>/)
  t.same([filesOnDisk(DATA_DIR).length, await notedFiles(app)], before, 'nothing of it is kept')
})

/** A PNG of a few bytes that claims to be very large. */
function flood(width: number, height: number): Uint8Array<ArrayBuffer> {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    const sum = Buffer.alloc(4)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([1, 0], 8)
  return new Uint8Array(
    Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(Buffer.alloc(100_000))),
      chunk('IEND', Buffer.alloc(0)),
    ]),
  )
}

/** Sends a part that never ends, until the server gives up. */
function endlessPart(
  address: string,
  cookie: string,
  token: string,
): Promise<{ status: number; sent: number }> {
  return new Promise((resolve) => {
    let sent = 0
    const sending = request(`${address}/api/rooms/${room}/files`, {
      method: 'POST',
      headers: { cookie, 'x-csrf-token': token, 'content-type': 'multipart/form-data; boundary=x' },
    })
    const end = (status: number) => {
      sending.destroy()
      resolve({ status, sent })
    }
    sending.on('response', ({ statusCode = 0 }) => end(statusCode))
    sending.on('error', () => end(0))
    sending.write('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n')
    const chunk = Buffer.alloc(64 * 1024)
    const more = () => {
      while (!sending.destroyed && sending.write(chunk)) sent += chunk.length
      sending.once('drain', more)
    }
    more()
  })
}
