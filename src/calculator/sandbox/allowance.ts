import { LRUCache } from 'lru-cache'

/** Milliseconds of processor time that a person may have used beyond what comes back, and that come back each second. */
const MOST = 20
const EACH_SECOND = 20
/** Milliseconds that they may owe: after so much they are quick again in ten seconds. */
const DEBT = -200
/** An evaluation that takes less costs nothing: those are bounded by what a person may send. */
const FREE = 0.5
/** People who are remembered; somebody else begins with all of it. */
const REMEMBERED = 10_000

interface Balance {
  readonly milliseconds: number
  readonly at: number
}

/**
 * The processor time that each person has used recently, as a token bucket of milliseconds. People with some left are served in
 * the quick lane, people without in the slow one.
 */
export class Allowances {
  readonly #balances = new LRUCache<string, Balance>({ max: REMEMBERED })
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  isLeft(person: string): boolean {
    return this.#balance(person) > 0
  }

  spend(person: string, milliseconds: number): void {
    // An evaluator reports it, and might report anything: what is not a number of milliseconds counts as none.
    const spent = milliseconds > FREE ? milliseconds : 0
    if (spent === 0) return
    const left = Math.max(DEBT, this.#balance(person) - spent)
    this.#balances.set(person, { milliseconds: left, at: this.#now() })
  }

  #balance(person: string): number {
    const balance = this.#balances.get(person)
    if (!balance) return MOST
    const { milliseconds, at } = balance
    return Math.min(MOST, milliseconds + ((this.#now() - at) / 1000) * EACH_SECOND)
  }
}
