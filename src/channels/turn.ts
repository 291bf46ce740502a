/**
 * When what is to be written goes out: at the end of a turn of the event loop, and, while there is more to write than that
 * is good for, a little later to those who only listen.
 */

/** Something with frames to write. */
export interface Flushable {
  flush(): void
}

/** Many who get the same frames. */
export interface Crowd {
  /** Frames that wait. */
  readonly waiting: number
  /** When it was last flushed, on the clock of its `Turn`, which notes it here. */
  flushedAt: number
  /** @returns how many of them were written to */
  flush(): number
}

/** One of a crowd who does not wait with it. */
export interface Hurried {
  /** Writes what waits for this one, ahead of the others. */
  catchUp(): void
}

export interface TurnOptions {
  /** As `performance.now()`. */
  readonly clock?: () => number
  /** Writes to crowds within `PATIENCE` from which on frames may wait. One costs about 7 µs, nearly all of it the kernel's. */
  readonly busy?: number
}

/** Milliseconds that frames may wait for others: two images of a screen. With half of it a hundred rooms gather too little. */
const PATIENCE = 32

/** Frames that do not wait for more: a write of eight costs hardly more than one of one. */
const ENOUGH = 8

/**
 * Gathers what is written in one turn of the event loop, since a write costs as much as all else that a frame needs.
 *
 * A crowd to which nothing was written of late gets its frames when the turn ends. In a busy process one that has just been
 * written to waits until enough have gathered or its patience is over, as network drivers do with interrupts. Who waits for a
 * frame of their own, to say the next, is written to at the end of the turn all the same.
 */
export class Turn {
  readonly #clock: () => number
  readonly #busy: number
  #senders: Flushable[] = []
  #hurried: Hurried[] = []
  readonly #crowds = new Set<Crowd>()
  #scheduled = false
  #timer: NodeJS.Timeout | undefined
  #countedFrom = Number.NEGATIVE_INFINITY
  #written = 0
  #wasBusy = false

  constructor({ clock = () => performance.now(), busy = 512 }: TurnOptions = {}) {
    this.#clock = clock
    this.#busy = busy
  }

  /** At the end of this turn, before all crowds: to one place, it is soon done. */
  flushAtEnd(sender: Flushable): void {
    this.#senders.push(sender)
    this.#schedule()
  }

  /** At the end of this turn, or a little later. To be called for each frame that is added. */
  flushSoon(crowd: Crowd): void {
    this.#crowds.add(crowd)
    this.#schedule()
  }

  /** At the end of this turn, after the crowds that do not wait. */
  hurry(one: Hurried): void {
    this.#hurried.push(one)
    this.#schedule()
  }

  /** By `setImmediate`: microtasks also run between the sockets of one turn, and would gather nothing. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#end)
  }

  readonly #end = (): void => {
    this.#scheduled = false
    const senders = this.#senders
    this.#senders = []
    for (const sender of senders) sender.flush()
    this.#flushCrowds()
    const hurried = this.#hurried
    this.#hurried = []
    for (const one of hurried) one.catchUp()
  }

  #flushCrowds(): void {
    if (this.#crowds.size === 0) return
    const now = this.#clock()
    this.#countFrom(now)
    let patience = PATIENCE
    for (const crowd of this.#crowds) {
      const left = crowd.flushedAt + PATIENCE - now
      if (this.#isBusy && left > 0 && crowd.waiting < ENOUGH) {
        patience = Math.min(patience, left)
        continue
      }
      this.#crowds.delete(crowd)
      crowd.flushedAt = now
      this.#written += crowd.flush()
    }
    if (this.#crowds.size > 0) this.#wakeIn(patience)
  }

  /** What was written before this time counts for one more: else each would begin with writes of one frame. */
  #countFrom(now: number): void {
    const passed = now - this.#countedFrom
    if (passed < PATIENCE) return
    this.#wasBusy = this.#written >= this.#busy && passed < 2 * PATIENCE
    this.#countedFrom = now
    this.#written = 0
  }

  get #isBusy(): boolean {
    return this.#wasBusy || this.#written >= this.#busy
  }

  #wakeIn(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#flushCrowds()
    }, Math.ceil(milliseconds))
  }
}

/** That of this process. */
export const processTurn = new Turn()
