import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { type Actor, type AuditedRoom, recordAudit } from '../audit/index.ts'
import { type Database, inTransaction, type Tables } from '../storage/index.ts'
import type { RateLimitHook } from '../web/index.ts'
import { type PersonName, personName } from '../web/presentation.ts'
import type { Access } from './access.ts'
import { joinIn } from './memberships.ts'
import { lockRoom, lockRoomShared } from './room-lock.ts'
import { findRoom, type Person, type Room } from './rooms.ts'

/** Milliseconds for which an invitation is good. */
const INVITATION_LIFE = 7 * 24 * 60 * 60 * 1_000

/** Invitations that are deleted in one statement. */
const SWEPT_AT_ONCE = 1_000

/** Invitations on a page of all of them. */
const INVITATIONS_PAGE = 50

/** 132 bits: codes that nobody can guess. */
const CODE_BYTES = 18
const CODE = /^[A-Za-z0-9_-]{16,64}$/

export interface InvitationOptions {
  /** The people who may make links that invite into a room; those who administer it always may. */
  readonly invitations: 'members' | 'owners'
}

/** The settings of the server on which those of rooms depend. */
export interface SettingsOptions extends InvitationOptions {
  /** Days after which messages are deleted; 0: never. */
  readonly retentionDays: number
}

/** Limits how often somebody may take actions that are written into the audit log. */
export interface AuditedActionLimit {
  readonly administering: RateLimitHook[]
}

/** An invitation that is still good. */
export interface Invitation {
  readonly code: string
  readonly expiresAt: string
  readonly room: Pick<Room, 'id' | 'slug' | 'name' | 'kind' | 'rev'>
  /** The person who made it. */
  readonly invitedBy: PersonName
  /** True if an administrator made it: it then lets people sign up where that is closed. */
  readonly byAdministrator: boolean
}

/** The invitation with a code, if it is valid. */
export async function findInvitation(
  database: Kysely<Tables>,
  code: string,
): Promise<Invitation | undefined> {
  if (!CODE.test(code)) return undefined
  return goodInvitation(await goodInvitations(database).where('code', '=', code).executeTakeFirst())
}

/** The invitation to a room, if it is valid. */
export async function invitationOf(database: Database, room: number): Promise<Invitation | undefined> {
  return goodInvitation(await goodInvitations(database).where('room_id', '=', room).executeTakeFirst())
}

/**
 * Creates an invitation to a room. An earlier one is invalid from then on.
 * @param mayInvite decides by what the person is to the room when the invitation is stored: somebody who was removed at the same
 * moment leaves none behind
 */
export async function renewInvitation(
  database: Database,
  room: Pick<Room, 'id' | 'slug' | 'name' | 'kind'>,
  person: Person,
  by: Actor,
  mayInvite: (access: Access) => boolean,
): Promise<void> {
  const invitation = {
    code: randomBytes(CODE_BYTES).toString('base64url'),
    created_by: person.id,
    created_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + INVITATION_LIFE).toISOString(),
  }
  await inTransaction(database, async (transaction) => {
    await lockRoom(transaction, room.id)
    const now = await findRoom(transaction, room.slug, person)
    if (!now || !mayInvite(now)) return
    await transaction
      .insertInto('invitations')
      .values({ room_id: room.id, ...invitation })
      .onConflict((conflict) => conflict.column('room_id').doUpdateSet(invitation))
      .execute()
    await recordAudit(transaction, { action: 'invitation.make', by, room })
  })
}

/** Deletes invitations that are not good any more, some at a time. @returns whether there may be more */
export async function sweepInvitations(database: Database): Promise<boolean> {
  const expired = database
    .selectFrom('invitations')
    .select('room_id')
    .where('expires_at', '<=', new Date().toISOString())
    .limit(SWEPT_AT_ONCE)
  const { numDeletedRows } = await database
    .deleteFrom('invitations')
    .where('room_id', 'in', expired)
    .executeTakeFirstOrThrow()
  return numDeletedRows >= SWEPT_AT_ONCE
}

/** Ends the invitation to a room, if it has one. */
export async function endInvitation(database: Database, room: AuditedRoom, by: Actor): Promise<void> {
  await inTransaction(database, async (transaction) => {
    const ended = await transaction
      .deleteFrom('invitations')
      .where('room_id', '=', room.id)
      .returning('room_id')
      .executeTakeFirst()
    if (ended) await recordAudit(transaction, { action: 'invitation.end', by, room })
  })
}

/** A page of the invitations that are good, those first that are good for longest. @param page from 1 */
export async function goodInvitationsOn(
  database: Database,
  page: number,
): Promise<{ readonly invitations: Invitation[]; readonly more: boolean }> {
  const rows = await goodInvitations(database)
    .orderBy('expires_at', 'desc')
    .orderBy('rooms.id')
    .offset((page - 1) * INVITATIONS_PAGE)
    .limit(INVITATIONS_PAGE + 1)
    .execute()
  return {
    invitations: rows.slice(0, INVITATIONS_PAGE).flatMap((row) => goodInvitation(row) ?? []),
    more: rows.length > INVITATIONS_PAGE,
  }
}

/**
 * Makes a person a member of the room that they are invited to, unless they were removed from it.
 * @returns false where the invitation has ended meanwhile
 */
export async function acceptInvitation(
  database: Database,
  { code, room }: Invitation,
  { id }: Pick<Person, 'id'>,
): Promise<boolean> {
  return inTransaction(database, async (transaction) => {
    await lockRoomShared(transaction, room.id)
    if (!(await findInvitation(transaction, code))) return false
    await joinIn(transaction, room, id)
    return true
  })
}

function goodInvitations(database: Kysely<Tables>) {
  return database
    .selectFrom('invitations')
    .innerJoin('rooms', 'rooms.id', 'invitations.room_id')
    .innerJoin('users', 'users.id', 'invitations.created_by')
    .select([
      'code',
      'expires_at',
      'rooms.id',
      'slug',
      'kind',
      'rooms.name as room',
      'rev',
      'users.name as inviter',
      'display_name as displayName',
      'users.role',
    ])
    .where('expires_at', '>', new Date().toISOString())
    .where('archived_at', 'is', null)
    .where('users.deactivated_at', 'is', null)
}

type Row = Awaited<ReturnType<ReturnType<typeof goodInvitations>['executeTakeFirst']>>

function goodInvitation(row: Row): Invitation | undefined {
  if (!row) return undefined
  const { code, displayName, expires_at, id, inviter, kind, rev, role, room, slug } = row
  return {
    code,
    expiresAt: expires_at,
    room: { id, slug, name: room, kind, rev },
    invitedBy: personName(inviter, displayName),
    byAdministrator: role === 'administrator',
  }
}
