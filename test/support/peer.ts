import type { Test } from 'tap'
import { type ClientOptions, WebSocket } from 'ws'
import { Consumer } from '../../src/channels/consumers/consumer.ts'
import { channelsApp } from './channels.ts'

const PATIENCE = 10_000

export interface PeerOptions extends ClientOptions {
  readonly as?: string
}

/** A client on the other end of a real line. */
export class Peer {
  readonly socket: WebSocket
  readonly received: string[] = []
  #closed: { code: number; reason: string } | undefined
  #wake = () => {}

  constructor(url: string, { as = 'ada', headers, ...options }: PeerOptions = {}) {
    this.socket = new WebSocket(url, { ...options, headers: { 'x-user': as, ...headers } })
    this.socket.on('message', (content) => {
      this.received.push(content.toString())
      this.#wake()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', (code, reason) => {
      this.#closed = { code, reason: reason.toString() }
      this.#wake()
    })
  }

  /** The status of the answer to the upgrade: 101 when the socket is open. */
  async status(): Promise<number> {
    return new Promise((resolve) => {
      this.socket.on('open', () => resolve(101))
      this.socket.on('unexpected-response', (_request, response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
    })
  }

  async opened(): Promise<this> {
    const status = await this.status()
    if (status !== 101) throw new Error(`the upgrade was answered with ${status}`)
    return this
  }

  /** The next frame, as it was sent. */
  async next(): Promise<string> {
    for (;;) {
      const frame = this.received.shift()
      if (frame !== undefined) return frame
      if (this.#closed) throw new Error(`closed with ${this.#closed.code} ${this.#closed.reason}`)
      await this.#change()
    }
  }

  async closed(): Promise<{ code: number; reason: string }> {
    while (!this.#closed) await this.#change()
    return this.#closed
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('nothing came, and the line is open')), PATIENCE)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

export class Echo extends Consumer {
  override receive(text: string) {
    this.send(text)
  }
}

export async function echoServer(
  t: Test,
  options: Parameters<typeof channelsApp>[2] = {},
  fastify: Parameters<typeof channelsApp>[3] = {},
) {
  const server = await channelsApp(t, { '/ws/echo': Echo }, options, fastify)
  const address = await server.listen()
  return { ...server, address, url: `${address}/ws/echo` }
}

/** Whether this line still works. */
export async function answers(peer: Peer): Promise<boolean> {
  peer.socket.send('are you there?')
  return (await peer.next()) === 'are you there?'
}
