import { LRUCache } from 'lru-cache'
import type { CalledNames } from '../channels/index.ts'
import type { Database } from '../storage/index.ts'
import { displayNamesOf } from './people.ts'

/** People whose names are remembered. */
const REMEMBERED = 20_000

/** Milliseconds that may be waited for names which are not remembered; after that people are shown by their usernames. */
const PATIENCE = 1_000

/** Remembers what people are called, so that who comes and goes can be told with their names. */
export class NameBook {
  readonly #database: Database
  /** An empty text: the person has no name beside the username. */
  readonly #names = new LRUCache<string, string>({ max: REMEMBERED })
  /** Counts the changes: what was being read when one came may be old. */
  #changes = 0

  constructor(database: Database) {
    this.#database = database
  }

  /** Takes over what a person is called now. */
  change(username: string, displayName: string | null): void {
    this.#changes += 1
    this.#names.set(username, displayName ?? '')
  }

  /** Finds what people are called: at once where all are remembered. It never rejects; whoever is not found in time is left out. */
  find(usernames: readonly string[]): CalledNames | Promise<CalledNames> {
    const unknown = usernames.filter((username) => !this.#names.has(username))
    if (unknown.length === 0) return this.#known(usernames)
    const { promise: tooLate, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, PATIENCE)
    return Promise.race([this.#read(unknown), tooLate])
      .then(
        (read) => ({ ...this.#known(usernames), ...read }),
        () => this.#known(usernames),
      )
      .finally(() => clearTimeout(timer))
  }

  #known(usernames: readonly string[]): CalledNames {
    const known: Record<string, string> = {}
    for (const username of usernames) {
      const name = this.#names.get(username)
      if (name) known[username] = name
    }
    return known
  }

  async #read(usernames: readonly string[]): Promise<CalledNames> {
    const before = this.#changes
    const rows = await displayNamesOf(this.#database, usernames)
    if (before === this.#changes)
      for (const { name, displayName } of rows) this.#names.set(name, displayName ?? '')
    return Object.fromEntries(
      rows.flatMap(({ name, displayName }) => (displayName === null ? [] : [[name, displayName]])),
    )
  }
}
