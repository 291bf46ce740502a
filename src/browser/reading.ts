import { byId } from './dom.ts'

/** What is read: a list that grows at its end. */
export interface Readable {
  readonly element: HTMLElement
  /** The `seq` of the newest. */
  readonly newest: number
  /** Marks where the unread begins. */
  markUnread?(seq: number): void
}

/** So many pixels from the end still count as being there. */
const NEAR = 80
/** What was read is told at most so often, in milliseconds. */
const THROTTLE = 1_000

/** Where the reader is: keeps them at the newest, or leaves them where they read, and tells what has been seen. */
export class Reading {
  readonly #timeline: Readable
  readonly #onRead: (seq: number) => void
  readonly #scroll = byId('scroll', HTMLElement)
  readonly #jump = byId('jump', HTMLButtonElement)
  readonly #title = document.title
  #atEnd = true
  #unread = 0
  #read: number
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(timeline: Readable, onRead: (seq: number) => void) {
    this.#timeline = timeline
    this.#onRead = onRead
    this.#read = timeline.newest
    this.#jump.addEventListener('click', () => this.toEnd())
    this.#scroll.addEventListener('scroll', () => this.#look(), { passive: true })
    document.addEventListener('visibilitychange', () => this.#look())
    new ResizeObserver(() => this.keep()).observe(this.#scroll)
    new ResizeObserver(() => this.keep()).observe(timeline.element)
    this.toEnd()
  }

  get atEnd(): boolean {
    return this.#atEnd
  }

  /** A message came. @param own whether the reader wrote it, on this page or another */
  arrived(seq: number, own: boolean): void {
    if (own) this.toEnd()
    else if (!this.#seeing()) {
      if (this.#unread === 0) this.#timeline.markUnread?.(seq)
      this.#unread += 1
    }
    this.#look()
  }

  /** Does something that makes the page longer above, and leaves the reader where they were. */
  holding(change: () => void): void {
    const height = this.#scroll.scrollHeight
    const top = this.#scroll.scrollTop
    change()
    this.#scroll.scrollTop = top + this.#scroll.scrollHeight - height
  }

  keep(): void {
    if (this.#atEnd) this.#scroll.scrollTop = this.#scroll.scrollHeight
  }

  toEnd(): void {
    this.#atEnd = true
    this.keep()
    this.#look()
  }

  #seeing(): boolean {
    return this.#atEnd && document.visibilityState === 'visible'
  }

  #look(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroll
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR
    if (this.#seeing()) {
      this.#unread = 0
      this.#timer ??= setTimeout(() => this.#tell(), THROTTLE)
    }
    this.#jump.hidden = this.#atEnd
    this.#jump.textContent = this.#unread > 0 ? `${this.#unread} new` : 'Newest messages'
    document.title = this.#unread > 0 ? `(${this.#unread}) ${this.#title}` : this.#title
  }

  #tell(): void {
    this.#timer = undefined
    const { newest } = this.#timeline
    if (newest <= this.#read || !this.#seeing()) return
    this.#read = newest
    this.#onRead(newest)
  }
}
