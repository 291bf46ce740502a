import { type Expression, type Kysely, sql, type Transaction } from 'kysely'
import { hasBlocked, hasBlockedAll, type ShownStatus, STATUS_COLUMNS, statusOf } from '../accounts/index.ts'
import { type Actor, type AuditedRoom, recordAudit } from '../audit/index.ts'
import {
  type Database,
  inTransaction,
  type Placeholder,
  preparedForRows,
  type Tables,
} from '../storage/index.ts'
import { noteAccessChange } from './access-changes.ts'
import { archiveIn } from './archive.ts'
import { joinIn, noteWatchers } from './memberships.ts'
import { lockRoom } from './room-lock.ts'

/** Members of a room on one page. */
export const MEMBERS_PAGE = 100
/** People who were removed from a room that are listed. */
const BARRED = 100

/** A person in a list. */
export interface Named {
  readonly name: string
  /** Their display name; null: their username. */
  readonly displayName: string | null
  /** The version of their picture; null: they have none. */
  readonly picture: string | null
  /** Undefined: they have none. */
  readonly status?: ShownStatus | undefined
}

export interface Member extends Named {
  readonly role: 'owner' | 'member'
  /** Until when they were muted, in ISO 8601; null: they were not. */
  readonly mutedUntil: string | null
}

export interface MembersPage {
  readonly members: Member[]
  readonly more: boolean
}

/** A page of a room's members, those who have been in it longest first. @param page from 1 */
export async function membersOf(database: Database, room: number, page: number): Promise<MembersPage> {
  const rows = await database
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .leftJoin('profiles', 'profiles.user_id', 'users.id')
    .leftJoin('mutes', (join) =>
      join
        .onRef('mutes.room_id', '=', 'memberships.room_id')
        .onRef('mutes.user_id', '=', 'memberships.user_id'),
    )
    .select([
      'users.name',
      'display_name as displayName',
      'users.picture',
      'memberships.role',
      'muted_until as mutedUntil',
      ...STATUS_COLUMNS,
    ])
    .where('memberships.room_id', '=', room)
    .orderBy('joined_at')
    .orderBy('memberships.user_id')
    .offset((page - 1) * MEMBERS_PAGE)
    .limit(MEMBERS_PAGE + 1)
    .execute()
  const members = rows.slice(0, MEMBERS_PAGE).map((row) => ({ ...row, status: statusOf(row) }))
  return { members, more: rows.length > MEMBERS_PAGE }
}

/** Selects the numbers of the rooms that a person is a member of, within a query of another feature. */
export function roomNumbersOf(user: number): Expression<number> {
  return sql<number>`(select room_id from memberships where user_id = ${user})`
}

/** Lists the people who were removed from a room and not added again, the latest first. */
export function barredFrom(database: Database, room: number): Promise<Named[]> {
  return database
    .selectFrom('bars')
    .innerJoin('users', 'users.id', 'bars.user_id')
    .select(['users.name', 'display_name as displayName', 'users.picture'])
    .where('room_id', '=', room)
    .orderBy('barred_at', 'desc')
    .limit(BARRED)
    .execute()
}

/** Tells whether a person was removed from a room. */
export async function isBarred(database: Kysely<Tables>, room: number, user: number): Promise<boolean> {
  const bar = database
    .selectFrom('bars')
    .select('user_id')
    .where('room_id', '=', room)
    .where('user_id', '=', user)
  return (await bar.executeTakeFirst()) !== undefined
}

/**
 * Makes a person a member of a room. If they have blocked whoever adds them, the room is hidden from them until somebody else says
 * something there, as a direct room would be; whoever adds them notices nothing of that.
 * @param readmits whether also one who was removed from it
 * @returns false where they were removed, and stay so
 */
export async function addMember(
  database: Database,
  room: AuditedRoom & { readonly rev: number },
  user: number,
  readmits: boolean,
  by: Actor,
): Promise<boolean> {
  return inTransaction(database, async (transaction) => {
    await lockRoom(transaction, room.id)
    if (!readmits && (await isBarred(transaction, room.id, user))) return false
    const readmitted = await transaction
      .deleteFrom('bars')
      .where('room_id', '=', room.id)
      .where('user_id', '=', user)
      .returning('user_id')
      .executeTakeFirst()
    if (readmitted) await recordAudit(transaction, { action: 'member.readmit', by, person: user, room })
    if (await isMember(transaction, room.id, user)) return true
    await joinIn(transaction, room, user)
    if (by.user !== null) await hideFromBlocker(transaction, room.id, user, by.user)
    return true
  })
}

async function isMember(transaction: Transaction<Tables>, room: number, user: number): Promise<boolean> {
  const membership = transaction
    .selectFrom('memberships')
    .select('user_id')
    .where('room_id', '=', room)
    .where('user_id', '=', user)
  return (await membership.executeTakeFirst()) !== undefined
}

