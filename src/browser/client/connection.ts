import { afterClose, SIGNED_OUT } from './close-codes.ts'
import { readFrame, type ServerObject } from './frames.ts'
import { hasPage, onDocument, onWindow } from './page-events.ts'

/** The state of the connection, for a person to see. */
export type SocketState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Tries again at `retryAt` (milliseconds since 1970). `error` is why there was no address, where that was the reason. */
  | { readonly kind: 'offline'; readonly retryAt: number; readonly error?: unknown }
  /** The server let go of a quiet connection; the next sign of a person brings it back. */
  | { readonly kind: 'resting' }
  /** It will not come back by itself: the close code (4001, 4003 or 4004), and what it means for a person. */
  | { readonly kind: 'stopped'; readonly code: number; readonly reason: string }
  /** Somebody else is signed in now: nothing that was written here may be sent in their name. */
  | { readonly kind: 'replaced'; readonly by: string }

/** A row that the page holds, by which the server knows whether its own history is still the same. */
export interface Row {
  readonly rev: number
  readonly seq: number
  readonly id: string
}

/** The address of a socket, or a function that returns it for each attempt, since a token in it is valid only for minutes. */
export type Address = string | URL | (() => string | URL | Promise<string | URL>)

/** Thrown by an address function when there is nobody to connect for: the connection then stops as after the code 4001. */
export class SignedOut extends Error {
  override readonly name = 'SignedOut'
  readonly code = SIGNED_OUT
}

export interface ConnectionOptions {
  /** Such as `https://chat.example.com/ws/chat/lobby`; `http` and `ws` mean the same. */
  readonly address: Address
  /** The username of whom the page was made for; where somebody else is signed in, the connection is `replaced`. */
  readonly user?: string
  /** The type of the frame with which the server begins; `welcome` where nothing is given. */
  readonly greeting?: string
  /**
   * The `rev` that the page holds: everything after it comes. Left out, everything comes from the first greeting on, or what
   * follows has no numbers and begins anew each time.
   */
  readonly rev?: number
  /** The row with the highest `rev` in the page; undefined: there is none. */
  readonly newest?: Row | undefined
  readonly onFrame: (frame: ServerObject) => void
  /** The server holds less than the page: its database went back. Its `reset` is handed on right after. */
  readonly onRewound?: () => void
  readonly onState: (state: SocketState) => void
}

/** All times are in milliseconds. */
const FIRST_DELAY = 500
const LONGEST_DELAY = 15_000
/** After a connection that was welcomed and lived this long, delays begin short again. */
const GOOD = 10_000
/** A connection that is not welcomed within this is given up. */
const HANDSHAKE = 15_000
/** Milliseconds without anything from the server after which a connection on which an answer is due counts as dead. */
const SILENCE = 8_000
/** A connection that was quiet for this long while nobody looked is opened anew when somebody does. */
const UNTRUSTED = 60_000
const LOOK = 5_000
/**
 * A timer that is this late shows that the device slept, and that the server has dropped its connections, which the browser
 * may not notice for minutes. In a hidden page, timers are up to a minute late without any sleep.
 */
const SLEPT = 75_000

/**
 * A socket that reconnects: with full jitter, with `since`, and as each close code asks. Frames are passed on in the server's
 * order. A browser does not see the server's pings, so a dead connection is detected by what a page can notice: sleep, a change
 * of network, a missing answer (`suspect`). In Node, where there is no page, it does the same without these signs.
 */
