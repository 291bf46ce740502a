import { randomBytes, randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { isIP } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { readRedisAddress } from './channels/index.ts'

/** A setting that the server cannot start with. Its message is one line for the person who set it. */
export class ConfigError extends Error {}

/** Characters of a key for cookies and tokens. */
const SHORTEST_SECRET = 32

const key = String.raw`\s*[^,\s][^,]{30,}[^,\s]\s*`
const origin = String.raw`(https?://[A-Za-z0-9.\-\[\]:]+/?|\*\.[A-Za-z0-9.\-]+)`
const host = String.raw`([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?`
const contact = String.raw`(mailto:[^\s,@]+@[^\s,@]+|https://[^\s,]+|tel:\+?[0-9-]+)`
const MEBIBYTE = 1024 ** 2
const GIBIBYTE = 1024 ** 3
const wholeNumber = (defaultValue: number, maximum: number, takes: string) =>
  Type.Integer({ default: defaultValue, minimum: 0, maximum, description: takes })

/** Every setting: its default, what it may be, and (`description`) what a person who got it wrong is told. */
const Settings = Type.Object({
  HOST: Type.String({
    default: '127.0.0.1',
    pattern: '^[A-Za-z0-9.:%_-]+$',
    description: 'a host name or address',
  }),
  PORT: wholeNumber(3000, 65_535, 'a whole number from 0 to 65535'),
  DATA_DIR: Type.String({ default: './data', description: 'a folder that the server may write to' }),
  SECRET: Type.Optional(
    Type.String({
      pattern: `^${key}(,${key})*$`,
      description: 'at least 32 characters, or several such separated by commas',
    }),
  ),
  DATABASE_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://.+',
      description: 'an address such as postgres://user:password@host/database',
    }),
  ),
  REDIS_URL: Type.Optional(
    Type.String({
      pattern: String.raw`^(rediss?://\S+|redis\+cluster://\S+|redis\+sentinel://\S+/\S+)$`,
      description: 'redis://…, rediss://…, redis+cluster://h1:p1,h2:p2 or redis+sentinel://h1:p1,h2:p2/name',
    }),
  ),
  ALLOWED_ORIGINS: Type.Optional(
    Type.String({
      pattern: `^${origin}( *, *${origin})*$`,
      description: 'origins such as https://chat.example.com or *.example.com, separated by commas',
    }),
  ),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: String.raw`^https?://[A-Za-z0-9.\-\[\]:%]+/?$`,
      description: 'the address at which people reach the server, such as https://chat.example.com',
    }),
  ),
  TRUST_PROXY: Type.String({
    default: 'false',
    description: 'true, false, a number of proxies, or addresses and networks separated by commas',
  }),
  SIGN_UP: Type.Union([Type.Literal('open'), Type.Literal('closed')], {
    default: 'open',
    description: 'open or closed',
  }),
  SIGN_UPS_PER_ADDRESS: wholeNumber(60, 1_000_000, 'a whole number of accounts an hour (0: no limit)'),
  IDLE_TIMEOUT: wholeNumber(0, 2_000_000, 'a whole number of seconds (0: never)'),
  RATE_LIMIT: wholeNumber(10, 1_000_000, 'a whole number of frames a second (0: no limit)'),
  CONNECTIONS_PER_USER: wholeNumber(100, 1_000_000, 'a whole number of sockets (0: no limit)'),
  CONNECTIONS_PER_ADDRESS: wholeNumber(1000, 1_000_000, 'a whole number of sockets (0: no limit)'),
  DISK_PER_USER: wholeNumber(GIBIBYTE, Number.MAX_SAFE_INTEGER, 'a whole number of bytes (0: no limit)'),
  MAX_FILE_SIZE: wholeNumber(25 * MEBIBYTE, Number.MAX_SAFE_INTEGER, 'a whole number of bytes (0: no limit)'),
  ROOMS_PER_USER: wholeNumber(50, 1_000_000, 'a whole number of rooms a day (0: no limit)'),
  PUSH_KEYS: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{87}=?,[A-Za-z0-9_-]{43}=?$',
      description:
        'a public and a private key in base64url with a comma between them, as the file push-keys in DATA_DIR has them',
    }),
  ),
  RETENTION_DAYS: wholeNumber(0, 36_500, 'a whole number of days (0: messages are kept)'),
  AUDIT_DAYS: wholeNumber(365, 36_500, 'a whole number of days (0: until there are 500,000 entries)'),
  INVITATIONS: Type.Union([Type.Literal('members'), Type.Literal('owners')], {
    default: 'members',
    description: 'members or owners',
  }),
  SECURITY_CONTACT: Type.Optional(
    Type.String({
      pattern: `^${contact}( *, *${contact})*$`,
      description:
        'mailto:security@example.com, an https:// address or tel:+49…, or several such separated by commas',
    }),
  ),
  TIME_ZONE: Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9_+\\-/:]+$', description: 'a zone such as Europe/Berlin or UTC' }),
  ),
  WEBHOOK_HOSTS: Type.Optional(
    Type.String({
      pattern: `^${host}( *, *${host})*$`,
      description: 'hosts such as ci.internal, 10.0.0.7:8080 or [::1]:3000, separated by commas',
    }),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: String.raw`^https?://\S+$`,
      description: 'the address of a collector that takes OTLP over HTTP, such as http://127.0.0.1:4318',
    }),
  ),
  OTEL_TRACES_SAMPLER_ARG: Type.String({
    default: '1',
    pattern: String.raw`^(0(\.\d+)?|1(\.0+)?)$`,
    description: 'the part of traces that are kept, from 0 to 1',
  }),
  EXAMPLES: Type.Union([Type.Literal('on'), Type.Literal('off')], {
    default: 'off',
    description: 'on or off',
  }),
  LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'].map((level) => Type.Literal(level)),
    { default: 'info', description: 'fatal, error, warn, info, debug, trace or silent' },
  ),
})

