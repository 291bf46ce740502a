import { type Kysely, sql } from 'kysely'
import { type Placeholder, prepared, preparedForRows, type Tables } from '../storage/index.ts'
import type { Kind, Level } from './access.ts'
import { mayRead } from './readers.ts'
import { levelOf } from './rooms.ts'

/** A person who may read a room, and their notification level there. */
export interface Recipient {
  readonly id: number
  /** The username. */
  readonly name: string
  readonly level: Level
  /** False for somebody who may read an open room and is not in it. */
  readonly isMember: boolean
}

/** Finds the people with these usernames who may read a room, and whose accounts are in use. @param names give few */
export async function readersNamed(
  database: Kysely<Tables>,
  room: number,
  names: readonly string[],
): Promise<Recipient[]> {
  const rows = await selectNamed.execute(
    database,
    names.map((name) => ({ room, name })),
  )
  return rows.map(recipientOf)
}

/** The place of a member in a room, whose members are in order of joining. */
export interface MemberPlace {
  readonly joinedAt: string
  readonly user: number
}

/** Members of a room, with the place of the last of them. */
export interface MembersAfter {
  /** The members whose accounts are in use. */
  readonly members: Recipient[]
  /** Undefined: there are no more. */
  readonly last: MemberPlace | undefined
}

/** The members of a room after a place. @param level only those who have chosen this; left out: all */
export async function membersAfter(
  database: Kysely<Tables>,
  room: number,
  { joinedAt, user }: MemberPlace,
  limit: number,
  level?: 'everything',
): Promise<MembersAfter> {
  const select = level === undefined ? selectMembers : selectWatchers
  const rows = await select.execute(database, { room, joinedAt, user, limit })
  const end = rows.at(-1)
  return {
    members: rows.filter(({ deactivatedAt }) => deactivatedAt === null).map(recipientOf),
    last: end && rows.length === limit ? { joinedAt: end.joinedAt, user: end.id } : undefined,
  }
}

interface RecipientRow {
  readonly id: number
  readonly name: string
  readonly kind: Kind
  readonly level: Level | null
  readonly member: number | null
  readonly silenced?: number | null
}

function recipientOf({ id, kind, level, member, name, silenced = null }: RecipientRow): Recipient {
  return { id, name, level: levelOf(level, kind, silenced !== null), isMember: member !== null }
}

const selectNamed = preparedForRows(
  (database, wanted: readonly Placeholder<{ room: number; name: string }>[]) => {
    const [first] = wanted
    if (!first) throw new Error('nobody was to be found')
    return database
      .selectFrom('users')
      .innerJoin('rooms', (join) => join.on('rooms.id', '=', first('room')))
      .leftJoin('memberships', (join) =>
        join.onRef('memberships.user_id', '=', 'users.id').onRef('memberships.room_id', '=', 'rooms.id'),
      )
      .leftJoin('silenced_rooms', (join) =>
        join
          .onRef('silenced_rooms.user_id', '=', 'users.id')
          .onRef('silenced_rooms.room_id', '=', 'rooms.id'),
      )
      .select([
        ...(['users.id', 'users.name', 'rooms.kind', 'level'] as const),
        ...(['memberships.user_id as member', 'silenced_rooms.user_id as silenced'] as const),
      ])
      .where(
        'users.name',
        'in',
        wanted.map((one) => one('name')),
      )
      .where('deactivated_at', 'is', null)
      .where(({ ref }) => mayRead(ref('rooms.id'), ref('users.id')))
  },
)

type AfterPlace = MemberPlace & { readonly room: number; readonly limit: number }

const selectMembers = prepared((database, value: Placeholder<AfterPlace>) => members(database, value))

const selectWatchers = prepared((database, value: Placeholder<AfterPlace>) =>
  members(database, value).where('level', '=', sql.lit('everything' as const)),
)

function members(database: Kysely<Tables>, value: Placeholder<AfterPlace>) {
  return database
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .innerJoin('rooms', 'rooms.id', 'memberships.room_id')
    .select([
      'users.id',
      'users.name',
      'rooms.kind',
      'level',
      'memberships.user_id as member',
      'joined_at as joinedAt',
      'deactivated_at as deactivatedAt',
    ])
    .where('memberships.room_id', '=', value('room'))
    .where(sql<boolean>`(joined_at, user_id) > (${value('joinedAt')}, cast(${value('user')} as bigint))`)
    .orderBy('joined_at')
    .orderBy('user_id')
    .limit(value('limit'))
}
