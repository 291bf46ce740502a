import { createHash } from 'node:crypto'
import type { Database } from '../storage/index.ts'
import { skeleton } from '../text/look-alike.ts'

/**
 * Names that speak for the place or mean everyone in it: nobody but the first account may have one of these. People, bots and
 * hooks share one set of names.
 */
const RESERVED = new Set(
  [
    ...['admin', 'administrator', 'administrators', 'moderator', 'partyline', 'root', 'system'],
    'Deleted account',
    ...['all', 'channel', 'everybody', 'everyone', 'here', 'room'],
  ].map(skeleton),
)

/** Usernames of accounts that were deleted begin so. */
const DELETED = /^deleted-/

/** Returns a name as it is stored. People may type it in either case, and with blanks around it. */
export function canonicalName(name: string): string {
  return name.trim().toLowerCase()
}

/** Tells whether new accounts may not have this name, or one that looks like it. Those that have it keep it. */
export function isReserved(name: string): boolean {
  return RESERVED.has(skeleton(name)) || DELETED.test(canonicalName(name))
}

/**
 * Returns a digest of a deleted account's name. It is kept so that nobody else can take that name, or one that looks like it; the
 * name cannot be read from it.
 */
export function formerSkeleton(name: string): string {
  return `former:${createHash('sha256').update(skeleton(name)).digest('base64url')}`
}

/** The name of a person that this one is, or could be taken for; undefined when there is none. */
export async function nameLike(database: Database, name: string): Promise<string | undefined> {
  const found = await database
    .selectFrom('users')
    .select('name')
    .where((where) =>
      where.or([
        where('name', '=', canonicalName(name)),
        where('skeleton', 'in', [skeleton(name), formerSkeleton(name)]),
      ]),
    )
    .limit(1)
    .executeTakeFirst()
  return found?.name
}
