import { type Database, type Placeholder, prepared } from '../storage/index.ts'

/** The position up to which somebody has read a room. */
export interface ReadPosition {
  /** The username. */
  readonly name: string
  /** The person's display name; null: their username. */
  readonly displayName: string | null
  /** Everything up to this `seq`. */
  readonly seq: number
}

/**
 * Returns how far members have read a room, by name, for those who let others see that.
 * @returns nothing if the room has more than `most` members
 */
export async function readPositions(
  database: Database,
  room: number,
  most: number,
): Promise<readonly ReadPosition[]> {
  const members = await selectPositions.execute(database, { room, limit: most + 1 })
  if (members.length > most) return []
  return members
    .filter(({ deactivatedAt, hides }) => hides === 0 && deactivatedAt === null)
    .map(({ displayName, name, seq }) => ({ name, displayName, seq }))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
}

const selectPositions = prepared((database, value: Placeholder<{ room: number; limit: number }>) =>
  database
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select([
      'users.name',
      'display_name as displayName',
      'hides_reading as hides',
      'deactivated_at as deactivatedAt',
      'read_seq as seq',
    ])
    .where('memberships.room_id', '=', value('room'))
    .limit(value('limit')),
)
