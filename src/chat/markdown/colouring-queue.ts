/** Code that waits for its colours. */
export interface WaitingCode {
  readonly key: string
  readonly code: string
  /** As highlight.js calls it. */
  readonly language: string
  /** The author's username. */
  readonly author: string
}

/** Blocks of code that may wait: of one person, and of all. */
const OF_ONE = 50
const OF_ALL = 500

/** Code that waits for its colours, by author. Authors take turns, so that one who writes a lot does not make others wait. */
export class ColouringQueue {
  /** Those whose turn is next come first. */
  readonly #authors = new Map<string, WaitingCode[]>()
  #size = 0

  /** @returns false where too much waits already */
  add(code: WaitingCode): boolean {
    const theirs = this.#authors.get(code.author) ?? []
    if (theirs.length >= OF_ONE || this.#size >= OF_ALL) return false
    theirs.push(code)
    this.#authors.set(code.author, theirs)
    this.#size += 1
    return true
  }

  /** Takes the oldest code of the author whose turn it is; undefined: nothing waits. */
  take(): WaitingCode | undefined {
    for (const [author, theirs] of this.#authors) {
      this.#authors.delete(author)
      const code = theirs.shift()
      if (theirs.length > 0) this.#authors.set(author, theirs)
      if (!code) continue
      this.#size -= 1
      return code
    }
    return undefined
  }
}
