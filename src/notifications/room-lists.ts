import type { FastifyBaseLogger } from 'fastify'
import { type BlocksChanged, blockedBy, blocksGroup } from '../accounts/index.ts'
import type { ChannelEvent, ChannelLayer } from '../channels/index.ts'
import { type RoomNews, roomList, roomNews, unreadAmong } from '../chat/index.ts'
import { type Repetition, repeat } from '../repeat.ts'
import {
  isShown,
  type ListedRoomChanged,
  listGroup,
  type MemberStanding,
  memberStandings,
  type OnlineCounts,
  type RoomListChanged,
  type RoomOnlineChanged,
  type RoomRead,
} from '../rooms/index.ts'
import { type Database, isLogged } from '../storage/index.ts'
import { ListedRooms } from './listed-rooms.ts'
import { unreadMentions } from './notification-rows.ts'
import { RoomListChanges } from './room-list-changes.ts'
import {
  entryOf,
  goneFrame,
  isSame,
  type NotedRoom,
  type RoomFrame,
  type RoomsFrame,
  roomFrame,
  withNews,
} from './room-list-frames.ts'

/** One connection of a person who follows their list. */
export type ListFollower = (frame: RoomsFrame | RoomFrame) => void

/** Milliseconds between two looks at what changed: a list is told of a room at most twice a second. */
const INTERVAL = 500

/** Milliseconds between two times that some lists are compared with the database, and how many are. */
const COMPARE_INTERVAL = 1_000
const COMPARED = 10

/** The list of one person, who may follow it in many tabs. */
interface PersonList {
  readonly user: number
  readonly channel: string
  readonly followers: Set<ListFollower>
  /** Those who will follow once the list has been read. */
  opening: number
  /** The rooms as they were told. */
  rooms: Map<number, NotedRoom>
  /** The number of the person's unread messages that mention them, by room. */
  mentions: ReadonlyMap<number, number>
  /**
   * The `id`s of those whom the person has blocked, as they were when the list was last read: a change has it read again. Undefined:
   * it was not read yet.
   */
  blocked: ReadonlySet<number> | undefined
}

const none: ReadonlyMap<number, number> = new Map()
const nobody: ReadonlySet<number> = new Set()

/**
 * The lists of rooms of people who are connected to this process. However much happens in a room, each list reports it at most
 * twice a second, and only to people who are members at the time when it is read. The database is the truth, and an event only
 * says where to look; changes without an event are found when the lists are compared, in turn.
 */
export class RoomLists {
  readonly #database: Database
  readonly #layer: ChannelLayer
  readonly #online: OnlineCounts
  readonly #log: FastifyBaseLogger
  readonly #lists = new Map<number, PersonList>()
  readonly #rooms: ListedRooms<PersonList>
  readonly #changes = new RoomListChanges()
  readonly #looking: Repetition
  readonly #comparing: Repetition
  /** People whose lists are still to be compared, before it begins anew with all. */
  #uncompared: number[] = []
  /** Rooms that a list was told of when it was read, since the last look: it is told of them again at the next. */
  readonly #told = new Map<PersonList, Set<number>>()

