import type { FastifyBaseLogger } from 'fastify'
import type { ChannelLayer } from './layer.ts'
import { MemoryLayer } from './memory.ts'
import { RedisLayer } from './redis.ts'

export interface LayerOptions {
  /** As for `readRedisAddress`. Without it, the layer is for this process only. */
  readonly redisUrl?: string | undefined
  /** The prefix of all names on Redis, as in the options of the application. */
  readonly redisPrefix?: string | undefined
  /** The name of the layer, if there are several. */
  readonly name?: string | undefined
  /** A log that reports when Redis is away; none by default. */
  readonly log?: FastifyBaseLogger
}

/**
 * Opens a layer on its own, for a script that is not a server but has something to send to those connected to one.
 *
 * @returns once Redis is connected, or was found to be away
 * @throws TypeError if the URL is not a Redis address
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
