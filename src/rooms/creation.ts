import { randomInt } from 'node:crypto'
import type { Insertable, Transaction } from 'kysely'
import {
  type Database,
  inTransaction,
  type Placeholder,
  prepared,
  runsSideBySide,
  type Tables,
} from '../storage/index.ts'
import { TooManyRequests } from '../web/index.ts'
import { insertMember } from './memberships.ts'
import { claimName } from './name-claims.ts'
import { isReserved, numberedSlug, roomName } from './names.ts'
import { minuteOf, type RoomLink } from './rooms.ts'
import type { RoomsTable } from './tables.ts'

/** Milliseconds. */
const HOUR = 60 * 60 * 1_000
const DAY = 24 * HOUR

/** Tries to get the next free slug before others who make a room at the same moment; then any number will do. */
const TRIES = 3
const ANY_NUMBER = 10_000_000

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789'
const RANDOM_LENGTH = 16

/** Thrown if a person has created as many rooms as allowed in a day. */
export class RoomsUsedUp extends TooManyRequests {
  /** @param wait milliseconds until they may make the next one */
  constructor(perDay: number, wait: number) {
    const hours = Math.ceil(wait / HOUR)
    super(
      'You have reached the limit for new rooms',
      `You have created ${perDay} rooms in the last day, which is the limit for one person. You can create the next one in ${hours === 1 ? 'an hour' : `${hours} hours`}.`,
      wait,
    )
  }
}

/** The properties of a new room. */
export interface NewRoom {
  /** One for which `roomNameFault` found nothing. */
  readonly name: string
  readonly description?: string
  readonly kind?: 'open' | 'private'
}

/**
 * Makes a room that its maker owns. The slug of an open room is made from its name; where that is taken, a number follows. A
 * private room has one that nobody can guess.
 * @param perDay rooms that one person may make in 24 hours; 0: as many as they like
 * @throws NameTaken where the name of an open room looks like that of another
 * @throws RoomsUsedUp
 */
export async function createRoom(
  database: Database,
  { name, description = '', kind = 'open' }: NewRoom,
  user: number,
  perDay = 0,
): Promise<RoomLink> {
  return inTransaction(database, async (transaction) => {
    await countRooms(transaction, user, perDay)
    const about = { name: roomName(name), description, kind, created_by: user }
    const room =
      kind === 'open' ? await insertOpen(transaction, about) : await insertUnlisted(transaction, about)
    if (!room) throw new Error('a private room could not be made')
    await insertMember(transaction, room, user, 'owner')
    return room
  })
}

type About = Pick<Insertable<RoomsTable>, 'name' | 'description' | 'kind' | 'created_by' | 'direct_key'>

/** @throws NameTaken */
async function insertOpen(transaction: Transaction<Tables>, about: About) {
  for (let tries = 1; tries <= 2 * TRIES; tries += 1) {
    const slug =
      tries <= TRIES
        ? await freeSlug(transaction, about.name)
        : numberedSlug(about.name, randomInt(2, ANY_NUMBER))
    const room = await insertRoom(transaction, { ...about, slug })
      .onConflict((conflict) => conflict.column('slug').doNothing())
      .executeTakeFirst()
    if (!room) continue
    await claimName(transaction, room)
    return room
  }
  throw new Error('other rooms took every slug that was tried')
}

/** Makes a room that only its people know of. @returns undefined where others have just made the same direct room */
export function insertUnlisted(transaction: Transaction<Tables>, about: About) {
  return insertRoom(transaction, { ...about, slug: randomSlug() })
    .onConflict((conflict) => conflict.column('direct_key').doNothing())
    .executeTakeFirst()
}

function insertRoom(transaction: Transaction<Tables>, about: About & { readonly slug: string }) {
  const at = new Date().toISOString()
  return transaction
    .insertInto('rooms')
    .values({ ...about, created_at: at, active_at: at, active_minute: minuteOf(at) })
    .returning(['id', 'slug', 'name', 'rev'])
}

/** 82 bits that nobody can guess. */
function randomSlug(): string {
  return Array.from({ length: RANDOM_LENGTH }, () => LETTERS.charAt(randomInt(LETTERS.length))).join('')
}

/** Counted where the room is made, so that forms sent side by side cannot slip through together. @throws RoomsUsedUp */
export async function countRooms(
  transaction: Transaction<Tables>,
  user: number,
  perDay: number,
): Promise<void> {
  if (perDay === 0) return
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

const selectSlug = prepared((database, value: Placeholder<{ slug: string }>) =>
  database.selectFrom('rooms').select('id').where('slug', '=', value('slug')),
)