export class Connection {
  readonly #options: ConnectionOptions
  readonly #end = new AbortController()
  /** The present try to connect, or what came of it. */
  #attempt: object | undefined
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

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#rev = options.rev
    this.#newest = options.newest
    const { signal } = this.#end
    onWindow('online', () => this.#renew(), { signal })
    onWindow('offline', () => this.#lose(), { signal })
    onWindow('pagehide', () => this.#drop(), { signal })
    onWindow('pageshow', (event) => event.persisted && this.#renew(), { signal })
    onDocument('visibilitychange', () => this.#turned(), { signal })
    for (const sign of ['pointerdown', 'keydown', 'wheel', 'focus'] as const) {
      onWindow(sign, () => this.#state.kind === 'resting' && this.reconnect(), { signal, passive: true })
    }
    const looking = setInterval(() => this.#lookForSleep(), LOOK)
    signal.addEventListener('abort', () => clearInterval(looking))
    whenShown(() => this.#open(), signal)
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
    if (this.#attempt || this.#isOver) return
    this.#open()
  }

  /** An answer is overdue: begins anew, unless the server was heard a moment ago. */
  suspect(): void {
    if (this.#state.kind === 'live' && Date.now() - this.#heardAt > SILENCE) this.#renew()
  }

  /** Ends the connection for good, and everything that would bring it back. No state is told of it. */
  close(): void {
    this.#end.abort()
    this.#drop()
  }

  #open(): void {
    clearTimeout(this.#timer)
    const attempt = {}
    this.#attempt = attempt
    this.#become({ kind: 'connecting' })
    if (this.#attempt !== attempt) return
    this.#timer = setTimeout(() => this.#lose(), HANDSHAKE)
    const { address } = this.#options
    if (typeof address !== 'function') return this.#connect(address)
    new Promise<string | URL>((resolve) => resolve(address())).then(
      (found) => this.#attempt === attempt && this.#connect(found),
      (error: unknown) => this.#attempt === attempt && this.#unaddressed(error),
    )
  }

  #connect(address: string | URL): void {
    const url = new URL(address)
    url.protocol = url.protocol.replace('http', 'ws')
    if (this.#options.user !== undefined) url.searchParams.set('user', this.#options.user)
    if (this.#rev !== undefined) url.searchParams.set('since', String(this.#rev))
    if (this.#newest && this.#newest.rev === this.#rev) {
      url.searchParams.set('seq', String(this.#newest.seq))
      url.searchParams.set('id', this.#newest.id)
    }
    const socket = new WebSocket(url)
    this.#socket = socket
    socket.addEventListener('message', (event) => {
      if (socket === this.#socket) this.#receive(String(event.data))
    })
    socket.addEventListener('close', (event) => {
      if (socket === this.#socket) this.#closed(event.code, event.reason)
    })
  }

  #unaddressed(error: unknown): void {
    if (error instanceof SignedOut) return this.#closed(SIGNED_OUT, '')
    this.#drop()
    this.#later(this.#jitter(), error)
  }

  #receive(text: string): void {
    this.#heardAt = Date.now()
    const frame = readFrame(text)
    if (!frame) return
    const { greeting = 'welcome', user } = this.#options
    if (frame.type === greeting) {
      // A server of an earlier release does not look at whom the page asked for.
      if (frame.type === 'welcome' && user !== undefined && frame.user !== user)
        return this.#replaced(String(frame.user))
      clearTimeout(this.#timer)
      this.#welcomedAt = Date.now()
      // If the connection fails before anything arrives on it, nothing said meanwhile is missed.
      if (this.#rev === undefined && typeof frame.rev === 'number') this.#rev = frame.rev
      this.#become({ kind: 'live' })
    } else {
      // The server holds less than this page: its database went back, and what is shown here may be gone.
      if (frame.type === 'reset' && Number(frame.rev) < (this.#rev ?? 0)) this.#options.onRewound?.()
      this.#moveTo(frame)
    }
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
    if (next.kind === 'stop') return this.#become({ kind: 'stopped', code, reason: next.reason })
    this.#replaced(next.by)
  }

  #replaced(by: string): void {
    this.#drop()
    this.#become({ kind: 'replaced', by })
  }

  get #isOver(): boolean {
    return this.#end.signal.aborted || this.#state.kind === 'stopped' || this.#state.kind === 'replaced'
  }

  /** Lets go of a connection without waiting for its close, which never comes on a dead one. */
  #drop(): void {
    clearTimeout(this.#timer)
    const socket = this.#socket
    this.#socket = undefined
    this.#attempt = undefined
    socket?.close()
    if (this.#welcomedAt > 0 && Date.now() - this.#welcomedAt > GOOD) this.#tries = 0
    this.#welcomedAt = 0
  }

  #lose(): void {
    if (!this.#attempt) return
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
    if (late > SLEPT && this.#attempt) this.#renew()
  }

  /** Full jitter: anything up to a bound that doubles, so that those who were cut off together do not return together. */
  #jitter(): number {
    const bound = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#tries)
    this.#tries += 1
    return Math.random() * bound
  }

  #later(delay: number, error?: unknown): void {
    this.#timer = setTimeout(() => this.#open(), delay)
    const retryAt = Date.now() + delay
    this.#become({ kind: 'offline', retryAt, ...(error !== undefined && { error }) })
  }

  #become(state: SocketState): void {
    this.#state = state
    // Nothing brings it back, and in Node nothing of it keeps the process alive.
    if (this.#isOver) this.#end.abort()
    this.#options.onState(state)
  }
}

/** A browser may render a page before its person goes there, who may never come: a socket would join the room for them. */
function whenShown(begin: () => void, signal: AbortSignal): void {
  if (!hasPage || !('prerendering' in document) || document.prerendering !== true) return begin()
  document.addEventListener('prerenderingchange', begin, { once: true, signal })
}
