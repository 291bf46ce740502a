/** A stored message on the page. */
export interface Entry {
  readonly seq: number
  readonly element: HTMLElement
}

/** The stored messages on the page, in ascending order of `seq`. */
export class MessageEntries {
  #entries: Entry[] = []

  get size(): number {
    return this.#entries.length
  }

  /** The lowest `seq`; undefined: there are no messages. */
  get oldest(): number | undefined {
    return this.#entries[0]?.seq
  }

  /** The highest `seq`; 0: there are no messages. */
  get newest(): number {
    return this.#entries.at(-1)?.seq ?? 0
  }

  get first(): HTMLElement | undefined {
    return this.#entries[0]?.element
  }

  get last(): HTMLElement | undefined {
    return this.#entries.at(-1)?.element
  }

  /** The one at an index; undefined: there is none, as at -1. */
  at(index: number): Entry | undefined {
    return this.#entries[index]
  }

  find(seq: number): HTMLElement | undefined {
    const entry = this.#entries[this.indexOf(seq)]
    return entry?.seq === seq ? entry.element : undefined
  }

  /** The message that is nearest to a `seq`: the first that is not before it, or the last of all. */
  nearest(seq: number): HTMLElement | undefined {
    return this.#entries[this.indexOf(seq)]?.element ?? this.last
  }

  /** Those whose elements match a selector. */
  matching(selector: string): readonly Entry[] {
    return this.#entries.filter(({ element }) => element.matches(selector))
  }

  /** The first one from an index on whose element matches a selector. */
  firstMatching(selector: string, from: number): Entry | undefined {
    for (let index = from; index < this.#entries.length; index += 1) {
      const entry = this.#entries[index]
      if (entry?.element.matches(selector)) return entry
    }
    return undefined
  }

  /** The newest one whose element matches a selector. */
  lastMatching(selector: string): Entry | undefined {
    return this.#entries.findLast(({ element }) => element.matches(selector))
  }

  /** The one that has the focus, or in which something has it. */
  get focused(): Entry | undefined {
    return this.#entries.find(({ element }) => element.contains(document.activeElement))
  }

  /** Counts the messages that end above a line of the screen. */
  countAbove(line: number): number {
    return this.#countWhile(({ element }) => element.getBoundingClientRect().bottom <= line)
  }

  /** The index of the first message that is not before `seq`. */
  indexOf(seq: number): number {
    // Nearly all that comes is the newest.
    if (this.newest < seq) return this.#entries.length
    return this.#countWhile((entry) => entry.seq < seq)
  }

  insert(index: number, entry: Entry): void {
    this.#entries.splice(index, 0, entry)
  }

  /** Takes out the first ones. @returns them */
  removeFirst(count: number): readonly Entry[] {
    return this.#entries.splice(0, count)
  }

  /** Takes out all but the first ones. @returns them */
  removeAllBut(count: number): readonly Entry[] {
    return this.#entries.splice(count)
  }

  /** Counts those at the beginning for which something holds, by binary search. */
  #countWhile(holds: (entry: Entry) => boolean): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const entry = this.#entries[middle]
      if (entry && holds(entry)) low = middle + 1
      else high = middle
    }
    return low
  }
}
