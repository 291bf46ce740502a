import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Test } from 'tap'

/** A line between a browser and a server, which can be cut and mended. */
export class Line {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #port: number
  #cut = false
  #held = false

  private constructor(server: Server, port: number) {
    this.#server = server
    this.#port = port
    server.on('connection', (socket) => this.#carry(socket))
  }

  /** @param address of the server, such as `http://127.0.0.1:3000` */
  static async open(t: Test, address: string): Promise<Line> {
    const server = createServer()
    const line = new Line(server, Number(new URL(address).port))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.teardown(() => {
      line.cut()
      server.close()
    })
    return line
  }

  /** The address by which a browser reaches the server. */
  get address(): string {
    const address = this.#server.address()
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  }

  /** Ends every connection, and refuses new ones. */
  cut(): void {
    this.#cut = true
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Carries connections again, to another server if one is given. */
  mend(address?: string): void {
    if (address) this.#port = Number(new URL(address).port)
    this.#cut = false
  }

  /** Carries nothing from now on, without closing connections, as when a phone leaves a network. */
  hold(): void {
    this.#held = true
    for (const socket of this.#sockets) socket.pause()
  }

  /** Carries new connections again, while those that were held stay dead. */
  release(): void {
    this.#held = false
  }

  #carry(near: Socket): void {
    if (this.#cut) {
      near.destroy()
      return
    }
    const far = connect(this.#port, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
      if (this.#held) socket.pause()
    }
  }
}
