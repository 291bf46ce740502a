import { randomBytes } from 'node:crypto'
import type { Result } from 'ioredis'
import { DEFAULT_PREFIX, readRedisAddress } from '../redis/address.ts'
import { connectRedis, type RedisClient } from '../redis/client.ts'
import type { LiveMembers, LiveSnapshot, LiveStore, LiveUpdate } from './live-store.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    exchangeLive(
      ...args: [
        group: string,
        version: string,
        values: string,
        known: string,
        lease: number,
        count: number,
        hasValues: 0 | 1,
        ...keysAndValues: string[],
      ]
    ): Result<[version: string, changed: number, members?: string[], values?: string[]], Context>
    countLive(group: string, limit: number): Result<number, Context>
  }
}

/**
 * KEYS: what is in the group, as a sorted set of `process key` by when the lease ends; the group's version; and its values.
 * ARGV: the version that the caller knows, its lease in milliseconds, how many of the members that follow are here, whether they
 * have values, those that are here, those values, and the members that are gone.
 *
 * A version is the time at which the group was made, and a number that grows.
 */
const EXCHANGE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local count = tonumber(ARGV[3])
local valued = ARGV[4] == '1'
if valued then
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
    redis.call('HDEL', KEYS[3], member)
  end
end
local lapsed = redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local changes = lapsed
for index = 5, 4 + count do
  local added = redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[index])
  if valued then
    local value = ARGV[index + count]
    if redis.call('HGET', KEYS[3], ARGV[index]) ~= value then
      redis.call('HSET', KEYS[3], ARGV[index], value)
      added = 1
    end
  end
  changes = changes + added
end
for index = 5 + count * (valued and 2 or 1), #ARGV do
  changes = changes + redis.call('ZREM', KEYS[1], ARGV[index])
  if valued then redis.call('HDEL', KEYS[3], ARGV[index]) end
end
local before = redis.call('GET', KEYS[2]) or (time[1] .. '.' .. time[2] .. '-0')
local version = before
if changes > 0 then
  local made, number = string.match(before, '^(.+)-(%d+)$')
  version = made .. '-' .. (number + 1)
end
redis.call('SET', KEYS[2], version, 'PX', 2 * ARGV[2])
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[2])
if valued then redis.call('PEXPIRE', KEYS[3], 2 * ARGV[2]) end
if before == ARGV[1] and lapsed == 0 then return { version, changes } end
if not valued then return { version, changes, redis.call('ZRANGE', KEYS[1], 0, -1) } end
return { version, changes, redis.call('ZRANGE', KEYS[1], 0, -1), redis.call('HGETALL', KEYS[3]) }
`

/** KEYS: what is in the group. ARGV: how many keys are counted at most; each is counted once, however many processes hold it. */
const COUNT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local keys = {}
local count = 0
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now), '+inf')) do
  local key = string.sub(member, string.find(member, ' ', 1, true) + 1)
  if not keys[key] then
    keys[key] = true
    count = count + 1
    if count == tonumber(ARGV[1]) then break end
  end
end
return count
`

/** Live state in Redis, of all kinds over one connection. */
export class RedisLive {
  readonly #client: RedisClient
  /** The name of this process in the stores, without spaces. */
  readonly #process = randomBytes(9).toString('base64url')
  readonly #prefix: string
  #stores = 0

  /**
   * Resolves when Redis is connected, or was found to be away; until it is back, exchanges fail.
   * @param url as for `readRedisAddress`
   * @param prefix what all names begin with
   * @throws TypeError if it is not a Redis address
   */
  static async open(url: string, prefix = DEFAULT_PREFIX): Promise<RedisLive> {
    return new RedisLive(await connectRedis(readRedisAddress(url)), prefix)
  }

  private constructor(client: RedisClient, prefix: string) {
    this.#client = client
    this.#prefix = prefix
    client.defineCommand('exchangeLive', { lua: EXCHANGE, numberOfKeys: 3 })
    client.defineCommand('countLive', { lua: COUNT, numberOfKeys: 1 })
  }

  /** The connection ends when the last store is closed. @param name of the kind of live state, such as `presence` */
  store(name: string): LiveStore {
    this.#stores += 1
    return new RedisLiveStore(this.#client, this.#process, `${this.#prefix}:${name}`, () => {
      this.#stores -= 1
      if (this.#stores === 0) this.#client.disconnect()
    })
  }
}

/** One kind of live state in Redis, on Redis's own clock. All keys of a group are in one slot of a cluster. */
class RedisLiveStore implements LiveStore {
  readonly #client: RedisClient
  readonly #process: string
  readonly #name: string
  readonly #closed: () => void

  constructor(client: RedisClient, process: string, name: string, closed: () => void) {
    this.#client = client
    this.#process = process
    this.#name = name
    this.#closed = closed
  }

  async exchange(group: string, { known, here, values, gone, lease }: LiveUpdate): Promise<LiveSnapshot> {
    const key = this.#keyOf(group)
    const [version, changes, members, valuesOfMembers] = await this.#client.exchangeLive(
      key,
      `${key}:version`,
      `${key}:values`,
      known,
      lease,
      here.length,
      values ? 1 : 0,
      ...here.map((name) => `${this.#process} ${name}`),
      ...(values ?? []),
      ...gone.map((name) => `${this.#process} ${name}`),
    )
    return {
      version,
      changed: changes > 0,
      lost: known !== '' && madeAt(known) !== madeAt(version),
      members: members && this.#sort(members, valuesOfMembers),
    }
  }

  count(groups: readonly string[], limit: number): Promise<number[]> {
    return Promise.all(groups.map((group) => this.#client.countLive(this.#keyOf(group), limit)))
  }

  close(): void {
    this.#closed()
  }

  #keyOf(group: string): string {
    return `${this.#name}:{${group}}`
  }

  #sort(members: readonly string[], pairs: readonly string[] | undefined): LiveMembers {
    const own = new Set<string>()
    const elsewhere = new Set<string>()
    for (const member of members) {
      const keys = this.#isOwn(member) ? own : elsewhere
      keys.add(keyOf(member))
    }
    return pairs ? { own, elsewhere, values: this.#valuesElsewhere(pairs) } : { own, elsewhere }
  }

  /** @param pairs each member, followed by its value */
  #valuesElsewhere(pairs: readonly string[]): Map<string, string> {
    const values = new Map<string, string>()
    for (let index = 0; index + 1 < pairs.length; index += 2) {
      const member = pairs[index] ?? ''
      if (!this.#isOwn(member)) values.set(keyOf(member), pairs[index + 1] ?? '')
    }
    return values
  }

  #isOwn(member: string): boolean {
    return member.startsWith(`${this.#process} `)
  }
}

function keyOf(member: string): string {
  return member.slice(member.indexOf(' ') + 1)
}

function madeAt(version: string): string {
  return version.slice(0, version.lastIndexOf('-'))
}
