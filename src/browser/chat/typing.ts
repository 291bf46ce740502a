/** Milliseconds after which typing is reported again, and without a key after which it is over. */
const RENEW = 3_000
const PAUSE = 4_000

/** Reports that the person is typing: at the first key, regularly while it continues, and when it ends. */
export class OwnTyping {
  readonly #tell: (on: boolean) => void
  #toldAt = 0
  #pause: ReturnType<typeof setTimeout> | undefined

  constructor(tell: (on: boolean) => void) {
    this.#tell = tell
  }

  typed(): void {
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => this.stopped(), PAUSE)
    if (Date.now() - this.#toldAt < RENEW) return
    this.#toldAt = Date.now()
    this.#tell(true)
  }

  /** @param known whether the others know without being told, because what was typed was said */
  stopped(known = false): void {
    clearTimeout(this.#pause)
    if (this.#toldAt === 0) return
    this.#toldAt = 0
    if (!known) this.#tell(false)
  }
}
