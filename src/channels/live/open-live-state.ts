import type { FastifyBaseLogger } from 'fastify'
import type { ChannelLayer } from '../layers/layer.ts'
import { LiveState } from './live-state.ts'
import type { LiveStore } from './live-store.ts'

/** Sent to a group when keys of a kind of live state were set or removed: the differences, in batches. */
export interface LiveChanged<Name extends string> {
  readonly type: `${Name}.changed`
  /** The values of keys that were added or changed. */
  readonly set: Readonly<Record<string, string>>
  readonly gone: readonly string[]
  readonly [field: string]: unknown
}

export interface LiveOptions {
  /** Such as `typing`: consumers get `typing.changed` events. Letters and hyphens. */
  readonly name: string
  /** Milliseconds for which differences are gathered. */
  readonly gather: number
  /** Milliseconds after which a value expires, unless it is set again. */
  readonly lasts: number
  /** How many keys one process may hold in a group. */
  readonly keys: number
  /** The longest value in characters; 0 by default. */
  readonly valueLength?: number
}

export function openLiveState(
  layer: ChannelLayer,
  log: FastifyBaseLogger,
  { name, gather, lasts, keys, valueLength = 0 }: LiveOptions,
  store: LiveStore | undefined,
): LiveState {
  const event = (set: ReadonlyMap<string, string>, gone: readonly string[]): LiveChanged<string> => ({
    type: `${name}.changed`,
    set: Object.fromEntries(set),
    gone,
  })
  // What a process held when it died is gone by the time when it would have expired anyway.
  const times = { gather, grace: 0, renewal: Math.ceil(lasts / 3), lease: lasts }
  return new LiveState(layer, log, { name, times, valueLength, keys, lasts, event }, store)
}
