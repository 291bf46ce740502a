import { textsBefore } from '../chat/index.ts'
import { type TalkingRoom, talkingRooms } from '../rooms/index.ts'
import type { Database } from '../storage/index.ts'
import { toIndex } from './indexer.ts'
import type { EarlierMessages, MessageToIndex, SearchIndex } from './search-index.ts'

/** Messages that are added at once, and their characters. */
const MESSAGES = 200
const CHARACTERS = 64 * 1024

/** Messages of one room that are read at once. */
const READ = 20

/** Rooms that are looked up at once. */
const ROOMS = 500

/** A room whose earlier messages are being added, from the newest to the oldest. */
interface FillingRoom {
  readonly id: number
  readonly open: boolean
  /** Those with a lower `seq` are still to be read. */
  down: number
  /** Read, and not yet added; the newest first. */
  read: MessageToIndex[]
  isRead: boolean
  /** When the next of it was said, at the latest. */
  next: number
}

/**
 * Adds what was said before there was an index: of all rooms together the newest messages first, so that places in the index follow
 * time. It goes on where it, or another process, was stopped.
 */
export class Filling {
  readonly #database: Database
  readonly #index: SearchIndex
  /** The rooms that are left; undefined: they are to be looked up. */
  #rooms: FillingRoom[] | undefined

  constructor(database: Database, index: SearchIndex) {
    this.#database = database
    this.#index = index
  }

  /** Says that there are more rooms. */
  lookAgain(): void {
    this.#rooms = undefined
  }

  /** Adds some. @returns whether there may be more */
  async goOn(): Promise<boolean> {
    this.#rooms ??= await this.#unfilled()
    if (this.#rooms.length === 0) {
      // Another process may begin with some.
      this.#rooms = undefined
      return false
    }
    try {
      await this.#add(this.#rooms)
    } catch (error) {
      this.#rooms = undefined
      throw error
    }
    return true
  }

  async #add(rooms: FillingRoom[]): Promise<void> {
    const added: EarlierMessages['messages'][number][] = []
    const touched = new Set<FillingRoom>()
    let characters = 0
    while (added.length < MESSAGES && characters < CHARACTERS) {
      // The latest stands at the end.
      const room = rooms.pop()
      if (!room) break
      touched.add(room)
      if (room.read.length === 0) await this.#read(room)
      const others = rooms.at(-1)?.next ?? Number.NEGATIVE_INFINITY
      while (added.length < MESSAGES && characters < CHARACTERS && room.next >= others) {
        const message = room.read.shift()
        if (!message) break
        added.push({ ...message, room: room.id, open: room.open })
        characters += message.text?.length ?? 0
        room.next = room.read[0]?.at ?? message.at
      }
      if (!isDone(room)) putInOrder(rooms, room)
    }
    await this.#index.fill({
      // In one order with those of a room that are of one moment.
      messages: added.toReversed(),
      rooms: [...touched].map((room) => ({ room: room.id, down: downOf(room) })),
    })
  }

  async #read(room: FillingRoom): Promise<void> {
    const texts = await textsBefore(this.#database, room.id, room.down, READ)
    room.read = texts.map(toIndex)
    room.isRead = texts.length < READ
    room.down = texts.at(-1)?.seq ?? 0
    room.next = room.read[0]?.at ?? Number.NEGATIVE_INFINITY
  }

  async #unfilled(): Promise<FillingRoom[]> {
    const positions = await this.#index.unfilled()
    const rooms: FillingRoom[] = []
    for (let start = 0; start < positions.length; start += ROOMS) {
      const some = positions.slice(start, start + ROOMS)
      const found = await talkingRooms(
        this.#database,
        some.map(({ room }) => room),
      )
      const filled = new Map(some.map((position) => [position.room, position.filled]))
      rooms.push(...found.map((room) => fillingRoom(room, filled.get(room.id) ?? 0)))
    }
    return rooms.sort((one, other) => one.next - other.next)
  }
}

function fillingRoom({ activeAt, id, kind }: TalkingRoom, filled: number): FillingRoom {
  return { id, open: kind === 'open', down: filled, read: [], isRead: false, next: Date.parse(activeAt) }
}

/** Puts a room among others, which stand in rising `next`. */
function putInOrder(rooms: FillingRoom[], room: FillingRoom): void {
  let [low, high] = [0, rooms.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((rooms[middle]?.next ?? 0) < room.next) low = middle + 1
    else high = middle
  }
  rooms.splice(low, 0, room)
}

function isDone({ isRead, read }: FillingRoom): boolean {
  return isRead && read.length === 0
}

/** The `seq` from which on all of a room has been added; 0: all of it has. */
function downOf(room: FillingRoom): number {
  if (isDone(room)) return 0
  const next = room.read[0]
  return next ? next.seq + 1 : room.down
}
