import type { Follower } from './feed-options.ts'
import type { Change } from './feed-source.ts'
import type { EncodedChange, ReplayBuffer, SentChange } from './replay-buffer.ts'
import { inTurns, PAGE, type Position, type StoredStream } from './stored-stream.ts'

/** Bytes that are written to a follower that is catching up before waiting for the socket. */
const CATCH_UP_BYTES = 256 * 1024

/** The changes that were read for a follower. */
export interface ReadChanges {
  readonly from: number
  readonly upTo: number
  /** The changes up to `upTo`, without those that had changed again by then. */
  readonly changes: readonly SentChange[]
  /** How often frames had been dropped when it started. */
  readonly forgotten: number
  /** The follower's position afterwards. */
  readonly end: Position
}

/**
 * Reads the changes that followers have missed. Those that reconnect together have missed the same changes, which are read
 * and encoded once.
 */
export class MissedChanges<Changed extends Change> {
  readonly #store: StoredStream<Changed>
  readonly #recent: ReplayBuffer
  readonly #pages = new Map<number, Promise<EncodedChange[]>>()
  /** Counts the times that frames were dropped: those that were being read at the time may show what they must not. */
  #forgotten = 0

  /** @param recent the changes that the feed keeps, which continue where these end */
  constructor(store: StoredStream<Changed>, recent: ReplayBuffer) {
    this.#store = store
    this.#recent = recent
  }

  /**
   * Sends a follower what it has missed up to where the feed's memory begins. If changes are missing because later ones have
   * replaced them, it reads to the end, even beyond the feed's position: only there are the later ones certain to be found.
   * @param goesOn false once the follower has gone
   * @returns what was read; its end is too early if the follower has gone
   */
  async send(follower: Follower, from: Position, goesOn: () => boolean): Promise<ReadChanges> {
    const target = this.#recent.from
    const changes: SentChange[] = []
    const forgotten = this.#forgotten
    let end = from
    // Without a gap so far.
    let isWhole = true
    for (let more = true; more && goesOn(); ) {
      const read = await this.#page(end.rev)
      const missed = read.filter(({ rev }) => rev <= target)
      isWhole &&= missed.every(({ rev }, index) => rev === end.rev + 1 + index)
      const isLast = isWhole && missed.at(-1)?.rev === target
      const page = isLast ? missed : read
      let bytes = 0
      for (const { frame } of page) {
        if (!goesOn()) break
        follower.send(frame)
        bytes += frame.length
        if (bytes < CATCH_UP_BYTES) continue
        bytes = 0
        await follower.drained()
      }
      changes.push(...missed)
      more = read.length === PAGE && !isLast
      end = positionAfter(end, page)
      await follower.drained()
    }
    return {
      from: from.rev,
      upTo: target,
      changes,
      forgotten,
      end: end.rev < target ? { ...end, rev: target } : end,
    }
  }

  /**
   * Keeps what one follower had missed for others. To be called only when the feed has come as far as was read: it then keeps
   * the later versions of the changes that are missing here.
   */
  keep({ from, upTo, changes, forgotten }: ReadChanges): void {
    if (forgotten === this.#forgotten) this.#recent.addBefore(from, upTo, changes)
  }

  /** Reads pages again from now on, because the store went back. */
  restart(): void {
    this.#pages.clear()
  }

  /** Drops frames that may show what must no longer be shown. */
  forget(): void {
    this.#forgotten += 1
    this.#pages.clear()
  }

  #page(after: number): Promise<EncodedChange[]> {
    const page =
      this.#pages.get(after) ??
      this.#readPage(after).finally(() => {
        if (this.#pages.get(after) === page) this.#pages.delete(after)
      })
    this.#pages.set(after, page)
    return page
  }

  async #readPage(after: number): Promise<EncodedChange[]> {
    const changes = await this.#store.changesAfter(after)
    const page: EncodedChange[] = []
    await inTurns(changes, (change) => {
      const encoded = this.#store.encoded(change)
      page.push(encoded)
      return encoded.frame.length
    })
    return page
  }
}

function positionAfter(place: Position, changes: readonly EncodedChange[]): Position {
  const last = changes.at(-1)
  if (!last) return place
  const { rev, seq, id } = last
  return { rev, newest: seq === undefined || id === undefined ? undefined : { seq, id } }
}
