import { LRUCache } from 'lru-cache'
import type { PresenceListener } from '../channels/index.ts'
import type { Kind } from './access.ts'
import { presentGroup, presentRoom } from './glances.ts'

/** The group of everyone who has a page of the product open, whichever it is. */
const PEOPLE = 'people'

/** People in one room who are counted. */
const COUNTED = 1_000

/** Rooms whose counts are kept, some megabytes, and the milliseconds for which one is good unless a change is announced. */
const KEPT = 20_000
const GOOD_FOR = 30_000

/** The part of `app.presence` that is used here. */
interface People {
  join(group: string, name: string, connection: string): Promise<void>
  leave(group: string, name: string, connection: string): void
  watch(group: string): void
  has(group: string, name: string): boolean
  counts(groups: readonly string[], limit: number): Promise<number[]>
  onChange(listener: PresenceListener): void
}

/** A room in the list of one of its members. */
export interface CountedRoom {
  readonly id: number
  readonly kind: Kind
  /** The usernames of the others in a direct room; of other rooms none. */
  readonly others: readonly string[]
}

/**
 * Counts the people who are online, for lists of rooms: in a direct room those of the others who have any page open, in every
 * other room those who have its chat or its sheet open. The counts of rooms that nobody has open in this process come from
 * Redis, and are remembered until a change is announced.
 */
export class OnlineCounts {
  readonly #people: People
  readonly #kept = new LRUCache<number, number>({ max: KEPT, ttl: GOOD_FOR })

  constructor(people: People) {
    this.#people = people
    people.watch(PEOPLE)
  }

  /** A person has a page open, on this connection. */
  arrive(username: string, connection: string): void {
    void this.#people.join(PEOPLE, username, connection)
  }

  leave(username: string, connection: string): void {
    this.#people.leave(PEOPLE, username, connection)
  }

  /** Calls back when others are in a room than before, in as far as this process attends to it. */
  onRoomChange(listener: (room: number) => void): void {
    this.#people.onChange((group) => {
      const room = presentRoom(group)
      if (room !== undefined) listener(room)
    })
  }

  /** Calls back with the usernames of people who have come or gone, in whichever process. */
  onPeopleChange(listener: (usernames: readonly string[]) => void): void {
    this.#people.onChange((group, joined, left) => {
      if (group === PEOPLE) listener([...joined, ...left])
    })
  }

  /** The count of a room has changed: it is asked for anew. */
  forget(room: number): void {
    this.#kept.delete(room)
  }

  /** Counts for each of these rooms how many people are there, up to a thousand. @returns by room; it never rejects */
  async count(rooms: readonly CountedRoom[]): Promise<Map<number, number>> {
    const counts = new Map<number, number>()
    const unknown: number[] = []
    for (const { id, kind, others } of rooms) {
      const count = kind === 'direct' ? this.present(others) : this.#kept.get(id)
      if (count === undefined) unknown.push(id)
      else counts.set(id, count)
    }
    const asked = await this.#people.counts(unknown.map(presentGroup), COUNTED)
    for (const [index, id] of unknown.entries()) {
      const count = asked[index] ?? 0
      counts.set(id, count)
      this.#kept.set(id, count)
    }
    return counts
  }

  /** Counts which of these people have a page open, in all processes. */
  present(usernames: readonly string[]): number {
    return usernames.filter((username) => this.#people.has(PEOPLE, username)).length
  }
}
