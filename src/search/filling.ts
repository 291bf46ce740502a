import { textsBefore } from '../chat/index.ts'
import { type TalkingRoom, talkingRooms } from '../rooms/index.ts'
import type { Database } from '../storage/index.ts'
import { toIndex } from './indexer.ts'
import type { EarlierMessages, MessageToIndex, SearchIndex } from './search-index.ts'

/** The messages, and the characters in them, that are added at once. */
const MESSAGES = 400
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
  /** Messages that were read and not yet added, newest first. */
  read: MessageToIndex[]
  isRead: boolean
  /** The time of its next message, which may turn out to be older. */
  next: number
}

/**
 * Adds the messages from before the index existed, newest first across all rooms, so that places in the index follow time. It
 * continues where this or another process stopped.
 */
export class Filling {
  readonly #database: Database
  readonly #index: SearchIndex
  /** The rooms that are left; undefined: not looked up yet. */
  #rooms: FillingRoom[] | undefined

  constructor(database: Database, index: SearchIndex) {
    this.#database = database
    this.#index = index
  }

  /** To be called when there are more rooms. */
  lookAgain(): void {
    this.#rooms = undefined
  }

  /** Adds some messages. @returns whether there may be more */
  async goOn(): Promise<boolean> {
    this.#rooms ??= await this.#unfilled()
    if (this.#rooms.length === 0) {
      // Another process may register more.
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
      // The room with the latest message is at the end.
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
      // Reversed as a whole, so that messages of one room keep their order even at the same time.
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

/** Inserts a room into a list that is sorted by `next`. */
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

/** The `seq` from which on all messages of a room have been added; 0: all have. */
function downOf(room: FillingRoom): number {
  if (isDone(room)) return 0
  const next = room.read[0]
  return next ? next.seq + 1 : room.down
}
