/** The messages that are searched: of made-up words, some of which are said all the time and most hardly ever. */
import { sql } from 'kysely'
import type { Database } from '../src/storage/index.ts'
import { randomFrom } from '../test/support/random.ts'
import { personName, roomName } from './town.ts'

/** Words that messages are made of: the first come often, the last hardly ever. */
export const WORDS = 20_000
const WORDS_OF_MESSAGE = 11

/** The messages are of so many days, the newest of today. */
const DAYS = 365
const DAY = 86_400_000

/** One message in so many is Chinese, and one has a file. */
const CHINESE = 10
const WITH_FILE = 50
const CHARACTERS = 2_000

/** Messages that are added at once. */
const AT_ONCE = 1_000

export type Random = () => number

/** The message that was said first of all. */
export const OLDEST = 'theoldestmessageofall'

/** The people who search: both may read the open rooms, which are half of all, and one of them is in every other room too. */
export const searchers = { ofFewRooms: personName(0), ofManyRooms: personName(1) } as const

/** Private rooms of the one who is in few. */
const FEW = 3

/**
 * Fills the rooms of a town, half of which it makes private.
 * @param count messages in all of them together
 */
export async function fillTown(database: Database, count: number): Promise<void> {
  const rooms = await database
    .selectFrom('rooms')
    .select(['id', 'rev', 'slug'])
    .where('slug', '<>', 'lobby')
    .orderBy('id')
    .execute()
  const users = await database.selectFrom('users').select(['id', 'name']).orderBy('id').execute()
  await makePrivate(
    database,
    rooms.filter((_room, index) => index % 2 === 1).map(({ id }) => id),
    new Map(users.map(({ id, name }) => [name, id])),
  )
  const revs = new Map(rooms.map(({ id, rev }) => [id, rev]))
  const random = randomFrom(1)
  const now = Date.now()
  for (let added = 0; added < count; added += AT_ONCE) {
    const rows = Array.from({ length: Math.min(AT_ONCE, count - added) }, (_, index) => {
      const number = added + index
      const room = rooms[number === 0 ? 0 : Math.floor(random() ** 2 * rooms.length)]?.id ?? 0
      const seq = (revs.get(room) ?? 0) + 1
      revs.set(room, seq)
      const text = number === 0 ? OLDEST : messageText(random)
      const at = new Date(now - ((count - number) / count) * DAYS * DAY).toISOString()
      const user = users[Math.floor(random() * users.length)]?.id ?? 0
      const files = random() < 1 / WITH_FILE ? JSON.stringify([fileNamed(`${wordOf(random)}.pdf`)]) : null
      return sql`(${room}, ${seq}, ${seq}, ${user}, ${`bench-${number}`}, ${text}, ${at}, ${files})`
    })
    await sql`insert into messages (room_id, seq, rev, sender_id, client_id, text, created_at, files) values ${sql.join(rows)}`.execute(
      database,
    )
  }
  for (const [id, rev] of revs)
    await database.updateTable('rooms').set({ rev }).where('id', '=', id).execute()
}

async function makePrivate(
  database: Database,
  rooms: readonly number[],
  people: ReadonlyMap<string, number>,
): Promise<void> {
  if (rooms.length === 0) return
  await database.updateTable('rooms').set({ kind: 'private' }).where('id', 'in', rooms).execute()
  await database.deleteFrom('memberships').where('room_id', 'in', rooms).execute()
  const joined_at = new Date().toISOString()
  const memberships = Object.values(searchers).flatMap((name) => {
    const user_id = people.get(name)
    const own = name === searchers.ofManyRooms ? rooms : rooms.slice(0, FEW)
    return user_id === undefined ? [] : own.map((room_id) => ({ room_id, user_id, read_seq: 0, joined_at }))
  })
  await database.insertInto('memberships').values(memberships).execute()
}

/** A day so long ago, as a search has it. */
export function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY).toISOString().slice(0, 10)
}

/** The name of an open room among so many. */
export const openRoom = (random: Random, rooms: number) => roomName(2 * Math.floor((random() * rooms) / 2))

function messageText(random: Random): string {
  if (random() < 1 / CHINESE) return Array.from({ length: 20 }, () => characterAt(random() ** 3)).join('')
  const words = Array.from({ length: WORDS_OF_MESSAGE }, () => wordOf(random))
  words.splice(4, 0, shortWordAt(Math.floor(random() * SHORT_WORDS)))
  return words.join(' ')
}

function wordOf(random: Random): string {
  return wordAt(Math.floor(random() ** 4 * WORDS))
}

const SYLLABLES =
  'ka lo mi ter an be so ru den fi gal ho ist ju pre qua sta vor wen xi yo zem con ent ing ort'.split(' ')

/** Of two to four syllables, the same for a number each time. */
export function wordAt(number: number): string {
  let left = number + 7
  let word = ''
  do {
    word += SYLLABLES[left % SYLLABLES.length] ?? ''
    left = Math.floor(left / SYLLABLES.length)
  } while (left > 0)
  return word.length < 3 ? `${word}e` : word
}

/** Words of two letters, of which each message has one. */
export const SHORT_WORDS = 60

export function shortWordAt(number: number): string {
  return `${'bcdfghklmprt'[number % 12]}${'aeiou'[Math.floor(number / 12) % 5]}`
}

/** @param share from 0, the commonest, to 1 */
export function characterAt(share: number): string {
  return String.fromCodePoint(0x4e00 + Math.min(Math.floor(share * CHARACTERS), CHARACTERS - 1))
}

function fileNamed(name: string) {
  return { id: 'bench', name, type: 'application/pdf', size: 1_000, width: null, height: null }
}
