/** The address of a Redis, and the account to use there. */
export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster'
  readonly tls: boolean
  /** The server; of a cluster some of its nodes, of sentinels all that are known. */
  readonly nodes: readonly RedisNode[]
  /** The name by which the sentinels know the server; empty without sentinels. */
  readonly name: string
  readonly username: string | undefined
  readonly password: string | undefined
  /** The database's number; a cluster has only 0. */
  readonly database: number
}

/** The prefix of an application that has not chosen one. */
export const DEFAULT_PREFIX = 'partyline'

export interface RedisNode {
  readonly host: string
  readonly port: number
}

const FORM = /^(?<scheme>rediss?|redis\+cluster|redis\+sentinel):\/\/(?:(?<identity>.*)@)?(?<rest>[^@]*)$/
const NODE = /^(?<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?<port>\d{1,5}))?$/

/**
 * Reads `redis://`, `rediss://`, `redis+sentinel://h1:p1,h2:p2/name` or `redis+cluster://h1:p1,h2:p2`. The hosts can be
 * preceded by `user:password@`, percent-encoded if necessary, and, except for a cluster, followed by `/` and the number of a
 * database. The username and password are for the servers; sentinels are contacted without them.
 *
 * @throws TypeError, whose message does not contain the address, for anything else
 */
export function readRedisAddress(url: string): RedisAddress {
  const { scheme, identity, rest = '' } = FORM.exec(url)?.groups ?? {}
  if (!scheme) throw unreadable()
  const [hosts = '', ...path] = rest.replace(/\/$/, '').split('/')
  const kind = scheme === 'redis+cluster' ? 'cluster' : scheme === 'redis+sentinel' ? 'sentinel' : 'single'
  const name = kind === 'sentinel' ? decoded(path.shift()) : ''
  const [database = '0', ...more] = path
  const nodes = hosts.split(',').map((host) => readNode(host, kind === 'sentinel' ? 26_379 : 6_379))
  if (kind === 'sentinel' && !name) throw unreadable()
  if (kind === 'single' && nodes.length > 1) throw unreadable()
  if (kind === 'cluster' && database !== '0') throw unreadable()
  if (more.length > 0 || !/^\d{1,5}$/.test(database)) throw unreadable()
  return {
    kind,
    tls: scheme === 'rediss',
    nodes,
    name,
    ...readIdentity(identity),
    database: Number(database),
  }
}

/** The address as it can appear in a log: hosts and ports. */
export function describeRedis({ nodes }: RedisAddress): string {
  return nodes.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',')
}

function readNode(text: string, usualPort: number): RedisNode {
  const { host, port } = NODE.exec(text)?.groups ?? {}
  const number = port === undefined ? usualPort : Number(port)
  if (!host || number < 1 || number > 65_535) throw unreadable()
  return { host: host.replace(/^\[|\]$/g, ''), port: number }
}

function readIdentity(identity = ''): Pick<RedisAddress, 'username' | 'password'> {
  const [username, ...password] = identity.split(':')
  return { username: decoded(username) || undefined, password: decoded(password.join(':')) || undefined }
}

function decoded(text = ''): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function unreadable(): TypeError {
  return new TypeError('not an address of Redis')
}
