import { checkByContract } from './api-contract.ts'
import { refusalOf } from './refused-upgrades.ts'

/** A frame from the server. */
export type Frame = Record<string, unknown>

export interface Closed {
  readonly code: number
  readonly reason: string
}

/** Milliseconds after which a frame that did not come is a failure. */
const PATIENCE = 60_000

/** A WebSocket whose frames are waited for. */
export class TestSocket {
  readonly #socket: WebSocket
  readonly #url: string
  readonly #frames: Frame[] = []
  #closed: Closed | undefined
  #wasOpen = false
  #wake: (() => void) | undefined

  /** @param address such as `http://127.0.0.1:3000` */
  constructor(address: string, path: string, headers: Record<string, string>) {
    // Node's own WebSocket takes headers as well, which the browser's type does not know.
    const options: object = { headers }
    this.#url = address + path
    this.#socket = new WebSocket(address.replace('http', 'ws') + path, options as string[])
    this.#socket.addEventListener('message', ({ data }) => {
      const frame: Frame = JSON.parse(String(data))
      this.#frames.push(frame)
      checkByContract(address, (contract) => contract.sent(path, frame))
      this.#wake?.()
    })
    this.#socket.addEventListener('open', () => {
      this.#wasOpen = true
    })
    this.#socket.addEventListener('error', () => {})
    this.#socket.addEventListener('close', ({ code, reason }) => {
      this.#closed = { code, reason }
      this.#wake?.()
    })
  }

  /** Resolves when the upgrade was accepted. @throws when it was refused */
  async opened(): Promise<this> {
    if (this.#socket.readyState === WebSocket.CONNECTING) {
      await new Promise((resolve) => {
        this.#socket.addEventListener('open', resolve, { once: true })
        this.#socket.addEventListener('close', resolve, { once: true })
      })
    }
    if (this.#socket.readyState !== WebSocket.OPEN && this.#closed?.code === 1006)
      throw new Error(`the upgrade was refused ${refusalOf(this.#url)}`)
    return this
  }

  /** Sends a text or an ArrayBuffer as it is, anything else as JSON. */
  send(frame: unknown): void {
    this.#socket.send(
      typeof frame === 'string' || frame instanceof ArrayBuffer ? frame : JSON.stringify(frame),
    )
  }

  /** The next frame; with a type, the next of that type, and those before it are dropped. */
  async next(type?: string): Promise<Frame> {
    for (;;) {
      const frame = this.#frames.shift()
      if (frame && (type === undefined || frame.type === type)) return frame
      if (!frame) await this.#change(`a frame${type ? ` of type ${type}` : ''}`)
    }
  }

  /** All frames that came and were not waited for. */
  drain(): Frame[] {
    return this.#frames.splice(0)
  }

  /** The end of the connection, once it has ended. */
  async closed(): Promise<Closed> {
    while (!this.#closed) await this.#change('the end of the connection', true)
    return this.#closed
  }

  close(): void {
    this.#socket.close()
  }

  async #change(what: string, evenClosed = false): Promise<void> {
    if (this.#closed && !evenClosed) {
      const { code, reason } = this.#closed
      const why = reason || (this.#wasOpen ? 'after it was open' : `refused ${refusalOf(this.#url)}`)
      throw new Error(`${what} did not come: closed with ${code}, ${why}`)
    }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} did not come`)), PATIENCE)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
