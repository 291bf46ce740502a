import type { Queued } from './fair-queue.ts'

/** Requests that wait or run: those of one person, and of all. A request is refused beyond either. */
const ONES_COUNT = 500
const ALL_COUNT = 5000
/** Bytes of their lines and of the values and functions that these need. */
const ONES_BYTES = 1024 * 1024
/** Bytes of a single request, the lines of a sheet that depend on an edit: it would take the room of everybody else. */
export const ONE_BYTES = 4 * 1024 * 1024
const ALL_BYTES = 32 * 1024 * 1024

interface Share {
  count: number
  bytes: number
}

/** Counts waiting and running requests, so that neither one person nor all together have more than there is room for. */
export class Admission {
  readonly #shares = new Map<string, Share>()
  readonly #all: Share = { count: 0, bytes: 0 }

  get count(): number {
    return this.#all.count
  }

  /** Counts it in, unless there is no room for it. @returns whether there was */
  enter({ person, bytes }: Queued): boolean {
    const share = this.#shares.get(person) ?? { count: 0, bytes: 0 }
    if (share.count >= ONES_COUNT || this.#all.count >= ALL_COUNT) return false
    // One alone may be larger than what somebody may have waiting, up to `ONE_BYTES`.
    if (share.count > 0 && share.bytes + bytes > ONES_BYTES) return false
    if (this.#all.bytes + bytes > ALL_BYTES) return false
    this.#shares.set(person, share)
    for (const counted of [share, this.#all]) {
      counted.count += 1
      counted.bytes += bytes
    }
    return true
  }

  leave({ person, bytes }: Queued): void {
    const share = this.#shares.get(person)
    if (!share) return
    for (const counted of [share, this.#all]) {
      counted.count -= 1
      counted.bytes -= bytes
    }
    if (share.count === 0) this.#shares.delete(person)
  }
}
