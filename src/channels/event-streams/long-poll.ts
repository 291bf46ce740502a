import type { Follower } from '../feed/feed-options.ts'
import type { Peer } from '../sockets/connections.ts'
import type { FanOut } from '../sockets/fan-out.ts'
import { textsOf } from '../sockets/framing.ts'
import type { Refusal } from './refusal.ts'
import { revOf } from './server-sent-events.ts'

/** Limits of one answer in frames and bytes; the next request gets what follows. */
const MOST_FRAMES = 200
const MOST_BYTES = 1024 * 1024

/** One answer that waits for changes in a feed, and contains everything that arrived in one turn. */
export class LongPoll implements Follower, Peer {
  /** Resolves with the answer as JSON, or with the reason why there is none. */
  readonly answered: Promise<string | Refusal>
  readonly #answer: (answer: string | Refusal) => void
  readonly #fanOuts = new Set<FanOut>()
  readonly #texts: string[] = []
  #rev: number
  #bytes = 0
  #isLive = false
  #ended = false
  closeCode: number | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param rev the change up to which the client has everything */
  constructor(rev: number) {
    this.#rev = rev
    const { promise, resolve } = Promise.withResolvers<string | Refusal>()
    this.answered = promise
    this.#answer = resolve
  }

  get open(): boolean {
    return !this.#ended
  }

  get framesOut(): number {
    return this.#texts.length
  }

  get unsent(): number {
    return this.#bytes
  }

  /** Everything that was missed is here. If that is nothing, what arrives within `wait` milliseconds is the answer. */
  caughtUp(wait: number): void {
    if (this.#ended) return
    this.#isLive = true
    if (this.#texts.length > 0 || wait === 0) this.#end()
    else this.#timer = setTimeout(() => this.#end(), wait)
  }

  send(frame: Buffer): void {
    for (const fanOut of this.#fanOuts) fanOut.flushTo(this)
    this.write(frame)
  }

  write(joined: Buffer): void {
    for (const text of textsOf(joined)) {
      if (!this.open) return
      const bytes = Buffer.byteLength(text)
      if (this.#texts.length > 0 && this.#bytes + bytes > MOST_BYTES) return this.#end()
      this.#texts.push(text)
      this.#bytes += bytes
      this.#rev = revOf(text) ?? this.#rev
      if (this.#texts.length === MOST_FRAMES) return this.#end()
    }
    if (this.#isLive) this.#end()
  }

  sendPromptly(): void {}

  async drained(): Promise<void> {}

  joined(fanOut: FanOut): void {
    this.#fanOuts.add(fanOut)
  }

  left(fanOut: FanOut): void {
    this.#fanOuts.delete(fanOut)
  }

  tick(): void {}

  close(code: number, reason = ''): void {
    this.closeCode = code
    this.#finish({ code, reason })
  }

  closeAsTooSlow(): void {}

  /** The client is gone. */
  cut(): void {
    this.#finish({ code: 1006, reason: '' })
  }

  #end(): void {
    this.#finish(`{"rev":${this.#rev},"frames":[${this.#texts.join(',')}]}`)
  }

  #finish(answer: string | Refusal): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#timer)
    for (const fanOut of [...this.#fanOuts]) fanOut.delete(this)
    this.#answer(answer)
  }
}
