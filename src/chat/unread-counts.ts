import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Database } from '../storage/index.ts'

/** The state of a room, and of one person's reading there, for which a count is valid. */
export interface CountedRoom {
  readonly id: number
  readonly rev: number
  readonly activeAt: string
  readonly readSeq: number
  /** Messages that are looked at. */
  readonly counted: number
}

/** Counts that are kept: some three megabytes. */
const KEPT = 20_000

/**
 * Cached counts of unread messages. Every page shows them for all of a person's rooms, and counting looks at up to a thousand
 * messages. A count is valid until the room's `rev`, the person's reading position or the people they have blocked change; after
 * the database went back, the time distinguishes two changes with the same number.
 */
export class UnreadCounts {
  readonly #counts = new LRUCache<string, { readonly state: string; readonly unread: number }>({ max: KEPT })

  /** The counts of one person. @param blocked the `id`s of those whom they have blocked, in rising order */
  of(user: number, blocked: readonly number[]): CountsOfPerson {
    const without = blocked.length === 0 ? '' : hash('sha256', blocked.join(), 'base64url')
    const stateOf = ({ activeAt, counted, readSeq, rev }: CountedRoom) =>
      `${rev} ${readSeq} ${counted} ${activeAt} ${without}`
    return {
      get: (room) => {
        const count = this.#counts.get(keyOf(user, room))
        return count?.state === stateOf(room) ? count.unread : undefined
      },
      set: (room, unread) => void this.#counts.set(keyOf(user, room), { state: stateOf(room), unread }),
    }
  }
}

export interface CountsOfPerson {
  /** @returns undefined where the messages have to be counted */
  get(room: CountedRoom): number | undefined
  /** @param room as it was read before its messages were counted */
  set(room: CountedRoom, unread: number): void
}

const ofDatabases = new WeakMap<Database, UnreadCounts>()

/** The counts of everyone on a database. */
export function unreadCounts(database: Database): UnreadCounts {
  const known = ofDatabases.get(database) ?? new UnreadCounts()
  ofDatabases.set(database, known)
  return known
}

function keyOf(user: number, { id }: CountedRoom): string {
  return `${user} ${id}`
}
