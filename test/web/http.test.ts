import { once } from 'node:events'
import { connect } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { slowReaders } from '../../src/web/slow-readers.ts'
import { exchange, INSIDE } from '../support/exchange.ts'
import { startServer } from '../support/server.ts'

t.test('an address says which methods it accepts', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const takes: Record<string, string> = {
    '/': 'GET, HEAD, OPTIONS',
    '/rooms': 'GET, HEAD, OPTIONS, POST',
    '/sign-out': 'OPTIONS, POST',
    '/rooms/lobby/?before=1': 'GET, HEAD, OPTIONS',
    '/api/rooms/lobby/messages': 'GET, HEAD, OPTIONS, POST',
    '/healthz': 'GET, HEAD, OPTIONS',
  }
  for (const [path, methods] of Object.entries(takes)) {
    const wrong = await ada.request('DELETE', path)
    t.equal(wrong.status, 405, path)
    t.equal(wrong.headers.get('allow'), methods, path)
    const asked = await ada.request('OPTIONS', path)
    t.match([asked.status, asked.headers.get('allow'), asked.text], [204, methods, ''], path)
  }
  t.match(await ada.request('DELETE', '/api/rooms/lobby/messages'), {
    text: /^{"error":"That cannot be done here/,
  })
  for (const path of ['/nothing', '/ws/chat/lobby', '/api/nothing']) {
    t.match(await ada.request('DELETE', path), { status: 404 }, path)
    t.match(await ada.request('OPTIONS', path), { status: 404 }, path)
  }
  t.match(
    await ada.get('/rooms/nothing'),
    { status: 404 },
    'nor does a page whose address may only be guessed',
  )
})

t.test('an address that only accepts a form leads to the page of the form', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  const pages: Record<string, string> = {
    '/account/password': '/account',
    '/account/picture/remove/': '/account',
    '/people/bob/block': '/people/bob',
    '/rooms/lobby/messages': '/rooms/lobby',
    '/rooms/lobby/messages?at=//elsewhere/x': '/rooms/lobby',
    '/rooms/lobby/members': '/rooms/lobby/settings',
    '/rooms/l%C3%B6bby/invitation': '/rooms/l%C3%B6bby/settings',
    '/rooms/lobby/messages/1/delete': '/rooms/lobby/messages/1',
    '/rooms/direct': '/rooms/new',
    '/scheduled/3/cancel': '/scheduled',
    '/scheduled/3/send': '/scheduled',
    '/sign-out': '/',
  }
  for (const [path, page] of Object.entries(pages)) {
    const answer = await ada.get(path)
    t.match([answer.status, answer.headers.get('location')], [303, page], path)
    t.equal((await ada.request('DELETE', path)).status, 405, path)
  }
  t.match(await ada.get('/rooms/lobby/schedule'), {
    status: 200,
    text: /<textarea id="message" name="message"[^>]*><\/textarea>/,
  })
  const hook = await ada.get('/hooks/1/secret')
  t.equal(hook.status, 405, 'nor is a program redirected to a page')
  t.equal((await ada.get('/api/token')).status, 405)
})

t.test('HEAD gets a page without its body', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  for (const path of ['/', '/account', '/rooms/lobby', '/healthz', '/readyz']) {
    const answer = await ada.request('HEAD', path)
    t.equal(answer.status, 200, path)
    t.equal(answer.text, '')
  }
  t.equal((await ada.request('HEAD', '/nothing')).status, 404)
  for (const path of ['/calculator.csv', '/rooms/lobby/calculator.md'])
    t.equal((await ada.request('HEAD', path)).status, 405, 'a file would be read for nothing')
})

t.test('an address with a trailing slash is the same as without', async (t) => {
  const server = await startServer(t)
  const ada = await server.person('ada')
  for (const path of ['/account/', '/rooms/lobby/', '/api/rooms/lobby/messages/']) {
    t.equal((await ada.get(path)).status, 200, path)
  }
})

