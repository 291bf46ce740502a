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

/** What a person calls a room: a direct one by the others in it. */
export function titleOf(room: { readonly kind: Kind; readonly name: string }, username: string): string {
  if (room.kind !== 'direct') return room.name
  const others = room.name.split(SEPARATOR).filter((name) => name !== username)
  return others.join(SEPARATOR) || username
}
