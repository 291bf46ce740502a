import { LRUCache } from 'lru-cache'
import { HttpError } from '../web/index.ts'

/** Hashes that wait for one network, and in all; one that waits longer than a sign-in page takes to give up helps nobody. */
const WAITING_PER_NETWORK = 256
const WAITING_IN_ALL = 1_024

/** Networks that are remembered: one that was served lately comes after one that was not. */
const REMEMBERED = 10_000

/** Seconds after which another try is worth making: the whole queue is then done on a machine of two cores. */
const RETRY_AFTER = 10

interface Waiting {
  readonly start: () => void
  readonly refuse: (error: Error) => void
}

/** Too many passwords are already waiting to be hashed. */
export class TooManyHashes extends HttpError {
  constructor() {
    super(503, 'Too many people are signing in', 'Wait a moment, then try again.', RETRY_AFTER)
  }
}

/**
 * Shares the few hashes that can be computed at once fairly between networks (`networkOf`): the next one goes to the network
 * that was served the longest time ago, so someone who signs in waits for one hash at most, however many others wait for
 * strangers. How many wait is bounded, and when there are too many the network that has the most loses its newest.
 */
export class HashQueue {
  readonly #atOnce: number
  readonly #waiting = new Map<string, Waiting[]>()
  /** The number of hashes that had been begun when each network was last served. */
  readonly #served = new LRUCache<string, number>({ max: REMEMBERED })
  #count = 0
  #running = 0
  #total = 0

  constructor(atOnce: number) {
    this.#atOnce = atOnce
  }

  /** @throws TooManyHashes when too much waits already, for this network or in all */
  async run<Result>(network: string, work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#atOnce) await this.#turn(network)
    else this.#begin(network)
    try {
      return await work()
    } finally {
      this.#running -= 1
      this.#startNext()
    }
  }

  #turn(network: string): Promise<void> {
    const queue = this.#waiting.get(network) ?? []
    if (queue.length >= WAITING_PER_NETWORK) throw new TooManyHashes()
    if (this.#total >= WAITING_IN_ALL) this.#makeRoom(queue.length + 1)
    this.#waiting.set(network, queue)
    this.#total += 1
    return new Promise((resolve, reject) => {
      queue.push({
        start: () => {
          this.#begin(network)
          resolve()
        },
        refuse: reject,
      })
    })
  }

  #begin(network: string): void {
    this.#running += 1
    this.#count += 1
    this.#served.set(network, this.#count)
  }

  #startNext(): void {
    let next: string | undefined
    let earliest = Infinity
    for (const network of this.#waiting.keys()) {
      const served = this.#served.peek(network) ?? 0
      if (served >= earliest) continue
      earliest = served
      next = network
    }
    if (next !== undefined) this.#take(next, 'first')?.start()
  }

  /** @param own how many the network that asks would have */
  #makeRoom(own: number): void {
    const [network, queue] = [...this.#waiting].reduce((most, next) =>
      next[1].length > most[1].length ? next : most,
    )
    if (queue.length <= own) throw new TooManyHashes()
    this.#take(network, 'last')?.refuse(new TooManyHashes())
  }

  #take(network: string, which: 'first' | 'last'): Waiting | undefined {
    const queue = this.#waiting.get(network)
    const taken = which === 'first' ? queue?.shift() : queue?.pop()
    if (taken) this.#total -= 1
    if (queue?.length === 0) this.#waiting.delete(network)
    return taken
  }
}
