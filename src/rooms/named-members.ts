import type { Database } from '../storage/index.ts'
import { type Placeholder, prepared } from '../storage/index.ts'
import { indexedWords, searchWords } from '../text/words.ts'

/** Members who are offered at a time. */
const OFFERED = 8

/** Members, from the earliest on, whose names are compared word by word; of later ones only the username counts. */
const LOOKED_AT = 500
/** People whose usernames begin with a text, among whom the members of a room are looked for. */
const CANDIDATES = 500

/** Higher than any character of a username. */
const END = '~'

/** A member of a room who can be mentioned. */
export interface NamedMember {
  readonly name: string
  readonly displayName: string | null
  readonly picture: string | null
}

/**
 * The members of a room whose names or usernames contain words that begin with a text, ignoring case and accents, by username;
 * for an empty text, the longest members. The cost does not depend on the size of the room.
 * @param except the person who asks
 */
export async function membersNamed(
  database: Database,
  room: number,
  typed: string,
  except: number,
): Promise<NamedMember[]> {
  const first = await selectFirst.execute(database, { room, except, limit: LOOKED_AT })
  if (typed === '') return first.slice(0, OFFERED)
  const [word = typed.toLowerCase()] = searchWords(typed)
  const found = first.filter(({ displayName, name }) => {
    const words = [name, ...indexedWords(name), ...indexedWords(displayName ?? '')]
    return words.some((one) => one.startsWith(word) || one.startsWith(typed.toLowerCase()))
  })
  const prefix = typed.toLowerCase()
  const others =
    first.length === LOOKED_AT && /^[a-z0-9_-]{1,32}$/.test(prefix)
      ? await selectByUsername.execute(database, {
          ...{ room, except, prefix, end: prefix + END },
          ...{ candidates: CANDIDATES, limit: OFFERED },
        })
      : []
  const distinct = new Map([...found, ...others].map((member) => [member.name, member]))
  return [...distinct.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, OFFERED)
}

const selectFirst = prepared(
  (database, value: Placeholder<{ room: number; except: number; limit: number }>) =>
    database
      .selectFrom('memberships')
      .innerJoin('users', 'users.id', 'memberships.user_id')
      .select(['users.name', 'display_name as displayName', 'users.picture'])
      .where('room_id', '=', value('room'))
      .where('users.id', '!=', value('except'))
      .where('deactivated_at', 'is', null)
      .orderBy('joined_at')
      .orderBy('user_id')
      .limit(value('limit')),
)

interface ByUsername {
  readonly room: number
  readonly except: number
  readonly prefix: string
  readonly end: string
  readonly candidates: number
  readonly limit: number
}

const selectByUsername = prepared((database, value: Placeholder<ByUsername>) => {
  const named = database
    .selectFrom('users')
    .select(['id', 'name', 'display_name', 'picture'])
    .where('name', '>=', value('prefix'))
    .where('name', '<', value('end'))
    .where('deactivated_at', 'is', null)
    .orderBy('name')
    .limit(value('candidates'))
  return database
    .selectFrom(named.as('named'))
    .innerJoin('memberships', 'memberships.user_id', 'named.id')
    .select(['named.name', 'named.display_name as displayName', 'named.picture'])
    .where('memberships.room_id', '=', value('room'))
    .where('named.id', '!=', value('except'))
    .orderBy('named.name')
    .limit(value('limit'))
})
