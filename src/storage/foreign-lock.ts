import { setTimeout as delay } from 'node:timers/promises'
import { WAIT_WITHIN } from './waiting.ts'

/** Milliseconds between two looks at a lock that somebody holds: the first ones follow each other closely. */
const FIRST_PAUSE = 2
const LONGEST_PAUSE = 100

/**
 * SQLite's write lock while another program holds it. Everybody who wants to write waits for it together, with one check for all
 * of them.
 */
export class ForeignLock {
  readonly #isFree: () => boolean
  #since: number | undefined
  #looking: Promise<void> | undefined
  #closed = false

  /** @param isFree tries to take the lock, without waiting, and gives it back */
  constructor(isFree: () => boolean) {
    this.#isFree = isFree
  }

  /**
   * The time, by `performance.now()`, at which everyone who waits gives up: nobody starts waiting anew for a lock that is
   * held for long.
   */
  get limit(): number {
    return (this.#since ?? performance.now()) + WAIT_WITHIN
  }

  get isHeld(): boolean {
    return this.#since !== undefined
  }

  /** Tells whether it has been held for so long that nobody waits for it any more. */
  get isStuck(): boolean {
    return performance.now() >= this.limit
  }

  /** Resolves when the lock seems to be free: others may be quicker to take it. */
  released(): Promise<void> {
    this.#since ??= performance.now()
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  close(): void {
    this.#closed = true
  }

  /** Goes on even if nobody waits any more, so that whoever comes next knows whether the lock is held. */
  async #look(): Promise<void> {
    let pause = FIRST_PAUSE
    do {
      await delay(pause + Math.random() * pause, undefined, { ref: false })
      pause = Math.min(pause * 2, LONGEST_PAUSE)
    } while (!this.#closed && !this.#isFree())
    this.#since = undefined
  }
}
