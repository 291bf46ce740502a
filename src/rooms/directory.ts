import { sql } from 'kysely'
import type { Database } from '../storage/index.ts'
import { type Placeholder, prepared } from '../storage/index.ts'
import { searchWords } from '../text/words.ts'
import type { RoomLink } from './rooms.ts'

export interface RoomInDirectory extends RoomLink {
  /** Empty: it has none. */
  readonly description: string
  /** True if the person who looks is in it. */
  readonly joined: boolean
}

export interface DirectoryPage {
  readonly rooms: RoomInDirectory[]
  readonly more: boolean
}

/** Rooms on a page of the directory. */
const DIRECTORY_PAGE = 50
/** Nobody leafs further: what is skipped is read too. */
export const DIRECTORY_PAGES = 400

/** Rooms that the front page offers, and how many of the most active are looked at for them. */
const OFFERED = 20
const LOOKED_AT = 300

/** Words of a search that count, and rooms that may hold the first of them. */
const SEARCH_WORDS = 5
const CANDIDATES = 1_000

/** The most active open rooms that a person is not in. */
export async function otherRooms(database: Database, user: number): Promise<RoomInDirectory[]> {
  const rows = await selectOthers.execute(database, { user })
  return rows.map((room) => ({ ...room, joined: false }))
}

/** A page of the open rooms, by when something was last said there. @param page from 1 */
export async function listRooms(database: Database, user: number, page: number): Promise<DirectoryPage> {
  const rows = await selectPage.execute(database, {
    user,
    offset: (page - 1) * DIRECTORY_PAGE,
    limit: DIRECTORY_PAGE + 1,
  })
  return pageOf(rows)
}

/**
 * A page of the open rooms whose names contain words that begin with those of `text`, the most recently active first. If more
 * than a thousand rooms match, the page is taken from a thousand of them and the thousand most active rooms of all.
 * @param page from 1
 */
export async function searchRooms(
  database: Database,
  user: number,
  text: string,
  page: number,
): Promise<DirectoryPage> {
  // The longest has the fewest rooms.
  const words = searchWords(text)
    .sort((one, other) => other.length - one.length)
    .slice(0, SEARCH_WORDS)
  const [longest, ...others] = words
  if (longest === undefined) return { rooms: [], more: false }
  const rows = await database
    .selectFrom(roomsWith(database, longest).union(activeRoomsWith(database, longest)).as('found'))
    .innerJoin('rooms', 'rooms.id', 'found.id')
    .leftJoin('memberships', (join) => join.onRef('room_id', '=', 'rooms.id').on('user_id', '=', user))
    .select(['slug', 'name', 'description', 'read_seq'])
    .where(isListed())
    .where(({ and, exists, selectFrom }) =>
      and(
        others.map((word) =>
          exists(
            selectFrom('room_words')
              .select('word')
              .whereRef('room_words.room_id', '=', 'rooms.id')
              .where(beginsWith(word)),
          ),
        ),
      ),
    )
    .orderBy('active_at', 'desc')
    .orderBy('rooms.id', 'desc')
    .offset((page - 1) * DIRECTORY_PAGE)
    .limit(DIRECTORY_PAGE + 1)
    .execute()
  return pageOf(rows)
}

function roomsWith(database: Database, word: string) {
  const some = database
    .selectFrom('room_words')
    .select('room_id as id')
    .where(beginsWith(word))
    .limit(CANDIDATES)
  return database.selectFrom(some.as('some')).select('id')
}

function activeRoomsWith(database: Database, word: string) {
  const active = database
    .selectFrom('rooms')
    .select('id')
    .where(isListed())
    .orderBy('active_minute', 'desc')
    .limit(CANDIDATES)
  return database
    .selectFrom(active.as('active'))
    .select('active.id')
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('room_words')
          .select('word')
          .whereRef('room_words.room_id', '=', 'active.id')
          .where(beginsWith(word)),
      ),
    )
}

/** The rooms that are listed for everyone. In these words the index has it, too, or no database would use that. */
function isListed() {
  return sql<boolean>`kind = 'open' and archived_at is null`
}

/** A range of the index, in which texts stand by their code points. */
function beginsWith(word: string) {
  return sql<boolean>`(room_words.word >= ${word} and room_words.word < ${`${word}\u{10ffff}`})`
}

interface DirectoryRow extends RoomLink {
  readonly description: string
  readonly read_seq: number | null
}

function pageOf(rows: readonly DirectoryRow[]): DirectoryPage {
  return {
    rooms: rows
      .slice(0, DIRECTORY_PAGE)
      .map(({ read_seq, ...room }) => ({ ...room, joined: read_seq !== null })),
    more: rows.length > DIRECTORY_PAGE,
  }
}

const selectPage = prepared(
  (database, value: Placeholder<{ user: number; offset: number; limit: number }>) => {
    const ids = database
      .selectFrom('rooms')
      .select('id')
      .where(isListed())
      .orderBy('active_minute', 'desc')
      .orderBy('active_at', 'desc')
      .orderBy('id', 'desc')
      .offset(value('offset'))
      .limit(value('limit'))
    return database
      .selectFrom(ids.as('page'))
      .innerJoin('rooms', 'rooms.id', 'page.id')
      .leftJoin('memberships', (join) =>
        join.onRef('room_id', '=', 'rooms.id').on('user_id', '=', value('user')),
      )
      .select(['slug', 'name', 'description', 'read_seq'])
      .orderBy('active_at', 'desc')
      .orderBy('rooms.id', 'desc')
  },
)

const selectOthers = prepared((database, value: Placeholder<{ user: number }>) => {
  const active = database
    .selectFrom('rooms')
    .select(['id', 'slug', 'name', 'description', 'active_at'])
    .where(isListed())
    .orderBy('active_minute', 'desc')
    .orderBy('active_at', 'desc')
    .limit(LOOKED_AT)
  return database
    .selectFrom(active.as('active'))
    .select(['slug', 'name', 'description'])
    .where(({ exists, not, selectFrom }) =>
      not(
        exists(
          selectFrom('memberships')
            .select('room_id')
            .whereRef('memberships.room_id', '=', 'active.id')
            .where('user_id', '=', value('user')),
        ),
      ),
    )
    .orderBy('active_at', 'desc')
    .orderBy('id', 'desc')
    .limit(OFFERED)
})
