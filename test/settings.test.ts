import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { ConfigError, loadSecrets, readConfig } from '../src/config.ts'
import { temporaryFolder } from './support/server.ts'

const KEY = 'k'.repeat(32)
const OTHER_KEY = 'o'.repeat(40)
/** A public and a private key as push services accept them: 65 and 32 bytes in base64url. */
const PUSH_KEYS = `${'B'.repeat(87)},${'d'.repeat(43)}`

t.test('without settings the server listens only on this machine and keeps its data in ./data', async (t) => {
  t.same(readConfig({}), {
    host: '127.0.0.1',
    port: 3000,
    maxFileSize: 25 * 1024 * 1024,
    dataDirectory: resolve('data'),
    secrets: [],
    databaseUrl: undefined,
    redisUrl: undefined,
    allowedOrigins: [],
    publicUrl: 'http://127.0.0.1:3000',
    trustProxy: false,
    signUp: 'open',
    signUpsPerAddress: 60,
    idleTimeout: 0,
    rateLimit: 10,
    connectionsPerUser: 100,
    connectionsPerAddress: 1000,
    diskPerUser: 1_073_741_824,
    roomsPerUser: 50,
    retentionDays: 0,
    auditDays: 365,
    invitations: 'members',
    securityContacts: [],
    webhookHosts: [],
    examples: false,
    logLevel: 'info',
  })
})

t.test('an empty setting counts as not set', async (t) => {
  const names = ['HOST', 'PORT', 'DATA_DIR', 'SECRET', 'TRUST_PROXY', 'SIGN_UP', 'RATE_LIMIT', 'LOG_LEVEL']
  t.same(readConfig(Object.fromEntries(names.map((name) => [name, '']))), readConfig({}))
})

const right = {
  HOST: ['0.0.0.0', '::1', 'chat.example.com', 'localhost'],
  PORT: ['0', '80', '65535'],
  SECRET: [KEY, `${KEY},${OTHER_KEY}`, ` ${KEY} , ${OTHER_KEY}\n`],
  DATABASE_URL: ['postgres://user:password@host/database', 'postgresql://host/database'],
  REDIS_URL: [
    'redis://host',
    'rediss://:pass@host:6380/1',
    'redis+cluster://a:1,b:2',
    'redis+sentinel://a:1,b:2/name',
  ],
  ALLOWED_ORIGINS: ['https://chat.example.com', '*.example.com', 'http://[::1]:3000/, https://EXAMPLE.com'],
  PUBLIC_URL: ['https://chat.example.com', 'http://127.0.0.1:3000/', 'https://[::1]:8443'],
  TRUST_PROXY: ['true', 'false', '2', 'loopback', '10.0.0.0/8, fd00::/8', '127.0.0.1'],
  SIGN_UP: ['open', 'closed'],
  SIGN_UPS_PER_ADDRESS: ['0', '1', '1000000'],
  IDLE_TIMEOUT: ['0', '900', '2000000'],
  RATE_LIMIT: ['0', '1000'],
  CONNECTIONS_PER_USER: ['0', '5'],
  CONNECTIONS_PER_ADDRESS: ['0', '5'],
  DISK_PER_USER: ['0', '1073741824', '9007199254740991'],
  MAX_FILE_SIZE: ['0', '26214400'],
  ROOMS_PER_USER: ['0', '5'],
  PUSH_KEYS: [PUSH_KEYS, `${'B'.repeat(87)}=,${'-_'.repeat(21)}7=`],
  RETENTION_DAYS: ['0', '1', '36500'],
  AUDIT_DAYS: ['0', '30'],
  INVITATIONS: ['members', 'owners'],
  SECURITY_CONTACT: ['mailto:a@example.com', 'https://example.com/report, tel:+49-30-1234'],
  TIME_ZONE: ['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires', '+05:30'],
  OTEL_EXPORTER_OTLP_ENDPOINT: ['http://127.0.0.1:4318', 'https://user:key@traces.example.com/otlp'],
  OTEL_TRACES_SAMPLER_ARG: ['0', '0.05', '1', '1.0'],
  WEBHOOK_HOSTS: ['ci.internal', '10.0.0.7:8080, [::1]:3000', 'LOCALHOST'],
  EXAMPLES: ['on', 'off'],
  LOG_LEVEL: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
}

