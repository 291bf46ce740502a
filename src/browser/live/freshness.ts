import { v7 } from 'uuid'
import type { ServerObject, SocketState } from '../client/index.ts'

/** Milliseconds without news after which the server is asked, when the person does something. */
const QUIET = 20_000
/** Milliseconds to wait for an answer before the page says that it is waiting. */
const PATIENCE = 3_000
/** For how long what was confirmed counts as now. */
const NOW = 60_000

export interface FreshnessOptions {
  /** The element that shows it. */
  readonly element: HTMLElement
  /** The `rev` that the page was made with. */
  readonly rev: number
  /** @returns false when there is no connection */
  readonly send: (frame: object) => boolean
}

/**
 * Shows whether the page is up to date, and otherwise what is missing. It is up to date once the server has named its newest
 * change, and this page has it. A browser does not notice a dead connection by itself, so the server is asked again when
 * somebody returns to the page, which shows its age until the answer arrives.
 */
export class Freshness {
  readonly #options: FreshnessOptions
  #state: SocketState = { kind: 'connecting' }
  #rev: number
  /** The newest change of which the server has told; undefined: it has not, on this connection. */
  #newest: number | undefined
  #heardAt = 0
  #waiting = 0
  #wasLive = false
  #asked: string | undefined
  #isOverdue = false
  #overdue: ReturnType<typeof setTimeout> | undefined

  constructor(options: FreshnessOptions) {
    this.#options = options
    this.#rev = options.rev
    for (const sign of ['pointermove', 'pointerdown', 'keydown', 'focus'] as const)
      addEventListener(sign, () => this.#check(), { passive: true })
    document.addEventListener('visibilitychange', () => this.#check())
    setInterval(() => this.#write(), NOW / 4)
  }

  /** The connection is another one, or was lost. */
  become(state: SocketState): void {
    this.#state = state
    if (state.kind === 'live') this.#wasLive = true
    else this.#forget()
    this.#write()
  }

  receive({ type, rev, repeat, id }: ServerObject): void {
    this.#heardAt = Date.now()
    if (typeof rev === 'number') {
      if (type === 'welcome' || type === 'done') this.#newest = Math.max(this.#newest ?? 0, rev)
      else if (repeat !== true) this.#rev = type === 'reset' ? rev : Math.max(this.#rev, rev)
      // The database went back: what was told of before is gone.
      if (type === 'reset') this.#newest = rev
    }
    if (id === this.#asked && id !== undefined) this.#answered()
    this.#write()
  }

  /** @param count how many messages are to be sent */
  wait(count: number): void {
    this.#waiting = count
    this.#write()
  }

  #check(): void {
    if (this.#state.kind !== 'live' || document.visibilityState === 'hidden') return
    if (this.#asked !== undefined || Date.now() - this.#heardAt < QUIET) return
    const id = v7()
    // Marks nothing as read: it is answered with the newest change.
    if (!this.#options.send({ type: 'read', seq: 0, id })) return
    this.#asked = id
    this.#overdue = setTimeout(() => {
      this.#isOverdue = true
      this.#write()
    }, PATIENCE)
  }

  #answered(): void {
    clearTimeout(this.#overdue)
    this.#asked = undefined
    this.#isOverdue = false
  }

  #forget(): void {
    this.#answered()
    this.#newest = undefined
  }

  #write(): void {
    const { element } = this.#options
    const text = this.#text()
    if (element.textContent !== text) element.textContent = text
  }

  #text(): string {
    const messages = this.#waiting === 1 ? '1 message' : `${this.#waiting} messages`
    const waits = `${messages} waiting to be sent`
    const { kind } = this.#state
    if (kind === 'stopped' || kind === 'replaced' || kind === 'resting') return this.#waiting > 0 ? waits : ''
    if (kind !== 'live') {
      const doing = this.#wasLive ? 'Reconnecting…' : 'Connecting…'
      return this.#waiting > 0 ? `${doing} ${waits}` : doing
    }
    if (this.#waiting > 0) return `Sending ${messages}…`
    if (this.#newest === undefined || this.#rev < this.#newest) return 'Catching up…'
    if (this.#isOverdue) return 'Checking the connection…'
    if (Date.now() - this.#heardAt < NOW) return 'Up to date'
    return `Up to date at ${new Date(this.#heardAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`
  }
}
