import { setImmediate as nextTurn } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import type { FeedOptions } from './feed-options.ts'
import type { Change } from './feed-source.ts'
import type { Landmarks } from './landmarks.ts'
import type { Place } from './place.ts'
import type { EncodedChange } from './replay-buffer.ts'

/** Rows of one read. */
export const PAGE = 200

/** Bytes of changes read from the database that are encoded in one turn of the event loop; everybody else waits meanwhile. */
const TURN_BYTES = 32 * 1024

/** The newest row that a client holds. */
export type Newest = NonNullable<Place['newest']>

/** The position of a follower: it has all changes up to `rev`. */
export interface Position {
  readonly rev: number
  readonly newest: Newest | undefined
}

/** The changes of one stream as its store has them, and as frames. */
export class StoredStream<Changed extends Change> {
  readonly #stream: number
  readonly #options: Pick<FeedOptions<Changed>, 'encode' | 'fingerprint' | 'quoted' | 'source'>

  constructor(
    stream: number,
    options: Pick<FeedOptions<Changed>, 'encode' | 'fingerprint' | 'quoted' | 'source'>,
  ) {
    this.#stream = stream
    this.#options = options
  }

  /** Reads the number of the latest change. */
  async latest(): Promise<number> {
    return (await this.#options.source.revs([this.#stream])).get(this.#stream) ?? 0
  }

  /** Reads up to `PAGE` changes after a `rev`. */
  changesAfter(rev: number): Promise<Changed[]> {
    return this.#options.source.changes(this.#stream, rev, undefined, PAGE)
  }

  /**
   * Reads the current number, and the change that has it, by which another history would be recognized; if a later one has
   * already replaced it, the next. Some streams no longer have such a row.
   */
  async present(): Promise<{ readonly rev: number; readonly newest: EncodedChange | undefined }> {
    for (let known: number | undefined; ; ) {
      const rev = await this.latest()
      const [newest] = rev ? await this.#options.source.changes(this.#stream, rev - 1, undefined, 1) : []
      // Without it, the store may have gone back between the two questions.
      if (newest || rev === 0 || rev === known) return { rev, newest: newest && this.encoded(newest) }
      known = rev
    }
  }

  /** Tells whether the store has the newest row of a client that holds all changes up to `rev`. */
  async holds({ rev, newest }: Position): Promise<boolean> {
    const { source } = this.#options
    if (!newest || !source.standing) return true
    const standing = await source.standing(this.#stream, newest.seq)
    return standing !== undefined && standing.id === newest.id && standing.rev >= rev
  }

  /**
   * Tells whether the changes that were sent last are in the store.
   * @param upTo the last of them
   */
  async has(landmarks: Landmarks, upTo: number): Promise<boolean> {
    const { after } = landmarks
    if (after === undefined) return true
    const changes = await this.changesAfter(after)
    const checksums = new Map<number, number>()
    const remembered = changes.filter((change) => landmarks.has(change))
    await inTurns(remembered, (change) => {
      const { checksum, frame } = this.encoded(change)
      checksums.set(change.rev, checksum)
      return frame.length
    })
    return landmarks.stand(upTo, changes, checksums, changes.length < PAGE)
  }

  encoded(change: Changed): EncodedChange {
    const { encode, fingerprint, quoted } = this.#options
    const frame = encode(change, this.#stream)
    const { id, rev, seq } = change
    return { rev, seq, id, quoted: quoted?.(change), frame, checksum: crc32(fingerprint?.(change) ?? frame) }
  }
}

/** Calls `work`, which returns how many bytes it made, for each item in order, in as many turns as that takes. */
export async function inTurns<Item>(items: readonly Item[], work: (item: Item) => number): Promise<void> {
  let bytes = 0
  for (const item of items) {
    if (bytes >= TURN_BYTES) {
      bytes = 0
      await nextTurn()
    }
    bytes += work(item)
  }
}
