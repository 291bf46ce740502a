import { setTimeout as delay } from 'node:timers/promises'
import pRetry from 'p-retry'
import type { Closed, Frame } from '../support/socket.ts'
import { Town } from '../support/town.ts'
import type { Visitor } from '../support/visitor.ts'

/** Milliseconds, doubled after each failed attempt. */
const FIRST_DELAY = 250
const LONGEST_DELAY = 2_000

/** Milliseconds between two messages of one person, on average. */
const PAUSE = 30

/** One in so many messages is followed by a new connection, so that a process that is back gets people again. */
const MOVES = 50

/**
 * A town behind a balancer: the address stays, and what is behind it comes and goes. A person who loses a connection reconnects
 * as the contract has it (docs/protocol.md, "Handshake").
 */
export class City extends Town {
  /** The codes that connections were closed with. */
  readonly ends: number[] = []
  readonly #address: string
  #closed = false

  constructor(address: string) {
    super()
    this.#address = address
  }

  override async up(): Promise<string> {
    return this.#address
  }

  /** Stops all people from reconnecting, for those who are still connected when a test has failed. */
  close(): void {
    this.#closed = true
  }

  override async comeBack({ code, reason }: Closed, tries: number): Promise<void> {
    if (this.#closed) throw new Error('the city is closed')
    this.ends.push(code)
    const bound = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** tries)
    if (code === 1012) {
      if (!/^\d{1,5}$/.test(reason)) throw new Error(`1012 came with ${reason}`)
      await delay(Number(reason) + Math.random() * bound)
    } else if ([1006, 1011, 1013, 4008].includes(code)) await delay(Math.random() * bound)
    else throw new Error(`a connection ended with ${code} ${reason}`)
  }

  override async pause(): Promise<void> {
    await delay(Math.random() * 2 * PAUSE)
  }

  override moves(): boolean {
    return Math.random() < 1 / MOVES
  }

  /** Loads the history, and tries again if there is no answer. */
  override history(visitor: Visitor, room: string, after: number): Promise<Frame[]> {
    return pRetry(() => super.history(visitor, room, after), { retries: 20, minTimeout: 100, factor: 1 })
  }
}
