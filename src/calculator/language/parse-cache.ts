import type { Bindings } from './bindings.ts'

/** Something that was read from a text, and the names whose being bound or not decided how. */
export interface ReadByNames {
  readonly asked: ReadonlyMap<string, boolean>
}

/** Bytes that a compiled expression takes up for each of its characters: 300 to 400 where they were measured. */
const PER_CHARACTER = 400

/** Bytes that each takes up beside them. */
const ENTRY = 1_000

/** Ways in which one text is kept: with this name bound, with that one. */
const WAYS = 4

/** Parsed and compiled expressions, by their text and the names that were bound. The least recently used ones are dropped. */
export class ParseCache<Read extends ReadByNames> {
  readonly #limit: number
  readonly #read = new Map<string, Read[]>()
  #bytes = 0

  /** @param limit in bytes, about; what would need a tenth of it or more by itself is not kept */
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
