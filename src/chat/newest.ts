import type { Database } from '../storage/database.ts'
import { messageFrame, messagesBefore } from './messages.ts'
import type { MessageFrame } from './protocol.ts'

/** Messages in a page. */
export const PAGE = 50

/** Rooms whose newest messages are remembered. */
const ROOMS = 50

export interface RoomPage {
  readonly messages: readonly MessageFrame[]
  /** The messages as `shownToOthers`. */
  readonly html: string
  /** Whether there are earlier ones. */
  readonly more: boolean
}

/**
 * The newest messages of rooms. They are read, and made into HTML, once for each `rev` that a room has, however many people
 * look at it: the database numbers every change, so what was read at a `rev` holds all that there is up to it, whichever
 * process asks.
 */
export class NewestMessages {
  readonly #database: Database
  readonly #show: (messages: readonly MessageFrame[]) => string
  readonly #pages = new Map<number, { readonly rev: number; readonly page: RoomPage }>()

  constructor(database: Database, show: (messages: readonly MessageFrame[]) => string) {
    this.#database = database
    this.#show = show
  }

  /** @param room with its `rev` as it was just read. What was said after that may be in the page or not. */
  async of({ id, rev }: { readonly id: number; readonly rev: number }): Promise<RoomPage> {
    const known = this.#pages.get(id)
    if (known?.rev === rev) return known.page
    const { messages, more } = await messagesBefore(this.#database, id, undefined, PAGE)
    const frames = messages.map(messageFrame)
    const page = { messages: frames, html: this.#show(frames), more }
    this.#pages.delete(id)
    this.#pages.set(id, { rev, page })
    const [oldest] = this.#pages.keys()
    if (this.#pages.size > ROOMS && oldest !== undefined) this.#pages.delete(oldest)
    return page
  }
}
