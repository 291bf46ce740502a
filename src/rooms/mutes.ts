import { type Actor, type AuditedRoom, recordAudit } from '../audit/index.ts'
import { FrameError } from '../channels/index.ts'
import { type Database, inTransaction } from '../storage/index.ts'
import type { MessagePart } from '../web/index.ts'
import { minuteText } from '../web/presentation.ts'
import { type Access, isMuted } from './access.ts'
import { noteAccessChange } from './access-changes.ts'
import { lockRoom } from './room-lock.ts'

const HOUR = 60 * 60_000

/** For how long somebody can be muted, in milliseconds, as forms name it. */
export const MUTE_TIMES: Readonly<Record<string, number>> = {
  '1 h': HOUR,
  '1 day': 24 * HOUR,
  '1 week': 7 * 24 * HOUR,
}

/** Mutes that are deleted in one statement. */
const SWEPT_AT_ONCE = 1_000

const MUTED = ': you can read it, but not write in it or change anything'

/** Mutes a person in a room, for longer or shorter than before. @param until ISO 8601 */
export async function muteMember(
  database: Database,
  room: AuditedRoom,
  user: number,
  by: Actor,
  until: string,
): Promise<void> {
  const mute = { muted_by: by.user, muted_until: until }
  await inTransaction(database, async (transaction) => {
    await lockRoom(transaction, room.id)
    await transaction
      .insertInto('mutes')
      .values({ room_id: room.id, user_id: user, ...mute })
      .onConflict((conflict) => conflict.columns(['room_id', 'user_id']).doUpdateSet(mute))
      .execute()
    await recordAudit(transaction, {
      action: 'member.mute',
      by,
      person: user,
      room,
      detail: `until ${minuteText(until)}`,
    })
    await noteAccessChange(transaction, { room: room.id, user })
  })
}

/** Lets a person speak in a room again. */
export async function unmuteMember(
  database: Database,
  room: AuditedRoom,
  user: number,
  by: Actor,
): Promise<void> {
  await inTransaction(database, async (transaction) => {
    await lockRoom(transaction, room.id)
    const ended = await transaction
      .deleteFrom('mutes')
      .where('room_id', '=', room.id)
      .where('user_id', '=', user)
      .returning('user_id')
      .executeTakeFirst()
    if (!ended) return
    await recordAudit(transaction, { action: 'member.unmute', by, person: user, room })
    await noteAccessChange(transaction, { room: room.id, user })
  })
}

/** The answer to a frame of a person who is muted. */
export function mutedError({ mutedUntil }: Pick<Access, 'mutedUntil'>): FrameError {
  const until = mutedUntil ?? ''
  return new FrameError('forbidden', `you are muted in this room until ${minuteText(until)}${MUTED}`, {
    until,
  })
}

/** The same as a sentence for a page; undefined: they are not muted. */
export function mutedMessage(access: Access): readonly MessagePart[] | undefined {
  const at = mutedEnd(access)
  return at === null ? undefined : ['You are muted in this room until ', { at }, `${MUTED}.`]
}

/** Tells until when somebody is muted, in ISO 8601; null: they are not. A page writes it as its reader's clock has it. */
export function mutedEnd(access: Access): string | null {
  return isMuted(access) ? access.mutedUntil : null
}

/** Deletes mutes that have expired, some at a time. @returns whether there may be more */
export async function sweepMutes(database: Database): Promise<boolean> {
  const over = await database
    .selectFrom('mutes')
    .select(['room_id', 'user_id'])
    .where('muted_until', '<', new Date().toISOString())
    .orderBy('muted_until')
    .limit(SWEPT_AT_ONCE)
    .execute()
  for (const { room_id: room, user_id: user } of over)
    await database
      .deleteFrom('mutes')
      .where('room_id', '=', room)
      .where('user_id', '=', user)
      .where('muted_until', '<', new Date().toISOString())
      .execute()
  return over.length === SWEPT_AT_ONCE
}
