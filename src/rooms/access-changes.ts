import type { Transaction } from 'kysely'
import { type Database, type Placeholder, prepared, type Tables } from '../storage/index.ts'

/** Changes that are kept. A process that missed more looks everything up again. */
const KEPT = 10_000
/** Changes that one look reads. */
export const CHANGES_AT_ONCE = 500

/** A change of a person's access to a room. */
export interface AccessChange {
  readonly room: number
  /** The person whom it concerns; null: everybody in the room. */
  readonly user: number | null
}

export interface AccessChanges {
  /** The number of the latest change there is. */
  readonly latest: number
  /** In rising `rev`, at most `CHANGES_AT_ONCE`. */
  readonly changes: readonly (AccessChange & { readonly rev: number })[]
}

/**
 * Notes a change of who may do what, in the transaction that makes it, as the last thing before that is committed. Transactions
 * that note one follow each other, so that numbers become visible in their order and no look passes one over.
 */
export async function noteAccessChange(
  transaction: Transaction<Tables>,
  { room, user }: AccessChange,
): Promise<void> {
  const { rev } = await transaction
    .updateTable('access_revs')
    .set(({ eb }) => ({ rev: eb('rev', '+', 1) }))
    .returning('rev')
    .executeTakeFirstOrThrow()
  await transaction.insertInto('access_changes').values({ rev, room_id: room, user_id: user }).execute()
  await transaction
    .deleteFrom('access_changes')
    .where('rev', '<=', rev - KEPT)
    .execute()
}

/** Reads the changes after a number. */
export async function accessChangesAfter(database: Database, after: number): Promise<AccessChanges> {
  const rows = await selectChanges.execute(database, { after, limit: CHANGES_AT_ONCE })
  return {
    latest: rows[0]?.latest ?? 0,
    changes: rows.flatMap(({ rev, room, user }) =>
      rev === null || room === null ? [] : [{ rev, room, user }],
    ),
  }
}

const selectChanges = prepared((database, value: Placeholder<{ after: number; limit: number }>) =>
  database
    .selectFrom('access_revs')
    .leftJoin('access_changes', (join) => join.on('access_changes.rev', '>', value('after')))
    .select([
      'access_revs.rev as latest',
      'access_changes.rev',
      'access_changes.room_id as room',
      'access_changes.user_id as user',
    ])
    .orderBy('access_changes.rev')
    .limit(value('limit')),
)
