import type { MessageFrame } from '../../chat/protocol.ts'
import { byId } from '../live/dom.ts'
import type { ReadPosition } from '../live/read-position.ts'
import { fetchHistory, type HistoryPage, type HistoryPlace } from './history.ts'
import type { Timeline } from './timeline.ts'

/** Messages that the page holds. */
const KEPT = 300
/** Messages in one request. */
const STEP = 100
/** Milliseconds before the history is requested again; doubled each time. */
const AGAIN = 1_000
const SELDOM = 30_000
/** Changes that are noted while history is on its way to the page. */
const NOTED = 1_000

export interface LiveHistoryOptions {
  readonly room: string
  readonly user: string
  readonly timeline: Timeline
  readonly readPosition: ReadPosition
  /** No message that the page was told of has a higher `seq`. */
  readonly latest: number
  /** Tells whether the reader has blocked somebody, whose messages are then not announced. @param username of that person */
  readonly isBlocked: (username: string) => boolean
  /** Messages of others came that were not said before. */
  readonly onNews: (messages: readonly MessageFrame[]) => void
}

/**
 * Brings messages onto the page, from the socket and from the history in both directions, and keeps it from growing without end.
 */
export class LiveHistory {
  readonly #options: LiveHistoryOptions
  readonly #scroll = byId('scroll', HTMLElement)
  readonly #earlier = byId('earlier', HTMLAnchorElement)
  readonly #later = byId('later', HTMLAnchorElement)
  /** The highest `seq` that was heard of, on the page or not. */
  #latest: number
  /**
   * Changes of messages that are not on the page, received while a page of history was loading: that may show them as they were
   * before.
   */
  #noted: MessageFrame[] = []
  #loading = false
  /** The place at which the page is to begin anew. */
  #wanted: { readonly place: HistoryPlace; readonly show: () => void } | undefined
  /** Nothing is loaded by scrolling before this time. */
  #waitUntil = 0

