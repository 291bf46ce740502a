import type { FastifyInstance } from 'fastify'
import { findPerson } from '../accounts/index.ts'
import { type FoundMessage, messagesIn, neighboursOf, withFileNames } from '../chat/index.ts'
import { type ReadableRoom, readableRooms, readableScope, readableSlugs } from '../rooms/index.ts'
import type { Database } from '../storage/index.ts'
import { beginningOf, datesBetween } from './dates.ts'
import { type Query, rareTokens } from './query.ts'
import type { FoundPlaces, IndexQuery, Scope, SearchIndex } from './search-index.ts'
import { SearchQueue } from './search-queue.ts'
import { ofSender, onDay, WITH_FILE } from './words/tokens.ts'
import { writtenWords } from './words/written-words.ts'

/** The person who searches. */
export interface Searcher {
  readonly id: number
  /** Their username. */
  readonly name: string
}

/** A message that was found, and its room as the searcher sees it. */
export interface Hit {
  readonly message: FoundMessage
  readonly room: ReadableRoom
}

/** The messages right before and right after a found one. */
export interface Context {
  readonly before: FoundMessage | undefined
  readonly after: FoundMessage | undefined
}

export interface Hits {
  /** Newest first. */
  readonly hits: readonly Hit[]
  /** The place where the next page begins, if there may be one. */
  readonly next: number | undefined
}

/** Finds messages in the rooms that a person may read. */
export class Search {
  readonly #database: Database
  readonly #index: SearchIndex
  readonly #timeZones: FastifyInstance['timeZones']
  readonly #queue = new SearchQueue()

  constructor({ database, timeZones }: FastifyInstance, index: SearchIndex) {
    this.#database = database
    this.#index = index
    this.#timeZones = timeZones
  }

  /**
   * Finds messages, newest first. Only rooms that the person may read are searched, and others do not affect the cost. If very many
   * messages have to be looked at, it returns fewer than there are, with a place to continue from.
   * @param below a place that an earlier call returned
   * @throws QueryFault, or TooManyRequests if the person has several searches running
   */
  async find(query: Query, person: Searcher, limit: number, below?: number): Promise<Hits> {
    return this.#queue.run(person.id, async () => {
      const found = await this.#find(query, person, limit + 1, below)
      if (!found) return { hits: [], next: undefined }
      const places = found.places.slice(0, limit)
      const last = places.at(-1)
      const next = found.places.length > limit ? last?.place : found.next
      return { hits: await this.#read(query, places, person), next }
    })
  }

  /** Reads the neighbours of messages that were just found, in the same order, except for those that were found themselves. */
  async contexts(hits: readonly Hit[]): Promise<Context[]> {
    const shown = new Set(hits.map(({ message }) => placeOf(message.roomId, message.seq)))
    const places = hits.map(({ message: { roomId, seq } }) => ({ room: roomId, seq }))
    const beside = await neighboursOf(this.#database, places)
    const wanted = beside.flatMap(({ after, before, room }) =>
      [before, after].flatMap((seq) =>
        seq === null || shown.has(placeOf(room, seq)) ? [] : [{ room, seq }],
      ),
    )
    const messages = wanted.length === 0 ? [] : await messagesIn(this.#database, wanted)
    const found = new Map(messages.map((message) => [placeOf(message.roomId, message.seq), message]))
    const neighbours = new Map(beside.map((one) => [placeOf(one.room, one.seq), one]))
    return places.map(({ room, seq }) => {
      const { after = null, before = null } = neighbours.get(placeOf(room, seq)) ?? {}
      return { before: found.get(placeOf(room, before)), after: found.get(placeOf(room, after)) }
    })
  }

  async #find(
    query: Query,
    person: Searcher,
    limit: number,
    below?: number,
  ): Promise<FoundPlaces | undefined> {
    const [{ after, before }, scope, senders] = await Promise.all([
      this.#times(query, person),
      this.#scope(query.rooms, person),
      this.#senders(query.from, person),
    ])
    const dates = datesBetween(after, before)
    if (!scope || !senders || dates?.length === 0) return undefined
    const files = query.hasFile ? [WITH_FILE] : []
    return this.#index.find({
      words: {
        often: distinct([...query.terms.flatMap(({ parts }) => parts), ...files]),
        seldom: distinct([...rareTokens(query.terms), ...files]),
      },
      any: senders.length > 0 ? [senders] : [],
      dates: dates?.map(onDay),
      scope,
      needles: query.terms.flatMap(({ needle }) => needle ?? []),
      ...{ after, before, below, limit },
    })
  }

  /** The times, in milliseconds since 1970, from and to which messages are wanted. */
  async #times(query: Query, { id }: Searcher): Promise<Pick<IndexQuery, 'after' | 'before'>> {
    if (query.after.length + query.before.length === 0) return { after: undefined, before: undefined }
    const zone = await this.#timeZones.of(id)
    return {
      after: latest(query.after.map((date) => beginningOf(date, 'after', zone))),
      before: earliest(query.before.map((date) => beginningOf(date, 'before', zone))),
    }
  }

  /** The rooms to search in; undefined: there are none. */
  async #scope(slugs: readonly string[], { id }: Searcher): Promise<Scope | undefined> {
    const [scope, only] = await Promise.all([
      readableScope(this.#database, id),
      slugs.length === 0 ? undefined : readableSlugs(this.#database, id, slugs),
    ])
    return only?.length === 0 ? undefined : { ...scope, only }
  }

  /** The tokens of the senders, of whom any will do; undefined: none of the names exists. */
  async #senders(names: readonly string[], person: Searcher): Promise<string[] | undefined> {
    const senders: string[] = []
    for (const name of new Set(names)) {
      const found = name.toLowerCase() === 'me' ? person : await findPerson(this.#database, name)
      if (found) senders.push(ofSender(found.id))
    }
    return names.length > 0 && senders.length === 0 ? undefined : senders
  }

  /** Reads found messages. Those that were deleted meanwhile, no longer match or can no longer be read are left out. */
  async #read(
    { terms }: Query,
    places: FoundPlaces['places'],
    { id: user, name: username }: Searcher,
  ): Promise<Hit[]> {
    if (places.length === 0) return []
    const revs = new Map(places.map(({ rev, room, seq }) => [placeOf(room, seq), rev]))
    const messages = (await messagesIn(this.#database, places)).filter(
      (message) =>
        revs.get(placeOf(message.roomId, message.seq)) === message.rev ||
        holdsAll(withFileNames(message), terms),
    )
    const readers = [...new Set(messages.map(({ roomId }) => roomId))].map((room) => ({
      room,
      user,
      username,
    }))
    const rooms = new Map((await readableRooms(this.#database, readers)).map((room) => [room.room, room]))
    const hits = messages.flatMap((message): Hit[] => {
      const room = rooms.get(message.roomId)
      return room ? [{ message, room }] : []
    })
    // Places follow time except for messages that were indexed late.
    return hits.sort((one, other) => compare(other.message, one.message))
  }
}

function distinct(tokens: readonly string[]): string[] {
  return [...new Set(tokens)]
}

function placeOf(room: number, seq: number | null): string {
  return `${room} ${seq}`
}

function holdsAll(text: string, terms: Query['terms']): boolean {
  const words = ` ${writtenWords(text)} `
  return terms.every(({ shown }) => words.includes(shown))
}

function compare(one: FoundMessage, other: FoundMessage): number {
  if (one.at !== other.at) return one.at < other.at ? -1 : 1
  return one.roomId - other.roomId || one.seq - other.seq
}

function latest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.max(...times)
}

function earliest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times)
}
