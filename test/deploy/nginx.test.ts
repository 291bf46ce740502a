import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, connect as greet, setDefaultCACertificates } from 'node:tls'
import t, { type Test } from 'tap'
import { defaultLimits } from '../../src/channels/sockets/connection-limits.ts'
import { readConfig } from '../../src/config.ts'
import { LONGEST_WAIT } from '../../src/rooms/following.ts'
import { type CertificateFiles, makeCertificate } from '../support/certificate.ts'
import { enter, messages } from '../support/chat.ts'
import { TestEvents } from '../support/events.ts'
import { sendFile } from '../support/files.ts'
import { CONFIGURATION, startNginx, withNginx } from '../support/nginx.ts'
import { gate } from '../support/notes.ts'
import { freePort } from '../support/ports.ts'
import { run, type ServerProcess, startProcess } from '../support/process.ts'
import { startRedis, withRedis } from '../support/redis.ts'
import { temporaryFolder } from '../support/server.ts'
import { PASSWORD, Visitor } from '../support/visitor.ts'

// Three starts take long on a busy machine.
t.setTimeout(600_000)

const skip = withNginx.skip || withRedis.skip

t.test('nginx in front of three processes', { skip }, async (t) => {
  const redis = await startRedis(t)
  const DATA_DIR = temporaryFolder(t)
  const upstreams = [await freePort(), await freePort(), await freePort()]
  const start = (port: number) =>
    startProcess(t, { PORT: String(port), DATA_DIR, REDIS_URL: redis.url, TRUST_PROXY: 'loopback' })
  const servers = await Promise.all(upstreams.map(start))
  const nginx = await startNginx(t, { upstreams })

  const ada = new Visitor(nginx.address)
  const bob = new Visitor(nginx.address)
  t.equal((await ada.signUp('ada')).status, 303)
  t.equal((await bob.signUp('bob')).status, 303)

  t.test('it forwards pages and forms', async (t) => {
    t.match((await ada.get('/account')).text, 'You sign in as <b>ada</b>')
    t.equal(
      (await ada.post('/rooms', { name: 'Through nginx' })).headers.get('location'),
      '/rooms/through-nginx',
    )
    t.equal((await ada.get('/rooms/through-nginx')).status, 200)
  })

  t.test('it accepts bodies as large as the processes do, and no larger', async (t) => {
    const fields = { _csrf: await ada.token('/account') }
    const sized = (bytes: number) => ada.postBare('/rooms', { ...fields, name: 'x'.repeat(bytes) })
    t.equal((await sized(255 * 1024)).status, 400, 'it reaches the process, which finds the name too long')
    t.equal((await sized(257 * 1024)).status, 413)
    const large = await sendFile(ada, 'lobby', { name: 'large', content: new Uint8Array(2 * 1024 * 1024) })
    t.match([large.status, JSON.parse(large.text)], [201, { size: 2 * 1024 * 1024 }], 'except for files')
    const tooLarge = await sendFile(ada, 'lobby', { name: 'x', content: new Uint8Array(26 * 1024 * 1024) })
    t.match(
      [tooLarge.status, JSON.parse(tooLarge.text).code],
      [413, 'too_large'],
      'and the process says how large they may be',
    )
  })

  t.test('it spreads sockets over the processes, and their people hear each other', async (t) => {
    const hers = await enter(ada, 'lobby')
    const his = await enter(bob, 'lobby')
    t.strictSame((await connections(servers)).sort(), [0, 1, 1])
    hers.send({ message: 'from one process', id: 'from-ada' })
    const [heard] = await messages(his, 1)
    t.match(heard, { sender: 'ada', id: 'from-ada' })
    his.send({ message: 'from the other', id: 'from-bob' })
    await messages(hers, 1)
    const [answer] = await messages(hers, 1)
    t.match(answer, { sender: 'bob', id: 'from-bob' })
    hers.close()
    his.close()
    await Promise.all([hers.closed(), his.closed()])
  })

  t.test('it forwards events at once, even from another process, and long polls', async (t) => {
    const events = await TestEvents.open(bob, '/api/rooms/lobby/events')
    const { rev } = (await events.next('welcome')).data
    const waiting = bob.get(`/api/rooms/lobby/events?since=${rev}&wait=50`)
    const hers = await enter(ada, 'lobby')
    hers.send({ message: 'to scripts', id: 'to-scripts' })
    const event = await events.next()
    t.match(event, { id: Number(rev) + 1, data: { type: 'message', id: 'to-scripts' } })
    t.same(JSON.parse((await waiting).text).frames, [event.data])
    hers.close()
    events.close()
    await hers.closed()
    const [, seconds] =
      /location \/api\/ \{[^}]*proxy_read_timeout (\d+)s;/s.exec(readFileSync(CONFIGURATION, 'utf8')) ?? []
    t.ok(Number(seconds) > LONGEST_WAIT, 'an answer may wait')
  })

  t.test('it lets only pages of its own host open sockets', async (t) => {
    const origin = (value: string, more: Record<string, string> = {}) =>
      handshake(`${nginx.address}/ws/chat/lobby`, { cookie: ada.cookie, origin: value, ...more })
    t.equal(await origin(nginx.address), 101)
    t.equal(await origin('https://evil.example'), 403)
    t.equal(
      await origin('https://evil.example', {
        'x-forwarded-host': 'evil.example',
        forwarded: 'host=evil.example',
      }),
      403,
      'not even if the client claims another host',
    )
    t.equal(
      await handshake(`${nginx.address}/rooms/lobby`, { cookie: ada.cookie }),
      404,
      'a page is not a socket',
    )
  })

  t.test('it answers only to its own name', async (t) => {
    for (const host of ['evil.example', 'evil.example:80', '10.0.0.1', 'chat.example.com'])
      t.equal(await misdirected(`${nginx.address}/sign-in`, host), 421, host)
  })

  t.test('it shows /metrics to nobody', async (t) => {
    for (const path of [
      '/metrics',
      '/metrics/',
      '/metrics?name[]=x',
      '/%6detrics',
      '//metrics',
      '/x/../metrics',
    ]) {
      const { status, text } = await ada.get(path)
      t.equal(status, 404, path)
      t.notMatch(text, 'partyline_')
    }
  })

  t.test('it tells the address of the client, whatever the client claims', async (t) => {
    const visitor = new Visitor(nginx.address)
    const form = { username: 'ada', password: PASSWORD, _csrf: await visitor.token('/sign-in') }
    const status = await postFrom('127.0.0.77', `${nginx.address}/sign-in`, form, {
      cookie: visitor.cookie,
      'x-forwarded-for': '203.0.113.9',
      'x-real-ip': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
    })
    t.equal(status, 303)
    const { text } = await ada.get('/account')
    t.match(text, '127.0.0.77')
    t.notMatch(text, '203.0.113.9')
  })

  t.test('it forwards compressed files, which are the same for everyone, but not pages', async (t) => {
    const page = await ada.get('/rooms/lobby', { 'accept-encoding': 'gzip' })
    t.equal(page.headers.get('content-encoding'), null)
    const [script = ''] = /\/assets\/room-\w+\.js/.exec(page.text) ?? []
    for (const encoding of ['gzip', 'br']) {
      const file = await ada.get(script, { 'accept-encoding': encoding })
      t.equal(file.headers.get('content-encoding'), encoding)
      t.equal(file.headers.get('vary'), 'accept-encoding')
    }
  })

  t.test('it keeps a quiet socket for longer than the process, which pings it meanwhile', (t) => {
    const [, seconds] =
      /location \/ws\/ \{[^}]*proxy_read_timeout (\d+)s;/s.exec(readFileSync(CONFIGURATION, 'utf8')) ?? []
    t.ok(Number(seconds) * 1000 > defaultLimits.silenceTimeout, `${seconds} s`)
    t.ok(Number(seconds) * 1000 > 2 * defaultLimits.pingInterval)
    t.end()
  })

  t.test('it allows an address more connections than the processes do, which give a reason', (t) => {
    const [, limit] = /limit_conn connections (\d+);/.exec(readFileSync(CONFIGURATION, 'utf8')) ?? []
    t.ok(Number(limit) > 3 * readConfig({}).connectionsPerAddress, `${limit}`)
    t.end()
  })

  t.test('it avoids a process that was killed, for pages, forms and sockets', async (t) => {
    const socket = await enter(ada, 'lobby')
    const holder = (await connections(servers)).indexOf(1)
    await servers[holder]?.kill()
    t.equal((await socket.closed()).code, 1006)
    for (let request = 0; request < 12; request += 1) {
      t.equal((await ada.get('/rooms/lobby')).status, 200)
      t.equal((await ada.post('/calculator', { expression: '1+1' })).status, 303)
    }
    const others = [await enter(ada, 'lobby'), await enter(bob, 'lobby')]

    t.test('it uses a process again after a restart', async (t) => {
      servers[holder] = await start(upstreams[holder] ?? 0)
      for (;;) {
        const another = await enter(ada, 'lobby')
        const found = (await connections(servers))[holder] === 1
        another.close()
        await another.closed()
        if (found) break
      }
      t.pass('the least busy one gets the next socket')
      for (const other of others) other.close()
    })
  })

  t.test('it logs no tokens, even if no process runs', async (t) => {
    const token = 'a-token-that-nobody-may-read'
    const askAll = async () => {
      await handshake(`${nginx.address}/ws/chat/lobby?token=${token}`, {})
      for (const path of [
        `/join/${token}`,
        `/password/${token}`,
        `/hooks/an-id/${token}`,
        `/hooks/an-id/${token}/x`,
      ])
        await ada.get(path)
      await ada.get(`/sign-in?next=/join/${token}`, { referer: `${nginx.address}/join/${token}` })
    }
    await askAll()
    await Promise.all(servers.map((server) => server.kill()))
    await askAll()
    await t.resolves(logged(nginx.log, /"GET \/sign-in" 502 /))
    t.match(nginx.log(), /"GET \/join\/\.\.\." 404 .*"GET \/hooks\/an-id\/\.\.\." 502 /s)
    t.notMatch(nginx.log(), token)
    t.notMatch(nginx.log(), '_csrf=')

    t.test('everyone can connect at once when the processes are back', async (t) => {
      servers.splice(0, 3, ...(await Promise.all(upstreams.map(start))))
      const crowd = await Promise.all(Array.from({ length: 30 }, () => enter(ada, 'lobby')))
      const held = await connections(servers)
      t.ok(
        held.every((count) => count >= 5),
        `spread as ${held}`,
      )
      for (const socket of crowd) socket.close()
      await Promise.all(crowd.map((socket) => socket.closed()))
    })
  })

  t.test('nginx with TLS, set up as the file says', async (t) => {
    const tls = trustedCertificate(t)
    const secure = await startNginx(t, { upstreams, tls })

    t.test('people without TLS are redirected to it', async (t) => {
      const { status, headers } = await new Visitor(secure.address).get('/sign-in?next=/rooms/lobby')
      t.equal(status, 308)
      t.equal(headers.get('location'), 'https://127.0.0.1/sign-in?next=/rooms/lobby')
    })

    t.test('programs without TLS are refused, since they would not notice a redirect', async (t) => {
      for (const path of ['/api/rooms', '/hooks/a/b', '/ws/chat/lobby', '//api/rooms', '/dashboard/events'])
        t.equal((await new Visitor(secure.address).get(path)).status, 403, path)
    })

    t.test('cookies are never sent without TLS', async (t) => {
      const { headers } = await new Visitor(secure.secureAddress).signUp('cleo')
      t.match(headers.getSetCookie().join('\n'), /^__Host-partyline-[0-9a-f]+=.*; Secure/m)
      const plain = await new Visitor(nginx.address).signUp('dora')
      t.notMatch(
        plain.headers.getSetCookie().join('\n'),
        'Secure',
        'browsers would not return one over plain HTTP',
      )
      t.match(headers.get('strict-transport-security'), 'max-age=')
    })

    t.test('only clients that ask for its name are shown the certificate', async (t) => {
      const secureHost = new URL(secure.secureAddress)
      t.equal(await misdirected(`${secure.address}/`, 'evil.example'), 421)
      t.equal(
        await misdirected(`${secure.secureAddress}/`, 'evil.example'),
        421,
        'nor may the host differ from that name',
      )
      for (const servername of ['evil.example', ''])
        await t.rejects(
          greeting(Number(secureHost.port), servername),
          { code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' },
          servername,
        )
      await t.resolves(greeting(Number(secureHost.port), 'localhost'))
    })

    t.test('sockets work over TLS', async (t) => {
      const eve = new Visitor(secure.secureAddress, { origin: secure.secureAddress })
      await eve.signUp('eve')
      const socket = await enter(eve, 'lobby')
      socket.send({ message: 'over TLS', id: 'tls' })
      t.match(await socket.next('message'), { sender: 'eve', id: 'tls' })
      socket.close()
    })

    t.test('bin/partyline doctor finds no fault', async (t) => {
      const settings = { DATA_DIR, REDIS_URL: redis.url, PORT: String(upstreams[0]), TRUST_PROXY: 'loopback' }
      const through = { PUBLIC_URL: secure.secureAddress, NODE_EXTRA_CA_CERTS: tls.certificate }
      const { code, stdout } = await run(t, { ...settings, ...through }, ['bin/partyline', 'doctor'])
      t.equal(code, 0, stdout)
      for (const point of ['path', 'origin', 'session'])
        t.match(stdout, RegExp(`^OK +${point} .*${secure.secureAddress}`, 'm'))
    })
  })
})

t.test(
  'nginx forwards each event of a stream at once',
  { skip: withNginx.skip, timeout: 30_000 },
  async (t) => {
    const { opened: heard, open: hear } = gate()
    const source = createServer(async (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n')
      await heard
      response.end('data: second\n\n')
    })
    await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve))
    t.teardown(() => source.close())
    const { port } = source.address() as AddressInfo
    const nginx = await startNginx(t, { upstreams: [port, port, port] })
    const { body } = await fetch(`${nginx.address}/dashboard/events`)
    const events: string[] = []
    for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      events.push(piece)
      hear()
    }
    t.strictSame(events, ['data: first\n\n', 'data: second\n\n'])
  },
)

