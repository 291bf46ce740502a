import { Mutex } from '../../storage/index.ts'
import { HttpError } from '../../web/index.ts'

/** Lines that may wait for one sheet, and for all sheets of a process. */
const OF_SHEET = 500
const IN_ALL = 5_000

/** Seconds after which somebody who was refused should try again. */
const RETRY_AFTER = 5

/** Others keep changing what a line reads, and too much waits for that sheet already. Nothing was stored. */
export class SheetBusy extends HttpError {
  constructor() {
    super(
      503,
      'This sheet is busy',
      'Too many people change it at once. Wait a little, then send it again.',
      RETRY_AFTER,
    )
  }
}

/** Lets the lines of a sheet that have to be alone with it go one after the other. */
export class SheetQueues {
  readonly #queues = new Map<number, Mutex>()
  #waiting = 0

  /** Whether a line is alone with the sheet, or waits for that. */
  has(sheet: number): boolean {
    return this.#queues.has(sheet)
  }

  /**
   * Does `work` while nobody else who asked for this is at work on the sheet.
   * @param deadline for the beginning, on the clock of `performance.now()`
   * @throws SheetBusy, and what `work` throws
   */
  async alone<Result>(sheet: number, deadline: number, work: () => Promise<Result>): Promise<Result> {
    const queue = this.#queues.get(sheet) ?? new Mutex(OF_SHEET)
    const waits = queue.isFree ? 0 : 1
    if (this.#waiting + waits > IN_ALL) throw new SheetBusy()
    this.#queues.set(sheet, queue)
    this.#waiting += waits
    try {
      await queue.acquire(deadline, () => new SheetBusy())
    } finally {
      this.#waiting -= waits
    }
    try {
      return await work()
    } finally {
      queue.release()
      if (queue.isFree) this.#queues.delete(sheet)
    }
  }
}
