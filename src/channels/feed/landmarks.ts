import type { EncodedChange } from './replay-buffer.ts'

/** Rows whose latest change is remembered. */
const REMEMBERED = 20

/** A change, as far as it is known by numbers. */
interface Numbered {
  readonly rev: number
  readonly seq?: number | undefined
  readonly id?: string | undefined
}

interface Landmark {
  readonly rev: number
  /** Of what was changed; undefined: it is not known. */
  readonly id: string | undefined
  readonly checksum: () => number
}

/**
 * What a feed sent last. A store can go back, after a failover or a restored backup, and the same number then means something
 * else: what is remembered here shows it.
 */
export class Landmarks {
  readonly #bySeq = new Map<number, Landmark>()

  /** Changes after here have to be read to compare with what is remembered; undefined: nothing is. */
  get after(): number | undefined {
    const revs = [...this.#bySeq.values()].map(({ rev }) => rev)
    return revs.length === 0 ? undefined : Math.min(...revs) - 1
  }

  add({ rev, seq, id, checksum }: EncodedChange): void {
    if (seq === undefined) return
    this.#bySeq.delete(seq)
    this.#bySeq.set(seq, { rev, id, checksum: () => checksum })
    for (const oldest of this.#bySeq.keys()) {
      if (this.#bySeq.size <= REMEMBERED) break
      this.#bySeq.delete(oldest)
    }
  }

  /** Remembers a change that was sent to nobody, in place of all before it. @param checksum is called if it is asked for */
  pass({ rev, seq, id }: Numbered, checksum: () => number): void {
    this.clear()
    if (seq !== undefined) this.#bySeq.set(seq, { rev, id, checksum })
  }

  /** Tells whether this is, by its numbers, a change that is remembered. */
  has({ rev, seq }: { readonly rev: number; readonly seq?: number }): boolean {
    return seq !== undefined && this.#bySeq.get(seq)?.rev === rev
  }

  /** Tells whether another change is known to have had this number. */
  contradict({ rev, seq, checksum }: EncodedChange): boolean {
    for (const [known, landmark] of this.#bySeq)
      if (landmark.rev === rev) return known !== seq || landmark.checksum() !== checksum
    return false
  }

  /**
   * Tells whether what is remembered is still there, or was changed since.
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
    return [...this.#bySeq].every(([seq, { rev, id, checksum }]) => {
      if (rev > upTo) return true
      const change = now.get(seq)
      if (!change) return !isWhole
      if (id !== change.id) return false
      return change.rev > rev || (change.rev === rev && checksums.get(rev) === checksum())
    })
  }

  clear(): void {
    this.#bySeq.clear()
  }
}
