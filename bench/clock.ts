import type { LoadShares } from './job.ts'
import { coreTime } from './machine.ts'

/** The generator's clock, in tenths of a millisecond. */
export function now(): number {
  return Math.floor(performance.now() * 10)
}

/** Tenths of a millisecond that are told apart; what took longer counts as this. */
const LONGEST = 600_000

/** A histogram of durations, with a count for each tenth of a millisecond up to a minute. */
export class Times {
  readonly #counts = new Uint32Array(LONGEST + 1)
  #total = 0

  /** @param time in tenths of a millisecond */
  add(time: number): void {
    const slot = Math.min(Math.max(time, 0), LONGEST)
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
    this.#total += 1
  }

  /** @returns milliseconds within which `share` of them were; 0 when there were none */
  percentile(share: number): number {
    let left = Math.ceil(this.#total * share)
    for (const [slot, count] of this.#counts.entries()) {
      left -= count
      if (left <= 0) return slot / 10
    }
    return LONGEST / 10
  }
}

/** Measures the processor time of this process and those of a server, in cores, from when it is created. */
export class Load {
  readonly #pids: readonly number[]
  readonly #began = performance.now()
  readonly #used = process.cpuUsage()
  readonly #server: ReturnType<typeof coreTime>

  constructor(pids: readonly number[]) {
    this.#pids = pids
    this.#server = coreTime(pids)
  }

  get shares(): LoadShares {
    const seconds = (performance.now() - this.#began) / 1000
    const { user, system } = process.cpuUsage(this.#used)
    const server = coreTime(this.#pids)
    const used = server &&
      this.#server && { all: server.all - this.#server.all, kernel: server.kernel - this.#server.kernel }
    return {
      generator: (user + system) / 1e6 / seconds,
      server: used && used.all / seconds,
      serverKernel: used && used.kernel / seconds,
    }
  }
}
