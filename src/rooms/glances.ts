import type { FastifyBaseLogger } from 'fastify'
import { type Static, Type } from 'typebox'
import type { ChannelEvent, ChannelLayer } from '../channels/index.ts'
import { Time } from '../web/index.ts'
import { Throttle } from './throttle.ts'

/** The two parts of a room: each of its pages shows one, and reports activity in the other. */
export type Part = 'talk' | 'sheet'

/** The news that somebody did something in a part of a room. */
export const Glance = Type.Object({
  type: Type.Literal('glance'),
  part: Type.Enum(['talk', 'sheet']),
  sender: Type.String({ description: 'a username' }),
  sender_name: Type.Optional(Type.String({ description: 'the sender’s name, if it is not the username' })),
  at: Time,
})
export type Glance = Static<typeof Glance>

/** A message or a line, as far as a glance tells of it. */
interface Contribution {
  readonly sender: string
  /** The sender's display name; null: their username. */
  readonly senderName: string | null
  readonly at: string
}

/** A glance on its way to the other part. */
export interface GlanceEvent extends ChannelEvent {
  readonly type: 'room.glance'
  readonly glance: Glance
}

/** Milliseconds between two glances from one part of a room. */
const INTERVAL = 500

/**
 * The group of the people in a room, whichever part they follow: they are present there, and hear of activity in the other part.
 */
export function presentGroup(room: number): string {
  return `room.${room}.present`
}

/** The room whose `presentGroup` this is; undefined: it is another group. */
export function presentRoom(group: string): number | undefined {
  const room = /^room\.(\d+)\.present$/.exec(group)?.[1]
  return room === undefined ? undefined : Number(room)
}

/** Tells people in one part of a room about the other: at most twice a second, the latest last. */
export class Glances {
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  readonly #parts: Readonly<Record<Part, Throttle<number>>> = {
    talk: new Throttle(INTERVAL),
    sheet: new Throttle(INTERVAL),
  }

  constructor(layer: ChannelLayer, log: FastifyBaseLogger) {
    this.#layer = layer
    this.#log = log
  }

  /** To be called as often as something happens. One that is lost is made up for by the next. */
  tell(room: number, part: Part, contribution: Contribution): void {
    this.#parts[part].run(room, () => this.#send(room, part, contribution))
  }

  close(): void {
    for (const part of Object.values(this.#parts)) part.close()
  }

  #send(room: number, part: Part, { sender, senderName, at }: Contribution): void {
    const named = senderName === null ? {} : { sender_name: senderName }
    const event: GlanceEvent = { type: 'room.glance', glance: { type: 'glance', part, sender, ...named, at } }
    this.#layer
      .groupSend(presentGroup(room), event)
      .catch((error) => this.#log.warn({ err: error }, 'a part of a room was not told of the other'))
  }
}
