import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { WebSocket } from 'ws'
import type { Identity } from '../consumers/scope.ts'
import { testIdentity } from '../plugin.ts'

export interface CommunicatorOptions {
  /** The person who connects; if left out, nobody is signed in. */
  readonly as?: Identity
  readonly headers?: Readonly<Record<string, string>>
}

/** Milliseconds to wait for something that should come, and for something that should not. */
const PATIENCE = 5_000
const QUIET = 50

/** Thrown when the server closes the connection while a frame is awaited. */
export class ConnectionClosed extends Error {
  readonly code: number

  constructor(code: number, reason: string) {
    super(`the server closed the connection with ${code} ${reason}`.trim())
    this.code = code
  }
}

/**
 * Drives a consumer in a test, without a network: it uses the application's own upgrade, session and routing, but no port. An
 * event for which a consumer has no handler fails the test.
 *
 * @example
 * const ada = communicate(app, '/ws/chat/lobby', { as: identity })
 * await ada.connect()
 * ada.send({ message: 'hi' })
 * t.match(await ada.receive(), { type: 'message', message: 'hi' })
 * await ada.disconnect()
 */
export function communicate(
  app: FastifyInstance,
  path: string,
  options: CommunicatorOptions = {},
): Communicator {
  return new Communicator(app, path, options)
}

export class Communicator {
  readonly #app: FastifyInstance
  readonly #path: string
  readonly #options: CommunicatorOptions
  readonly #received: (string | Buffer)[] = []
  #waiting: (() => void) | undefined
  #socket: WebSocket | undefined
  #serverStream: Duplex | undefined
  #closed: ConnectionClosed | undefined

  constructor(app: FastifyInstance, path: string, options: CommunicatorOptions) {
    this.#app = app
    this.#path = path
    this.#options = options
  }

  /** @throws if the upgrade is refused; a consumer's own refusal is thrown as `ConnectionClosed` by `receive` */
  async connect(): Promise<void> {
    await this.#app.ready()
    this.#app.sockets.strict = true
    const headers = { host: 'localhost', ...this.#options.headers }
    const context: Record<PropertyKey, unknown> = {
      headers,
      rawHeaders: Object.entries(headers).flat(),
      httpVersion: '1.1',
      socket: { remoteAddress: '127.0.0.1' },
      ...(this.#options.as ? { [testIdentity]: this.#options.as } : {}),
    }
    this.#app.server.prependOnceListener('upgrade', (_request, stream: Duplex) => {
      this.#serverStream = stream
    })
    this.#socket = await this.#app.injectWS(this.#path, context as Partial<IncomingMessage>, {
      onInit: (socket) => {
        socket.on('message', (content: Buffer, binary) => this.#push(binary ? content : content.toString()))
        socket.on('close', (code, reason) => this.#end(code, reason.toString()))
      },
    })
  }

  /** Sends a string as it is, and anything else as JSON. */
  send(frame: unknown): void {
    this.#open().send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame))
  }

  /**
   * The next frame, parsed as JSON.
   * @throws ConnectionClosed if the server has closed; Error if nothing arrives, or something other than JSON
   */
  async receive(): Promise<unknown> {
    return JSON.parse(await this.receiveText())
  }

  /** The text of the next frame. @throws as `receive` */
  async receiveText(): Promise<string> {
    const frame = await this.#next()
    if (typeof frame !== 'string') throw new Error(`${this.#path} sent a binary frame instead of a text`)
    return frame
  }

  /** The content of the next frame, which is binary. @throws as `receive` */
  async receiveBytes(): Promise<Buffer> {
    const frame = await this.#next()
    if (typeof frame === 'string') throw new Error(`${this.#path} sent a text instead of a binary frame`)
    return frame
  }

  /** Tells whether no frame arrives within `milliseconds`. */
  async receiveNothing(milliseconds = QUIET): Promise<boolean> {
    return !(await this.#arrives(milliseconds))
  }

  /** Resolves with the code with which the server closes. */
  async closed(): Promise<number> {
    while (!this.#closed) {
      this.#received.length = 0
      if (!(await this.#arrives(PATIENCE)) && !this.#closed) throw new Error(`${this.#path} is still open`)
    }
    return this.#closed.code
  }

  /** Closes from the client's side. */
  async disconnect(code = 1000): Promise<void> {
    const socket = this.#socket
    if (!socket || this.#closed) return
    const closed = once(socket, 'close')
    socket.close(code)
    await closed
  }

  #open(): WebSocket {
    if (!this.#socket) throw new Error('connect first')
    return this.#socket
  }

  async #next(): Promise<string | Buffer> {
    const frame = (await this.#arrives(PATIENCE)) ? this.#received.shift() : undefined
    if (frame !== undefined) return frame
    throw this.#closed ?? new Error(`nothing came on ${this.#path} for ${PATIENCE} ms`)
  }

  #push(frame: string | Buffer): void {
    this.#received.push(frame)
    this.#waiting?.()
  }

  /** The server's side is cut at once: the streams of `injectWS` end without a `close`, for which it would wait. */
  #end(code: number, reason: string): void {
    this.#closed = new ConnectionClosed(code, reason)
    this.#serverStream?.destroy()
    this.#waiting?.()
  }

  async #arrives(milliseconds: number): Promise<boolean> {
    if (this.#received.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds)
        this.#waiting = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      this.#waiting = undefined
    }
    return this.#received.length > 0
  }
}
