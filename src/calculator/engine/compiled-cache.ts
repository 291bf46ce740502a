/** Bytes that a compiled expression takes up for each of its characters: 300 to 400 where they were measured. */
const PER_CHARACTER = 400

/** Bytes that each takes up beside them. */
const ENTRY = 1_000

/** Compiled expressions by their text. The one that was not used for the longest time gives way. */
export class CompiledCache<Compiled> {
  readonly #limit: number
  readonly #compiled = new Map<string, Compiled>()
  #bytes = 0

  /** @param limit in bytes, about; what would need a tenth of it or more by itself is not kept */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** About how many bytes of memory it takes. */
  get bytes(): number {
    return this.#bytes
  }

  get(text: string): Compiled | undefined {
    const found = this.#compiled.get(text)
    if (found !== undefined) {
      this.#compiled.delete(text)
      this.#compiled.set(text, found)
    }
    return found
  }

  /** @param text one that is not there */
  add(text: string, compiled: Compiled): void {
    const bytes = sizeOf(text)
    if (bytes > this.#limit / 10) return
    this.#compiled.set(text, compiled)
    this.#bytes += bytes
    for (const oldest of this.#compiled.keys()) {
      if (this.#bytes <= this.#limit) return
      this.#compiled.delete(oldest)
      this.#bytes -= sizeOf(oldest)
    }
  }
}

function sizeOf(text: string): number {
  return ENTRY + PER_CHARACTER * text.length
}
