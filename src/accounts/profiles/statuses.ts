import { type Database, type Placeholder, preparedForRows } from '../../storage/index.ts'
import { STATUS_COLUMNS, statusOf, statusWords } from './shown-status.ts'

/** The statuses of people, in words. @returns by username; nobody who has none, or whose account is not in use */
export async function statusesOf(
  database: Database,
  usernames: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (usernames.length === 0) return new Map()
  const rows = await selectStatuses.execute(
    database,
    usernames.map((name) => ({ name })),
  )
  const statuses = new Map<string, string>()
  for (const { name, ...row } of rows) {
    const words = statusWords(statusOf(row))
    if (words !== undefined) statuses.set(name, words)
  }
  return statuses
}

/** The numbers of accounts that are in use. @returns by username; others are left out */
export async function numbersOf(
  database: Database,
  usernames: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (usernames.length === 0) return new Map()
  const rows = await selectNumbers.execute(
    database,
    usernames.map((name) => ({ name })),
  )
  return new Map(rows.map(({ id, name }) => [name, id]))
}

const selectNumbers = preparedForRows((database, people: readonly Placeholder<{ name: string }>[]) =>
  database
    .selectFrom('users')
    .select(['id', 'name'])
    .where('deleted_at', 'is', null)
    .where(
      'name',
      'in',
      people.map((person) => person('name')),
    ),
)

const selectStatuses = preparedForRows((database, people: readonly Placeholder<{ name: string }>[]) =>
  database
    .selectFrom('users')
    .innerJoin('profiles', 'profiles.user_id', 'users.id')
    .select(['name', ...STATUS_COLUMNS])
    .where('deactivated_at', 'is', null)
    .where(
      'name',
      'in',
      people.map((person) => person('name')),
    ),
)
