import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer as createPlainServer, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import {
  AddressRefused,
  type LookUp,
  Outbound,
  RequestFailed,
  type RequestFailure,
} from '../src/outbound/index.ts'
import { makeCertificate } from './support/certificate.ts'
import { freePort } from './support/ports.ts'
import { temporaryFolder } from './support/server.ts'

/** Serves answers on a free port of this machine until the test ends. @returns the port, and a count of the requests */
async function listen(t: Test, listener: RequestListener) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    listener(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, asked }
}

/** Resolves names to these addresses, one for each look-up, and then the last one again. */
function answering(...addresses: string[]): LookUp {
  return (_name, callback) => {
    const address = addresses.length > 1 ? addresses.shift() : addresses[0]
    callback(null, [{ address: address ?? '', family: address?.includes(':') ? 6 : 4 }])
  }
}

const PRIVATE = [
  ...[
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
  ],
  ...['192.168.1.1', '169.254.169.254', '100.64.0.1', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  ...['224.0.0.1', '255.255.255.255', '198.18.0.1', '192.0.2.1', '240.0.0.1', '１２７.0.0.1'],
  ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]'],
  ...[
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
    '[2001:0:7f00:1::1]',
    '[fe80::1]',
    '[fc00::1]',
    '[fd00:ec2::254]',
  ],
  ...['[ff02::1]', '[2001:db8::1]', '[2600:1::5efe:7f00:1]', '[::ffff:0:127.0.0.1]', '[fec0::1]'],
]

t.test('an address outside the public internet is refused, however it is written', async (t) => {
  const outbound = new Outbound([], answering('93.184.216.34'))
  for (const host of PRIVATE) {
    await t.rejects(outbound.check(`http://${host}/`), AddressRefused, host)
    await t.rejects(
      async () => outbound.request(`http://${host}/`),
      AddressRefused,
      `${host} when it is called`,
    )
  }
  for (const address of [
    'http://93.184.216.34/',
    'https://[2606:2800:220:1::]:8080/a?b=c',
    'https://example.com/',
  ])
    t.equal(await outbound.check(address), address)
})

t.test(
  'a name that resolves to such an address is refused, and so is anything but http and https',
  async (t) => {
    for (const address of ['127.0.0.1', '10.0.0.1', '::1', '::ffff:10.0.0.1', 'fe80::1']) {
      const outbound = new Outbound([], answering(address))
      await t.rejects(outbound.check('https://example.com/'), {
        message: /^example\.com is not a public internet address/,
      })
      await t.rejects(outbound.request('http://example.com/'), AddressRefused)
    }
    const mixed: LookUp = (_name, callback) =>
      callback(null, [
        { address: '93.184.216.34', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ])
    await t.rejects(new Outbound([], mixed).check('https://example.com/'), AddressRefused)
    await t.rejects(new Outbound([]).check('http://localhost/'), AddressRefused)
    for (const address of [
      'ftp://example.com/',
      'file:///etc/passwd',
      'example.com',
      '',
      `https://e.com/${'x'.repeat(2000)}`,
    ])
      await t.rejects(new Outbound([], answering('93.184.216.34')).check(address), /must begin with https/)
    await t.rejects(new Outbound([]).check('https://user:secret@example.com/'), /username or password/)
  },
)

t.test('slow names are looked up two at a time, and only so many may wait', async (t) => {
  const asked: string[] = []
  const held: Parameters<LookUp>[1][] = []
  const outbound = new Outbound([], (name, callback) => {
    asked.push(name)
    held.push(callback)
  })
  const answer = () => held.shift()?.(null, [{ address: '93.184.216.34', family: 4 }])
  const checks = [1, 2, 3].map((number) => outbound.check(`https://${number}.example/`))
  t.same(asked, ['1.example', '2.example'], 'so that files can be read meanwhile by the same threads')
  answer()
  t.same(asked, ['1.example', '2.example', '3.example'])
  const waiting = Array.from({ length: 100 }, () => outbound.check('https://waiting.example/'))
  await t.rejects(outbound.request('http://surplus.example/'), /too many names/)
  while (held.length > 0) answer()
  t.equal((await Promise.all([...checks, ...waiting])).length, 103)
  t.equal(asked.includes('surplus.example'), false)
})

t.test('a name that changes between the look-up and the request gains nothing', async (t) => {
  const { port, asked } = await listen(t, (_request, response) => response.end('inside'))
  const outbound = new Outbound([], answering('93.184.216.34', '127.0.0.1'))
  const address = await outbound.check(`http://changing.example:${port}/`)
  await t.rejects(outbound.request(address), AddressRefused)
  t.same(asked, [])
})

t.test('hosts that are listed can be called, with a given port or any', async (t) => {
  const { port, asked } = await listen(t, (request, response) => {
    request.on('data', () => {}).on('end', () => response.writeHead(201, { 'x-it': 'yes' }).end('done'))
  })
  const here = `http://127.0.0.1:${port}/hook`
  for (const allowed of [`127.0.0.1:${port}`, '127.0.0.1']) {
    const outbound = new Outbound([allowed])
    const { body, headers, status } = await outbound.request(await outbound.check(here), { body: '{}' })
    t.match({ status, body: String(body), it: headers['x-it'] }, { status: 201, body: 'done', it: 'yes' })
  }
  const byName = new Outbound([`Inside.example:${port}`], answering('127.0.0.1'))
  await t.rejects(byName.check(here), AddressRefused)
  const outbound = new Outbound([`127.0.0.1:${port + 1}`, 'localhost:80'])
  await t.rejects(outbound.check(here), AddressRefused)
  t.match(await outbound.check('http://localhost/'), 'http://localhost/')
  t.equal(asked.length, 2)
})

t.test('redirects are not followed, and at most 64 KiB of an answer are read', async (t) => {
  const { port, asked } = await listen(t, (request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: '/secret' }).end()
    else for (let count = 0; count < 100; count += 1) response.write('x'.repeat(10_000))
  })
  const outbound = new Outbound([`127.0.0.1:${port}`])
  t.match(await outbound.request(`http://127.0.0.1:${port}/away`), { status: 302 })
  t.same(asked, ['/away'])
  const { body } = await outbound.request(`http://127.0.0.1:${port}/endless`)
  t.equal(body.length, 64 * 1024)
})

