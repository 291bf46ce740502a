import { sql } from 'kysely'
import { blockedBy, isNotBlocked } from '../accounts/index.ts'
import { type Kind, type MemberRoom, memberRooms, type OnlineCounts, roomsNumbered } from '../rooms/index.ts'
import { type Database, type Placeholder, preparedForRows } from '../storage/index.ts'
import type { LastMessage, RoomEntry } from './protocol.ts'
import { unreadCounts } from './unread-counts.ts'

/** The part of a room's entry in lists that is the same for everyone. */
export interface ListedTalk {
  readonly last: LastMessage | undefined
  /** The number of members, counted up to a thousand. */
  readonly members: number
}

/** A person's room, with its number of unread messages. */
export interface UnreadRoom extends MemberRoom {
  /** Unread messages by others, without people they have blocked. If it equals `counted`, there may be more. */
  readonly unread: number
  readonly counted: number
}

/** A room in the list of one of its members. */
export type ListedRoom = UnreadRoom & ListedTalk & { readonly online: number }

/** Messages of one room that are looked at to count the unread ones: in the rooms that are most active, and in the others. */
export const COUNTED = { most: 1_000, rest: 100 }
const MOST_ACTIVE = 20

/** Members of one room that are counted. */
const MEMBERS = 1_000

/** Changes of a room among which its last message is looked for: behind it may stand as many that were deleted. */
const LAST_AMONG = 1_000

/** The rooms that a person is a member of (`memberRooms`), by latest activity, also those that are not shown (`isShown`). */
export async function roomList(
  database: Database,
  online: OnlineCounts,
  user: number,
): Promise<ListedRoom[]> {
  const rooms = await unreadRooms(database, user)
  const [talks, counts] = await Promise.all([listedTalks(database, rooms), online.count(rooms)])
  return rooms.map((room) => ({ ...room, ...talks(room.id), online: counts.get(room.id) ?? 0 }))
}

/**
 * The same rooms, with nothing but how much of them is unread.
 * @param blockedAccounts what `blockedBy` answers, for a caller that has asked already
 */
export async function unreadRooms(
  database: Database,
  user: number,
  blockedAccounts?: readonly number[],
): Promise<UnreadRoom[]> {
  const blocked = blockedAccounts ?? (await blockedBy(database, user))
  const mine = await memberRooms(database, user)
  const rooms = mine.map((room, index) => ({
    ...room,
    counted: index < MOST_ACTIVE ? COUNTED.most : COUNTED.rest,
  }))
  const known = unreadCounts(database).of(user, blocked)
  const behind = rooms.filter(({ rev, readSeq }) => rev > readSeq)
  const changed = behind.filter((room) => known.get(room) === undefined)
  const counts = await countUnread.execute(
    database,
    changed.map(({ id, readSeq, counted }) => ({ room: id, user, after: readSeq, limit: counted })),
  )
  const unread = new Map(counts.map((count) => [count.room, Number(count.unread)]))
  for (const room of changed) known.set(room, unread.get(room.id) ?? 0)
  return rooms.map((room) => ({ ...room, unread: unread.get(room.id) ?? known.get(room) ?? 0 }))
}

/** @returns a function that gives what lists show of one of these rooms */
async function listedTalks(
  database: Database,
  rooms: readonly { readonly id: number; readonly rev: number }[],
): Promise<(room: number) => ListedTalk> {
  const [lasts, sizes] = await Promise.all([
    selectLast.execute(
      database,
      rooms.map(({ id, rev }) => ({ room: id, after: rev - LAST_AMONG })),
    ),
    countMembers.execute(
      database,
      rooms.map(({ id }) => ({ room: id, limit: MEMBERS })),
    ),
  ])
  const last = new Map(lasts.map(({ room, ...message }) => [room, lastMessage(message)]))
  const members = new Map(sizes.map(({ room, members }) => [room, Number(members)]))
  return (room) => ({ last: last.get(room), members: members.get(room) ?? 0 })
}

function lastMessage({
  senderName,
  ...message
}: LastMessage & { readonly senderName: string | null }): LastMessage {
  return senderName === null ? message : { ...message, sender_name: senderName }
}

/** A room as its member sees it in a list. @param mentions how many messages that they have not read mention them */
export function roomEntry(room: ListedRoom, mentions: number): RoomEntry {
  const { archived, description, kind, last, level, members, name, online, slug, status, unread } = room
  const about = { slug, name, kind, description }
  return {
    ...about,
    unread,
    mentions,
    ...(last && { last }),
    members,
    online,
    level,
    archived,
    ...(status && { status }),
  }
}

/** The news of a room, for all whose lists show it. */
export interface RoomNews extends ListedTalk {
  readonly id: number
  readonly slug: string
  readonly name: string
  readonly kind: Kind
  readonly description: string
  readonly archived: boolean
  readonly rev: number
  /** The newest messages, in falling `seq`: from them it can be told what most members have not read. */
  readonly recent: readonly RecentMessage[]
  /** True if `recent` has all messages of the room. */
  readonly isWhole: boolean
}

