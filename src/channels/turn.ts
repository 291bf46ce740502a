/**
 * When what is to be written goes out: at the end of a turn of the event loop, and, while there is more to write than that
 * is good for, a little later to those who only listen.
 */

/** Something with frames to write when the turn ends. */
export interface Flushable {
  flush(): void
}

/** Many who get the same frames. */
export interface Crowd {
  /** When they were last written to, on the clock of `performance.now()`. */
  readonly flushedAt: number
  /** Frames that wait. */
  readonly waiting: number
  /** @returns how many of them were written to */
  flush(now: number): number
}

/** Milliseconds that frames may wait for others: two images of a screen. Many rooms in which little is said need as much. */
const PATIENCE = 32

/** Writes to crowds within that time from which on frames wait at all. One costs about 7 µs, nearly all of it the kernel's. */
const BUSY = 256

/** Frames that do not wait for more: a write of eight costs hardly more than one of one. */
const ENOUGH = 8

/**
 * Gathers what is written in one turn of the event loop, since a write costs as much as all else that a frame needs.
 *
 * A crowd to which nothing was written of late gets its frames when the turn ends. In a busy process one that has just been
 * written to waits until frames have gathered or its patience is over; that is what network drivers do with interrupts
 * (Linux: NAPI). Whoever has just been answered does not wait with the others: they may be waiting for that answer alone.
 */
export class Turn {
  readonly #clock: () => number
  #due: Flushable[] = []
  #crowds: Crowd[] = []
  #scheduled = false
  #timer: NodeJS.Timeout | undefined
  #countedFrom = Number.NEGATIVE_INFINITY
  #written = 0

  constructor(clock = () => performance.now()) {
    this.#clock = clock
  }

  /** Flushes `sender` at the end of this turn, after all crowds that do not wait. */
  end(sender: Flushable): void {
    this.#due.push(sender)
    this.#schedule()
  }

  /** Flushes `crowd` at the end of this turn, or a little later. */
  endFor(crowd: Crowd): void {
    this.#crowds.push(crowd)
    this.#schedule()
  }

  /** By `setImmediate`: microtasks also run between the sockets of one turn, and would gather nothing. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#flush)
  }

  readonly #flush = (): void => {
    this.#scheduled = false
    this.#flushCrowds()
    const due = this.#due
    this.#due = []
    for (const sender of due) sender.flush()
  }

  #flushCrowds(): void {
    if (this.#crowds.length === 0) return
    const now = this.#clock()
    if (now - this.#countedFrom >= PATIENCE) {
      this.#countedFrom = now
      this.#written = 0
    }
    const crowds = this.#crowds
    this.#crowds = []
    let patience = PATIENCE
    for (const crowd of crowds) {
      const left = crowd.flushedAt + PATIENCE - now
      if (this.#written < BUSY || left <= 0 || crowd.waiting >= ENOUGH) this.#written += crowd.flush(now)
      else {
        this.#crowds.push(crowd)
        patience = Math.min(patience, left)
      }
    }
    if (this.#crowds.length > 0) this.#wakeIn(patience)
  }

  #wakeIn(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#flushCrowds()
    }, milliseconds)
  }
}

/** That of this process. */
export const turn = new Turn()
