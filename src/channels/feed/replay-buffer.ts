import { type FeedBuffer, type FeedMemory, feedMemory } from './feed-memory.ts'
import { FrameSlab, SLAB } from './frame-slab.ts'

/** A change as it is sent. */
export interface SentChange {
  readonly rev: number
  /** The thing that changed; a later change with the same `seq` replaces this one. */
  readonly seq?: number | undefined
  /** The `seq` of something else that the frame shows a part of. */
  readonly quoted?: number | undefined
  readonly frame: Buffer
}

/** A change that has just been encoded. */
export interface EncodedChange extends SentChange {
  /** The id of the thing that changed: the same for all its changes, and another in another history. */
  readonly id?: string | undefined
  /** A checksum of the stored part, which is enough to recognize another history. */
  readonly checksum: number
}

/** How much is kept of one stream. */
const RECENT_CHANGES = 1_000
const RECENT_BYTES = 256 * 1024

/** Bytes that a change takes up besides those of its frame. */
const OVERHEAD = 150

/** The latest changes of a stream, without gaps up to its current position: for followers that missed only these. */
export class ReplayBuffer implements FeedBuffer {
  readonly #memory: FeedMemory
  readonly #slab = new FrameSlab()
  #changes: SentChange[] = []
  #frameBytes = 0
  #from = 0

  constructor(memory = feedMemory) {
    this.#memory = memory
  }

  /** Everything after this change is kept. */
  get from(): number {
    return this.#from
  }

  get bytes(): number {
    if (this.#changes.length === 0) return 0
    return this.#frameBytes + OVERHEAD * this.#changes.length + SLAB
  }

  /** Drops everything: the stream goes on after `rev`. */
  restart(rev: number): void {
    this.#changes = []
    this.#frameBytes = 0
    this.#from = rev
    this.#slab.reset()
    this.#memory.release(this)
  }

  empty(): void {
    this.restart(this.#changes.at(-1)?.rev ?? this.#from)
  }

  add(change: SentChange): void {
    if (change.seq !== undefined && change.seq !== change.rev) {
      this.#forget(change.seq)
      this.#forgetQuotes(change.seq)
    }
    this.#changes.push(this.#kept(change))
    this.#frameBytes += change.frame.length
    while (this.#changes.length > RECENT_CHANGES || this.#frameBytes > RECENT_BYTES) {
      const oldest = this.#changes.shift()
      if (!oldest) break
      this.#frameBytes -= oldest.frame.length
      this.#from = oldest.rev
    }
    this.#memory.use(this)
  }

  /** Drops a change that a later one replaces. Its text may have been deleted, so it must not be sent to anybody again. */
  #forget(seq: number): void {
    const index = this.#changes.findLastIndex((change) => change.seq === seq)
    const [replaced] = index < 0 ? [] : this.#changes.splice(index, 1)
    this.#frameBytes -= replaced?.frame.length ?? 0
  }

  /**
   * Drops changes that quote something that has changed, and all before them, so that they are read again: the quoted text
   * may have been deleted.
   */
  #forgetQuotes(seq: number): void {
    const index = this.#changes.findLastIndex(({ quoted }) => quoted === seq)
    if (index < 0) return
    const forgotten = this.#changes.splice(0, index + 1)
    for (const { frame } of forgotten) this.#frameBytes -= frame.length
    this.#from = forgotten.at(-1)?.rev ?? this.#from
  }

  /**
   * Keeps what was read for a follower that missed more: everything that changed after `from`, up to where this buffer
   * starts.
   */
  addBefore(from: number, upTo: number, read: readonly SentChange[]): void {
    const replaced = new Set(this.#changes.map(({ rev, seq }) => seq ?? rev))
    const changes = read.filter(({ rev, seq }) => !replaced.has(seq ?? rev))
    const frameBytes = changes.reduce((sum, { frame }) => sum + frame.length, this.#frameBytes)
    if (upTo !== this.#from || from >= upTo) return
    // It may have been read before or after the message that it quotes changed.
    if (changes.some(({ quoted }) => quoted !== undefined && replaced.has(quoted))) return
    if (frameBytes > RECENT_BYTES || changes.length + this.#changes.length > RECENT_CHANGES) return
    this.#changes = [...changes.map((change) => this.#kept(change)), ...this.#changes]
    this.#frameBytes = frameBytes
    this.#from = from
    this.#memory.use(this)
  }

  #kept({ rev, seq, quoted, frame }: SentChange): SentChange {
    return { rev, seq, quoted, frame: this.#slab.keep(frame) }
  }

  /** The frames of everything that changed after `place`, which must not be before `from`. */
  after(place: number): Buffer[] {
    this.#memory.use(this)
    const first = this.#changes.findLastIndex(({ rev }) => rev <= place) + 1
    return this.#changes.slice(first).map(({ frame }) => frame)
  }
}
