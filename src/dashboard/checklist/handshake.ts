import { WebSocket } from 'ws'
import { reasonOf } from './finding.ts'

/** How the checklist calls itself: what it tries on purpose is not among what went wrong. */
export const DOCTOR = 'partyline-doctor'

/** Milliseconds that an answer may take. */
export const PATIENCE = 5_000

type Frame = Readonly<Record<string, unknown>>

/** What came on a socket: a frame, or its end. */
export type Heard =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  | { readonly kind: 'nothing' }

/** What became of an upgrade that was asked for. */
export type Upgrade =
  | { readonly kind: 'opened'; readonly socket: TriedSocket }
  /** The server, or something before it, answered otherwise. */
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: string }

/**
 * Asks for a socket, for real.
 * @param base such as `https://chat.example.com`
 */
export async function openSocket(
  base: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Upgrade> {
  const socket = new WebSocket(base.replace(/^http/, 'ws') + path, {
    headers: { 'user-agent': DOCTOR, ...headers },
    handshakeTimeout: PATIENCE,
    perMessageDeflate: false,
  })
  // It listens from the beginning: the first frame may come with the answer.
  const tried = new TriedSocket(socket)
  const { promise, resolve } = Promise.withResolvers<Upgrade>()
  socket.on('open', () => resolve({ kind: 'opened', socket: tried }))
  socket.on('unexpected-response', (_request, response) => {
    response.resume()
    resolve({ kind: 'refused', status: response.statusCode ?? 0 })
    socket.terminate()
  })
  // It also complains of what was terminated.
  socket.on('error', (error) => resolve({ kind: 'failed', reason: reasonOf(error) }))
  return promise
}

/** A socket that was opened to see what comes. */
export class TriedSocket {
  readonly #socket: WebSocket
  readonly #heard: Heard[] = []
  #wake = () => {}

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (content) => {
      const frame = parse(String(content))
      if (frame) this.#hear({ kind: 'frame', frame })
    })
    socket.on('close', (code, reason) => this.#hear({ kind: 'closed', code, reason: reason.toString() }))
  }

  send(text: string): void {
    this.#socket.send(text)
  }

  /** Waits for the next frame, of a type if one is given, or for the end. */
  async hear(type?: string): Promise<Heard> {
    const until = performance.now() + PATIENCE
    for (;;) {
      const next = this.#heard.shift()
      if (next && (next.kind !== 'frame' || type === undefined || next.frame.type === type)) return next
      if (next) continue
      const left = until - performance.now()
      if (left <= 0) return { kind: 'nothing' }
      const { promise, resolve } = Promise.withResolvers<void>()
      const late = setTimeout(resolve, left)
      this.#wake = resolve
      await promise
      clearTimeout(late)
    }
  }

  async leave(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return
    const late = setTimeout(() => this.#socket.terminate(), 1_000)
    const { promise, resolve } = Promise.withResolvers<void>()
    // It also comes after an error, which says nothing of interest at the end.
    this.#socket.once('close', () => resolve())
    this.#socket.close()
    await promise
    clearTimeout(late)
  }

  #hear(heard: Heard): void {
    this.#heard.push(heard)
    this.#wake()
  }
}

function parse(text: string): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(text)
    return typeof frame === 'object' && frame !== null ? { ...frame } : undefined
  } catch {
    return undefined
  }
}
