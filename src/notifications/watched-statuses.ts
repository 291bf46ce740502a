import { type Static, Type } from 'typebox'
import { numbersOf, type Person, statusesOf, statusWords } from '../accounts/index.ts'
import type { Database } from '../storage/index.ts'

/** People whose statuses one connection follows: no page lists more. */
export const MOST_WATCHED = 100

/** Statuses of people whom a page shows. */
export const StatusesFrame = Type.Object({
  type: Type.Literal('statuses'),
  statuses: Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
    description: 'by username: an emoji, a text, or both with a space between them; null: none',
  }),
})
export type StatusesFrame = Static<typeof StatusesFrame>

type Watcher = (status: string | null) => void

/** The statuses of people shown to those who are connected to this process. */
export class WatchedStatuses {
  readonly #database: Database
  /** By the number of the account: a deleted one has another name. */
  readonly #watchers = new Map<number, Set<Watcher>>()

  constructor(database: Database) {
    this.#database = database
  }

  /**
   * Follows the statuses of some people: all of them are told as they are now, and then each change.
   * @param usernames at most `MOST_WATCHED`
   * @returns a function that ends it
   * @throws what the database throws
   */
  async watch(usernames: readonly string[], tell: (frame: StatusesFrame) => void): Promise<() => void> {
    /** The changes that came while the statuses were read; undefined: they have been. */
    let changed: Map<string, string | null> | undefined = new Map()
    const watched = [...(await numbersOf(this.#database, usernames))].map(([username, user]) => {
      const watcher: Watcher = (status) => {
        if (changed) changed.set(username, status)
        else tell(statusesFrame([[username, status]]))
      }
      this.#watchers.set(user, (this.#watchers.get(user) ?? new Set()).add(watcher))
      return { user, watcher }
    })
    const leave = () => {
      for (const { user, watcher } of watched) this.#remove(user, watcher)
    }
    try {
      const present = await statusesOf(this.#database, usernames)
      const statuses = new Map(usernames.map((username) => [username, present.get(username) ?? null]))
      tell(statusesFrame([...statuses, ...changed]))
      changed = undefined
      return leave
    } catch (error) {
      leave()
      throw error
    }
  }

  /** Tells those who follow a person of their status, which may be another one. */
  personChanged({ deactivated, id, status }: Person): void {
    const words = deactivated ? undefined : statusWords(status)
    for (const watcher of this.#watchers.get(id) ?? []) watcher(words ?? null)
  }

  #remove(user: number, watcher: Watcher): void {
    const watchers = this.#watchers.get(user)
    watchers?.delete(watcher)
    if (watchers?.size === 0) this.#watchers.delete(user)
  }
}

function statusesFrame(statuses: readonly (readonly [string, string | null])[]): StatusesFrame {
  return { type: 'statuses', statuses: Object.fromEntries(statuses) }
}
