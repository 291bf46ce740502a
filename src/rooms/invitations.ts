import { randomBytes } from 'node:crypto'
import type { Database } from '../storage/index.ts'
import { joinRoom } from './memberships.ts'
import type { Person } from './rooms.ts'

/** Milliseconds for which an invitation is good. */
const INVITATION_LIFE = 7 * 24 * 60 * 60 * 1_000

/** 132 bits: codes that nobody can guess. */
const CODE_BYTES = 18
const CODE = /^[A-Za-z0-9_-]{16,64}$/

export interface InvitationOptions {
  /** Who may invite people into a room by a link; whoever administers it always may. */
  readonly invitations: 'members' | 'owners'
}

/** An invitation that is still good. */
export interface Invitation {
  readonly code: string
  readonly expiresAt: string
  readonly room: { readonly id: number; readonly slug: string; readonly name: string; readonly rev: number }
  /** What whoever made it is called. */
  readonly invitedBy: string
  /** Whether an administrator made it: it then lets people sign up where that is closed. */
  readonly byAdministrator: boolean
}

/** The invitation with a code, while it is good. */
export async function findInvitation(database: Database, code: string): Promise<Invitation | undefined> {
  if (!CODE.test(code)) return undefined
  return goodInvitation(await goodInvitations(database).where('code', '=', code).executeTakeFirst())
}

/** The invitation to a room, while it is good. */
export async function invitationOf(database: Database, room: number): Promise<Invitation | undefined> {
  return goodInvitation(await goodInvitations(database).where('room_id', '=', room).executeTakeFirst())
}

/** Makes an invitation to a room. One that it had is dead from then on. */
export async function renewInvitation(
  database: Database,
  room: number,
  { id: created_by }: Pick<Person, 'id'>,
): Promise<void> {
  const invitation = {
    code: randomBytes(CODE_BYTES).toString('base64url'),
    created_by,
    created_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + INVITATION_LIFE).toISOString(),
  }
  await database
    .insertInto('invitations')
    .values({ room_id: room, ...invitation })
    .onConflict((conflict) => conflict.column('room_id').doUpdateSet(invitation))
    .execute()
}

export async function endInvitation(database: Database, room: number): Promise<void> {
  await database.deleteFrom('invitations').where('room_id', '=', room).execute()
}

/** Makes a person a member of the room that they are invited to. */
export async function acceptInvitation(
  database: Database,
  { room }: Invitation,
  { id }: Pick<Person, 'id'>,
): Promise<void> {
  await joinRoom(database, room, id)
}

function goodInvitations(database: Database) {
  return database
    .selectFrom('invitations')
    .innerJoin('rooms', 'rooms.id', 'invitations.room_id')
    .innerJoin('users', 'users.id', 'invitations.created_by')
    .select([
      'code',
      'expires_at',
      'rooms.id',
      'slug',
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
  const { code, displayName, expires_at, id, inviter, rev, role, room, slug } = row
  return {
    code,
    expiresAt: expires_at,
    room: { id, slug, name: room, rev },
    invitedBy: displayName ?? inviter,
    byAdministrator: role === 'administrator',
  }
}
