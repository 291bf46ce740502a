/** Keys that are looked up by one query. */
const TOGETHER = 100

interface Asked<Key, Found> {
  readonly key: Key
  readonly resolve: (found: Found) => void
  readonly reject: (error: unknown) => void
}

/**
 * Looks up together what is asked for in one turn of the event loop: where a hundred streams are written to at once, that is one
 * query and not a hundred. Nothing is kept: each answer was read after it was asked for.
 *
 * const revs = new GatheredLookUps((sheets: readonly number[]) => revsOf(database, sheets))
 * await revs.find(7)
 */
export class GatheredLookUps<Key, Found> {
  readonly #look: (keys: readonly Key[]) => Promise<readonly Found[]>
  #asked: Asked<Key, Found>[] = []

  /** @param look gives an answer to each of at most 100 keys, in their order */
  constructor(look: (keys: readonly Key[]) => Promise<readonly Found[]>) {
    this.#look = look
  }

  /** @throws what the query throws, for all that were looked up with it */
  find(key: Key): Promise<Found> {
    if (this.#asked.length === 0) setImmediate(() => this.#lookUp())
    return new Promise((resolve, reject) => this.#asked.push({ key, resolve, reject }))
  }

  #lookUp(): void {
    const asked = this.#asked
    this.#asked = []
    for (let from = 0; from < asked.length; from += TOGETHER)
      void this.#answer(asked.slice(from, from + TOGETHER))
  }

  async #answer(asked: readonly Asked<Key, Found>[]): Promise<void> {
    try {
      const found = await this.#look(asked.map(({ key }) => key))
      if (found.length !== asked.length) throw new Error('keys were looked up without an answer for each')
      for (const [index, { resolve }] of asked.entries()) resolve(found[index] as Found)
    } catch (error) {
      for (const { reject } of asked) reject(error)
    }
  }
}
