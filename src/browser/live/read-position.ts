import { byId } from './dom.ts'
import { countInTitle } from './page-title.ts'
import { tabStorage } from './tab-storage.ts'

/** What is read: a list that grows at its end. */
export interface Readable {
  readonly element: HTMLElement
  /** The `seq` of the newest. */
  readonly newest: number
  /** True if the unread begins further up than what is on the page. */
  readonly unreadAbove: boolean
  find(seq: number): HTMLElement | undefined
  /** The `seq` of the last one that ends above a line of the screen; 0: none does. */
  lastAbove(line: number): number
  /** Marks where the unread begins; undefined: before what is on the page. */
  markUnread(seq: number | undefined): void
}

export interface ReadPositionOptions {
  /** Where the place that a reader scrolled to is kept, until they come back. */
  readonly key: string
  /** What the server knows to have been read, as a `seq`. */
  readonly read: number
  /** The reader has seen everything up to this `seq`. @returns whether it could be told */
  readonly onRead: (seq: number) => boolean
  /** The reader is, or wants to be, at the newest message. */
  readonly onEnd: () => void
}

/** So many pixels from the end still count as being there. */
const NEAR = 80
/** Room that is left above the first unread message. */
const ABOVE = 24
/** What was read is told at most so often, in milliseconds. */
const THROTTLE = 1_000

