import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Result } from 'ioredis'
import { readRedisAddress } from '../redis/address.ts'
import { openRedis, type RedisClient } from '../redis/client.ts'
import type { PresenceMembers, PresenceSnapshot, PresenceStore, PresenceUpdate } from './presence-store.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    exchangePresence(
      ...args: [
        group: string,
        version: string,
        known: string,
        lease: number,
        count: number,
        ...names: string[],
      ]
    ): Result<[version: string, changed: number, members?: string[]], Context>
  }
}

/**
 * KEYS: who is in the group, as a sorted set of `process name` by when the lease ends; and the group's version.
 * ARGV: the version that the caller knows, its lease in milliseconds, how many of the members that follow are here, those,
 * and those that are gone.
 *
 * A version is the time at which the group was made, and a number that grows.
 */
const EXCHANGE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local here = 3 + tonumber(ARGV[3])
local lapsed = redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local changes = lapsed
for index = 4, #ARGV do
  if index <= here then
    changes = changes + redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[index])
  else
    changes = changes + redis.call('ZREM', KEYS[1], ARGV[index])
  end
end
local before = redis.call('GET', KEYS[2]) or (time[1] .. '.' .. time[2] .. '-0')
local version = before
if changes > 0 then
  local made, number = string.match(before, '^(.+)-(%d+)$')
  version = made .. '-' .. (number + 1)
end
redis.call('SET', KEYS[2], version, 'PX', 2 * ARGV[2])
redis.call('PEXPIRE', KEYS[1], 2 * ARGV[2])
if before == ARGV[1] and lapsed == 0 then return { version, changes } end
return { version, changes, redis.call('ZRANGE', KEYS[1], 0, -1) }
`

/** Milliseconds that a start waits for Redis. */
const START_PATIENCE = 3_000

/** Presence in Redis, on Redis's own clock. Both keys of a group are in one slot of a cluster. */
export class RedisPresence implements PresenceStore {
  readonly #client: RedisClient
  /** The name of this process in the store, without spaces. */
  readonly #process = randomBytes(9).toString('base64url')

  /**
   * Resolves when Redis is there, or found not to be; whoever exchanges then is told.
   * @param url as `readRedisAddress` takes it
   * @throws TypeError when it is no address of Redis
   */
  static async open(url: string): Promise<RedisPresence> {
    const known = Promise.withResolvers<void>()
    const client = await openRedis(readRedisAddress(url), { failed: () => known.resolve() })
    client.once('ready', () => void connectNodes(client).then(known.resolve))
    await Promise.race([known.promise, delay(START_PATIENCE, undefined, { ref: false })])
    return new RedisPresence(client)
  }

  private constructor(client: RedisClient) {
    this.#client = client
    client.defineCommand('exchangePresence', { lua: EXCHANGE, numberOfKeys: 2 })
  }

  async exchange(group: string, { known, here, gone, lease }: PresenceUpdate): Promise<PresenceSnapshot> {
    const key = `partyline:presence:{${group}}`
    const names = [...here, ...gone].map((name) => `${this.#process} ${name}`)
    const [version, changes, members] = await this.#client.exchangePresence(
      key,
      `${key}:version`,
      known,
      lease,
      here.length,
      ...names,
    )
    return {
      version,
      changed: changes > 0,
      lost: known !== '' && madeAt(known) !== madeAt(version),
      members: members && this.#sort(members),
    }
  }

  close(): void {
    this.#client.disconnect()
  }

  #sort(members: readonly string[]): PresenceMembers {
    const own = new Set<string>()
    const elsewhere = new Set<string>()
    for (const member of members) {
      const space = member.indexOf(' ')
      const names = member.slice(0, space) === this.#process ? own : elsewhere
      names.add(member.slice(space + 1))
    }
    return { own, elsewhere }
  }
}

/** The connections to a cluster's nodes would else be made by the first commands, which fail. */
async function connectNodes(client: RedisClient): Promise<void> {
  if (!('nodes' in client)) return
  const waiting = client.nodes('master').filter(({ status }) => status === 'wait')
  await Promise.allSettled(waiting.map((node) => node.connect()))
}

function madeAt(version: string): string {
  return version.slice(0, version.lastIndexOf('-'))
}
