import { type Expression, type RawBuilder, sql, type Transaction } from 'kysely'
import {
  type Database,
  type Placeholder,
  prepared,
  preparedForRows,
  runsSideBySide,
  type Tables,
} from '../../storage/index.ts'

/** A table for queries: the `id`s of the people that a person has blocked, and of the hooks that these have created. */
export function blockedAccounts(person: Expression<unknown>): RawBuilder<{ id: number }> {
  return sql<{ id: number }>`(
    select blocking.blocked_id as id from blocks as blocking where blocking.user_id = ${person}
    union all
    select made.id from blocks as blocking join users as made on made.made_by = blocking.blocked_id
    where blocking.user_id = ${person})`
}

/**
 * A condition for queries: whether a person has blocked another one or, if that is a hook, its creator. Its table aliases are
 * unique, so that the arguments can be columns of any query.
 */
export function hasBlocked(person: Expression<unknown>, other: Expression<unknown>): RawBuilder<boolean> {
  return sql<boolean>`exists (
    select 1 from blocks as blocking where blocking.user_id = ${person}
      and blocking.blocked_id in (${other}, (select made.made_by from users as made where made.id = ${other})))`
}

/** A condition for queries: whether a person has blocked all of these others. @param usernames each once */
export function hasBlockedAll(
  person: Expression<unknown>,
  usernames: readonly string[],
): RawBuilder<boolean> {
  return sql<boolean>`(
    select count(*) from users as others
    where others.name in (${sql.join(usernames)}) and ${hasBlocked(person, sql.ref('others.id'))}
  ) = ${sql.lit(usernames.length)}`
}

/** A condition for queries: whether a person has not blocked somebody. The blocked people are looked up once for all rows. */
export function isNotBlocked(person: Expression<unknown>, other: Expression<unknown>): RawBuilder<boolean> {
  return sql<boolean>`${other} not in (select blocked.id from ${blockedAccounts(person)} as blocked)`
}

/** The `id`s of the accounts that a person has blocked, in rising order. */
export async function blockedBy(database: Database, user: number): Promise<readonly number[]> {
  return (await selectBlockedIds.execute(database, { user })).map(({ id }) => id)
}

/** A table for queries: each row has a person (`user_id`) and somebody they have blocked (`blocked_id`). */
export function blocksOf(person: Expression<unknown>): RawBuilder<unknown> {
  return sql`(select user_id, blocked_id from blocks where user_id = ${person})`
}

/**
 * Finds the people, among some, who have blocked another person or, if that is a hook, its creator. On PostgreSQL none of them can
 * block anybody until the transaction ends, so that whatever it writes for the others is written before they do.
 */
export async function blockersAmong(
  transaction: Transaction<Tables>,
  other: number,
  people: readonly number[],
): Promise<ReadonlySet<number>> {
  const asked = people.toSorted((one, another) => one - another).map((user) => ({ user, other }))
  if (runsSideBySide(transaction)) await keepFromBlocking.execute(transaction, asked)
  return new Set((await selectBlockers.execute(transaction, asked)).map(({ user }) => user))
}

const selectBlockedIds = prepared((database, value: Placeholder<{ user: number }>) =>
  database
    .selectFrom(blockedAccounts(value('user')).as('blocked'))
    .select('blocked.id')
    .orderBy('blocked.id'),
)

interface Asked {
  readonly user: number
  readonly other: number
}

/** Conflicts with the stronger lock that a person who is blocking somebody has on their own row (`Blocks.block`). */
const keepFromBlocking = preparedForRows((database, people: readonly Placeholder<Asked>[]) =>
  database
    .selectFrom('users')
    .select('id')
    .where(
      'id',
      'in',
      people.map((value) => value('user')),
    )
    .orderBy('id')
    .forShare(),
)

const selectBlockers = preparedForRows((database, people: readonly Placeholder<Asked>[]) => {
  const [first] = people
  if (!first) throw new Error('there is nobody to look for')
  return database
    .selectFrom('blocks')
    .select('user_id as user')
    .where(
      sql<boolean>`blocked_id in (${first('other')}, (select made.made_by from users as made where made.id = ${first('other')}))`,
    )
    .where(
      'user_id',
      'in',
      people.map((value) => value('user')),
    )
})