t.test('an absolute address, as for a proxy, is the same as its path', async (t) => {
  const server = await startServer(t)
  const ask = (address: string, more = '') =>
    exchange(server.address, `GET ${address} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}\r\n`)

  for (const name of [
    'http://a',
    'https://a:1',
    'http://a@256.256.256.256',
    'http://a:99999',
    'http://',
    'HTTP://[::1',
  ]) {
    t.match(await ask(`${name}/healthz`), /^HTTP\/1.1 200 /, name)
    const answer = await ask(`${name}/nothing`, 'Accept: text/html\r\n')
    t.match(answer, /^HTTP\/1.1 404 /, name)
    t.match(answer, /content-security-policy: default-src 'none'/i)
    t.notMatch(answer, INSIDE)
  }
  t.match(await ask('http://a?x'), /^HTTP\/1.1 200 /)
  // The server has to end the connection of an upgrade.
  const upgrade =
    'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n'
  for (const name of ['http://a', 'http://', 'http://a:99999'])
    t.match(await ask(`${name}/ws/nothing`, `Connection: upgrade\r\n${upgrade}`), /^HTTP\/1.1 404 /, name)
})

t.test('a request or upgrade that does not name exactly one host is refused with 400', async (t) => {
  const server = await startServer(t)
  const upgrade = [
    'Connection: upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]
  const ask = (path: string, headers: readonly string[]) =>
    exchange(server.address, [`GET ${path} HTTP/1.1`, ...headers, '', ''].join('\r\n'))
  for (const hosts of [
    ['Host: a', 'Host: b'],
    ['Host: a', 'host: a'],
    ['Host: a b'],
    ['Host: a/b'],
    ['Host: user@a'],
    ['Host: a:port'],
    ['Host: a,b'],
    [],
  ]) {
    t.match(await ask('/', [...hosts, 'Connection: close']), /^HTTP\/1.1 400 /, hosts.join())
    t.match(await ask('/ws/chat/lobby', [...hosts, ...upgrade]), /^HTTP\/1.1 400 /, hosts.join())
  }
  for (const host of ['a', 'a.example.', 'a_b:80', '192.0.2.1:3000', '[::1]', '[2001:db8::1]:443', ''])
    t.match(await ask('/healthz', [`Host: ${host}`, 'Connection: close']), /^HTTP\/1.1 200 /, host)
  t.match(await exchange(server.address, 'GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200 /)
})

t.test('a client that offers a protocol other than WebSocket is answered over HTTP', async (t) => {
  const server = await startServer(t)
  const offer =
    'Host: a\r\nConnection: close, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__'
  t.match(await exchange(server.address, `GET /sign-in HTTP/1.1\r\n${offer}\r\n\r\n`), /^HTTP\/1.1 200 /)
  const form = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b'
  t.match(await exchange(server.address, `POST /sign-in HTTP/1.1\r\n${offer}\r\n${form}`), /^HTTP\/1.1 403 /)
})

t.test('pages can be requested with Fastify’s `inject`, which has no connection', async (t) => {
  const { app } = await startServer(t)
  const { statusCode, body } = await app.inject('/sign-in')
  t.equal(statusCode, 200)
  t.match(body, '<h1>')
})

t.test('a client that does not read an answer is closed, and may leave at most 8 MiB unread', async (t) => {
  const app = Fastify()
  await app.register(slowReaders, { patience: 1_000 })
  const closed: Promise<unknown>[] = []
  app.get('/', async (_request, reply) => {
    closed.push(once(reply.raw, 'close'))
    return 'x'.repeat(24 * 1024 * 1024)
  })
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const asked = once(app.server, 'request')
  const socket = connect(Number(new URL(address).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {}).pause()
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await asked
  const refused = await fetch(address)
  t.equal(refused.status, 429)
  await Promise.all(closed)
  t.equal((await fetch(address)).status, 200, 'all of it is released')
})
