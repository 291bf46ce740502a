import type { MessageFrame } from '../../chat/protocol.ts'
import { byId } from '../live/dom.ts'
import type { ReadPosition } from '../live/read-position.ts'
import { fetchHistory } from './history.ts'
import type { Timeline } from './timeline.ts'

/** Messages that the page holds while its reader is at the newest, and the most that it lets come while they are not. */
const KEPT = 1_000
/** Messages in one request where many are wanted. */
const MANY = 200
/** How long to wait before the history is asked for again, in milliseconds: doubled each time. */
const AGAIN = 1_000
const SELDOM = 30_000

/** Brings messages onto the page, from the socket and from the history, and keeps it from growing without end. */
export class LiveHistory {
  readonly #room: string
  readonly #user: string
  readonly #timeline: Timeline
  readonly #readPosition: ReadPosition
  readonly #earlier = byId('earlier', HTMLAnchorElement)
  /** The page is full and its reader far up: what comes now is counted, and fetched when they return. */
  #parted = false
  #stale = false
  #loading = false

  constructor(room: string, user: string, timeline: Timeline, readPosition: ReadPosition) {
    this.#room = room
    this.#user = user
    this.#timeline = timeline
    this.#readPosition = readPosition
    this.#earlier.addEventListener('click', (event) => {
      event.preventDefault()
      void this.#loadEarlier()
    })
  }

  /** Messages came over the socket. */
  add(messages: readonly MessageFrame[]): void {
    if (this.#timeline.size >= KEPT && !this.#readPosition.atEnd) this.#parted = true
    const { newest } = this.#timeline
    const unplaced = this.#parted ? messages.filter((message) => message.seq > newest) : []
    const placeable = messages.filter((message) => !unplaced.includes(message))
    const fresh = this.#readPosition.holding(() => this.#timeline.place(placeable))

    const others = [...fresh, ...unplaced].filter((message) => message.sender !== this.#user)
    const first = fresh.find((message) => message.sender !== this.#user)
    this.#readPosition.arrived(others.length, first?.seq)
    if (this.#readPosition.atEnd && this.#timeline.trim(KEPT)) this.#offerEarlier()
  }

  /** The reader is at the end again. */
  returned(): void {
    if (this.#parted) void this.loadAnew()
  }

  /** Fetches the newest messages in place of those on the page, until it succeeds. */
  async loadAnew(): Promise<void> {
    this.#parted = false
    this.#stale = true
    if (this.#loading) return
    this.#loading = true
    for (let wait = AGAIN; this.#stale; wait = Math.min(wait * 2, SELDOM)) {
      this.#stale = false
      try {
        const { messages, more } = await fetchHistory(this.#room, this.#user)
        this.#timeline.startAnew(messages, more)
        this.#offerEarlier()
        this.#readPosition.toEnd()
      } catch {
        this.#stale = true
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
    }
    this.#loading = false
  }

  /** Loads earlier messages until `enough`, or until the page holds as many as it may. */
  async loadBack(enough: () => boolean): Promise<void> {
    let size = 0
    while (!enough() && !this.#timeline.fromBeginning && size < this.#timeline.size) {
      size = this.#timeline.size
      if (size >= KEPT) return
      await this.#loadEarlier(MANY)
    }
  }

  async #loadEarlier(limit?: number): Promise<void> {
    if (this.#loading) return
    this.#loading = true
    this.#earlier.textContent = 'Loading…'
    const { oldest } = this.#timeline
    try {
      const { messages, more } = await fetchHistory(this.#room, this.#user, oldest, limit)
      // What was forgotten meanwhile would leave a hole below these.
      if (this.#timeline.oldest === oldest) {
        this.#readPosition.holding(() => this.#timeline.placeEarlier(messages, more))
      }
      this.#offerEarlier()
    } catch {
      this.#earlier.textContent = 'Earlier messages could not be loaded. Try again'
    }
    this.#loading = false
    if (this.#stale) void this.loadAnew()
  }

  #offerEarlier(): void {
    const { fromBeginning, oldest = 0, unreadAbove } = this.#timeline
    this.#earlier.textContent = unreadAbove ? 'Earlier messages, some of them new' : 'Earlier messages'
    if (fromBeginning && document.activeElement === this.#earlier) byId('scroll', HTMLElement).focus()
    if (this.#earlier.parentElement) this.#earlier.parentElement.hidden = fromBeginning
    byId('beginning', HTMLElement).hidden = !fromBeginning
    this.#earlier.href = `/rooms/${this.#room}?before=${oldest}`
  }
}
