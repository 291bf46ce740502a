import { randomUUIDv7 } from 'node:crypto'
import type { ExpressionBuilder, Selectable, Transaction } from 'kysely'
import { lockPerson } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import type { Room } from '../rooms/index.ts'
import type { Database, Tables } from '../storage/index.ts'
import type { Format, JobFrame } from './protocol.ts'
import type { ExportsTable } from './tables.ts'

export type Export = Selectable<ExportsTable>

/** Milliseconds for which a file is kept. */
const KEPT_FOR = 24 * 60 * 60_000

/** Exports that one person may have at a time. */
export const PER_PERSON = 20

/** When an export that is made or finished now is removed. */
export function endOfExport(): string {
  return new Date(Date.now() + KEPT_FOR).toISOString()
}

/**
 * Notes that a person wants a room exported. Of a room and format one export is under way: asking again gives the same.
 * @throws FrameError with `limit`
 */
export async function requestExport(
  transaction: Transaction<Tables>,
  user: number,
  room: Room,
  format: Format,
): Promise<Export> {
  await lockPerson(transaction, user)
  const of = await transaction
    .selectFrom('exports')
    .selectAll()
    .where('user_id', '=', user)
    .orderBy('created_at', 'desc')
    .limit(PER_PERSON)
    .execute()
  const underWay = of.find((one) => one.room_id === room.id && one.format === format && one.ended_at === null)
  if (underWay) return underWay
  if (of.length === PER_PERSON)
    throw new FrameError(
      'limit',
      `you already have ${PER_PERSON} exports, which is the limit; delete one of them, or wait until the oldest is a day old`,
    )
  return (
    transaction
      .insertInto('exports')
      .values({
        id: randomUUIDv7(),
        user_id: user,
        room_id: room.id,
        room_slug: room.slug,
        format,
        state: 'waiting',
        written_seq: 0,
        last_seq: 0,
        messages: 0,
        parts: 0,
        bytes: 0,
        embedded: 0,
        error: null,
        created_at: new Date().toISOString(),
        ended_at: null,
        expires_at: endOfExport(),
      })
      // Asked for twice at once: the other one is as good.
      .onConflict((conflict) =>
        conflict
          .columns(['user_id', 'room_id', 'format'])
          .where('ended_at', 'is', null)
          .doUpdateSet(({ ref }) => ({ format: ref('excluded.format') })),
      )
      .returningAll()
      .executeTakeFirstOrThrow()
  )
}

/** The export with this `id` that a person asked for, while it is kept. */
export function exportOf(database: Database, user: number, id: string): Promise<Export | undefined> {
  return database
    .selectFrom('exports')
    .selectAll()
    .where('id', '=', id)
    .where('user_id', '=', user)
    .where('expires_at', '>', new Date().toISOString())
    .executeTakeFirst()
}

/** A person's exports of a room, the newest first. */
export function exportsOfRoom(database: Database, user: number, room: number): Promise<Export[]> {
  return database
    .selectFrom('exports')
    .selectAll()
    .where('user_id', '=', user)
    .where('room_id', '=', room)
    .where('expires_at', '>', new Date().toISOString())
    .orderBy('created_at', 'desc')
    .limit(PER_PERSON)
    .execute()
}

/** True while a file is being written or rewritten. */
export function isUnderWay({ ended_at, stale }: Export): boolean {
  return ended_at === null || stale > 0
}

/** The jobs of a person that are not done. */
export function exportsUnderWay(database: Database, user: number): Promise<Export[]> {
  return database
    .selectFrom('exports')
    .selectAll()
    .where('user_id', '=', user)
    .where(unfinished)
    .orderBy('created_at')
    .limit(PER_PERSON)
    .execute()
}

/** Finds the first of a person's exports of a room that are not done. */
export function nextExport(database: Database, user: number, room: number): Promise<Export | undefined> {
  return database
    .selectFrom('exports')
    .selectAll()
    .where('user_id', '=', user)
    .where('room_id', '=', room)
    .where(unfinished)
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst()
}

/** A condition of a query: true for exports of which a job has something to write. */
export function unfinished({ eb, or }: ExpressionBuilder<Tables, 'exports'>) {
  return or([eb('ended_at', 'is', null), eb('stale', '>', 0)])
}

/** Deletes an export and the rows of its parts. @returns it, if it was there */
export async function deleteExport(
  transaction: Transaction<Tables>,
  user: number,
  id: string,
): Promise<Export | undefined> {
  return transaction
    .deleteFrom('exports')
    .where('id', '=', id)
    .where('user_id', '=', user)
    .returningAll()
    .executeTakeFirst()
}

/** The address of the file, with a name under which it is saved. */
function fileUrl({ id, room_slug, format, created_at }: Export): string {
  return `/api/jobs/${id}/${room_slug}-${created_at.slice(0, 10)}.${format}`
}

export function jobFrame(one: Export): JobFrame {
  const { error, expires_at: expires, format, id, messages, room_slug: room } = one
  const state = one.state === 'done' && one.stale > 0 ? 'running' : one.state
  const frame = { type: 'job', id, kind: 'export', state, progress: progressOf(one) } as const
  if (state === 'done')
    return { ...frame, result: { url: fileUrl(one), room, format, messages, size: sizeOf(one), expires } }
  return error === null ? frame : { ...frame, result: { error } }
}

/** Bytes of the file as it is fetched. */
export function sizeOf({ bytes, embedded }: Export): number {
  return bytes + embedded
}

function progressOf({ last_seq, parts, stale, state, written_seq }: Export): number {
  const done = state === 'done' ? (parts - stale) / parts : written_seq / last_seq
  return Number.isFinite(done) ? Math.floor(done * 1000) / 1000 : 0
}