for (const [name, values] of Object.entries(right)) {
  t.test(`${name} accepts its valid values`, async (t) => {
    for (const value of values) t.doesNotThrow(() => readConfig({ [name]: value }), value)
  })
}

t.test('lists are read without the spaces around their items', async (t) => {
  const config = readConfig({
    SECRET: ` ${KEY} , ${OTHER_KEY}\n`,
    ALLOWED_ORIGINS: 'https://Chat.example.com/ , *.example.org',
    TRUST_PROXY: 'loopback, 10.0.0.0/8',
  })
  t.match(config, {
    secrets: [KEY, OTHER_KEY],
    allowedOrigins: ['https://chat.example.com', '*.example.org'],
    trustProxy: ['loopback', '10.0.0.0/8'],
  })
})

t.test('links to a server that listens on every address use a name that opens', async (t) => {
  for (const HOST of ['0.0.0.0', '::', '0'])
    t.equal(readConfig({ HOST }).publicUrl, 'http://localhost:3000', HOST)
  t.equal(readConfig({ HOST: '::1' }).publicUrl, 'http://[::1]:3000')
  t.equal(readConfig({ HOST: '10.0.0.0' }).publicUrl, 'http://10.0.0.0:3000')
})

t.test('TRUST_PROXY may be a number of proxies or true', async (t) => {
  t.equal(readConfig({ TRUST_PROXY: '2' }).trustProxy, 2)
  t.equal(readConfig({ TRUST_PROXY: 'true' }).trustProxy, true)
})

const wrong: Record<string, { values: string[]; takes: string }> = {
  HOST: { values: ['http://localhost', 'two names', 'häuser'], takes: 'a host name or address' },
  PORT: {
    values: ['-1', '65536', '80.5', '0x50', '1e3', ' 80', 'http', '9'.repeat(30)],
    takes: 'a whole number from 0 to 65535',
  },
  DATABASE_URL: {
    values: ['mysql://host/database', 'postgres://', 'postgres://host:port/database'],
    takes: 'an address such as postgres://',
  },
  REDIS_URL: {
    values: [
      'host:6379',
      'redis://',
      'redis+sentinel://h1:1',
      'redis://a b',
      'redis://a:port',
      'redis://a,b',
      'redis://a/x',
      'redis+cluster://a:1/2',
    ],
    takes: 'redis://…',
  },
  ALLOWED_ORIGINS: {
    values: [
      '*',
      'chat.example.com',
      'ftp://a.example',
      'https://a.example/path',
      'https://a.example,',
      'https://a:99999',
    ],
    takes: 'origins such as https://chat.example.com or *.example.com, separated by commas',
  },
  PUBLIC_URL: {
    values: [
      'chat.example.com',
      'ftp://chat.example.com',
      'https://',
      'https://chat.example.com/partyline',
      'https://chat.example.com?a=b',
      'https://chat example.com',
      'https://chat.example.com:port',
      'https://chat.example.com:99999',
    ],
    takes: 'the address at which people reach the server, such as https://chat.example.com',
  },
  TRUST_PROXY: {
    values: ['yes', 'TRUE', '-1', '1000', '10.0.0.0/33', 'fd00::/129', '10.0.0.0/8/8', 'proxy.example', ','],
    takes: 'true, false, a number of proxies, or addresses and networks separated by commas',
  },
  SIGN_UP: { values: ['Open', 'no'], takes: 'open or closed' },
  SIGN_UPS_PER_ADDRESS: { values: ['-1', 'many'], takes: 'a whole number of accounts an hour (0: no limit)' },
  IDLE_TIMEOUT: { values: ['-1', '15m', '2000001'], takes: 'a whole number of seconds (0: never)' },
  RATE_LIMIT: { values: ['-1', '1.5'], takes: 'a whole number of frames a second (0: no limit)' },
  CONNECTIONS_PER_USER: { values: ['none', '1000001'], takes: 'a whole number of sockets (0: no limit)' },
  CONNECTIONS_PER_ADDRESS: { values: ['none', '1000001'], takes: 'a whole number of sockets (0: no limit)' },
  DISK_PER_USER: { values: ['1GiB', '-1'], takes: 'a whole number of bytes (0: no limit)' },
  MAX_FILE_SIZE: { values: ['25MiB', '-1'], takes: 'a whole number of bytes (0: no limit)' },
  RETENTION_DAYS: {
    values: ['-1', '30d', '0.5', '36501'],
    takes: 'a whole number of days (0: messages are kept)',
  },
  AUDIT_DAYS: {
    values: ['ever', '36501'],
    takes: 'a whole number of days (0: until there are 500,000 entries)',
  },
  ROOMS_PER_USER: { values: ['many', '1000001'], takes: 'a whole number of rooms a day (0: no limit)' },
  TIME_ZONE: { values: ['Berlin', 'CEST+2', 'Europe/Nowhere'], takes: 'a zone such as Europe/Berlin or UTC' },
  SECURITY_CONTACT: {
    values: ['example.com', 'http://example.com', 'mailto:nobody', 'https://a.example,'],
    takes:
      'mailto:security@example.com, an https:// address or tel:+49…, or several such separated by commas',
  },
  INVITATIONS: { values: ['everyone', 'Owners'], takes: 'members or owners' },
  WEBHOOK_HOSTS: {
    values: ['http://ci.internal', 'ci.internal/hook', 'a b', '10.0.0.0/8', 'a,'],
    takes: 'hosts such as ci.internal, 10.0.0.7:8080 or [::1]:3000, separated by commas',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    values: ['127.0.0.1:4318', 'grpc://127.0.0.1:4317', 'http://'],
    takes: 'the address of a collector that takes OTLP over HTTP, such as http://127.0.0.1:4318',
  },
  OTEL_TRACES_SAMPLER_ARG: {
    values: ['2', '-1', '5%', '1.5'],
    takes: 'the part of traces that are kept, from 0 to 1',
  },
  EXAMPLES: { values: ['ON', 'true', '1', 'poll'], takes: 'on or off' },
  LOG_LEVEL: { values: ['verbose', 'INFO'], takes: 'fatal, error, warn, info, debug, trace or silent' },
}

