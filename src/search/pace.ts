import { eventLoopUtilization } from '../channels/index.ts'

/** Milliseconds for which changes are gathered before they are indexed. */
const GATHER = 300

/** The share of the time from which on this process counts as busy. */
const BUSY = 0.5

/**
 * In a busy process, a piece of work after which nothing is left is followed by a rest of `REST` times its length, but at most `LONGEST`
 * milliseconds: messages have to be found within two seconds, and fewer and larger pieces cost less.
 */
const REST = 20
const LONGEST = 1_200

/** The last piece of indexing. */
export interface PieceOfWork {
  /** The milliseconds that it took. */
  readonly took: number
  /** True if it left something that has to be indexed. */
  readonly isUnfinished: boolean
}

/**
 * Decides how long indexing waits. People who talk come first: while the process is busy, the index takes a small share of its time, and
 * falls behind if more is said than it can index in that. As soon as there is time, it catches up.
 */
export class Pace {
  readonly #utilization: () => number

  /** @param utilization the share of the time since it was last asked in which the event loop was not idle */
  constructor(utilization: () => number = eventLoopUtilization()) {
    this.#utilization = utilization
  }

  /** The milliseconds until the next piece. A short wait keeps what has just been said from being searched for in vain for long. */
  after({ isUnfinished, took }: PieceOfWork): number {
    const isBusy = this.#utilization() >= BUSY
    if (isUnfinished) return isBusy ? GATHER : Math.min(took, GATHER)
    return isBusy ? Math.min(Math.max(GATHER, REST * took), LONGEST) : GATHER
  }
}
