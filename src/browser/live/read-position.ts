import { byId } from './dom.ts'
import type { KeptPlace, Place } from './kept-place.ts'
import { countInTitle } from './page-title.ts'
import { ScrollAnchor } from './scroll-anchor.ts'

/** A list that is read and grows at its end. */
export interface Readable {
  readonly element: HTMLElement
  /** The `seq` of the newest on the page. */
  readonly newest: number
  /** True if the page has the newest of all. */
  readonly reachesEnd: boolean
  /** True if the unread begins further up than what is on the page. */
  readonly unreadAbove: boolean
  /** The element at which the unread begins; undefined: nowhere on the page. */
  readonly unreadMark: HTMLElement | undefined
  find(seq: number): HTMLElement | undefined
  /** The one on the page that is nearest to a `seq`. */
  nearest(seq: number): HTMLElement | undefined
  /** The `seq` of the last one that ends above a line of the screen; 0: none does. */
  lastAbove(line: number): number
  /** The first one that ends below a line of the screen. */
  firstBelow(line: number): HTMLElement | undefined
  /** Marks where the unread begins; undefined: nowhere. */
  markUnread(seq: number | undefined): void
}

export interface ReadPositionOptions {
  /** Keeps the place at which somebody reads, until they come back. */
  readonly kept: KeptPlace
  /** The `seq` up to which the server knows the reader to have read. */
  readonly read: number
  /** The reader has seen everything up to this `seq`. @returns whether it could be told */
  readonly onRead: (seq: number) => boolean
  /** The reader is, or wants to be, at the newest message. */
  readonly onEnd: () => void
  /** The reader scrolled. */
  readonly onScroll: (direction: 'up' | 'down') => void
}

/** Pixels from the end that still count as being there. */
const NEAR = 80
/** Room that is left above what a page opens at. */
const ABOVE = 24
/** Milliseconds between two reports of what was read, and between two times that the place is kept. */
const THROTTLE = 1_000
/** A count of unread messages that means this many or more. */
const MANY = 1_000

/** Keeps the reader at the newest message, or at the place where they read, and reports what they have seen. */
export class ReadPosition {
  readonly #timeline: Readable
  readonly #options: ReadPositionOptions
  readonly #scroll = byId('scroll', HTMLElement)
  readonly #jump = byId('jump', HTMLButtonElement)
  readonly #jumpLabel = this.#jump.textContent
  readonly #anchor: ScrollAnchor
  #atEnd: boolean
  #top = 0
  #unread = 0
  #read: number
  #timer: ReturnType<typeof setTimeout> | undefined
  #scrolled = false
  /** The browser may still scroll to the fragment of the address by itself. */
  #opening = false

