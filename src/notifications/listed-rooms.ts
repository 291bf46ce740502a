import type { FastifyBaseLogger } from 'fastify'
import type { ChannelEvent, ChannelLayer } from '../channels/index.ts'
import type { ListedRoom } from '../chat/index.ts'
import { listedGroup } from '../rooms/index.ts'

/** A room in lists of people who are connected to this process. */
interface Listing<List> {
  readonly channel: string
  readonly lists: Set<List>
  /** The usernames of the people in a direct room, whose presence changes it. */
  readonly people: Set<string>
}

export interface ListedRoomsOptions {
  readonly layer: ChannelLayer
  readonly log: FastifyBaseLogger
  /** Called with each event of a listed room. */
  readonly heard: (room: number, event: ChannelEvent) => void
  /** Called when a room is followed, in which something may have happened before. */
  readonly followed: (room: number) => void
}

/** The rooms in any list of this process. Each is followed by one channel, for as long as it is in a list. */
export class ListedRooms<List> {
  readonly #options: ListedRoomsOptions
  readonly #listings = new Map<number, Listing<List>>()
  /** The direct rooms of the lists, by the usernames of the people in them. */
  readonly #directRooms = new Map<string, Set<number>>()

  constructor(options: ListedRoomsOptions) {
    this.#options = options
  }

  /** The lists that a room is in. */
  listsOf(room: number): ReadonlySet<List> {
    return this.#listings.get(room)?.lists ?? new Set()
  }

  /** The listed direct rooms with a person. */
  directRoomsWith(username: string): ReadonlySet<number> {
    return this.#directRooms.get(username) ?? new Set()
  }

  add(list: List, { id, others }: ListedRoom): void {
    const listing = this.#listings.get(id) ?? this.#open(id)
    listing.lists.add(list)
    for (const username of others) {
      listing.people.add(username)
      this.#directRooms.set(username, (this.#directRooms.get(username) ?? new Set()).add(id))
    }
  }

  /** @returns whether the room is in no list any more */
  remove(list: List, room: number): boolean {
    const listing = this.#listings.get(room)
    listing?.lists.delete(list)
    if (!listing || listing.lists.size > 0) return false
    this.#listings.delete(room)
    for (const username of listing.people) {
      const rooms = this.#directRooms.get(username)
      rooms?.delete(room)
      if (rooms?.size === 0) this.#directRooms.delete(username)
    }
    const { layer, log } = this.#options
    layer
      .closeChannel(listing.channel)
      .catch((error) => log.warn({ err: error }, 'the channel of a listed room was not closed'))
    return true
  }

  #open(room: number): Listing<List> {
    const { layer, log, heard, followed } = this.#options
    const channel = layer.newChannel((event) => {
      heard(room, event)
      return true
    })
    const listing = { channel, lists: new Set<List>(), people: new Set<string>() }
    this.#listings.set(room, listing)
    layer
      .groupAdd(listedGroup(room), channel)
      .then(() => {
        if (this.#listings.get(room) === listing) followed(room)
      })
      .catch((error) => log.warn({ err: error }, 'a room of a list could not be followed'))
    return listing
  }
}