  constructor(database: Database, layer: ChannelLayer, online: OnlineCounts, log: FastifyBaseLogger) {
    this.#database = database
    this.#layer = layer
    this.#online = online
    this.#log = log
    const failed = (error: unknown) => {
      if (!isLogged(error))
        log.warn({ err: error }, 'lists of rooms could not be read; this will be tried again')
    }
    this.#rooms = new ListedRooms({
      layer,
      log,
      heard: (room, event) => this.#heardOf(room, event),
      followed: (room) => this.#changes.rooms.add(room),
    })
    this.#looking = repeat(INTERVAL, failed, () => this.#look())
    this.#comparing = repeat(COMPARE_INTERVAL, failed, async () => this.#compareSome())
    layer.onReconnect(() => {
      for (const user of this.#lists.keys()) this.#changes.lists.add(user)
    })
    online.onPeopleChange((usernames) => {
      for (const username of usernames)
        for (const room of this.#rooms.directRoomsWith(username)) this.#changes.online.add(room)
    })
  }

  /**
   * Follows the list of a person: the follower gets all of it as it is now, and then each change.
   * @returns a function that ends it
   * @throws what the database throws
   */
  async follow(user: number, follower: ListFollower): Promise<() => void> {
    const list = this.#lists.get(user) ?? this.#open(user)
    list.opening += 1
    try {
      // A member of the group first: what changes while the list is read is then announced.
      await this.#layer.groupAdd(listGroup(user), list.channel)
      await this.#readAndReplace(list)
      // In one turn, so that no change comes before the list that it is a change of.
      follower({ type: 'rooms', rooms: [...list.rooms.values()].filter(isShown).map(entryOf) })
      list.followers.add(follower)
    } finally {
      list.opening -= 1
      this.#closeIfUnused(list)
    }
    return () => {
      list.followers.delete(follower)
      this.#closeIfUnused(list)
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#looking.stop(), this.#comparing.stop()])
  }

  /** The database went back: everyone is told all of their list anew, as it is now. */
  startAnew(): void {
    for (const user of this.#lists.keys()) this.#changes.outdated.add(user)
  }

  /** People may be mentioned in other messages than before. */
  mentionsChanged(users: readonly number[]): void {
    for (const user of users) if (this.#lists.has(user)) this.#changes.mentioned.add(user)
  }

  /** Somebody is shown otherwise: those who have a direct room with them read its name anew. */
  personChanged(username: string): void {
    for (const room of this.#rooms.directRoomsWith(username))
      for (const { user } of this.#rooms.listsOf(room)) this.#changes.lists.add(user)
  }

  async #readAndReplace(list: PersonList): Promise<void> {
    const before = list.rooms
    this.#replaceBlocked(list, new Set(await blockedBy(this.#database, list.user)))
    const rooms = await roomList(this.#database, this.#online, list.user)
    const mentions = await unreadMentions(this.#database, [list.user])
    list.mentions = mentions.get(list.user) ?? none
    this.#replace(
      list,
      rooms.map((room) => ({ ...room, mentions: list.mentions.get(room.id) ?? 0 })),
      before,
    )
  }

  /** The devices of a person hear of a change again: the event that said so may have been lost. */
  #replaceBlocked(list: PersonList, blocked: ReadonlySet<number>): void {
    const before = list.blocked
    list.blocked = blocked
    if (!before || (before.size === blocked.size && [...blocked].every((id) => before.has(id)))) return
    const event: BlocksChanged = { type: 'blocks.changed' }
    this.#layer
      .groupSendLocal(blocksGroup(list.user), event)
      .catch((error) => this.#log.warn({ err: error }, 'a change of whom a person has blocked was not told'))
  }

  async #tellAnew(users: readonly number[]): Promise<void> {
    for (const user of users) {
      const list = this.#lists.get(user)
      if (!list) continue
      await this.#readAndReplace(list)
      const rooms = [...list.rooms.values()].filter(isShown).map(entryOf)
      for (const follower of list.followers) follower({ type: 'rooms', rooms })
    }
  }

  #open(user: number): PersonList {
    const list: PersonList = {
      user,
      channel: this.#layer.newChannel((event) => this.#heard(list, event)),
      followers: new Set(),
      opening: 0,
      rooms: new Map(),
      mentions: none,
      blocked: undefined,
    }
    this.#lists.set(user, list)
    return list
  }

  #closeIfUnused(list: PersonList): void {
    if (list.followers.size > 0 || list.opening > 0 || this.#lists.get(list.user) !== list) return
    this.#lists.delete(list.user)
    this.#changes.forgetList(list.user)
    this.#layer
      .closeChannel(list.channel)
      .catch((error) => this.#log.warn({ err: error }, 'the channel of a list was not closed'))
    for (const room of list.rooms.keys()) this.#leave(list, room)
  }

  #heard(list: PersonList, event: ChannelEvent): boolean {
    const announced = event as RoomListChanged | RoomRead
    if (announced.type === 'rooms.list') this.#changes.lists.add(list.user)
    else if (announced.type === 'rooms.read' && list.rooms.has(announced.room)) {
      this.#changes.rooms.add(announced.room)
      if (list.mentions.has(announced.room)) this.#changes.mentioned.add(list.user)
    }
    return true
  }

  /** Reads what changed since the last look, and tells those whose lists it is in. */
  async #look(): Promise<void> {
    await this.#changes.readOutdated((users) => this.#tellAnew(users))
    await this.#changes.readLists((users) => this.#readLists(users))
    await this.#changes.readMentioned((users) => this.#readMentions(users))
    await this.#changes.readRooms(
      (room) => this.#rooms.listsOf(room).size,
      (rooms) => this.#readRooms(rooms),
    )
    this.#told.clear()
  }

  async #readLists(users: readonly number[]): Promise<void> {
    for (const user of users) {
      const list = this.#lists.get(user)
      if (list) await this.#readAndReplace(list)
    }
  }

  /** Has the rooms told in which people are mentioned in more or fewer messages than before. */
  async #readMentions(users: readonly number[]): Promise<void> {
    if (users.length === 0) return
    const mentions = await unreadMentions(this.#database, users)
    for (const user of users) {
      const list = this.#lists.get(user)
      if (!list) continue
      list.mentions = mentions.get(user) ?? none
      for (const { id, mentions: told } of list.rooms.values())
        if (told !== (list.mentions.get(id) ?? 0)) this.#changes.rooms.add(id)
    }
  }

  async #readRooms(rooms: readonly number[]): Promise<void> {
    if (rooms.length === 0) return
    const pairs = rooms.flatMap((room) => [...this.#rooms.listsOf(room)].map(({ user }) => ({ room, user })))
    const news = await roomNews(this.#database, rooms)
    const counts = await this.#online.count(
      news.filter(({ kind }) => kind !== 'direct').map(({ id, kind }) => ({ id, kind, others: [] })),
    )
    // After the news: nobody learns of anything that happened after they were removed.
    const standings = Map.groupBy(await memberStandings(this.#database, pairs), ({ room }) => room)
    for (const one of news) this.#tell(one, standings.get(one.id) ?? [], counts.get(one.id))
  }

  /**
   * Tells of a room to everyone in whose list it stands, where that shows it as it was.
   * @param count of people who are there; undefined for a direct room, in which others are counted for each
   */
  #tell(news: RoomNews, standings: readonly MemberStanding[], count: number | undefined): void {
    const standingOf = new Map(standings.map((standing) => [standing.user, standing]))
    const frames = new Map<string, RoomFrame>()
    for (const list of this.#rooms.listsOf(news.id)) {
      if (this.#told.get(list)?.has(news.id)) {
        this.#changes.rooms.add(news.id)
        continue
      }
      const known = list.rooms.get(news.id)
      const standing = standingOf.get(list.user)
      if (!known || !standing) {
        this.#changes.lists.add(list.user)
        continue
      }
      const online = count ?? this.#online.present(known.others)
      const mentions = list.mentions.get(news.id) ?? 0
      const reader = { ...standing, blocked: list.blocked ?? nobody }
      const room = { ...withNews(known, news, reader), hiddenAfter: standing.hiddenAfter, online, mentions }
      // Somebody far behind has read some: how much is left has to be counted in the database.
      if (known.readSeq !== room.readSeq && unreadAmong(news, reader) === undefined)
        this.#changes.lists.add(list.user)
      list.rooms.set(room.id, room)
      if (!isShown(room)) {
        if (isShown(known)) send(list, goneFrame(known))
        continue
      }
      if (isShown(known) && isSame(known, room)) continue
      // The same object for all to whom it says the same: it is encoded once.
      const { level, name, status, unread } = room
      const own = JSON.stringify([name, unread, mentions, level, online, status])
      const frame = frames.get(own) ?? roomFrame(room)
      frames.set(own, frame)
      send(list, frame)
    }
  }

  /**
   * Puts a list that was just read in the place of the one that was told, and tells what is different.
   * @param asked the rooms as they were told when the list was asked for
   */
  #replace(list: PersonList, rooms: readonly NotedRoom[], asked: ReadonlyMap<number, NotedRoom>): void {
    if (this.#lists.get(list.user) !== list) return
    const before = list.rooms
    // A room may have been read, and told of, since this list was asked for; one that was further before went back.
    const latest = (room: NotedRoom) => {
      const known = before.get(room.id)
      return known && known.rev > room.rev && known !== asked.get(room.id)
        ? { ...known, online: room.online, mentions: room.mentions }
        : room
    }
    list.rooms = new Map(rooms.map((room) => [room.id, latest(room)]))
    const told = this.#told.get(list) ?? new Set()
    this.#told.set(list, told)
    for (const room of list.rooms.values()) {
      const known = before.get(room.id)
      if (!known) this.#rooms.add(list, room)
      if (isShown(room) && !(known && isShown(known) && isSame(known, room))) {
        send(list, roomFrame(room))
        told.add(room.id)
      }
    }
    for (const known of before.values()) {
      const room = list.rooms.get(known.id)
      if (!room) this.#leave(list, known.id)
      if (isShown(known) && !(room && isShown(room))) send(list, goneFrame(known))
    }
  }

  #heardOf(room: number, event: ChannelEvent): void {
    const announced = event as ListedRoomChanged | RoomOnlineChanged
    if (announced.type === 'rooms.online') {
      this.#online.forget(room)
      this.#changes.online.add(room)
    } else this.#changes.rooms.add(room)
  }

  #leave(list: PersonList, room: number): void {
    if (this.#rooms.remove(list, room)) this.#changes.forgetRoom(room)
  }

  #compareSome(): void {
    if (this.#uncompared.length === 0) this.#uncompared = [...this.#lists.keys()]
    for (const user of this.#uncompared.splice(0, COMPARED))
      if (this.#lists.has(user)) this.#changes.lists.add(user)
  }
}

function send({ followers }: PersonList, frame: RoomFrame): void {
  for (const follower of followers) follower(frame)
}
