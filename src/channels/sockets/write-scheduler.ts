import { performance } from 'node:perf_hooks'
import { eventLoopUtilization } from './event-loop-utilization.ts'

/**
 * Decides when frames are written: at the end of a turn of the event loop or, in a busy process, a little later for receivers
 * that only listen.
 */

/** Something with frames to write. */
export interface Writer {
  flush(): void
}

/** Frames for many receivers, written together. */
export interface BatchedWriter {
  /** Frames that wait. */
  readonly waiting: number
  /** The time of its last flush, by the clock of its `WriteScheduler`, which sets this. */
  flushedAt: number
  flush(): void
}

/** A receiver that is sent its frames without waiting for the rest of the batch. */
export interface PromptReceiver {
  /** Writes what is waiting for this receiver, ahead of the others. */
  catchUp(): void
}

export interface WriteSchedulerOptions {
  /** A clock such as `performance.now()`. */
  readonly clock?: () => number
  /** The share of the time since it was last asked in which the event loop was not idle. */
  readonly utilization?: () => number
}

/** The utilization above which frames may wait. */
const BUSY = 0.7

/** Milliseconds over which it is measured, at least. */
export const MEASURED_OVER = 100

/**
 * Milliseconds that frames may wait for others: two images of a screen. With half of it a hundred rooms gather too
 * little.
 */
const PATIENCE = 32

/** Frames that do not wait for more: a write of eight costs hardly more than one of one. */
const ENOUGH = 8

/**
 * Gathers what is written in one turn of the event loop, since a write costs as much as everything else that a frame needs.
 *
 * A batch that has not been written to recently is flushed when the turn ends. In a busy process, one that has just been
 * written to waits until enough frames have gathered or its time is up, as network drivers do with interrupts. A client that
 * is waiting for its own frame, in order to send the next, still gets it at the end of the turn.
 */
export class WriteScheduler {
  readonly #clock: () => number
  readonly #utilization: () => number
  #writers: Writer[] = []
  #prompt: PromptReceiver[] = []
  readonly #batched = new Set<BatchedWriter>()
  #scheduled = false
  #timer: NodeJS.Timeout | undefined
  /** When the timer is due, by the clock. */
  #wakesAt = 0
  #measuredAt = Number.NEGATIVE_INFINITY
  #isBusy = false

  constructor({
    clock = () => performance.now(),
    utilization = eventLoopUtilization(),
  }: WriteSchedulerOptions = {}) {
    this.#clock = clock
    this.#utilization = utilization
  }

  /** At the end of this turn, before all batches: to one place, it is soon done. */
  flushAtEnd(writer: Writer): void {
    this.#writers.push(writer)
    this.#schedule()
  }

  /** Schedules a flush at the end of this turn, or a little later. Call it for each frame that is added. */
  flushSoon(writer: BatchedWriter): void {
    this.#batched.add(writer)
    this.#schedule()
  }

  /** At the end of this turn, after the batches that do not wait. */
  sendPromptly(one: PromptReceiver): void {
    this.#prompt.push(one)
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
    const writers = this.#writers
    this.#writers = []
    for (const writer of writers) writer.flush()
    this.#flushBatched()
    const prompt = this.#prompt
    this.#prompt = []
    for (const one of prompt) one.catchUp()
  }

  #flushBatched(): void {
    if (this.#batched.size === 0) return
    const now = this.#clock()
    this.#measure(now)
    let patience = PATIENCE
    for (const writer of this.#batched) {
      const left = writer.flushedAt + PATIENCE - now
      if (this.#isBusy && left > 0 && writer.waiting < ENOUGH) {
        patience = Math.min(patience, left)
        continue
      }
      this.#batched.delete(writer)
      writer.flushedAt = now
      writer.flush()
    }
    if (this.#batched.size > 0) this.#wakeIn(patience)
  }

  #measure(now: number): void {
    // A clock that a test had moved on is back: what was measured by it would stand until then.
    if (Math.abs(now - this.#measuredAt) < MEASURED_OVER) return
    this.#measuredAt = now
    this.#isBusy = this.#utilization() >= BUSY
  }

  #wakeIn(milliseconds: number): void {
    // One that is overdue has been lost, as where a test stopped the clock: it would be waited for for ever.
    if (this.#timer && this.#clock() <= this.#wakesAt) return
    clearTimeout(this.#timer)
    this.#wakesAt = this.#clock() + Math.ceil(milliseconds)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#flushBatched()
    }, Math.ceil(milliseconds))
  }
}

/** The scheduler that this process uses. */
export const writeScheduler = new WriteScheduler()
