import { displayNamesOf, statusWords } from '../accounts/index.ts'
import type { Database } from '../storage/index.ts'
import type { Kind } from './access.ts'

/** No username holds one. */
const SEPARATOR = ', '

/** The name of a direct room as it is stored. */
export function directName(usernames: readonly string[]): string {
  return usernames.toSorted().join(SEPARATOR)
}

/** The usernames in the name of a direct room as it is stored. */
export function usernamesIn(name: string): string[] {
  return name.split(SEPARATOR)
}

/** Returns the key of a direct room: the same for the same people, in whichever order they are given. */
export function directKey(users: readonly number[]): string {
  return users.toSorted((a, b) => a - b).join()
}

interface Named {
  readonly kind: Kind
  readonly name: string
}

/** The name by which a person calls a room, and the status beside it in lists. */
export interface RoomTitle {
  readonly name: string
  /** The status of the one other person in a direct room; undefined: there are several, or they have none. */
  readonly status: string | undefined
}

/**
 * Looks up the titles of rooms for a person: a direct room is named after the others in it, followed by the username of anyone
 * whose name is another person's username or looks like a list of people.
 * @returns a function that gives the title of one of these rooms
 */
export async function titlesOf(
  database: Database,
  rooms: readonly Named[],
  username: string,
): Promise<(room: Named) => RoomTitle> {
  const others = new Set(rooms.flatMap((room) => othersIn(room, username)))
  const people = await displayNamesOf(database, others)
  const claimed = new Set(people.flatMap(({ displayName }) => displayName?.toLowerCase() ?? []))
  const owners = await displayNamesOf(database, claimed)
  const usernames = new Set(owners.map(({ name }) => name))
  const called = new Map(people.map((person) => [person.name, titleName(person, usernames)]))
  const statuses = new Map(people.map(({ name, status }) => [name, statusWords(status)]))
  return (room) => {
    if (room.kind !== 'direct') return { name: room.name, status: undefined }
    const inIt = othersIn(room, username)
    const [one, ...more] = inIt
    return {
      name: inIt.map((name) => called.get(name) ?? name).join(SEPARATOR),
      status: one === undefined || more.length > 0 ? undefined : statuses.get(one),
    }
  }
}

function titleName(
  { displayName, name }: { readonly displayName: string | null; readonly name: string },
  usernames: ReadonlySet<string>,
): string {
  if (displayName === null) return name
  const isClear = !displayName.includes(',') && !usernames.has(displayName.toLowerCase())
  return isClear || displayName.toLowerCase() === name ? displayName : `${displayName} @${name}`
}

/** The usernames of the others in a direct room; of nobody else in it, the person's own. */
export function othersIn({ kind, name }: Named, username: string): string[] {
  if (kind !== 'direct') return []
  const others = usernamesIn(name).filter((other) => other !== username)
  return others.length > 0 ? others : [username]
}
