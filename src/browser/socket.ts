/** Where the connection stands, for a person to see. */
export type SocketState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Tries again at `retryAt` (milliseconds since 1970). */
  | { readonly kind: 'offline'; readonly retryAt: number }
  /** The server let go of a quiet connection; the next thing said brings it back. */
  | { readonly kind: 'resting' }
  /** It will not come back by itself. */
  | { readonly kind: 'stopped'; readonly reason: string }

export type ServerObject = { readonly type: string } & Readonly<Record<string, unknown>>

export interface LiveSocketOptions {
  /** Such as `/ws/chat/lobby`. */
  readonly path: string
  /** The `rev` that the page was rendered with. */
  readonly rev: number
  readonly onFrame: (frame: ServerObject) => void
  readonly onState: (state: SocketState) => void
}

const FIRST_DELAY = 500
const LONGEST_DELAY = 15_000
const BACK_OFF = 10_000
/** A timer that comes so much too late (milliseconds) tells that the device slept: its connections are gone. */
const SLEEP = 20_000
const LOOK = 5_000

/**
 * A socket that comes back: with full jitter, with `since`, and doing what each close code asks for (docs/protocol.md,
 * "Handshake"). Frames are handed on in the order of the server.
 */
export class LiveSocket {
  readonly #options: LiveSocketOptions
  #socket: WebSocket | undefined
  #rev: number
  #tries = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #state: SocketState = { kind: 'connecting' }
  #lookedAt = Date.now()

  constructor(options: LiveSocketOptions) {
    this.#options = options
    this.#rev = options.rev
    addEventListener('online', () => this.reconnect())
    addEventListener('offline', () => this.#socket?.close())
    addEventListener('pagehide', () => this.#socket?.close())
    addEventListener('pageshow', () => this.reconnect())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#lookForSleep()
      if (document.visibilityState === 'visible' && this.#state.kind !== 'stopped') this.reconnect()
    })
    setInterval(() => this.#lookForSleep(), LOOK)
    this.#open()
  }

  get live(): boolean {
    return this.#state.kind === 'live'
  }

  /** @returns false when there is no connection now; a resting one is then woken */
  send(frame: object): boolean {
    if (!this.live || this.#socket?.readyState !== WebSocket.OPEN) {
      if (this.#state.kind === 'resting') this.reconnect()
      return false
    }
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  /** Tries at once, where a connection is wanted and there is none. */
  reconnect(): void {
    if (this.#socket || this.#state.kind === 'stopped') return
    this.#open()
  }

  #open(): void {
    clearTimeout(this.#timer)
    this.#become({ kind: 'connecting' })
    const url = new URL(this.#options.path, location.href)
    url.protocol = url.protocol.replace('http', 'ws')
    url.searchParams.set('since', String(this.#rev))
    const socket = new WebSocket(url)
    this.#socket = socket
    socket.addEventListener('message', (event) => {
      if (socket === this.#socket) this.#receive(String(event.data))
    })
    socket.addEventListener('close', (event) => {
      if (socket === this.#socket) this.#closed(event.code, event.reason)
    })
  }

  #receive(text: string): void {
    const frame: ServerObject = JSON.parse(text)
    if (frame.type === 'welcome') {
      this.#tries = 0
      this.#become({ kind: 'live' })
    } else if (typeof frame.rev === 'number' && frame.repeat !== true) {
      this.#rev = frame.rev
    }
    this.#options.onFrame(frame)
  }

  #closed(code: number, reason: string): void {
    this.#socket = undefined
    switch (code) {
      case 4001:
        this.#become({ kind: 'stopped', reason: 'You are signed out.' })
        location.assign(`/sign-in?next=${encodeURIComponent(location.pathname)}`)
        return
      case 4003:
        return this.#become({ kind: 'stopped', reason: 'You are not in this room any more.' })
      case 4004:
        return this.#become({ kind: 'stopped', reason: 'This room is gone.' })
      case 4009:
        return this.#become({ kind: 'resting' })
      case 4029:
        return this.#later(BACK_OFF + Math.random() * BACK_OFF)
      case 1012:
        return this.#later((Number.parseInt(reason, 10) || FIRST_DELAY) + Math.random() * FIRST_DELAY)
      default:
        return this.#later(this.#jitter())
    }
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

  /** A device that slept has lost its connection, but its browser may not know that for minutes. */
  #lookForSleep(): void {
    const now = Date.now()
    const slept = now - this.#lookedAt > LOOK + SLEEP
    this.#lookedAt = now
    if (!slept || !this.#socket) return
    const lost = this.#socket
    this.#socket = undefined
    lost.close()
    this.#open()
  }

  #become(state: SocketState): void {
    this.#state = state
    this.#options.onState(state)
  }
}
