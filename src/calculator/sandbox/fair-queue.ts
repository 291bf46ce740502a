/** Something that waits for its turn. */
export interface Queued {
  readonly person: string
  /** Bytes that it keeps while it waits. */
  readonly bytes: number
}

/**
 * A queue that serves people in turn: the oldest item of one person, then that of the next. People with many items delay only
 * themselves.
 */
export class FairQueue<Item extends Queued> {
  /** The person whose turn is next comes first. */
  readonly #persons = new Map<string, Item[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Everything that waits, of each person in its order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const items of this.#persons.values()) yield* items
  }

  add(item: Item): void {
    const items = this.#persons.get(item.person)
    if (items) items.push(item)
    else this.#persons.set(item.person, [item])
    this.#size += 1
  }

  /** Adds what was taken before, as the next of its person. */
  addAgain(item: Item): void {
    const items = this.#persons.get(item.person)
    if (items) items.unshift(item)
    else this.#persons.set(item.person, [item])
    this.#size += 1
  }

  /** Takes the next one of the first person in turn of whom it may be; then it is the others' turn. */
  take(may: (item: Item) => boolean = () => true): Item | undefined {
    for (const [person, items] of this.#persons) {
      const [item] = items
      if (!item || !may(item)) continue
      items.shift()
      this.#size -= 1
      this.#persons.delete(person)
      if (items.length > 0) this.#persons.set(person, items)
      return item
    }
    return undefined
  }

  /** @returns whether it was there */
  remove(item: Item): boolean {
    const items = this.#persons.get(item.person)
    const place = items?.indexOf(item) ?? -1
    if (!items || place < 0) return false
    items.splice(place, 1)
    if (items.length === 0) this.#persons.delete(item.person)
    this.#size -= 1
    return true
  }
}