for (const [name, { values, takes }] of Object.entries(wrong)) {
  t.test(`a wrong ${name} is reported in one line with its name, its value and what it takes`, async (t) => {
    for (const value of values) {
      const message = faultOf({ [name]: value })
      t.ok(message.startsWith(`${name}=${value} is not valid: it takes ${takes}`), message || value)
      t.notMatch(message, '\n')
    }
  })
}

t.test('a wrong value of several lines is still reported in one', async (t) => {
  t.match(faultOf({ LOG_LEVEL: 'in\r\nfo\u2028\t' }), 'LOG_LEVEL=in fo  is not valid')
})

t.test('a secret that is too short is reported only by its length', async (t) => {
  for (const value of [
    'hunter2',
    `${KEY},hunter2`,
    `hunter2,${KEY}`,
    ',',
    `${KEY},`,
    ` ${'x'.repeat(31)} `,
    ' '.repeat(40),
  ]) {
    const message = faultOf({ SECRET: value })
    t.equal(
      message,
      `SECRET=(${value.length} characters) is not valid: it takes at least 32 characters, or several such separated by commas.`,
    )
  }
})

t.test('a wrong key for push is reported only by its length', async (t) => {
  const half = PUSH_KEYS.slice(0, 87)
  for (const value of [
    half,
    `${half},`,
    `${PUSH_KEYS}d`,
    PUSH_KEYS.replace(',', ' '),
    PUSH_KEYS.replace('d', '+'),
    `${PUSH_KEYS},${half}`,
  ])
    t.equal(
      faultOf({ PUSH_KEYS: value }),
      `PUSH_KEYS=(${value.length} characters) is not valid: it takes a public and a private key in base64url with a comma ` +
        'between them, as the file push-keys in DATA_DIR has them.',
    )
})

t.test('a password in an address is never printed', async (t) => {
  const addresses = [
    'mysql://user:hunter2@host/database',
    'user:hunter2@host',
    'mysql://user:pa/hunter2@host',
    'mysql://user:p@hunter2@host',
    'postgres://user:pa/hunter2@host/database',
    'memcached://:secret@one:1,:hunter2@two:2',
  ]
  for (const address of addresses) {
    t.notMatch(faultOf({ DATABASE_URL: address }), 'hunter2', address)
    t.notMatch(faultOf({ REDIS_URL: address }), 'hunter2', address)
  }
})

