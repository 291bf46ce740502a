import { performance } from 'node:perf_hooks'

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
  flush(): void
}

/** One of a crowd who does not wait with it. */
export interface Hurried {
  /** Writes what waits for this one, ahead of the others. */
  catchUp(): void
}

export interface TurnOptions {
  /** As `performance.now()`. */
  readonly clock?: () => number
  /** The share of the time since it was last asked in which the event loop was not idle. */
  readonly utilization?: () => number
}

/** The utilization from which on frames may wait. */
const BUSY = 0.7

/** Milliseconds over which it is measured, at least. */
export const MEASURED_OVER = 100

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
  readonly #utilization: () => number
  #senders: Flushable[] = []
  #hurried: Hurried[] = []
  readonly #crowds = new Set<Crowd>()
  #scheduled = false
  #timer: NodeJS.Timeout | undefined
  #measuredAt = Number.NEGATIVE_INFINITY
  #isBusy = false

  constructor({ clock = () => performance.now(), utilization = eventLoopUtilization() }: TurnOptions = {}) {
    this.#clock = clock
    this.#utilization = utilization
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
    this.#measure(now)
    let patience = PATIENCE
    for (const crowd of this.#crowds) {
      const left = crowd.flushedAt + PATIENCE - now
      if (this.#isBusy && left > 0 && crowd.waiting < ENOUGH) {
        patience = Math.min(patience, left)
        continue
      }
      this.#crowds.delete(crowd)
      crowd.flushedAt = now
      crowd.flush()
    }
    if (this.#crowds.size > 0) this.#wakeIn(patience)
  }

  #measure(now: number): void {
    if (now - this.#measuredAt < MEASURED_OVER) return
    this.#measuredAt = now
    this.#isBusy = this.#utilization() >= BUSY
  }

  #wakeIn(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#flushCrowds()
    }, Math.ceil(milliseconds))
  }
}

function eventLoopUtilization(): () => number {
  let before = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    return utilization
  }
}

/** That of this process. */
export const processTurn = new Turn()
