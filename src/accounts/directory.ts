import { type ExpressionBuilder, type ExpressionWrapper, type SqlBool, sql } from 'kysely'
import { type Database, type Placeholder, prepared, type Tables } from '../storage/index.ts'
import { searchWords } from '../text/words.ts'

export interface PersonInDirectory {
  readonly username: string
  /** Null: the username. */
  readonly displayName: string | null
  /** The version of their picture; null: they have none. */
  readonly picture: string | null
  readonly administrator: boolean
  /** Messages to them reach a program. */
  readonly bot: boolean
}

export interface DirectoryPage {
  readonly people: PersonInDirectory[]
  readonly more: boolean
}

/** People on a page of the directory. */
const PAGE = 50
/** Nobody leafs further: what is skipped is read too. */
export const DIRECTORY_PAGES = 400

/** Words of a search that count, and people whose names may hold the first of them. */
const SEARCH_WORDS = 5
const CANDIDATES = 2_000

/** A page of the people whose accounts are in use, by name. @param page from 1 */
export async function listPeople(database: Database, page: number): Promise<DirectoryPage> {
  return pageOf(await selectPage.execute(database, { offset: (page - 1) * PAGE, limit: PAGE + 1 }))
}

/**
 * A page of the people whose names or usernames hold words that begin as those of `text` do, by name. Where more than two thousand
 * hold the longest of them, these are found among the two thousand who come first by that word.
 * @param page from 1
 */
export async function searchPeople(database: Database, text: string, page: number): Promise<DirectoryPage> {
  const isNamed = isNamedLike(text)
  if (!isNamed) return { people: [], more: false }
  const rows = await database
    .selectFrom('users')
    .select(['name', 'display_name as displayName', 'picture', 'role', 'account_kind as kind'])
    .where(isNamed)
    .where('deactivated_at', 'is', null)
    .where('account_kind', '!=', 'hook')
    .orderBy('sort_name')
    .orderBy('id')
    .offset((page - 1) * PAGE)
    .limit(PAGE + 1)
    .execute()
  return pageOf(rows)
}

/**
 * A condition on people: their names or usernames hold words that begin as those of a text do. Of those with the longest of them, two
 * thousand at most are looked at.
 * @returns undefined where the text has no words
 */
export function isNamedLike(text: string) {
  // The longest has the fewest people.
  const [longest, ...others] = searchWords(text)
    .sort((one, other) => other.length - one.length)
    .slice(0, SEARCH_WORDS)
  if (longest === undefined) return undefined
  return (where: ExpressionBuilder<Tables, 'users'>): ExpressionWrapper<Tables, 'users', SqlBool> => {
    const { and, eb, exists, selectFrom } = where
    const found = selectFrom('person_words').select('user_id').where(beginsWith(longest)).limit(CANDIDATES)
    return and([
      eb('users.id', 'in', selectFrom(found.as('found')).select('found.user_id')),
      ...others.map((word) =>
        exists(
          selectFrom('person_words')
            .select('word')
            .whereRef('person_words.user_id', '=', 'users.id')
            .where(beginsWith(word)),
        ),
      ),
    ])
  }
}

/** A range of the index, in which texts stand by their code points. */
function beginsWith(word: string) {
  return sql<boolean>`(person_words.word >= ${word} and person_words.word < ${`${word}\u{10ffff}`})`
}

interface Row {
  readonly name: string
  readonly displayName: string | null
  /** The version of their picture; null: they have none. */
  readonly picture: string | null
  readonly role: 'administrator' | 'member'
  readonly kind: string
}

function pageOf(rows: readonly Row[]): DirectoryPage {
  const people = rows.slice(0, PAGE).map(({ name, displayName, kind, picture, role }) => ({
    username: name,
    displayName,
    picture,
    administrator: role === 'administrator',
    bot: kind === 'bot',
  }))
  return { people, more: rows.length > PAGE }
}

const selectPage = prepared((database, value: Placeholder<{ offset: number; limit: number }>) =>
  database
    .selectFrom('users')
    .select(['name', 'display_name as displayName', 'picture', 'role', 'account_kind as kind'])
    .where('deactivated_at', 'is', null)
    .where('account_kind', '!=', 'hook')
    .orderBy('sort_name')
    .orderBy('id')
    .offset(value('offset'))
    .limit(value('limit')),
)