type Setting = keyof typeof Settings.properties

export interface Config {
  host: string
  port: number
  /** Absolute path of the folder for the embedded database and generated secrets. */
  dataDirectory: string
  /** Keys for cookies and tokens, the signing one first; empty until `loadSecrets` has run. */
  secrets: string[]
  databaseUrl: string | undefined
  redisUrl: string | undefined
  /** Empty: only the request's own host may open sockets. */
  allowedOrigins: string[]
  /** The public address of the server, without a slash at its end: for links in what is not an answer to a request. */
  publicUrl: string
  trustProxy: boolean | number | string[]
  signUp: 'open' | 'closed'
  /** New accounts an hour from one address; 0: no limit. */
  signUpsPerAddress: number
  /** Seconds; 0: never. */
  idleTimeout: number
  /** Frames a second from one person; 0: no limit. */
  rateLimit: number
  connectionsPerUser: number
  connectionsPerAddress: number
  /** Bytes that one person may keep; 0: no limit. */
  diskPerUser: number
  /** Bytes of a file that is sent in a room; 0: no limit. */
  maxFileSize: number
  /** Rooms that one person may make a day; 0: no limit. */
  roomsPerUser: number
  /** The keys of Web Push; undefined: those in the data folder. */
  pushKeys: string | undefined
  /** Days after which messages are deleted; 0: never. */
  retentionDays: number
  /** Days for which entries of the audit log are kept; 0: until there are too many. */
  auditDays: number
  /** The people who may make links that invite into a room; those who administer it always may. */
  invitations: 'members' | 'owners'
  /** Addresses for reports of weaknesses, for `security.txt`. */
  securityContacts: string[]
  /** The zone of `today` and `now` on sheets; undefined: that of the machine. */
  timeZone: string | undefined
  /** Hosts that hooks and other addresses of people may name, though they are no addresses of the internet. */
  webhookHosts: string[]
  /** The collector of traces, and the part of them that are sent; undefined: there are none. */
  traces: { endpoint: string; share: number } | undefined
  /** True if the small features of `examples/` are served. */
  examples: boolean
  logLevel: string
}

/**
 * Reads the settings from an environment. An empty value counts as not set.
 * @throws ConfigError naming the first wrong setting, its value and what it takes.
 */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const settings = check(environment)
  return {
    host: settings.HOST,
    port: settings.PORT,
    dataDirectory: resolve(settings.DATA_DIR),
    secrets: list(settings.SECRET),
    databaseUrl: databaseUrl(settings.DATABASE_URL),
    redisUrl: redisUrl(settings.REDIS_URL),
    allowedOrigins: allowedOrigins(settings.ALLOWED_ORIGINS),
    publicUrl: publicUrl(settings),
    trustProxy: trustProxy(settings.TRUST_PROXY),
    signUp: settings.SIGN_UP,
    signUpsPerAddress: settings.SIGN_UPS_PER_ADDRESS,
    idleTimeout: settings.IDLE_TIMEOUT,
    rateLimit: settings.RATE_LIMIT,
    connectionsPerUser: settings.CONNECTIONS_PER_USER,
    connectionsPerAddress: settings.CONNECTIONS_PER_ADDRESS,
    diskPerUser: settings.DISK_PER_USER,
    maxFileSize: settings.MAX_FILE_SIZE,
    roomsPerUser: settings.ROOMS_PER_USER,
    pushKeys: settings.PUSH_KEYS,
    retentionDays: settings.RETENTION_DAYS,
    auditDays: settings.AUDIT_DAYS,
    invitations: settings.INVITATIONS,
    securityContacts: list(settings.SECURITY_CONTACT),
    timeZone: timeZone(settings.TIME_ZONE),
    webhookHosts: list(settings.WEBHOOK_HOSTS),
    traces: traces(settings),
    examples: settings.EXAMPLES === 'on',
    logLevel: settings.LOG_LEVEL,
  }
}

/**
 * The same settings with the data folder made and, where none was set, a secret generated once into it.
 * Processes that start together agree on one secret: the file appears whole or not at all.
 * @throws ConfigError when the folder cannot be written to, or the secret in it is too short to keep anybody out.
 */
