import { Redis } from 'ioredis'
import pino from 'pino'
import type { Test } from 'tap'
import { RedisLayer } from '../../src/channels/layers/redis.ts'
import { eventually } from './eventually.ts'
import type { RedisServer } from './redis.ts'

export interface Watched {
  readonly layer: RedisLayer
  /** The log, in lines. */
  readonly logged: string[]
  /** The number of times that events may have been missed. */
  readonly back: () => number
}

/** One process's layer, until the test ends. */
export async function openLayer(t: Test, url: string): Promise<Watched> {
  const logged: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) })
  const layer = await RedisLayer.open(url, log)
  t.teardown(() => layer.close())
  let back = 0
  layer.onReconnect(() => {
    back += 1
  })
  return { layer, logged, back: () => back }
}

/** A member of a group, and the numbers of the events that came to it. */
export async function join(layer: RedisLayer, group: string): Promise<number[]> {
  const numbers: number[] = []
  const channel = layer.newChannel((event) => numbers.push(Number(event.number)) > 0)
  await layer.groupAdd(group, channel)
  return numbers
}

export const say = (layer: RedisLayer, group: string, number: number) =>
  layer.groupSend(group, { type: 'test.event', number })

export const isBack = (...watched: Watched[]) =>
  eventually('the layer is back', () => watched.every(({ layer }) => layer.connected()))

/** A client that is no Partyline. */
export function onlooker(t: Test, { port }: RedisServer): Redis {
  const client = new Redis(port, '127.0.0.1')
  // It is still there when a test has ended its server.
  client.on('error', () => {})
  t.teardown(() => client.disconnect())
  return client
}
