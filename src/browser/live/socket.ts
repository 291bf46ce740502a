import { afterClose } from './close-codes.ts'
import { readFrame, type ServerObject } from './frames.ts'

/** True from when a form is sent that ends this session. */
let isEndingSession = false
document.addEventListener('submit', ({ target }) => {
  if (target instanceof HTMLFormElement && 'endsSession' in target.dataset) isEndingSession = true
})

/** Where the connection stands, for a person to see. */
export type SocketState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Tries again at `retryAt` (milliseconds since 1970). */
  | { readonly kind: 'offline'; readonly retryAt: number }
  /** The server let go of a quiet connection; the next sign of a person brings it back. */
  | { readonly kind: 'resting' }
  /** It will not come back by itself. */
  | { readonly kind: 'stopped'; readonly reason: string }
  /** Somebody else is signed in now: nothing that was written here may be sent in their name. */
  | { readonly kind: 'replaced'; readonly by: string }

/** A row that the page holds, by which the server knows whether its own history is still the same. */
export interface Row {
  readonly rev: number
  readonly seq: number
  readonly id: string
}

export interface LiveSocketOptions {
  /** Such as `/ws/chat/lobby`. */
  readonly path: string
  /** Whom the page was made for. */
  readonly user: string
  /** The type of the frame with which the server begins; `welcome` where nothing is given. */
  readonly greeting?: string
  /** The `rev` that the page was rendered with; undefined where what follows has no numbers, and begins anew each time. */
  readonly rev?: number
  /** The row with the highest `rev` in the page; undefined: there is none. */
  readonly newest?: Row | undefined
  readonly onFrame: (frame: ServerObject) => void
  /** The server holds less than the page: its database went back. The page is loaded again right after. */
  readonly onRewound?: () => void
  readonly onState: (state: SocketState) => void
}

/** All times are in milliseconds. */
const FIRST_DELAY = 500
const LONGEST_DELAY = 15_000
/** A connection that was welcomed and lived so long was a good one: the next loss begins with short delays again. */
const GOOD = 10_000
/** A connection that is not welcomed within this is given up. */
const HANDSHAKE = 15_000
/** Whoever waits for an answer and hears nothing at all for this long speaks into a dead line. */
const SILENCE = 8_000
/** A line that was quiet for this long while nobody looked is not trusted when somebody does. */
const UNTRUSTED = 60_000
const LOOK = 5_000
/**
 * A timer that comes so much too late tells that the device slept, and that the server has dropped its connections, which
 * its browser may not know for minutes. Timers of a hidden page come late by a minute without any sleep.
 */
const SLEPT = 75_000

/**
 * A socket that comes back: with full jitter, with `since`, and doing what each close code asks for. Frames are handed
 * on in the order of the server. A browser does not see the server's pings, so a line that is dead without a word is
 * found by what a page can see: sleep, a change of network, an answer that does not come (`suspect`).
 */
export class LiveSocket {
  readonly #options: LiveSocketOptions
  #socket: WebSocket | undefined
  #rev: number | undefined
  #newest: Row | undefined
  #tries = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #state: SocketState = { kind: 'connecting' }
  #welcomedAt = 0
  #heardAt = 0
  #hiddenAt = Date.now()
  #lookedAt = Date.now()