interface RecentMessage {
  readonly seq: number
  readonly senderId: number
  readonly isDeleted: boolean
}

/** Messages of a room from which the unread of its members is counted. */
const RECENT = 200

/** Reads the news of rooms, in a few queries for all of them. Deleted rooms are left out. */
export async function roomNews(database: Database, rooms: readonly number[]): Promise<RoomNews[]> {
  const found = await roomsNumbered(database, rooms)
  const recents = await selectRecent.execute(
    database,
    rooms.map((room) => ({ room, limit: RECENT })),
  )
  const talks = await listedTalks(database, found)
  const byRoom = Map.groupBy(recents, ({ room }) => room)
  return found.map(({ archivedAt, ...room }) => {
    const recent = (byRoom.get(room.id) ?? [])
      .map(({ seq, senderId, deletedAt }) => ({ seq, senderId, isDeleted: deletedAt !== null }))
      .sort((a, b) => b.seq - a.seq)
    return {
      ...room,
      archived: archivedAt !== null,
      ...talks(room.id),
      recent,
      isWhole: recent.length < RECENT,
    }
  })
}

/** A member of a room, and how far they have read. */
export interface Reader {
  readonly user: number
  /** The `seq` up to which they have read. */
  readonly readSeq: number
  /** The `id`s of those whom they have blocked. */
  readonly blocked: ReadonlySet<number>
}

/**
 * Counts messages by others after `readSeq`, without people whom the reader has blocked, from a room's news.
 * @returns undefined if more of its messages would have to be read for that
 */
export function unreadAmong(
  { recent, isWhole }: RoomNews,
  { blocked, readSeq, user }: Reader,
): number | undefined {
  const oldest = recent.at(-1)?.seq ?? 0
  if (!isWhole && readSeq < oldest - 1) return undefined
  let unread = 0
  for (const { seq, senderId, isDeleted } of recent) {
    if (seq <= readSeq) break
    if (senderId !== user && !isDeleted && !blocked.has(senderId)) unread += 1
  }
  return unread
}

const countUnread = preparedForRows(
  (database, rooms: readonly Placeholder<{ room: number; user: number; after: number; limit: number }>[]) =>
    unionAll(
      rooms.map((value) => {
        const next = database
          .selectFrom('messages')
          .select(['sender_id', 'deleted_at'])
          .where('room_id', '=', value('room'))
          .where('seq', '>', value('after'))
          .orderBy('seq')
          .limit(value('limit'))
        return database
          .selectFrom(next.as('next'))
          .select(({ fn }) => [
            sql<number>`cast(${value('room')} as bigint)`.as('room'),
            fn.countAll<number>().as('unread'),
          ])
          .where('sender_id', '!=', value('user'))
          .where(({ ref }) => isNotBlocked(value('user'), ref('sender_id')))
          .where('deleted_at', 'is', null)
      }),
    ),
)

const selectLast = preparedForRows(
  (database, rooms: readonly Placeholder<{ room: number; after: number }>[]) =>
    unionAll(
      rooms.map((value) => {
        const last = database
          .selectFrom('messages')
          .innerJoin('users', 'users.id', 'sender_id')
          .select([
            'room_id as room',
            'seq',
            'users.name as sender',
            'display_name as senderName',
            'messages.created_at as at',
          ])
          .where('room_id', '=', value('room'))
          .where('seq', '>', value('after'))
          .where('messages.deleted_at', 'is', null)
          .orderBy('seq', 'desc')
          .limit(1)
        return database.selectFrom(last.as('last')).selectAll()
      }),
    ),
)

const countMembers = preparedForRows(
  (database, rooms: readonly Placeholder<{ room: number; limit: number }>[]) =>
    unionAll(
      rooms.map((value) => {
        const some = database
          .selectFrom('memberships')
          .select('user_id')
          .where('room_id', '=', value('room'))
          .limit(value('limit'))
        return database
          .selectFrom(some.as('some'))
          .select(({ fn }) => [
            sql<number>`cast(${value('room')} as bigint)`.as('room'),
            fn.countAll<number>().as('members'),
          ])
      }),
    ),
)

const selectRecent = preparedForRows(
  (database, rooms: readonly Placeholder<{ room: number; limit: number }>[]) =>
    unionAll(
      rooms.map((value) => {
        const recent = database
          .selectFrom('messages')
          .select(['room_id as room', 'seq', 'sender_id as senderId', 'deleted_at as deletedAt'])
          .where('room_id', '=', value('room'))
          .orderBy('seq', 'desc')
          .limit(value('limit'))
        return database.selectFrom(recent.as('recent')).selectAll()
      }),
    ),
)

function unionAll<Part extends { unionAll(other: Part): Part }>(parts: readonly Part[]): Part {
  const [first, ...others] = parts
  if (!first) throw new Error('a query over no rooms was to be built')
  return others.reduce((all, part) => all.unionAll(part), first)
}
