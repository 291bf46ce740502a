const MINUTE = 60_000
/** Sheets that are told of at the same time. */
const AT_ONCE = 4

/** Reports once a minute, on the minute, which sheets are open in this process, because their `now` has changed. */
export class SheetClock {
  readonly #looked = new Map<number, number>()
  readonly #tell: (sheet: number) => Promise<void>
  readonly #now: () => number
  #timer: NodeJS.Timeout | undefined

  /** @param tell never rejects */
  constructor(tell: (sheet: number) => Promise<void>, now: () => number) {
    this.#tell = tell
    this.#now = now
  }

  /** Somebody looks at a sheet, until `unwatch` is called as often. */
  watch(sheet: number): void {
    this.#looked.set(sheet, (this.#looked.get(sheet) ?? 0) + 1)
    this.#timer ??= this.#atNextMinute()
  }

  unwatch(sheet: number): void {
    const left = (this.#looked.get(sheet) ?? 0) - 1
    if (left > 0) this.#looked.set(sheet, left)
    else this.#looked.delete(sheet)
    if (this.#looked.size === 0) this.stop()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Tells of a few sheets at a time, so that a thousand of them are not calculated at the same moment. */
  async tick(): Promise<void> {
    const sheets = [...this.#looked.keys()].values()
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#tellAll(sheets)))
  }

  /** @param sheets shared by those who tell at the same time */
  async #tellAll(sheets: Iterable<number>): Promise<void> {
    for (const sheet of sheets) if (this.#looked.has(sheet)) await this.#tell(sheet)
  }

  #atNextMinute(): NodeJS.Timeout {
    const timer = setTimeout(
      () => {
        void this.tick().finally(() => {
          if (this.#timer === timer) this.#timer = this.#atNextMinute()
        })
      },
      MINUTE - (this.#now() % MINUTE),
    )
    return timer.unref()
  }
}
