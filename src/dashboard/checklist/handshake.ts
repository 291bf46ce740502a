import { WebSocket } from 'ws'
import { reasonOf } from './finding.ts'

/** The checklist's user agent. Failures that it provokes on purpose are not counted as problems. */
export const DOCTOR = 'partyline-doctor'

/** Milliseconds that an answer may take. */
export const PATIENCE = 5_000

type Frame = Readonly<Record<string, unknown>>

/** An event on a socket: a frame, or its end. */
export type SocketEvent =
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  | { readonly kind: 'nothing' }

/** The outcome of a requested upgrade. */
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

/** A socket that was opened to test the server; it keeps its events until they are asked for. */
export class TriedSocket {
  readonly #socket: WebSocket
  readonly #events: SocketEvent[] = []
  #wake = () => {}

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (content) => {
      const frame = parse(String(content))
      if (frame) this.#add({ kind: 'frame', frame })
    })
    socket.on('close', (code, reason) => this.#add({ kind: 'closed', code, reason: reason.toString() }))
  }

  send(text: string): void {
    this.#socket.send(text)
  }

  /** Waits for the next frame, of a type if one is given, or for the end. */
  async next(type?: string): Promise<SocketEvent> {
    const until = performance.now() + PATIENCE
    for (;;) {
      const next = this.#events.shift()
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

  #add(event: SocketEvent): void {
    this.#events.push(event)
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