async function hideFromBlocker(
  transaction: Transaction<Tables>,
  room: number,
  user: number,
  by: number,
): Promise<void> {
  const hidden = await transaction
    .updateTable('memberships')
    .set(({ selectFrom }) => ({
      hidden_after: selectFrom('rooms').select('rev').whereRef('rooms.id', '=', 'memberships.room_id'),
    }))
    .where('room_id', '=', room)
    .where('user_id', '=', user)
    .where(({ ref }) => hasBlocked(ref('memberships.user_id'), sql`${by}`))
    .returning('user_id')
    .executeTakeFirst()
  if (hidden) await transaction.updateTable('rooms').set({ hides: 1 }).where('id', '=', room).execute()
}

/** Takes a person out of a room for good: they are barred until somebody adds them again. */
export async function removeMember(
  database: Database,
  room: AuditedRoom,
  user: number,
  by: Actor,
): Promise<void> {
  await inTransaction(database, async (transaction) => {
    await lockRoom(transaction, room.id)
    const barred = await transaction
      .insertInto('bars')
      .values({ room_id: room.id, user_id: user, barred_by: by.user, barred_at: new Date().toISOString() })
      .onConflict((conflict) => conflict.doNothing())
      .returning('user_id')
      .executeTakeFirst()
    await endMembership(transaction, room.id, user)
    if (barred) await recordAudit(transaction, { action: 'member.remove', by, person: user, room })
    // Also where they were no member: people can look at an archived room without being one.
    await noteAccessChange(transaction, { room: room.id, user })
  })
}

/** Ends a person's membership. An owner hands the room to the person who has been in it longest; one that nobody is in is archived. */
export async function leaveRoom(database: Database, room: number, user: number): Promise<void> {
  await inTransaction(database, async (transaction) => {
    await lockRoom(transaction, room)
    if (await endMembership(transaction, room, user)) await noteAccessChange(transaction, { room, user })
  })
}

/** Hides a direct room from a person until something is said there. */
export async function hideRoom(
  database: Database,
  room: { readonly id: number; readonly rev: number },
  user: number,
): Promise<void> {
  await database
    .updateTable('memberships')
    .set({ hidden_after: room.rev })
    .where('room_id', '=', room.id)
    .where('user_id', '=', user)
    .execute()
}

/** A room in which something was said, or changed. */
export interface ChangedRoom {
  readonly id: number
  /** Its `rev` before and after that. */
  readonly before: number
  readonly rev: number
  /** The usernames of those who said something, each once; empty where messages were changed, and none was said. */
  readonly senders: readonly string[]
}

/**
 * Has direct rooms stay hidden from those who left them, although something was changed there; and hidden rooms from those who have
 * blocked everybody who said something.
 */
export async function keepHidden(
  transaction: Transaction<Tables>,
  rooms: readonly ChangedRoom[],
): Promise<void> {
  const found = await selectHiding.execute(
    transaction,
    rooms.map(({ id }) => ({ room: id })),
  )
  const hiding = new Set(found.map(({ room }) => room))
  for (const { id, before, rev, senders } of rooms) {
    if (!hiding.has(id)) continue
    const stay = transaction
      .updateTable('memberships')
      .set({ hidden_after: rev })
      .where('room_id', '=', id)
      .where('hidden_after', '>=', before)
    await (senders.length === 0
      ? stay
      : stay.where(({ ref }) => hasBlockedAll(ref('memberships.user_id'), senders))
    ).execute()
  }
}

/** Those of some rooms that are, or were, hidden from somebody. */
const selectHiding = preparedForRows((database, rooms: readonly Placeholder<{ room: number }>[]) =>
  database
    .selectFrom('memberships')
    .select('room_id as room')
    .distinct()
    .where(
      'room_id',
      'in',
      rooms.map((value) => value('room')),
    )
    .where('hidden_after', 'is not', null),
)

/** @returns whether the person was a member */
async function endMembership(transaction: Transaction<Tables>, room: number, user: number): Promise<boolean> {
  const ended = await transaction
    .deleteFrom('memberships')
    .where('room_id', '=', room)
    .where('user_id', '=', user)
    .returning(['role', 'level'])
    .executeTakeFirst()
  if (ended?.level === 'everything') await noteWatchers(transaction, room)
  // An invitation is worth as much as the person who made it.
  await transaction
    .deleteFrom('invitations')
    .where('room_id', '=', room)
    .where('created_by', '=', user)
    .execute()
  if (ended?.role === 'owner') await handOver(transaction, room)
  if (ended && !(await longestMember(transaction, room))) await archiveIn(transaction, room)
  return ended !== undefined
}

/** Makes the person who has been in a room longest, and whose account is in use, its owner. */
export async function handOver(transaction: Transaction<Tables>, room: number): Promise<void> {
  const heir = await longestMember(transaction, room)
  if (!heir) return
  await transaction
    .updateTable('memberships')
    .set({ role: 'owner' })
    .where('room_id', '=', room)
    .where('user_id', '=', heir.user)
    .execute()
  await noteAccessChange(transaction, { room, user: heir.user })
}

function longestMember(
  transaction: Transaction<Tables>,
  room: number,
): Promise<{ user: number } | undefined> {
  return transaction
    .selectFrom('memberships')
    .innerJoin('users', 'users.id', 'memberships.user_id')
    .select('user_id as user')
    .where('room_id', '=', room)
    .where('deactivated_at', 'is', null)
    .orderBy('joined_at')
    .orderBy('user_id')
    .limit(1)
    .executeTakeFirst()
}