t.test(
  'nginx limits connections and requests for each address, without cost to others',
  { skip: withNginx.skip, timeout: 30_000 },
  async (t) => {
    const { opened: released, open: release } = gate()
    const held: Promise<unknown>[] = []
    const server = createServer(async ({ url }, response) => {
      if (url === '/ws/held') await released
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const nginx = await startNginx(t, {
      upstreams: [port, port, port],
      limits: { connections: 3, requests: 10 },
    })
    const statusOf = (path: string, from = '127.0.0.1') => askFrom(from, `${nginx.address}${path}`)

    // Each request is held when the server has it.
    for (let connection = 0; connection < 3; connection += 1) {
      const came = once(server, 'request')
      held.push(statusOf('/ws/held'))
      await came
    }
    t.equal(await statusOf('/'), 429, 'one connection too many')
    t.equal(await statusOf('/', '127.0.0.2'), 200, 'other addresses are not affected')
    release()
    t.same(await Promise.all(held), [200, 200, 200])

    const statuses: (number | undefined)[] = []
    while (statuses.length < 12) statuses.push(await statusOf('/', '127.0.0.3'))
    t.same(statuses, [...Array(10).fill(200), 429, 429])
    t.equal(await statusOf('/', '127.0.0.4'), 200)
  },
)

/** The status of a request from one of this machine's own addresses. */
function askFrom(localAddress: string, url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const get = request(url, { localAddress, agent: false })
    get.on('response', (response) => resolve(response.resume().statusCode))
    get.on('error', reject)
    get.end()
  })
}

