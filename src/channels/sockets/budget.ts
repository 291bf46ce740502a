import type { Spender } from './spender.ts'

/** The size of a budget for one spender. */
export interface BudgetSize {
  /** 0: no limit. */
  readonly perSecond: number
  /** The most that can be saved up and spent at once. */
  readonly atOnce: number
}

/** Amounts spent in this process that the others do not know about yet. */
export type Spending = readonly (readonly [Spender, number])[]

interface Bucket {
  tokens: number
  filledAt: number
  untold: number
}

/** The deepest debt that other processes can put a spender into, as a multiple of `atOnce`. It bounds their wait. */
const DEEPEST_DEBT = 3

/** The share of `atOnce` that other processes need not be told about. */
const WORTH_TELLING = 0.1

/**
 * A token bucket for each spender. Nobody waits for another process: each process lets through what its own buckets allow,
 * and afterwards deducts what the others let through, so that in the long run a spender gets no more from all of them than
 * from one. Times are as in `performance.now()`.
 */
export class Budget {
  readonly #perSecond: number
  readonly #atOnce: number
  /** The buckets that are not full. */
  readonly #buckets = new Map<Spender, Bucket>()

  constructor({ perSecond, atOnce }: BudgetSize) {
    this.#perSecond = perSecond
    this.#atOnce = atOnce
  }

  /** The spenders that are remembered: those that were active within the time that it takes to fill a bucket. */
  get size(): number {
    return this.#buckets.size
  }

  /** @returns 0 if the spender may do one more now, otherwise the milliseconds until they may */
  take(spender: Spender, now: number): number {
    if (this.#perSecond === 0) return 0
    const bucket = this.#bucketOf(spender, now)
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) / this.#perSecond) * 1000)
    bucket.tokens -= 1
    bucket.untold += 1
    return 0
  }

  /** Deducts what another process let through. */
  deduct(spender: Spender, amount: number, now: number): void {
    if (this.#perSecond === 0) return
    const bucket = this.#bucketOf(spender, now)
    bucket.tokens = Math.max(bucket.tokens - amount, -DEEPEST_DEBT * this.#atOnce)
  }

  /** Forgets spenders with a full bucket. @returns what the other processes have to be told, once */
  settle(now: number): Spending {
    const spending: [Spender, number][] = []
    for (const [spender, bucket] of this.#buckets) {
      if (bucket.untold >= this.#atOnce * WORTH_TELLING) {
        spending.push([spender, bucket.untold])
        bucket.untold = 0
      } else if (this.#fill(bucket, now) === this.#atOnce) this.#buckets.delete(spender)
    }
    return spending
  }

  #bucketOf(spender: Spender, now: number): Bucket {
    const known = this.#buckets.get(spender)
    if (known) {
      this.#fill(known, now)
      return known
    }
    const bucket = { tokens: this.#atOnce, filledAt: now, untold: 0 }
    this.#buckets.set(spender, bucket)
    return bucket
  }

  #fill(bucket: Bucket, now: number): number {
    const gained = ((now - bucket.filledAt) / 1000) * this.#perSecond
    bucket.tokens = Math.min(this.#atOnce, bucket.tokens + gained)
    bucket.filledAt = now
    return bucket.tokens
  }
}