  constructor(options: LiveSocketOptions) {
    this.#options = options
    this.#rev = options.rev
    this.#newest = options.newest
    addEventListener('online', () => this.#renew())
    addEventListener('offline', () => this.#lose())
    addEventListener('pagehide', () => this.#drop())
    addEventListener('pageshow', (event) => event.persisted && this.#renew())
    document.addEventListener('visibilitychange', () => this.#turned())
    for (const sign of ['pointerdown', 'keydown', 'wheel', 'focus']) {
      addEventListener(sign, () => this.#state.kind === 'resting' && this.reconnect(), { passive: true })
    }
    setInterval(() => this.#lookForSleep(), LOOK)
    whenShown(() => this.#open())
  }

  /** @returns false when there is no connection now; a resting one is then woken */
  send(frame: object): boolean {
    if (this.#state.kind === 'live' && this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(frame))
      return true
    }
    if (this.#state.kind === 'resting') this.reconnect()
    return false
  }

  /** Tries at once, where a connection is wanted and there is none. */
  reconnect(): void {
    if (this.#socket || this.#isOver) return
    this.#open()
  }

  /** An answer is overdue: begins anew, unless the server was heard a moment ago. */
  suspect(): void {
    if (this.#state.kind === 'live' && Date.now() - this.#heardAt > SILENCE) this.#renew()
  }

  #open(): void {
    clearTimeout(this.#timer)
    this.#become({ kind: 'connecting' })
    const url = new URL(this.#options.path, location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    url.searchParams.set('user', this.#options.user)
    if (this.#rev !== undefined) url.searchParams.set('since', String(this.#rev))
    if (this.#newest && this.#newest.rev === this.#rev) {
      url.searchParams.set('seq', String(this.#newest.seq))
      url.searchParams.set('id', this.#newest.id)
    }
    const socket = new WebSocket(url)
    this.#socket = socket
    this.#timer = setTimeout(() => this.#lose(), HANDSHAKE)
    socket.addEventListener('message', (event) => {
      if (socket === this.#socket) this.#receive(String(event.data))
    })
    socket.addEventListener('close', (event) => {
      if (socket === this.#socket) this.#closed(event.code, event.reason)
    })
  }

  #receive(text: string): void {
    this.#heardAt = Date.now()
    const frame = readFrame(text)
    if (!frame) return
    const { greeting = 'welcome', user } = this.#options
    if (frame.type === greeting) {
      // A server of an earlier release does not look at whom the page asked for.
      if (frame.type === 'welcome' && frame.user !== user) return this.#replaced(String(frame.user))
      clearTimeout(this.#timer)
      this.#welcomedAt = Date.now()
      this.#become({ kind: 'live' })
    } else if (frame.type === 'reset' && Number(frame.rev) < (this.#rev ?? 0)) {
      // The server holds less than this page: its database went back, and what is shown here may be gone.
      this.#options.onRewound?.()
      return location.reload()
    } else this.#moveTo(frame)
    this.#options.onFrame(frame)
  }

  /** An answer to a command stands outside the order, and moves nothing. */
  #moveTo({ type, rev, seq, id, repeat }: ServerObject): void {
    if (typeof rev !== 'number' || repeat === true || type === 'done') return
    this.#rev = rev
    this.#newest = typeof seq === 'number' && typeof id === 'string' ? { rev, seq, id } : undefined
  }

  #closed(code: number, reason: string): void {
    this.#drop()
    const next = afterClose(code, reason)
    if (next.kind === 'retry') return this.#later(this.#jitter())
    if (next.kind === 'wait')
      return this.#later(next.atLeast + Math.random() * Math.max(next.atLeast, FIRST_DELAY))
    if (next.kind === 'rest') return this.#become({ kind: 'resting' })
    if (next.kind === 'stop') return this.#become({ kind: 'stopped', reason: next.reason })
    if (next.kind === 'replaced') return this.#replaced(next.by)
    this.#become({ kind: 'stopped', reason: 'You are signed out.' })
    // Whatever the form's answer leads to comes next.
    if (isEndingSession) return
    location.replace(`/sign-in?next=${encodeURIComponent(location.pathname)}`)
  }

  #replaced(by: string): void {
    this.#drop()
    this.#become({ kind: 'replaced', by })
  }

  get #isOver(): boolean {
    return this.#state.kind === 'stopped' || this.#state.kind === 'replaced'
  }

  /** Lets go of a connection without waiting for its close, which a dead line never brings. */
  #drop(): void {
    clearTimeout(this.#timer)
    const socket = this.#socket
    this.#socket = undefined
    socket?.close()
    if (this.#welcomedAt > 0 && Date.now() - this.#welcomedAt > GOOD) this.#tries = 0
    this.#welcomedAt = 0
  }

  #lose(): void {
    if (!this.#socket) return
    this.#drop()
    this.#later(this.#jitter())
  }

  #renew(): void {
    if (this.#isOver || this.#state.kind === 'resting') return
    this.#drop()
    // Something changed on this side: a try that is a moment too early is followed by another soon, however long it was away.
    this.#tries = 0
    this.#open()
  }

  /** A person turned to another page, or back to this one. */
  #turned(): void {
    const now = Date.now()
    if (document.visibilityState === 'hidden') {
      this.#hiddenAt = now
      return
    }
    const quietSince = Math.max(this.#hiddenAt, this.#heardAt)
    if (this.#state.kind === 'live' && now - quietSince > UNTRUSTED) this.#renew()
    else this.reconnect()
  }

  #lookForSleep(): void {
    const late = Date.now() - this.#lookedAt - LOOK
    this.#lookedAt = Date.now()
    if (late > SLEPT && this.#socket) this.#renew()
  }

  /** Full jitter: anything up to a bound that doubles, so that those who were cut off together do not return together. */
  #jitter(): number {
    const bound = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#tries)
    this.#tries += 1
    return Math.random() * bound
  }

  #later(delay: number): void {
    this.#become({ kind: 'offline', retryAt: Date.now() + delay })
    this.#timer = setTimeout(() => this.#open(), delay)
  }

  #become(state: SocketState): void {
    this.#state = state
    this.#options.onState(state)
  }
}

/** A browser may render a page before its person goes there, who may never come: a socket would join the room for them. */
function whenShown(begin: () => void): void {
  if (!('prerendering' in document) || document.prerendering !== true) return begin()
  document.addEventListener('prerenderingchange', begin, { once: true })
}
