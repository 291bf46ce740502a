import { type Expression, type RawBuilder, sql } from 'kysely'

// Each is given a column of the query with the name of its table, such as `hooks.created_by`: a bare name could be taken for one of
// the accounts' own columns.

/** A column of a query: the username of an account. @param user a column with the account's number; null gives null */
export function usernameOf(user: Expression<number>): RawBuilder<string>
export function usernameOf(user: Expression<number | null>): RawBuilder<string | null>
export function usernameOf(user: Expression<number | null>): RawBuilder<string | null> {
  return sql`(select named.name from users as named where named.id = ${user})`
}

/** A column of a query: the display name of an account; null where it has none, and pages show the username. */
export function displayNameOf(user: Expression<number | null>): RawBuilder<string | null> {
  return sql`(select named.display_name from users as named where named.id = ${user})`
}

/** For the `in` of a query: the numbers of the accounts with these usernames. */
export function idsOfUsernames(usernames: readonly string[]): RawBuilder<number> {
  return sql`(select named.id from users as named where named.name in (${sql.join(usernames)}))`
}