  constructor(options: LiveHistoryOptions) {
    this.#options = options
    this.#latest = options.latest
    for (const [link, direction] of [
      [this.#earlier, 'up'],
      [this.#later, 'down'],
    ] as const)
      link.addEventListener('click', (event) => {
        event.preventDefault()
        void this.#load(direction)
      })
  }

  /** Messages came over the socket. */
  add(messages: readonly MessageFrame[]): void {
    const { timeline, readPosition } = this.#options
    const news = this.#heard(messages)
    const isFull = timeline.size + news.length > KEPT
    // It is counted, and fetched when they come down to it.
    if (isFull && !readPosition.atEnd && timeline.reachesEnd) timeline.leaveEnd()
    readPosition.holding(() => {
      timeline.place(messages)
      this.#offer()
    })
    if (this.#loading) this.#note(messages)
    this.#tell(news)
    if (readPosition.atEnd && timeline.trimStart(KEPT)) this.#offer()
  }

  /** The reader wants to be at the end. */
  returned(): void {
    if (!this.#options.timeline.reachesEnd) this.loadNewest()
  }

  /** The reader scrolls: what is near in that direction is loaded before they see where it ends. */
  scrolled(direction: 'up' | 'down'): void {
    if (Date.now() >= this.#waitUntil && this.#isNear(direction)) void this.#load(direction)
  }

  /** Begins anew with the newest messages, and goes to the end. */
  loadNewest(): void {
    const { timeline, readPosition } = this.#options
    this.#begin(undefined, () => {
      timeline.markUnread(undefined)
      readPosition.toEnd()
    })
  }

  /** Too much was missed: begins anew where the reader is. */
  loadAnew(): void {
    const { readPosition } = this.#options
    const { place } = readPosition
    if (readPosition.atEnd || !place) this.loadNewest()
    else this.#begin({ around: place.seq }, () => readPosition.returnTo(place))
  }

  /** Begins anew around a message, and then shows it. */
  loadAround(seq: number, show: () => void): void {
    this.#begin({ around: seq }, show)
  }

  #begin(place: HistoryPlace, show: () => void): void {
    this.#wanted = { place, show }
    if (!this.#loading) void this.#loadWanted()
  }

  /** Until it succeeds; what is wanted meanwhile takes its place. */
  async #loadWanted(): Promise<void> {
    this.#start()
    const { timeline } = this.#options
    for (let wait = AGAIN; this.#wanted; wait = Math.min(wait * 2, SELDOM)) {
      const wanted = this.#wanted
      try {
        const page = await this.#fetch(wanted.place)
        if (this.#wanted !== wanted) continue
        this.#wanted = undefined
        timeline.startAnew(page.messages, page)
        this.#catchUp(page)
        wanted.show()
      } catch {
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
    }
    this.#finish()
  }

  async #load(direction: 'up' | 'down'): Promise<void> {
    const { timeline, readPosition } = this.#options
    if (this.#loading || (direction === 'up' ? timeline.fromBeginning : timeline.reachesEnd)) return
    this.#start()
    const link = direction === 'up' ? this.#earlier : this.#later
    link.textContent = 'Loading…'
    const end = direction === 'up' ? (timeline.oldest ?? 0) : timeline.newest
    try {
      const page = await this.#fetch(direction === 'up' ? { before: end } : { after: end })
      // If messages were dropped from the page meanwhile, there would be a gap before these.
      if (end === (direction === 'up' ? (timeline.oldest ?? 0) : timeline.newest))
        readPosition.holding(() => this.#extend(direction, page))
      this.#catchUp(page)
    } catch {
      this.#waitUntil = Date.now() + 2 * AGAIN
      link.textContent = `${direction === 'up' ? 'Earlier' : 'Later'} messages could not be loaded. Try again`
    }
    this.#finish()
    if (this.#wanted) void this.#loadWanted()
    else this.scrolled(direction)
  }

  #extend(direction: 'up' | 'down', { earlier, later, messages }: HistoryPage): void {
    const { timeline } = this.#options
    if (direction === 'up') {
      timeline.placeEarlier(messages, earlier)
      timeline.trimEnd(KEPT)
    } else {
      timeline.placeLater(messages, later)
      timeline.trimStart(KEPT)
    }
    this.#offer()
  }

  /** Applies what the socket brought while a page was loading: it may be newer than the page, or follow it. */
  #catchUp({ messages }: HistoryPage): void {
    const { timeline, readPosition } = this.#options
    const news = this.#heard(messages)
    readPosition.holding(() => {
      timeline.place(this.#noted)
      this.#offer()
    })
    this.#noted = []
    this.#tell(news)
  }

  /** @returns those that were not heard of before */
  #heard(messages: readonly MessageFrame[]): MessageFrame[] {
    const news = messages.filter(({ seq }) => seq > this.#latest)
    for (const { seq } of news) this.#latest = Math.max(this.#latest, seq)
    return news
  }

  #tell(news: readonly MessageFrame[]): void {
    const { isBlocked, readPosition, user } = this.#options
    const others = news.filter(
      ({ deleted, sender }) => sender !== user && deleted !== true && !isBlocked(sender),
    )
    readPosition.arrived(others.length, others[0]?.seq)
    if (others.length > 0) this.#options.onNews(others)
  }

  #note(messages: readonly MessageFrame[]): void {
    this.#noted.push(...messages.filter(({ seq }) => !this.#options.timeline.find(seq)))
    if (this.#noted.length <= NOTED) return
    this.#noted = []
    // The page that is on its way is older than what cannot be noted.
    this.loadAnew()
  }

  #fetch(place: HistoryPlace): Promise<HistoryPage> {
    return fetchHistory(this.#options.room, this.#options.user, place, STEP)
  }

  #start(): void {
    this.#loading = true
    this.#options.timeline.element.ariaBusy = 'true'
  }

  #finish(): void {
    this.#loading = false
    this.#noted = []
    this.#options.timeline.element.ariaBusy = 'false'
  }

  /** Less than a screen away from where what is loaded ends. */
  #isNear(direction: 'up' | 'down'): boolean {
    const { timeline } = this.#options
    const { scrollTop, scrollHeight, clientHeight } = this.#scroll
    if (direction === 'up') return !timeline.fromBeginning && scrollTop < clientHeight
    return !timeline.reachesEnd && scrollHeight - scrollTop - clientHeight < clientHeight
  }

  #offer(): void {
    const { room, timeline } = this.#options
    const { fromBeginning, newest, oldest = 0, reachesEnd, unreadAbove } = timeline
    this.#earlier.textContent = unreadAbove ? 'Earlier messages, some of them new' : 'Earlier messages'
    this.#later.textContent = 'Later messages'
    const focused = document.activeElement
    if ((fromBeginning && focused === this.#earlier) || (reachesEnd && focused === this.#later))
      this.#scroll.focus({ preventScroll: true })
    if (this.#earlier.parentElement) this.#earlier.parentElement.hidden = fromBeginning
    if (this.#later.parentElement) this.#later.parentElement.hidden = reachesEnd
    byId('beginning', HTMLElement).hidden = !fromBeginning
    this.#earlier.href = `/rooms/${room}?before=${oldest}`
    this.#later.href = `/rooms/${room}?after=${newest}`
  }
}
