import { createHash } from 'node:crypto'
import type { Transaction } from 'kysely'
import type { Squares } from '../../imaging/index.ts'
import { type Database, type Placeholder, prepared, type Tables } from '../../storage/index.ts'

/** A picture of a person: two squares, in WebP. */
export type Picture = Squares

export type PictureSize = keyof Picture

/** A picture as it is served. */
export interface StoredPicture {
  readonly version: string
  readonly content: Uint8Array
}

/** Bytes that a picture counts for, of those that a person may keep. */
export function pictureBytes({ small, large }: Picture): number {
  return small.length + large.length
}

/** Finds the picture of a person whose account is in use. @returns undefined where they have none, and where there is nobody */
export function pictureOf(
  database: Database,
  username: string,
  size: PictureSize,
): Promise<StoredPicture | undefined> {
  return (size === 'small' ? selectSmall : selectLarge).executeTakeFirst(database, { name: username })
}

/** @returns the version */
export async function storePicture(
  transaction: Transaction<Tables>,
  user: number,
  { small, large }: Picture,
): Promise<string> {
  const version = createHash('sha256').update(small).update(large).digest('base64url').slice(0, 12)
  await transaction.insertInto('pictures').values({ user_id: user, version, small, large }).execute()
  return version
}

/** @returns the bytes that it took up; 0: there was none */
export async function removePicture(transaction: Transaction<Tables>, user: number): Promise<number> {
  const removed = await transaction
    .deleteFrom('pictures')
    .where('user_id', '=', user)
    .returning(['small', 'large'])
    .executeTakeFirst()
  return removed ? pictureBytes(removed) : 0
}

/** The version of the picture that is kept of a person, also while their account is deactivated. */
export async function keptVersion(transaction: Transaction<Tables>, user: number): Promise<string | null> {
  const kept = await transaction
    .selectFrom('pictures')
    .select('version')
    .where('user_id', '=', user)
    .executeTakeFirst()
  return kept?.version ?? null
}

const selectOf = (size: PictureSize) =>
  prepared((database, value: Placeholder<{ name: string }>) =>
    database
      .selectFrom('users')
      .innerJoin('pictures', (join) =>
        join.onRef('pictures.user_id', '=', 'users.id').onRef('pictures.version', '=', 'users.picture'),
      )
      .select(['pictures.version', `pictures.${size} as content`])
      .where('users.name', '=', value('name')),
  )

const selectSmall = selectOf('small')
const selectLarge = selectOf('large')
