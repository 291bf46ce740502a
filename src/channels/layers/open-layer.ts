import type { FastifyBaseLogger } from 'fastify'
import type { ChannelLayer } from './layer.ts'
import { MemoryLayer } from './memory.ts'
import { RedisLayer } from './redis.ts'

export interface LayerOptions {
  /** As `readRedisAddress` takes it. Without one the layer is that of this process alone. */
  readonly redisUrl?: string | undefined
  /** The prefix of all names on Redis, as in the options of the application. */
  readonly redisPrefix?: string | undefined
  /** Which one it is of several layers. */
  readonly name?: string | undefined
  /** Where it is told that Redis is away; by default nowhere. */
  readonly log?: FastifyBaseLogger
}

/**
 * Opens a layer by itself, for a script that is no server and has something to tell to those who are connected to one.
 *
 * @returns when Redis is there, or found not to be
 * @throws TypeError when the URL is no address of Redis
 *
 * @example
 * const layer = await openLayer({ redisUrl: 'redis://localhost' })
 * await layer.groupSend('news', { type: 'news.arrived', text: 'hello' })
 * await layer.close()
 */
export async function openLayer({
  redisUrl,
  redisPrefix: prefix,
  name,
  log = silent,
}: LayerOptions = {}): Promise<ChannelLayer> {
  return redisUrl === undefined ? new MemoryLayer(log) : RedisLayer.open(redisUrl, log, { prefix, name })
}

function nothing(): void {}

const silent: FastifyBaseLogger = {
  level: 'silent',
  fatal: nothing,
  error: nothing,
  warn: nothing,
  info: nothing,
  debug: nothing,
  trace: nothing,
  silent: nothing,
  child: () => silent,
}