t.test('an answer that switches protocols is treated as any other answer', async (t) => {
  const server = createServer().on('upgrade', () => t.fail('nothing asks for it'))
  server.on('request', ({ socket }) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nmore'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const outbound = new Outbound([`127.0.0.1:${port}`])
  t.match(await outbound.request(`http://127.0.0.1:${port}/`), { status: 101, body: Buffer.alloc(0) })
})

t.test('a host that does not answer in time has failed, even if only the end is missing', async (t) => {
  const { port } = await listen(t, (request, response) => {
    if (request.url === '/slow') response.writeHead(200).write('a little')
  })
  const outbound = new Outbound([`127.0.0.1:${port}`], undefined, 200)
  await Promise.all(
    ['/silent', '/slow'].map((path) =>
      t.rejects(outbound.request(`http://127.0.0.1:${port}${path}`), {
        failure: 'timed_out',
        message: 'no answer within 0.2 s',
      }),
    ),
  )
})

t.test('each way to end without an answer has a code', async (t) => {
  const outbound = new Outbound(['127.0.0.1', 'missing.example', 'busy.example'])
  const fails = async (address: string, failure: RequestFailure, from = outbound) => {
    const error = await from.request(address).catch((reason: unknown) => reason)
    t.type(error, RequestFailed, address)
    t.match(error, { failure, message: /./ }, address)
  }
  const raw = async (listener: (socket: Socket) => void) =>
    `127.0.0.1:${await portOf(t, createPlainServer(listener))}`
  const failing = (code: string) =>
    new Outbound([], (_name, callback) =>
      callback(Object.assign(new Error(`getaddrinfo ${code}`), { code }), []),
    )

  await fails(`http://127.0.0.1:${await freePort()}/`, 'connection_refused')
  await fails(`http://${await raw((socket) => socket.destroy())}/`, 'connection_broken')
  await fails(`http://${await raw((socket) => socket.end('SSH-2.0-server\r\n'))}/`, 'connection_broken')
  await fails(
    `https://${await raw((socket) => socket.end('HTTP/1.1 400 \r\n\r\n'))}/`,
    'no_secure_connection',
  )
  const { certificate, key } = makeCertificate(temporaryFolder(t), 'IP:127.0.0.1')
  const secure = createSecureServer({ cert: readFileSync(certificate), key: readFileSync(key) })
  await fails(`https://127.0.0.1:${await portOf(t, secure)}/`, 'invalid_certificate')
  await fails('http://missing.example/', 'name_not_found', failing('ENOTFOUND'))
  await fails('http://missing.example/', 'name_not_found', failing('EAI_AGAIN'))
  const nothing = new Outbound([], (_name, callback) => callback(null, []))
  await fails('http://missing.example/', 'name_not_found', nothing)
  await fails('http://far.example/', 'no_route', failing('EHOSTUNREACH'))
  await fails('http://odd.example/', 'unknown', failing('ESOMETHING'))
})

t.test('a cancelled request ends with the given reason', async (t) => {
  const { port } = await listen(t, () => {})
  const reason = new Error('no longer wanted')
  const request = new Outbound(['127.0.0.1']).request(`http://127.0.0.1:${port}/`, {
    signal: AbortSignal.abort(reason),
  })
  t.equal(await request.catch((error: unknown) => error), reason)
})

/** Makes a server listen until the test ends. */
async function portOf(t: Test, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}
