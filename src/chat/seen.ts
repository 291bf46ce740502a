import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent, ChannelLayer } from '../channels/index.ts'
import { type ReadPosition, readPositions, Throttle } from '../rooms/index.ts'
import { type Database, isLogged } from '../storage/index.ts'
import { liveGroup } from './groups.ts'
import type { SeenFrame } from './protocol.ts'

/** Members up to which a room tells who has seen what. */
const MEMBERS = 20

/** Milliseconds between two announcements of one process about one room. */
const INTERVAL = 500

/** People have read on in a room. */
export interface SeenChanged extends ChannelEvent {
  readonly type: 'seen.changed'
  readonly frame: SeenFrame
}

/**
 * Shares in small rooms how far people have read, among those who let others see it. It is read from the database each time, so
 * that this stops with the next message when somebody turns it off or the room has grown.
 */
export class Seen {
  readonly #database: Database
  readonly #layer: ChannelLayer
  readonly #log: FastifyBaseLogger
  readonly #rooms = new Throttle<number>(INTERVAL)

  constructor(database: Database, layer: ChannelLayer, log: FastifyBaseLogger) {
    this.#database = database
    this.#layer = layer
    this.#log = log
  }

  /** Somebody has read on in a room. To be called as often as that happens. */
  tell(room: number): void {
    this.#rooms.run(room, () => {
      this.#send(room).catch((error: unknown) => {
        if (!isLogged(error)) this.#log.warn({ err: error }, 'read positions were not announced')
      })
    })
  }

  /** Returns how far people have read a room; only of those who let others see it. */
  positions(room: number): Promise<readonly ReadPosition[]> {
    return readPositions(this.#database, room, MEMBERS)
  }

  async frame(room: number): Promise<SeenFrame> {
    const positions = await this.positions(room)
    return {
      type: 'seen',
      seen: positions.map(({ displayName, name, seq }) => ({
        name,
        ...(displayName === null ? {} : { display_name: displayName }),
        seq,
      })),
    }
  }

  close(): void {
    this.#rooms.close()
  }

  async #send(room: number): Promise<void> {
    const event: SeenChanged = { type: 'seen.changed', frame: await this.frame(room) }
    await this.#layer.groupSend(liveGroup(room), event)
  }
}

/** Returns the part of the frame for one person: all of it, or nothing if they do not let others see how far they have read. */
export function seenFor(frame: SeenFrame, name: string): SeenFrame {
  return frame.seen.some((position) => position.name === name) ? frame : NOBODY
}

const NOBODY: SeenFrame = { type: 'seen', seen: [] }
