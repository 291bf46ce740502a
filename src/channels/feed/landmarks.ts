import type { EncodedChange } from './replay-buffer.ts'

/** Rows whose latest change is remembered. */
const REMEMBERED = 20

/** The numbers that identify a change. */
interface Numbered {
  readonly rev: number
  readonly seq?: number | undefined
  readonly id?: string | undefined
}

interface Landmark {
  readonly seq: number
  readonly rev: number
  /** The id of the thing that changed; undefined if it is not known. */
  readonly id: string | undefined
  readonly checksum: Checksum
}

/** A checksum, or a way to it: a change that nobody was sent has none so far. */
type Checksum = number | (() => number)

/**
 * Remembers the last changes that a feed sent. A store can go back, after a failover or a restored backup, and the same number
 * then means something else: comparing with these shows it.
 */
export class Landmarks {
  /** One of each row, the latest change last. So few are searched faster than a map is kept in this order. */
  readonly #latest: Landmark[] = []

  /** Changes after this one have to be read to compare with what is remembered; undefined if nothing is. */
  get after(): number | undefined {
    const revs = this.#latest.map(({ rev }) => rev)
    return revs.length === 0 ? undefined : Math.min(...revs) - 1
  }

  /**
   * Remembers a change that was sent, and nothing of its frame.
   * @returns whether what is remembered can belong to the same history
   */
  add(change: EncodedChange): boolean {
    return this.pass(change, change.checksum)
  }

  /**
   * Remembers a change that was not sent to anybody.
   * @param checksum a function is called when the checksum is needed
   * @returns whether what is remembered can belong to the same history
   */
  pass({ rev, seq, id }: Numbered, checksum: Checksum): boolean {
    if (seq === undefined) return true
    const known = this.#find(seq)
    if (known) this.#latest.splice(this.#latest.indexOf(known), 1)
    this.#latest.push({ seq, rev, id, checksum })
    if (this.#latest.length > REMEMBERED) this.#latest.shift()
    return !known || known.id === id
  }

  /** Tells whether this is a change that is remembered, judging by its numbers. */
  has({ rev, seq }: { readonly rev: number; readonly seq?: number }): boolean {
    return seq !== undefined && this.#find(seq)?.rev === rev
  }

  /** Tells whether another change is known to have had this number. */
  contradict({ rev, seq, checksum }: EncodedChange): boolean {
    const landmark = this.#latest.find((known) => known.rev === rev)
    return landmark !== undefined && (landmark.seq !== seq || numberOf(landmark.checksum) !== checksum)
  }

  /**
   * Tells whether what is remembered is still there, or has changed since.
   * @param upTo what was remembered after this number may be missing: it came while the changes were read
   * @param changes all that changed after `after`, as it is now
   * @param checksums of those of them that `has` knows
   * @param isWhole whether no later ones were left out
   */
  stand(
    upTo: number,
    changes: readonly Numbered[],
    checksums: ReadonlyMap<number, number>,
    isWhole: boolean,
  ): boolean {
    const now = new Map(changes.map((change) => [change.seq, change]))
    return this.#latest.every(({ seq, rev, id, checksum }) => {
      if (rev > upTo) return true
      const change = now.get(seq)
      if (!change) return !isWhole
      if (id !== change.id) return false
      return change.rev > rev || (change.rev === rev && checksums.get(rev) === numberOf(checksum))
    })
  }

  clear(): void {
    this.#latest.length = 0
  }

  #find(seq: number): Landmark | undefined {
    return this.#latest.find((landmark) => landmark.seq === seq)
  }
}

function numberOf(checksum: Checksum): number {
  return typeof checksum === 'number' ? checksum : checksum()
}