t.test('a data folder that cannot be written to is a wrong setting', async (t) => {
  const file = join(temporaryFolder(t), 'file')
  writeFileSync(file, '')
  for (const [DATA_DIR, reason] of [
    [file, 'EEXIST'],
    [join(file, 'below'), 'ENOTDIR'],
    ['/proc', 'ENOENT'],
  ] as const) {
    for (const SECRET of ['', KEY]) {
      t.throws(() => loadSecrets(readConfig({ DATA_DIR, SECRET })), {
        constructor: ConfigError,
        message: `DATA_DIR=${DATA_DIR} (${reason}) is not valid: it takes a folder that the server may write to.`,
      })
    }
  }
})

t.test('without SECRET, one is generated that only its owner can read, and kept', async (t) => {
  const folder = join(temporaryFolder(t), 'not', 'yet', 'there')
  const config = readConfig({ DATA_DIR: folder })
  const { secrets } = loadSecrets(config)

  t.match(secrets, [/^\S{64}$/])
  t.equal(statSync(folder).mode & 0o777, 0o700)
  t.equal(statSync(join(folder, 'secret')).mode & 0o777, 0o600)
  t.same(loadSecrets(config).secrets, secrets)
  t.same(readdirSync(folder), ['secret'], 'nothing else is left there')

  const other = loadSecrets(readConfig({ DATA_DIR: temporaryFolder(t) }))
  t.notSame(other.secrets, secrets)
})

t.test('a generated secret that was cut short stops the start with one line', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'secret')
  for (const [content, length] of [
    ['', 0],
    [' '.repeat(64), 0],
    [`${'x'.repeat(31)}\n`, 31],
  ] as const) {
    writeFileSync(path, content)
    t.throws(() => loadSecrets(readConfig({ DATA_DIR: folder })), {
      constructor: ConfigError,
      message:
        `${path} is not valid (${length} characters): a secret must have at least 32. Restore it from a backup, ` +
        'or remove it: then a new one is generated, and everybody has to sign in again.',
    })
    t.equal(readFileSync(path, 'utf8'), content, 'and it is left as it is')
  }
  t.same(loadSecrets(readConfig({ DATA_DIR: folder, SECRET: KEY })).secrets, [KEY], 'unless SECRET is set')
})

t.test('with SECRET, none is generated', async (t) => {
  const folder = temporaryFolder(t)
  t.same(loadSecrets(readConfig({ DATA_DIR: folder, SECRET: KEY })).secrets, [KEY])
  t.same(readdirSync(folder), [])
})

t.test(
  'servers started at the same moment agree on a secret, even in containers with process id 1',
  async (t) => {
    const folder = temporaryFolder(t)
    const rounds = 100
    const starters = 2
    // Threads of one process share its number, as the first processes of several containers do.
    const code = `
    const { workerData, parentPort } = require('node:worker_threads')
    const { config, folder, rounds, starters, arrived } = workerData
    import(config).then(({ loadSecrets, readConfig }) => {
      const secrets = []
      for (let round = 1; round <= rounds; round += 1) {
        Atomics.add(arrived, 0, 1)
        while (Atomics.load(arrived, 0) < round * starters);
        secrets.push(...loadSecrets(readConfig({ DATA_DIR: folder + '/' + round })).secrets)
      }
      parentPort.postMessage(secrets)
    })`
    const workerData = {
      config: new URL('../src/config.ts', import.meta.url).href,
      folder,
      rounds,
      starters,
      arrived: new Int32Array(new SharedArrayBuffer(4)),
    }
    const starts = Array.from({ length: starters }, () => {
      const worker = new Worker(code, { eval: true, workerData })
      t.teardown(() => worker.terminate())
      return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject))
    })
    const [first, ...others] = await Promise.all(starts)

    for (const other of others) t.same(other, first)
    const folders = Array.from({ length: rounds }, (_, index) => join(folder, String(index + 1)))
    t.same(
      folders.map((each) => readFileSync(join(each, 'secret'), 'utf8').trim()),
      first,
    )
    for (const each of folders) t.same(readdirSync(each), ['secret'])
  },
)

function faultOf(environment: Record<string, string>): string {
  try {
    readConfig(environment)
    return ''
  } catch (error) {
    return error instanceof ConfigError ? error.message : String(error)
  }
}
