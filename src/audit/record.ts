import type { FastifyRequest } from 'fastify'
import type { Kysely } from 'kysely'
import { addressOf } from '../channels/index.ts'
import type { Tables } from '../storage/index.ts'
import type { AuditAction } from './actions.ts'
import type { RoomKind } from './tables.ts'

/** The person who does something, and their address. */
export interface Actor {
  /** The number of an account; null: somebody at a shell of the server. */
  readonly user: number | null
  /** A network address, or `shell`. */
  readonly address: string
  /** True for an administrator. */
  readonly administrator?: boolean
}

/** The actor of a command that is typed on the server. */
export const SHELL: Actor = { user: null, address: 'shell' }

export interface AuditedRoom {
  readonly id: number
  readonly name: string
  readonly kind: RoomKind
}

export interface NewAuditEntry {
  readonly action: AuditAction
  readonly by: Actor
  /** The number of the account that it concerns. */
  readonly person?: number
  readonly room?: AuditedRoom
  /** Further details in a few words: never what somebody wrote in a room, a password or a key. */
  readonly detail?: string
}

/** Characters of each text that are kept. */
const LONGEST = 200

/** The actor of a request. @param request of somebody who is signed in */
export function actorOf(request: Pick<FastifyRequest, 'identity' | 'ip'>): Actor {
  const { identity } = request
  return {
    user: identity?.user.id ?? null,
    address: addressOf(request),
    administrator: identity?.user.administrator === true,
  }
}

/**
 * Writes into the audit log what an administrator, an owner of a room, or somebody at the server's shell did.
 *
 *     await inTransaction(database, async (transaction) => {
 *       await transaction.updateTable('rooms').set({ … }).execute()
 *       await recordAudit(transaction, { action: 'room.archive', by: actorOf(request), room })
 *     })
 *
 * @param transaction in which it is done, so that both are stored or neither; the database, where there is none. Call it when
 * something was changed, not for what was so already
 */
export async function recordAudit(
  transaction: Kysely<Tables>,
  { action, by, person, room, detail = '' }: NewAuditEntry,
): Promise<void> {
  await transaction
    .insertInto('audit_entries')
    .values({
      at: new Date().toISOString(),
      action,
      actor_id: by.user,
      address: bounded(by.address),
      person_id: person ?? null,
      room_id: room?.id ?? null,
      room_name: room ? bounded(room.name) : null,
      room_kind: room?.kind ?? null,
      by_administrator: by.administrator ? 1 : 0,
      detail: bounded(detail),
    })
    .execute()
}

/** PostgreSQL refuses U+0000. */
function bounded(text: string): string {
  return text.slice(0, LONGEST).replaceAll('\0', '').toWellFormed()
}