/** Where the reader is: keeps them at the newest, or leaves them where they read, and tells what has been seen. */
export class ReadPosition {
  readonly #timeline: Readable
  readonly #options: ReadPositionOptions
  readonly #scroll = byId('scroll', HTMLElement)
  readonly #jump = byId('jump', HTMLButtonElement)
  readonly #jumpLabel = this.#jump.textContent
  #atEnd = true
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
    this.#jump.addEventListener('click', () => {
      // Readers who jump past the new messages further up do not want to read them.
      if (this.#timeline.unreadAbove) this.#timeline.markUnread(undefined)
      this.toEnd()
      this.#scroll.focus({ preventScroll: true })
    })
    this.#scroll.addEventListener('scroll', () => this.#look(), { passive: true })
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
    new ResizeObserver(() => this.#follow()).observe(this.#scroll)
    new ResizeObserver(() => this.#follow()).observe(timeline.element)
    this.#follow()
    this.#look()
  }

  /** True if the reader has scrolled by themselves. */
  get scrolled(): boolean {
    return this.#scrolled
  }

  get atEnd(): boolean {
    return this.#atEnd
  }

  /** Opens where `unread` messages of others begin, or as near to it as is loaded; at the newest where there are none. */
  openAtUnread(unread: number): void {
    if (unread === 0) return
    this.#unread = unread
    const mark = this.#timeline.element.querySelector<HTMLElement>('.divider.unread')
    this.#showFrom(mark ? mark.offsetTop - ABOVE : 0)
  }

  /** Opens at a message, in the middle of the screen. @returns whether it is on the page */
  openAt(seq: number): boolean {
    const element = this.#timeline.find(seq)
    if (!element) return false
    this.#opening = document.readyState !== 'complete'
    const show = () =>
      this.#showFrom(element.offsetTop - (this.#scroll.clientHeight - element.offsetHeight) / 2)
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

  /** The `seq` of the message at which a reader was who comes back to this page of the browser's history, or reloads it. */
  get formerPlace(): number | undefined {
    const [navigation] = performance.getEntriesByType('navigation')
    const returns = navigation && 'type' in navigation && navigation.type !== 'navigate'
    const [seq] = returns ? tabStorage.get(this.#options.key).split(' ').map(Number) : []
    return seq || undefined
  }

  /** @returns whether the message at which the reader was is on the page: it now stands where it stood */
  returnToPlace(): boolean {
    const [seq = 0, offset = 0] = tabStorage.get(this.#options.key).split(' ').map(Number)
    const element = this.#timeline.find(seq)
    if (!element) return false
    const top = element.getBoundingClientRect().top - this.#scroll.getBoundingClientRect().top
    this.#showFrom(this.#scroll.scrollTop + top - offset)
    return true
  }

  /** Another tab of this person has shown everything up to this `seq`. */
  readElsewhere(seq: number): void {
    this.#read = Math.max(this.#read, seq)
    if (seq < this.#timeline.newest) return
    this.#unread = 0
    this.#look()
  }

  /** Messages of others came. @param first the `seq` of the first; undefined where it is not on the page */
  arrived(count: number, first: number | undefined): void {
    if (count > 0 && !this.#seeing()) {
      if (this.#unread === 0) this.#timeline.markUnread(first)
      this.#unread += count
    }
    this.#follow()
    this.#look()
  }

  /** Changes the messages, and leaves what the reader sees where it is, or the reader at the end. */
  holding<Result>(change: () => Result): Result {
    if (this.#atEnd) return change()
    const anchor = this.#firstInSight()
    const before = anchor?.getBoundingClientRect().top ?? 0
    const result = change()
    if (anchor?.isConnected) this.#scroll.scrollTop += anchor.getBoundingClientRect().top - before
    return result
  }

  toEnd(): void {
    this.#atEnd = true
    this.#options.onEnd()
    this.#scroll.scrollTop = this.#scroll.scrollHeight
    this.#look()
  }

  /** There is a line: what was read while there was none is told now. */
  tellAgain(): void {
    this.#look()
  }

  /** Stays at the end; while nobody looks, no further than to where the unread begins. */
  #follow(): void {
    if (!this.#atEnd) return
    const { scrollHeight, clientHeight } = this.#scroll
    const unread = this.#timeline.element.querySelector<HTMLElement>('.divider.unread')
    if (unread && document.visibilityState === 'hidden') {
      this.#atEnd = unread.offsetTop - ABOVE >= scrollHeight - clientHeight
      this.#scroll.scrollTop = unread.offsetTop - ABOVE
    } else this.#scroll.scrollTop = scrollHeight
  }

  #showFrom(top: number): void {
    this.#atEnd = false
    this.#scroll.scrollTop = top
    this.#top = this.#scroll.scrollTop
    this.#look()
  }

  /** The text, since a message may lose the name above it to one that comes before. */
  #firstInSight(): Element | undefined {
    const { top } = this.#scroll.getBoundingClientRect()
    return [...this.#timeline.element.querySelectorAll('.text')].find(
      (element) => element.getBoundingClientRect().bottom > top,
    )
  }

  #keepPlace(): void {
    const message = this.#atEnd ? null : this.#firstInSight()?.closest('article')
    if (!message?.dataset.seq) return tabStorage.set(this.#options.key, '')
    const offset = message.getBoundingClientRect().top - this.#scroll.getBoundingClientRect().top
    tabStorage.set(this.#options.key, `${message.dataset.seq} ${Math.round(offset)}`)
  }

  #seeing(): boolean {
    return this.#atEnd && document.visibilityState === 'visible'
  }

  /** Only who scrolls up leaves the end: what has just come, and is tall, pushes nobody off it. */
  #look(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroll
    const wasAtEnd = this.#atEnd
    const near = scrollHeight - scrollTop - clientHeight < NEAR
    this.#atEnd = !this.#opening && (near || (wasAtEnd && scrollTop >= this.#top))
    this.#top = scrollTop
    if (this.#atEnd && !wasAtEnd) this.#options.onEnd()
    if (this.#seeing()) this.#unread = 0
    if (document.visibilityState === 'visible') this.#timer ??= setTimeout(() => this.#tell(), THROTTLE)
    this.#jump.hidden = this.#atEnd
    this.#jump.textContent = this.#unread > 0 ? `${this.#unread} new` : this.#jumpLabel
    countInTitle('unread', this.#unread)
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
