import { randomInt } from 'node:crypto'
import type { Transaction } from 'kysely'
import {
  type Database,
  inTransaction,
  type Placeholder,
  prepared,
  runsSideBySide,
  type Tables,
} from '../storage/index.ts'
import { skeletons } from '../text/look-alike.ts'
import { indexedWords } from '../text/words.ts'
import { TooManyRequests } from '../web/index.ts'
import { joinRoom } from './memberships.ts'
import { isReserved, numberedSlug, roomName } from './names.ts'
import { minuteOf, type RoomLink } from './rooms.ts'

/** Milliseconds. */
const HOUR = 60 * 60 * 1_000
const DAY = 24 * HOUR

/** Tries to get the next free slug before others who make a room at the same moment; then any number will do. */
const TRIES = 3
const ANY_NUMBER = 10_000_000

/** The name of a new room could be taken for that of another, which is open to everyone. */
export class NameTaken extends Error {
  readonly room: RoomLink

  constructor(room: RoomLink) {
    super(`the name looks like that of ${room.slug}`)
    this.room = room
  }
}

/** A person made as many rooms as they may in a day. */
export class RoomsUsedUp extends TooManyRequests {
  /** @param wait milliseconds until they may make the next one */
  constructor(perDay: number, wait: number) {
    const hours = Math.ceil(wait / HOUR)
    super(
      'Those are as many rooms as you may make',
      `You have made ${perDay} rooms in the last day, and that is as many as one person may. You can make the next one in ${hours === 1 ? 'an hour' : `${hours} hours`}.`,
      wait,
    )
  }
}

/**
 * Makes an open room with its maker in it. Its slug is made from the name; where that is taken, a number follows.
 * @param name one for which `roomNameFault` found nothing
 * @param perDay rooms that one person may make in 24 hours; 0: as many as they like
 * @throws NameTaken
 * @throws RoomsUsedUp
 */
export async function createRoom(
  database: Database,
  name: string,
  user: number,
  perDay = 0,
): Promise<RoomLink> {
  return inTransaction(database, async (transaction) => {
    if (perDay > 0) await countRooms(transaction, user, perDay)
    const at = new Date().toISOString()
    for (let tries = 1; tries <= 2 * TRIES; tries += 1) {
      const room = await transaction
        .insertInto('rooms')
        .values({
          slug:
            tries <= TRIES ? await freeSlug(transaction, name) : numberedSlug(name, randomInt(2, ANY_NUMBER)),
          name: roomName(name),
          created_by: user,
          created_at: at,
          active_at: at,
          active_minute: minuteOf(at),
        })
        .onConflict((conflict) => conflict.column('slug').doNothing())
        .returning(['id', 'slug', 'name', 'rev'])
        .executeTakeFirst()
      if (!room) continue
      await claimName(transaction, room)
      await joinRoom(transaction, room, user)
      return room
    }
    throw new Error('other rooms took every slug that was tried')
  })
}

/** Counted where the room is made, so that forms sent side by side cannot slip through together. @throws RoomsUsedUp */
async function countRooms(transaction: Transaction<Tables>, user: number, perDay: number): Promise<void> {
  await lockUser(transaction, user)
  const oldest = await transaction
    .selectFrom('rooms')
    .select('created_at')
    .where('created_by', '=', user)
    .where('created_at', '>', new Date(Date.now() - DAY).toISOString())
    .orderBy('created_at', 'desc')
    .offset(perDay - 1)
    .limit(1)
    .executeTakeFirst()
  if (oldest) throw new RoomsUsedUp(perDay, Date.parse(oldest.created_at) + DAY - Date.now())
}

/** The transactions of one person that make rooms follow each other; on SQLite all do. */
async function lockUser(transaction: Transaction<Tables>, user: number): Promise<void> {
  if (!runsSideBySide(transaction)) return
  await transaction.selectFrom('users').select('id').where('id', '=', user).forNoKeyUpdate().execute()
}

/** A slug that no room has: with the lowest number, or one near it where rooms are gone; in some thirty look-ups at most. */
async function freeSlug(transaction: Transaction<Tables>, name: string): Promise<string> {
  const isFree = async (number: number) => {
    const slug = numberedSlug(name, number)
    if (isReserved(slug)) return false
    return (await selectSlug.executeTakeFirst(transaction, { slug })) === undefined
  }
  let taken = 0
  let free = 1
  while (!(await isFree(free))) {
    taken = free
    free *= 2
  }
  while (free - taken > 1) {
    const middle = Math.floor((taken + free) / 2)
    if (await isFree(middle)) free = middle
    else taken = middle
  }
  return numberedSlug(name, free)
}

/** @throws NameTaken, also where another transaction is about to take it */
async function claimName(
  transaction: Transaction<Tables>,
  { id, name }: { readonly id: number; readonly name: string },
): Promise<void> {
  const wanted = skeletons(name)
  const claimed = await transaction
    .insertInto('room_names')
    .values(wanted.map((skeleton) => ({ skeleton, room_id: id })))
    .onConflict((conflict) => conflict.column('skeleton').doNothing())
    .returning('skeleton')
    .execute()
  if (claimed.length < wanted.length) {
    const other = await transaction
      .selectFrom('room_names')
      .innerJoin('rooms', 'rooms.id', 'room_id')
      .select(['slug', 'name'])
      .where('skeleton', 'in', wanted)
      .where('room_id', '!=', id)
      .executeTakeFirstOrThrow()
    throw new NameTaken(other)
  }
  const words = indexedWords(name).map((word) => ({ word, room_id: id }))
  if (words.length > 0) await transaction.insertInto('room_words').values(words).execute()
}

const selectSlug = prepared((database, value: Placeholder<{ slug: string }>) =>
  database.selectFrom('rooms').select('id').where('slug', '=', value('slug')),
)
