import { sql } from 'kysely'
import { type Database, type Placeholder, preparedForRows } from '../storage/index.ts'

/** A person's membership of a room. */
export interface MemberStanding {
  readonly room: number
  readonly user: number
  /** The `seq` up to which they have read. */
  readonly readSeq: number
  /** The room's `rev` up to which it is hidden from them (`isShown`); null: it is not. */
  readonly hiddenAfter: number | null
}

/** Returns the memberships of these people in these rooms; those who are not members are left out. */
export function memberStandings(
  database: Database,
  pairs: readonly { readonly room: number; readonly user: number }[],
): Promise<MemberStanding[]> {
  return selectStandings.execute(database, pairs)
}

const selectStandings = preparedForRows(
  (database, pairs: readonly Placeholder<{ room: number; user: number }>[]) => {
    const wanted = pairs.map(
      (pair) => sql`(cast(${pair('user')} as bigint), cast(${pair('room')} as bigint))`,
    )
    return database
      .selectFrom('memberships')
      .select(['room_id as room', 'user_id as user', 'read_seq as readSeq', 'hidden_after as hiddenAfter'])
      .where(sql<boolean>`(user_id, room_id) in (values ${sql.join(wanted)})`)
  },
)
