import { LRUCache } from 'lru-cache'

/** Bytes of documents that are kept in memory, for all sheets together; others are read again when they are needed. */
const MOST = 64 * 1024 * 1024

/** The part of it that is filled without looking at who uses it more: the rest is for documents that grow. */
const FILLED = 15 / 16

/** The part of it that the documents of one person may take where there is no room for all. */
const SHARE = 1 / 4

/** Somebody who only looks at sheets: all who do share one share. */
const NOBODY = 0

/** A sheet that is used less, such as once and minutes ago, is not in use. */
const IDLE = 0.1

/** Milliseconds after which a use counts half. */
const HALF_LIFE = 60_000

/** Sheets of which it is remembered how often they are used. */
const REMEMBERED = 10_000

/** How often a sheet has been used lately. */
interface Uses {
  count: number
  at: number
  /** The person who edited the sheet last. */
  person: number
}

/** A document of a sheet, with the bytes of memory that it takes now. */
interface OpenDocument {
  readonly sheet: number
  readonly document: { readonly bytes: number }
}

interface Kept<Open> {
  readonly open: Open
  bytes: number
  /** The person to whose share it counts: of those who edit it, one who takes little. */
  person: number
}

/**
 * The documents that are in memory. When there is no room, one takes the place of those that were used least recently only if it
 * is used more often than each of them. Otherwise, with one sheet more than there is room for, each would be dropped just before
 * it is needed, and every edit of anybody would read a whole sheet. (This is the admission of TinyLFU,
 * https://arxiv.org/abs/1512.00727.) And nobody loses a sheet that is in use to a person whose sheets take more than a share, however
 * often that person edits them; those make room for everybody else's.
 */
export class KeptDocuments<Open extends OpenDocument> {
  readonly #most: number
  readonly #now: () => number
  /** By sheet, the one that was used least recently first. */
  readonly #kept = new Map<number, Kept<Open>>()
  readonly #uses = new LRUCache<number, Uses>({ max: REMEMBERED })
  #bytes = 0
  /** Bytes of the documents of each person. */
  readonly #taken = new Map<number, number>()

  /** @param most bytes of documents */
  constructor(most = MOST, now = () => performance.now()) {
    this.#most = most
    this.#now = now
  }

  has(sheet: number): boolean {
    return this.#kept.has(sheet)
  }

  /**
   * Returns the document of a sheet if it is kept. Each call counts as a use of the sheet.
   * @param person who edits it; undefined: it is only looked at
   */
  use(sheet: number, person?: number): Open | undefined {
    this.#count(sheet, person)
    const kept = this.#kept.get(sheet)
    if (!kept) return undefined
    this.#kept.delete(sheet)
    this.#kept.set(sheet, kept)
    if (person !== undefined && person !== kept.person) this.#countTo(person, kept)
    return kept.open
  }

  /** Keeps a document if there is room for it, or has its size be what it is now. */
  keep(open: Open): void {
    const { sheet } = open
    const { bytes } = open.document
    const known = this.#kept.get(sheet)
    if (known?.open !== open) {
      this.delete(sheet)
      if (this.#makeRoom(sheet, bytes)) this.#add(open, bytes)
      return
    }
    this.#take(known.person, bytes - known.bytes)
    known.bytes = bytes
    if (this.#bytes > this.#most) this.#shrink(sheet)
  }

  delete(sheet: number): void {
    const kept = this.#kept.get(sheet)
    if (!kept) return
    this.#kept.delete(sheet)
    this.#take(kept.person, -kept.bytes)
  }

  clear(): void {
    this.#kept.clear()
    this.#taken.clear()
    this.#bytes = 0
  }

  #add(open: Open, bytes: number): void {
    const person = this.#personOf(open.sheet)
    this.#kept.set(open.sheet, { open, bytes, person })
    this.#take(person, bytes)
  }

  #take(person: number, bytes: number): void {
    this.#bytes += bytes
    const taken = this.#takenBy(person) + bytes
    if (taken > 0) this.#taken.set(person, taken)
    else this.#taken.delete(person)
  }

  #takenBy(person: number): number {
    return this.#taken.get(person) ?? 0
  }

  /** Counts a document to another person who edits it, if that one takes less: nobody can take a sheet from others by editing it. */
  #countTo(person: number, kept: Kept<Open>): void {
    if (kept.person !== NOBODY && this.#takenBy(person) >= this.#takenBy(kept.person)) return
    this.#take(kept.person, -kept.bytes)
    kept.person = person
    this.#take(person, kept.bytes)
  }

  /** Tells whether the documents of a person take more than a share, with so many bytes more. */
  #isOver(person: number, bytes = 0): boolean {
    return this.#takenBy(person) + bytes > SHARE * this.#most
  }

  /** Drops what was used least recently of what may make room for a sheet. @returns whether there is room now */
  #makeRoom(sheet: number, bytes: number): boolean {
    const dropped: number[] = []
    let over = this.#bytes + bytes - FILLED * this.#most
    const newcomer = { person: this.#personOf(sheet), bytes, uses: this.#usesOf(sheet) }
    for (const [oldest, kept] of over > 0 ? this.#overSharesFirst() : []) {
      if (over <= 0) break
      if (this.#usesOf(oldest) >= this.#usesThatStay(kept, newcomer)) continue
      dropped.push(oldest)
      over -= kept.bytes
    }
    if (over > 0) return false
    for (const oldest of dropped) this.delete(oldest)
    return true
  }

  /** How much a document must be used to stay where another one is to be kept. */
  #usesThatStay({ person }: Kept<Open>, newcomer: { person: number; bytes: number; uses: number }): number {
    const [isOver, isNewOver] = [this.#isOver(person), this.#isOver(newcomer.person, newcomer.bytes)]
    if (isOver && !isNewOver) return Number.POSITIVE_INFINITY
    if (isOver || !isNewOver || person === newcomer.person) return newcomer.uses
    return Math.min(newcomer.uses, IDLE)
  }

  /** Drops others than a sheet that has grown. */
  #shrink(grown: number): void {
    for (const [oldest] of this.#overSharesFirst()) {
      if (this.#bytes <= this.#most) return
      if (oldest !== grown) this.delete(oldest)
    }
  }

  /** All that is kept: the documents of people who take more than a share, and then the others. */
  #overSharesFirst(): [number, Kept<Open>][] {
    const kept = [...this.#kept]
    const isOver = ([, { person }]: [number, Kept<Open>]) => this.#isOver(person)
    return [...kept.filter(isOver), ...kept.filter((one) => !isOver(one))]
  }

  #personOf(sheet: number): number {
    return this.#uses.get(sheet)?.person ?? NOBODY
  }

  #count(sheet: number, person: number | undefined): void {
    const now = this.#now()
    const uses = this.#uses.get(sheet)
    if (!uses) {
      this.#uses.set(sheet, { count: 1, at: now, person: person ?? NOBODY })
      return
    }
    uses.count = decayed(uses, now) + 1
    uses.at = now
    uses.person = person ?? uses.person
  }

  #usesOf(sheet: number): number {
    const uses = this.#uses.get(sheet)
    return uses ? decayed(uses, this.#now()) : 0
  }
}

function decayed({ count, at }: Uses, now: number): number {
  return count * 0.5 ** ((now - at) / HALF_LIFE)
}
