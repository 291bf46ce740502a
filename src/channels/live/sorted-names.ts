/** Names, each once, in the order of their code units, without being sorted again for each that comes. */
export class SortedNames {
  readonly #names: string[] = []

  get size(): number {
    return this.#names.length
  }

  add(name: string): void {
    const place = this.#placeOf(name)
    if (this.#names[place] !== name) this.#names.splice(place, 0, name)
  }

  delete(name: string): void {
    const place = this.#placeOf(name)
    if (this.#names[place] === name) this.#names.splice(place, 1)
  }

  first(count: number): string[] {
    return this.#names.slice(0, count)
  }

  /** Returns how many names come before this one. */
  #placeOf(name: string): number {
    let low = 0
    let high = this.#names.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#names[middle] ?? '') < name) low = middle + 1
      else high = middle
    }
    return low
  }
}
