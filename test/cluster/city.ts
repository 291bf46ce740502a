import { setTimeout as delay } from 'node:timers/promises'
import pRetry from 'p-retry'
import type { Closed, Frame } from '../support/socket.ts'
import { Town } from '../support/town.ts'
import type { Visitor } from '../support/visitor.ts'

/** Milliseconds, doubled for each try in vain. */
const FIRST_DELAY = 250
const LONGEST_DELAY = 2_000

/** Milliseconds between what one person says and says next, on average. */
const PAUSE = 30

/** One in so many messages is followed by a new connection: so a process that is back has people again. */
const MOVES = 50

/**
 * A town behind a balancer: the address stays, and what is behind it comes and goes. Whoever loses a connection comes back
 * as the contract has it (docs/protocol.md, "Handshake").
 */
export class City extends Town {
  /** The codes with which connections ended. */
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

  /** Nobody comes back any more: those who are still there when a test has failed. */
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

  /** A page that does not come is loaded again. */
  override history(visitor: Visitor, room: string, after: number): Promise<Frame[]> {
    return pRetry(() => super.history(visitor, room, after), { retries: 20, minTimeout: 100, factor: 1 })
  }
}
