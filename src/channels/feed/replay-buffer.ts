/** A change as it was sent. */
export interface SentChange {
  readonly rev: number
  /** What it is a change of; a later change of the same replaces it. */
  readonly seq?: number | undefined
  readonly frame: Buffer
}

/** So much is kept of one stream. */
const RECENT_CHANGES = 1_000
const RECENT_BYTES = 256 * 1024

/** The latest changes of a stream, without a gap up to its present place: for those who missed only these. */
export class ReplayBuffer {
  #changes: SentChange[] = []
  #bytes = 0
  #from = 0

  /** Everything after here is kept. */
  get from(): number {
    return this.#from
  }

  /** Keeps nothing: the stream goes on after `rev`. */
  restart(rev: number): void {
    this.#changes = []
    this.#bytes = 0
    this.#from = rev
  }

  add(change: SentChange): void {
    if (change.seq !== undefined && change.seq !== change.rev) this.#forget(change.seq)
    this.#changes.push(change)
    this.#bytes += change.frame.length
    while (this.#changes.length > RECENT_CHANGES || this.#bytes > RECENT_BYTES) {
      const oldest = this.#changes.shift()
      if (!oldest) return
      this.#bytes -= oldest.frame.length
      this.#from = oldest.rev
    }
  }

  /** What a later change replaces is sent to nobody any more: it may have been deleted. */
  #forget(seq: number): void {
    const index = this.#changes.findLastIndex((change) => change.seq === seq)
    const [replaced] = index < 0 ? [] : this.#changes.splice(index, 1)
    this.#bytes -= replaced?.frame.length ?? 0
  }

  /** Keeps what somebody read who missed more: all that changed after `from`, up to where this begins. */
  addBefore(from: number, upTo: number, changes: readonly SentChange[]): void {
    const bytes = changes.reduce((sum, { frame }) => sum + frame.length, this.#bytes)
    if (upTo !== this.#from || from >= upTo) return
    if (bytes > RECENT_BYTES || changes.length + this.#changes.length > RECENT_CHANGES) return
    this.#changes = [...changes, ...this.#changes]
    this.#bytes = bytes
    this.#from = from
  }

  /** The frames of all that changed after `place`, which is not before `from`. */
  after(place: number): Buffer[] {
    const first = this.#changes.findLastIndex(({ rev }) => rev <= place) + 1
    return this.#changes.slice(first).map(({ frame }) => frame)
  }
}