  constructor(timeline: Readable, options: ReadPositionOptions) {
    this.#timeline = timeline
    this.#options = options
    this.#read = options.read
    this.#atEnd = timeline.reachesEnd
    this.#anchor = new ScrollAnchor(this.#scroll, (line) => timeline.firstBelow(line))
    this.#jump.addEventListener('click', () => {
      // Readers who jump past the new messages further up do not want to read them.
      if (this.#timeline.unreadAbove) this.#timeline.markUnread(undefined)
      this.toEnd()
      this.#scroll.focus({ preventScroll: true })
    })
    this.#scroll.addEventListener('scroll', () => this.#moved(), { passive: true })
    for (const sign of ['wheel', 'touchmove', 'pointerdown', 'keydown']) {
      this.#scroll.addEventListener(
        sign,
        () => {
          this.#scrolled = true
        },
        { passive: true },
      )
    }
    document.addEventListener('visibilitychange', () => this.#look())
    addEventListener('pagehide', () => {
      this.#tell()
      this.#keepPlace()
    })
    // Before the page is painted: what is read is never seen elsewhere.
    const sizes = new ResizeObserver(() => this.#stay())
    sizes.observe(this.#scroll)
    sizes.observe(timeline.element)
    this.#stay()
    this.#look()
  }

  /** True if the reader has scrolled by themselves. */
  get scrolled(): boolean {
    return this.#scrolled
  }

  get atEnd(): boolean {
    return this.#atEnd
  }

  /** The message that the reader sees at the upper edge. */
  get place(): Place | undefined {
    const place = this.#anchor.place
    return place && { seq: Number(place.message.dataset.seq), offset: place.offset }
  }

  /** Opens where `unread` messages of others begin, or as near to it as is loaded; at the newest where there are none. */
  openAtUnread(unread: number): void {
    if (unread === 0) return
    this.#unread = unread
    const mark = this.#timeline.unreadMark
    this.#showFrom(mark ? topFrom(mark) : 0)
  }

  /** Opens at a message, in the middle of the screen. @returns whether it is on the page */
  openAt(seq: number): boolean {
    return this.#openAt(
      seq,
      (element) => element.offsetTop - (this.#scroll.clientHeight - element.offsetHeight) / 2,
    )
  }

  /** Opens with a message at the top of the screen, and the day that it is the first of. @returns whether it is on the page */
  openFrom(seq: number): boolean {
    return this.#openAt(seq, topFrom)
  }

  /** Opens at the end of what is on the page, though there is more. */
  openAtBottom(): void {
    this.#showFrom(this.#scroll.scrollHeight)
  }

  /** The place at which a reader was who comes back to this page by the browser's history, or reloads it. */
  get formerPlace(): Place | undefined {
    return this.#options.kept.get()
  }

  /** Brings a message to where it stood, or the one on the page that is nearest to it. */
  returnTo({ seq, offset }: Place): void {
    const element = this.#timeline.nearest(seq)
    if (!element) return
    const top = element.getBoundingClientRect().top - this.#scroll.getBoundingClientRect().top
    this.#showFrom(this.#scroll.scrollTop + top - offset)
  }

  /** Another tab of this person has shown everything up to this `seq`. */
  readElsewhere(seq: number): void {
    this.#read = Math.max(this.#read, seq)
    if (!this.#timeline.reachesEnd || seq < this.#timeline.newest) return
    this.#unread = 0
    this.#look()
  }

  /** Messages of others came. @param first the `seq` of the first, on the page or not */
  arrived(count: number, first: number | undefined): void {
    if (count > 0 && !this.#seeing()) {
      if (this.#unread === 0) this.#timeline.markUnread(first)
      this.#unread += count
    }
    this.#stay()
    this.#look()
  }

  /** Sets how many messages are unread, wherever the page opens. */
  setUnread(count: number): void {
    this.#unread = count
    this.#look()
  }

  /** Changes the messages, and leaves what the reader sees where it is, or the reader at the end. */
  holding<Result>(change: () => Result): Result {
    if (this.#atEnd) return change()
    this.#anchor.remember()
    const result = change()
    this.#anchor.restore()
    this.#top = this.#scroll.scrollTop
    return result
  }

  /** Goes to the newest message, or to the end of what is on the page until that is loaded. */
  toEnd(): void {
    this.#options.onEnd()
    this.#atEnd = this.#timeline.reachesEnd
    this.#scroll.scrollTop = this.#scroll.scrollHeight
    this.#anchor.remember()
    this.#look()
  }

  /** The connection is back: tells the server what was read without it. */
  tellAgain(): void {
    this.#look()
  }

  /** Stays at the end; while nobody looks, no further than to where the unread begins. Elsewhere, stays at what is read. */
  #stay(): void {
    if (!this.#atEnd) return this.#anchor.stay()
    const { scrollHeight, clientHeight } = this.#scroll
    const unread = this.#timeline.unreadMark
    if (unread && document.visibilityState === 'hidden') {
      const top = topFrom(unread)
      this.#atEnd = top >= scrollHeight - clientHeight
      this.#scroll.scrollTop = top
      this.#anchor.remember()
    } else this.#scroll.scrollTop = scrollHeight
  }

  #openAt(seq: number, topOf: (element: HTMLElement) => number): boolean {
    const element = this.#timeline.find(seq)
    if (!element) return false
    this.#opening = document.readyState !== 'complete'
    const show = () => this.#showFrom(topOf(element))
    show()
    // Until the page has loaded, the browser scrolls to the fragment that an address may have: so far down that it could pass for
    // the end, where the list would then stay.
    const opened = () => {
      this.#opening = false
      if (!this.#scrolled) show()
    }
    if (this.#opening) addEventListener('load', () => requestAnimationFrame(opened), { once: true })
    return true
  }

  #showFrom(top: number): void {
    this.#atEnd = false
    this.#scroll.scrollTop = top
    this.#top = this.#scroll.scrollTop
    this.#anchor.remember()
    this.#look()
  }

  #keepPlace(): void {
    this.#options.kept.set(this.#atEnd ? undefined : this.place)
  }

  #seeing(): boolean {
    return this.#atEnd && document.visibilityState === 'visible'
  }

  #moved(): void {
    const before = this.#top
    this.#look()
    if (!this.#atEnd) this.#anchor.remember()
    if (this.#top !== before) this.#options.onScroll(this.#top < before ? 'up' : 'down')
  }

  /** Only who scrolls up leaves the end: what has just come, and is tall, pushes nobody off it. */
  #look(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroll
    const wasAtEnd = this.#atEnd
    const near = scrollHeight - scrollTop - clientHeight < NEAR
    this.#atEnd =
      !this.#opening && this.#timeline.reachesEnd && (near || (wasAtEnd && scrollTop >= this.#top))
    this.#top = scrollTop
    if (wasAtEnd && !this.#atEnd) this.#anchor.remember()
    if (this.#seeing()) this.#unread = 0
    if (document.visibilityState === 'visible') this.#timer ??= setTimeout(() => this.#settle(), THROTTLE)
    this.#jump.hidden = this.#atEnd
    this.#jump.textContent = this.#unread > 0 ? `${unreadText(this.#unread)} new` : this.#jumpLabel
    countInTitle('unread', this.#unread)
  }

  #settle(): void {
    this.#tell()
    this.#keepPlace()
  }

  #tell(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (document.visibilityState === 'hidden' || this.#timeline.unreadAbove) return
    const seen = this.#atEnd
      ? this.#timeline.newest
      : this.#timeline.lastAbove(this.#scroll.getBoundingClientRect().bottom)
    if (seen > this.#read && this.#options.onRead(seen)) this.#read = seen
  }
}

/** Returns how far to scroll so that an element stands at the top of the screen, below the dividers that lead to it. */
function topFrom(element: HTMLElement): number {
  let first = element
  for (;;) {
    const previous = first.previousElementSibling
    if (!(previous instanceof HTMLElement && previous.matches('.divider'))) return first.offsetTop - ABOVE
    first = previous
  }
}

function unreadText(count: number): string {
  return count < MANY ? String(count) : `${MANY.toLocaleString('en')}+`
}
