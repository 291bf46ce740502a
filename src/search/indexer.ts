import type { FastifyBaseLogger } from 'fastify'
import { type MessageText, textsChangedAfter } from '../chat/index.ts'
import { type TalkingRoom, talkingRooms } from '../rooms/index.ts'
import { type Database, isLogged } from '../storage/index.ts'
import { Pace } from './pace.ts'
import { IndexAway, type MessageToIndex, type RoomChanges, type SearchIndex } from './search-index.ts'

/** Milliseconds until the next attempt when the index could not be written. */
const AGAIN = 2_000

/** Rooms, messages of one room, messages of all rooms, and characters that are indexed at once. */
const ROOMS = 100
const MESSAGES_OF_ROOM = 200
const MESSAGES = 1_000
const CHARACTERS = 64 * 1024

/** Rooms of which something is left to index. */
interface Left {
  /** Those whose turn has not come. */
  readonly untouched: readonly number[]
  /** Those of which a part was indexed. */
  readonly unfinished: readonly number[]
}

/** Rooms whose positions are remembered. */
const REMEMBERED = 20_000

/**
 * Makes the index follow the messages, soon after they are committed and outside of their transactions. Nothing is written for it
 * together with a message. Changes that a killed process left behind are found by `CatchingUp`, because the index knows its
 * position in each room.
 */
export class Indexer {
  readonly #database: Database
  readonly #index: SearchIndex
  readonly #log: FastifyBaseLogger
  readonly #prepare: () => Promise<void>
  readonly #pace = new Pace()
  #isPrepared = false
  /** Rooms that may have changed, those that have waited longest first. */
  #changed = new Set<number>()
  /** The `rev` up to which rooms are indexed, as the index last reported. Another process may have continued: `apply` tells. */
  readonly #positions = new Map<number, number>()
  /** The milliseconds that the last piece of work took. */
  #took = 0
  #timer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  /** Rooms that are taken at once. After a failure it is one, so that a room which cannot be indexed holds up no other. */
  #atOnce = ROOMS
  #hasFailed = false
  #isClosed = false

  /** @param prepare is called before anything is indexed, until it succeeds */
  constructor(database: Database, index: SearchIndex, log: FastifyBaseLogger, prepare: () => Promise<void>) {
    this.#database = database
    this.#index = index
    this.#log = log
    this.#prepare = prepare
  }

  /** To be called when something has changed in a room. */
  changed(room: number): void {
    this.#changed.add(room)
    this.#wake()
  }

  /** Tells whether a room is known to be indexed up to this change. */
  has(room: number, rev: number): boolean {
    return this.#positions.get(room) === rev
  }

  /** Remembers up to which change a room is indexed. */
  learn(room: number, rev: number): void {
    this.#positions.delete(room)
    this.#positions.set(room, rev)
    const oldest = this.#positions.keys().next().value
    if (this.#positions.size > REMEMBERED && oldest !== undefined) this.#positions.delete(oldest)
  }

  /** Forgets the position of a room, or of all rooms, because it may have changed elsewhere. */
  forget(room?: number): void {
    if (room === undefined) this.#positions.clear()
    else this.#positions.delete(room)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #wake(isUnfinished = false): void {
    if (this.#isClosed || this.#working || this.#timer) return
    const wait = this.#hasFailed ? AGAIN : this.#pace.after({ took: this.#took, isUnfinished })
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const began = performance.now()
      this.#working = this.#work().then((isUnfinished) => {
        this.#working = undefined
        this.#took = performance.now() - began
        if (this.#changed.size > 0) this.#wake(isUnfinished)
      })
    }, wait).unref()
  }

  /** @returns whether something was left for which nothing has to be gathered */
  async #work(): Promise<boolean> {
    const rooms = [...this.#changed].slice(0, this.#atOnce)
    const isAll = rooms.length === this.#changed.size
    for (const room of rooms) this.#changed.delete(room)
    try {
      if (!this.#isPrepared) await this.#prepare()
      this.#isPrepared = true
      const left = await this.#apply(rooms)
      this.#changed = new Set([...left.untouched, ...this.#changed, ...left.unfinished])
      this.#hasFailed = false
      this.#atOnce = Math.min(2 * this.#atOnce, ROOMS)
      return !isAll || left.untouched.length + left.unfinished.length > 0
    } catch (error) {
      for (const room of rooms) this.#changed.add(room)
      this.#hasFailed = true
      this.#atOnce = 1
      if (!this.#isClosed && !isLogged(error) && !(error instanceof IndexAway))
        this.#log.warn({ err: error }, 'messages could not be indexed; this will be tried again')
      return true
    }
  }

  /** Indexes rooms, as much as is done at once. Of many rooms it takes a little each, so that none waits for the talk of others. */
  async #apply(ids: readonly number[]): Promise<Left> {
    await this.#learn(ids)
    const rooms = new Map((await talkingRooms(this.#database, ids)).map((room) => [room.id, room]))
    const limit = Math.min(MESSAGES_OF_ROOM, Math.ceil(MESSAGES / rooms.size))
    const changes: RoomChanges[] = []
    const untouched: number[] = []
    const unfinished: number[] = []
    let characters = 0
    for (const id of ids) {
      const room = rooms.get(id)
      if (!room) continue
      if (characters > CHARACTERS) {
        untouched.push(id)
        continue
      }
      const change = await this.#changesOf(room, limit)
      if (!change) continue
      changes.push(change)
      characters += lengthOf(change.messages)
      if (change.to < room.rev) unfinished.push(id)
    }
    if (changes.length === 0) return { untouched, unfinished }
    const positions = await this.#index.apply(changes)
    for (const { rev, room } of positions) this.learn(room, rev)
    // Another process came first; this one continues where that one stopped.
    const late = changes.filter(({ room, to }) => this.#positions.get(room) !== to).map(({ room }) => room)
    return { untouched, unfinished: [...unfinished, ...late] }
  }

  async #changesOf({ id, kind, rev }: TalkingRoom, limit: number): Promise<RoomChanges | undefined> {
    const from = this.#positions.get(id) ?? 0
    if (from >= rev) return undefined
    const found = await textsChangedAfter(this.#database, id, from, limit)
    const messages = upToSize(found)
    const last = messages.at(-1)
    const isAll = messages.length === found.length && found.length < limit
    const to = isAll ? Math.max(rev, last?.rev ?? 0) : (last?.rev ?? rev)
    return { room: id, open: kind === 'open', from, to, messages: messages.map(toIndex) }
  }

  async #learn(rooms: readonly number[]): Promise<void> {
    const unknown = rooms.filter((room) => !this.#positions.has(room))
    if (unknown.length === 0) return
    const known = new Map((await this.#index.positions(unknown)).map(({ rev, room }) => [room, rev]))
    for (const room of unknown) this.learn(room, known.get(room) ?? 0)
  }
}

/** Converts a message for the index. */
export function toIndex({ at, ...message }: MessageText): MessageToIndex {
  return { ...message, at: Date.parse(at) }
}

function lengthOf(messages: readonly MessageToIndex[]): number {
  return messages.reduce((sum, { text }) => sum + (text?.length ?? 0), 0)
}

/** The first of these messages, at least one, that together are short enough. */
function upToSize(messages: readonly MessageText[]): readonly MessageText[] {
  let characters = 0
  const large = messages.findIndex(({ text }, at) => {
    characters += text?.length ?? 0
    return at > 0 && characters > CHARACTERS
  })
  return large < 0 ? messages : messages.slice(0, large)
}
