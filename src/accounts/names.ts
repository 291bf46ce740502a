import type { Database } from '../storage/index.ts'
import { skeleton } from '../text/look-alike.ts'

/**
 * Names that speak for the place or mean everyone in it: nobody but the first account may have one of these. People, bots and
 * hooks share one set of names.
 */
const RESERVED = new Set(
  [
    ...['admin', 'administrator', 'administrators', 'moderator', 'partyline', 'root', 'system'],
    ...['all', 'channel', 'everybody', 'everyone', 'here', 'room'],
  ].map(skeleton),
)

/** Returns a name as it is stored. People may type it in either case, and with blanks around it. */
export function canonicalName(name: string): string {
  return name.trim().toLowerCase()
}

/** Tells whether new accounts may not have this name, or one that looks like it. Those that have it keep it. */
export function isReserved(name: string): boolean {
  return RESERVED.has(skeleton(name))
}

/** The name of a person that this one is, or could be taken for; undefined when there is none. */
export async function nameLike(database: Database, name: string): Promise<string | undefined> {
  const found = await database
    .selectFrom('users')
    .select('name')
    .where((where) =>
      where.or([where('name', '=', canonicalName(name)), where('skeleton', '=', skeleton(name))]),
    )
    .limit(1)
    .executeTakeFirst()
  return found?.name
}
