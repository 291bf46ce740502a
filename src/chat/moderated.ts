import type { FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'
import { type Actor, actorOf, recordAudit } from '../audit/index.ts'
import { type Access, auditedRoom, may } from '../rooms/index.ts'
import type { Tables } from '../storage/index.ts'

/** A message that was deleted by somebody who did not write it. */
export interface Moderated {
  readonly by: Actor
  readonly room: number
  /** The author of the message. */
  readonly person: number
  readonly seq: number
}

/** Returns the person who asks, if they may delete messages of others in a room. */
export function moderatorIn(access: Access, request: FastifyRequest): Actor | undefined {
  return may(access, 'moderate') ? actorOf(request) : undefined
}

/** Writes into the audit log, in the transaction that deletes them, which messages of others were deleted. */
export async function recordModerated(
  transaction: Transaction<Tables>,
  moderated: readonly Moderated[],
): Promise<void> {
  for (const { by, person, room, seq } of moderated) {
    await recordAudit(transaction, {
      action: 'message.delete',
      by,
      person,
      room: await auditedRoom(transaction, room),
      detail: `message ${seq}`,
    })
  }
}
