import { type Database, type Placeholder, preparedForRows } from '../storage/index.ts'
import type { Kind } from './access.ts'

/** No username holds one. */
const SEPARATOR = ', '

/** The name of a direct room as it is stored. */
export function directName(usernames: readonly string[]): string {
  return usernames.toSorted().join(SEPARATOR)
}

/** What names the people of a direct room, in whichever order they are given. */
export function directKey(users: readonly number[]): string {
  return users.toSorted((a, b) => a - b).join()
}

interface Named {
  readonly kind: Kind
  readonly name: string
}

/**
 * Looks up what a person calls rooms: a direct one by what the others in it are called.
 * @returns a function that gives the title of one of these rooms
 */
export async function titlesOf(
  database: Database,
  rooms: readonly Named[],
  username: string,
): Promise<(room: Named) => string> {
  const others = new Set(rooms.flatMap((room) => othersIn(room, username)))
  const people = await selectNames.execute(
    database,
    [...others].map((name) => ({ name })),
  )
  const called = new Map(people.map(({ name, displayName }) => [name, displayName ?? name]))
  return (room) =>
    room.kind === 'direct'
      ? othersIn(room, username)
          .map((name) => called.get(name) ?? name)
          .join(SEPARATOR)
      : room.name
}

/** The usernames of the others in a direct room; of nobody else in it, the person's own. */
function othersIn({ kind, name }: Named, username: string): string[] {
  if (kind !== 'direct') return []
  const others = name.split(SEPARATOR).filter((other) => other !== username)
  return others.length > 0 ? others : [username]
}

const selectNames = preparedForRows((database, people: readonly Placeholder<{ name: string }>[]) =>
  database
    .selectFrom('users')
    .select(['name', 'display_name as displayName'])
    .where(
      'name',
      'in',
      people.map((person) => person('name')),
    ),
)