export function loadSecrets(config: Config): Config {
  try {
    mkdirSync(config.dataDirectory, { recursive: true, mode: 0o700 })
    // The permission bits would not tell: root passes them all, and a file system may be read-only.
    rmdirSync(mkdtempSync(join(config.dataDirectory, 'writable-')))
    return config.secrets.length > 0
      ? config
      : { ...config, secrets: [generatedSecret(config.dataDirectory)] }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const reason = error instanceof Error && 'code' in error ? error.code : error
    throw new ConfigError(wrong('DATA_DIR', `${config.dataDirectory} (${reason})`))
  }
}

function check(environment: Record<string, string | undefined>): Static<typeof Settings> {
  const given: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries(Settings.properties)) {
    const value = environment[name]
    if (!value) continue
    given[name] = 'type' in schema && schema.type === 'integer' && /^\d+$/.test(value) ? Number(value) : value
    if (!Value.Check(schema, given[name])) throw new ConfigError(wrong(name, value))
  }
  const settings = Value.Default(Settings, given)
  if (!Value.Check(Settings, settings)) throw new ConfigError('The settings could not be read.')
  return settings
}

/**
 * Reads the address of the database. A text that is no address is refused here, since the driver's error would hold the password.
 */
function databaseUrl(value: string | undefined): string | undefined {
  if (value !== undefined && !URL.canParse(value)) throw new ConfigError(wrong('DATABASE_URL', value))
  return value
}

function allowedOrigins(value: string | undefined): string[] {
  const patterns = list(value)
  if (value && !patterns.every((pattern) => pattern.startsWith('*.') || URL.canParse(pattern)))
    throw new ConfigError(wrong('ALLOWED_ORIGINS', value))
  return patterns.map((pattern) => pattern.toLowerCase().replace(/\/$/, ''))
}

function publicUrl({ PUBLIC_URL: value, HOST, PORT }: Static<typeof Settings>): string {
  if (value === undefined) return listeningUrl(HOST, PORT)
  if (!URL.canParse(value)) throw new ConfigError(wrong('PUBLIC_URL', value))
  return value.replace(/\/$/, '')
}

/**
 * The address of a server that listens on a host: one that listens on every address, such as `0.0.0.0`, is reached on the same
 * machine as `localhost`.
 */
export function listeningUrl(host: string, port: number): string {
  const name = /^(?:[0.]+|[0:]+)$/.test(host) ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

function traces(settings: Static<typeof Settings>): Config['traces'] {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: share } = settings
  if (endpoint === undefined) return undefined
  if (!URL.canParse(endpoint)) throw new ConfigError(wrong('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint))
  return { endpoint, share: Number(share) }
}

function timeZone(value: string | undefined): string | undefined {
  try {
    return value && Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(value).timeZoneId
  } catch {
    throw new ConfigError(wrong('TIME_ZONE', value ?? ''))
  }
}

function redisUrl(value: string | undefined): string | undefined {
  try {
    if (value) readRedisAddress(value)
    return value
  } catch {
    throw new ConfigError(wrong('REDIS_URL', value ?? ''))
  }
}

function trustProxy(value: string): Config['trustProxy'] {
  if (value === 'true' || value === 'false') return value === 'true'
  if (/^\d{1,2}$/.test(value)) return Number(value)
  const networks = list(value)
  const names = ['loopback', 'linklocal', 'uniquelocal']
  const valid = networks.every((network) => {
    const [address = '', bits, ...rest] = network.split('/')
    const widest = isIP(address) === 4 ? 32 : 128
    const inRange = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= widest)
    return names.includes(network) || (isIP(address) !== 0 && rest.length === 0 && inRange)
  })
  if (networks.length === 0 || !valid) throw new ConfigError(wrong('TRUST_PROXY', value))
  return networks
}

function wrong(name: string, value: string): string {
  const setting = name as Setting
  const schema = Settings.properties[setting]
  const takes = 'description' in schema ? schema.description : 'another value'
  return `${name}=${withoutSecrets(setting, value)} is not valid: it takes ${takes}.`
}

/** A setting's value as it may stand in a terminal or a log. */
function withoutSecrets(name: Setting, value: string): string {
  if (name === 'SECRET' || name === 'PUSH_KEYS') return `(${value.length} characters)`
  return value.replace(/^(\w[\w+.-]*:\/\/)?.*@/s, '$1…@').replace(/\s+/g, ' ')
}

function list(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

function generatedSecret(directory: string): string {
  const path = join(directory, 'secret')
  if (!existsSync(path)) writeSecret(path)
  const secret = readFileSync(path, 'utf8').trim()
  if (secret.length >= SHORTEST_SECRET) return secret
  throw new ConfigError(
    `${path} is not valid (${secret.length} characters): a secret must have at least ${SHORTEST_SECRET}. ` +
      'Restore it from a backup, or remove it: then a new one is generated, and everybody has to sign in again.',
  )
}

/** Writes a new secret, or nothing where another process was faster. It is on disk before the file has its name. */
function writeSecret(path: string): void {
  // Not named after the process: in containers that share the folder, each may be number 1.
  const draft = `${path}.${randomUUID()}`
  try {
    writeFileSync(draft, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600, flush: true })
    linkSync(draft, path)
    flushFolder(dirname(path))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** A name is on disk when its folder is. */
function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
