import type { Server, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import type { WebSocket } from 'ws'

/**
 * Keeps what an upgrade needs until it is decided, and releases it afterwards. A connection may last for days and needs
 * nothing of its request beyond its scope; the request and the response, which the listeners of `@fastify/websocket` and of
 * Node would keep alive, are half of what a socket would cost.
 */
export class Upgrades {
  readonly #streams = new WeakMap<object, Duplex>()
  readonly #responses = new WeakMap<FastifyRequest, ServerResponse>()
  readonly #undecided = new Set<Socket>()
  /** Listens on every stream, so that a stream needs no function of its own. */
  readonly #decided: (this: Socket) => void

  /** @param timeout milliseconds after which an upgrade that is neither accepted nor refused is cut off */
  constructor(server: Server, timeout: number) {
    const undecided = this.#undecided
    this.#decided = function () {
      undecided.delete(this)
    }
    server.prependListener('upgrade', (request, stream) => {
      this.#streams.set(request, stream)
      // Node no longer looks after the stream, and when the router itself answers, to an address that it cannot read, nothing
      // ends the connection.
      if (!(stream instanceof Socket)) return
      this.#undecided.add(stream)
      stream.once('close', this.#decided).setTimeout(timeout, destroy)
    })
  }

  /** Remembers the response of an upgrade, which `release` detaches from its stream. */
  keepResponse(request: FastifyRequest, response: ServerResponse): void {
    this.#responses.set(request, response)
  }

  /** Returns the stream beneath the socket of an upgrade. It can be asked for once. */
  streamOf({ raw }: FastifyRequest): Duplex {
    const stream = this.#streams.get(raw)
    if (!stream) throw new Error('an upgrade came without its stream')
    this.#streams.delete(raw)
    return stream
  }

  /** Releases everything about an upgrade except its socket. Call it in the turn in which it is accepted. */
  release(socket: WebSocket, stream: Duplex, request: FastifyRequest): void {
    socket.removeAllListeners('error')
    if (stream instanceof Socket) {
      this.#undecided.delete(stream)
      // ws has cleared the time-out itself.
      stream.off('close', this.#decided).off('timeout', destroy)
      this.#responses.get(request)?.detachSocket(stream)
    }
    // What a WeakMap holds for a request that is gone stays until a major garbage collection, and minor ones promote it.
    this.#responses.delete(request)
  }

  /** Cuts off the upgrades that are not decided yet. */
  cutOff(): void {
    for (const stream of this.#undecided) stream.destroy()
  }
}

function destroy(this: Socket): void {
  this.destroy()
}
