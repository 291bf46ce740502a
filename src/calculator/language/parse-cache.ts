import type { Bindings } from './bindings.ts'

/** Something that was read from a text. */
export interface ReadByNames {
  /** The names that were looked up, and whether each was bound: where the same are bound, the text is read the same way. */
  readonly asked: ReadonlyMap<string, boolean>
}

/** Bytes that a compiled expression takes up for each of its characters: 300 to 400 where they were measured. */
const PER_CHARACTER = 400

/** Bytes that each takes up in addition. */
const ENTRY = 1_000

/** The most readings of one text that are kept, for different names being bound. */
const WAYS = 4

/** Parsed and compiled expressions, by their text and the names that were bound. The least recently used ones are dropped. */
export class ParseCache<Read extends ReadByNames> {
  readonly #limit: number
  readonly #read = new Map<string, Read[]>()
  #bytes = 0

  /** @param limit in bytes, roughly; what would take up more than a tenth of it is not kept */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** About how many bytes of memory it takes. */
  get bytes(): number {
    return this.#bytes
  }

  /** The reading of the text where these names are bound. */
  get(text: string, bindings: Bindings): Read | undefined {
    const ways = this.#read.get(text)
    const found = ways?.find(({ asked }) => isReadBy(asked, bindings))
    if (ways === undefined || found === undefined) return undefined
    this.#read.delete(text)
    this.#read.set(text, ways)
    return found
  }

  /** @param read what `get` did not find */
  add(text: string, read: Read): void {
    const bytes = sizeOf(text)
    if (bytes > this.#limit / 10) return
    const before = this.#read.get(text) ?? []
    const ways = [...before.slice(1 - WAYS), read]
    this.#read.delete(text)
    this.#read.set(text, ways)
    this.#bytes += bytes * (ways.length - before.length)
    for (const [oldest, { length }] of this.#read) {
      if (this.#bytes <= this.#limit) return
      this.#read.delete(oldest)
      this.#bytes -= sizeOf(oldest) * length
    }
  }
}

function isReadBy(asked: ReadonlyMap<string, boolean>, bindings: Bindings): boolean {
  for (const [name, bound] of asked) if (Object.hasOwn(bindings, name) !== bound) return false
  return true
}

function sizeOf(text: string): number {
  return ENTRY + PER_CHARACTER * text.length
}
