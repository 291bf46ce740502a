import { LRUCache } from 'lru-cache'
import type { About } from '../channels/index.ts'
import type { Database } from '../storage/index.ts'
import { displayNamesOf } from './people.ts'
import { type ShownStatus, statusWords } from './profiles/shown-status.ts'

/** People who are remembered. */
const REMEMBERED = 20_000

/** Milliseconds that may be waited for people who are not remembered; after that they are shown by their usernames alone. */
const PATIENCE = 1_000

/** The display name, the picture and the status of a person. */
interface Shown {
  /** Null: they have no name beside it. */
  readonly displayName: string | null
  /** Null: they have no picture. */
  readonly picture: string | null
  readonly status?: ShownStatus | undefined
}

type Entry = readonly [username: string, shown: Shown]

/** Remembers people's names, pictures and statuses, so that they can be sent with arrivals and departures. */
export class PersonBook {
  readonly #database: Database
  readonly #people = new LRUCache<string, Shown>({ max: REMEMBERED })
  /** Counts the changes: what was being read when one came may be old. */
  #changes = 0

  constructor(database: Database) {
    this.#database = database
  }

  /** Takes over how a person is shown now. */
  change(username: string, { displayName, picture, status }: Shown): void {
    this.#changes += 1
    this.#people.set(username, { displayName, picture, status })
  }

  /**
   * Finds people's `names`, `pictures` and `statuses`, synchronously if all are remembered. It never rejects; people who are not
   * found in time are left out.
   */
  describe(usernames: readonly string[]): About | Promise<About> {
    const unknown = usernames.filter((username) => !this.#people.has(username))
    if (unknown.length === 0) return aboutPeople(this.#known(usernames))
    const { promise: tooLate, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, PATIENCE)
    return Promise.race([this.#read(unknown), tooLate])
      .then(
        (read) => aboutPeople([...this.#known(usernames), ...(read ?? [])]),
        () => aboutPeople(this.#known(usernames)),
      )
      .finally(() => clearTimeout(timer))
  }

  #known(usernames: readonly string[]): Entry[] {
    return usernames.flatMap((username) => {
      const shown = this.#people.get(username)
      return shown ? [[username, shown] as const] : []
    })
  }

  async #read(usernames: readonly string[]): Promise<Entry[]> {
    const before = this.#changes
    const entries = (await displayNamesOf(this.#database, usernames)).map(
      ({ name, ...shown }) => [name, shown] as const,
    )
    if (before === this.#changes) for (const [username, shown] of entries) this.#people.set(username, shown)
    return entries
  }
}

function aboutPeople(people: readonly Entry[]): About {
  const names: Record<string, string> = {}
  const pictures: Record<string, string> = {}
  const statuses: Record<string, string> = {}
  for (const [username, { displayName, picture, status }] of people) {
    if (displayName !== null) names[username] = displayName
    if (picture !== null) pictures[username] = picture
    const words = statusWords(status)
    if (words !== undefined) statuses[username] = words
  }
  return { names, pictures, statuses }
}