/** The number of chat sockets of each process, from its own metrics without the proxy. */
function connections(servers: readonly ServerProcess[]): Promise<number[]> {
  return Promise.all(
    servers.map(async ({ address }) => {
      const text = await (await fetch(`${address}/metrics`)).text()
      return Number(/^partyline_connections\{consumer="chat"\} (\d+)$/m.exec(text)?.[1] ?? 0)
    }),
  )
}

/** The status that answers an upgrade. */
function handshake(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const upgrade = request(url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    })
    upgrade.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve(response.statusCode)
    })
    upgrade.on('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    upgrade.on('error', reject)
    upgrade.end()
  })
}

/** The status that answers a request which names another host than the one that it goes to. */
function misdirected(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https:')
      ? secureRequest(url, { headers: { host }, servername: 'localhost' })
      : request(url, { headers: { host } })
    get.on('response', (response) => resolve(response.resume().statusCode))
    get.on('error', reject)
    get.end()
  })
}

/** Begins TLS with the server that listens there, with this server name, or none if it is empty. */
function greeting(port: number, servername: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = greet({ port, host: '127.0.0.1', servername }, () => {
      socket.destroy()
      resolve()
    })
    socket.on('error', reject)
  })
}

/** Posts a form from one of this machine's own addresses. @returns the status */
function postFrom(
  localAddress: string,
  url: string,
  fields: Record<string, string>,
  headers: Record<string, string>,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const post = request(url, {
      method: 'POST',
      localAddress,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    })
    post.on('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    post.on('error', reject)
    post.end(new URLSearchParams(fields).toString())
  })
}

/** Resolves when a log, which is written after the answer, has a line. */
async function logged(log: () => string, line: RegExp): Promise<void> {
  while (!line.test(log())) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** Makes a certificate for localhost that this process trusts. */
function trustedCertificate(t: Test): CertificateFiles {
  const files = makeCertificate(temporaryFolder(t), 'DNS:localhost,IP:127.0.0.1')
  setDefaultCACertificates([...getCACertificates('default'), readFileSync(files.certificate, 'utf8')])
  return files
}
