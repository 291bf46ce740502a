import { LRUCache } from 'lru-cache'

/** Bytes of documents that are kept in memory, for all sheets together; others are read again when they are needed. */
const MOST = 64 * 1024 * 1024

/** The part of it that is filled without looking at who uses it more: the rest is for documents that grow. */
const FILLED = 15 / 16

/** Milliseconds after which a use counts half. */
const HALF_LIFE = 60_000

/** Sheets of which it is remembered how often they are used. */
const REMEMBERED = 10_000

/** How often a sheet has been used lately. */
interface Uses {
  count: number
  at: number
}

/** A document of a sheet, with the bytes of memory that it takes now. */
interface OpenDocument {
  readonly sheet: number
  readonly document: { readonly bytes: number }
}

interface Kept<Open> {
  readonly open: Open
  bytes: number
}

/**
 * The documents that are in memory. When there is no room, one takes the place of those that were used least recently only if it
 * is used more often than each of them. Otherwise, with one sheet more than there is room for, each would be dropped just before
 * it is needed, and every edit of anybody would read a whole sheet. (This is the admission of TinyLFU,
 * https://arxiv.org/abs/1512.00727.)
 */
export class KeptDocuments<Open extends OpenDocument> {
  readonly #most: number
  readonly #now: () => number
  /** By sheet, the one that was used least recently first. */
  readonly #kept = new Map<number, Kept<Open>>()
  readonly #uses = new LRUCache<number, Uses>({ max: REMEMBERED })
  #bytes = 0

  /** @param most bytes of documents */
  constructor(most = MOST, now = () => performance.now()) {
    this.#most = most
    this.#now = now
  }

  has(sheet: number): boolean {
    return this.#kept.has(sheet)
  }

  /** Returns the document of a sheet if it is kept. Each call counts as a use of the sheet. */
  use(sheet: number): Open | undefined {
    this.#count(sheet)
    const kept = this.#kept.get(sheet)
    if (!kept) return undefined
    this.#kept.delete(sheet)
    this.#kept.set(sheet, kept)
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
    this.#bytes += bytes - known.bytes
    known.bytes = bytes
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#most) return
      if (oldest !== sheet) this.delete(oldest)
    }
  }

  delete(sheet: number): void {
    const kept = this.#kept.get(sheet)
    if (!kept) return
    this.#kept.delete(sheet)
    this.#bytes -= kept.bytes
  }

  clear(): void {
    this.#kept.clear()
    this.#bytes = 0
  }

  #add(open: Open, bytes: number): void {
    this.#kept.set(open.sheet, { open, bytes })
    this.#bytes += bytes
  }

  /** Drops what was used least recently, if all of it is used less often than a sheet. @returns whether there is room now */
  #makeRoom(sheet: number, bytes: number): boolean {
    const dropped: number[] = []
    let over = this.#bytes + bytes - FILLED * this.#most
    const uses = this.#usesOf(sheet)
    for (const [oldest, kept] of this.#kept) {
      if (over <= 0) break
      if (this.#usesOf(oldest) >= uses) return false
      dropped.push(oldest)
      over -= kept.bytes
    }
    if (over > 0) return false
    for (const oldest of dropped) this.delete(oldest)
    return true
  }

  #count(sheet: number): void {
    const now = this.#now()
    const uses = this.#uses.get(sheet)
    if (!uses) {
      this.#uses.set(sheet, { count: 1, at: now })
      return
    }
    uses.count = decayed(uses, now) + 1
    uses.at = now
  }

  #usesOf(sheet: number): number {
    const uses = this.#uses.get(sheet)
    return uses ? decayed(uses, this.#now()) : 0
  }
}

function decayed({ count, at }: Uses, now: number): number {
  return count * 0.5 ** ((now - at) / HALF_LIFE)
}
