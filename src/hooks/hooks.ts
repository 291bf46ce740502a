import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { addProgram, findProgram, NameRefused } from '../accounts/index.ts'
import { type Actor, recordAudit } from '../audit/index.ts'
import { type Database, inTransaction, type Placeholder, prepared } from '../storage/index.ts'
import type { EventName } from './protocol.ts'
import type {} from './tables.ts'

/** Hooks of one room. */
export const MAXIMUM_HOOKS = 20

/** A room has as many hooks as it may. Its message is a sentence for whoever asked. */
export class TooManyHooks extends Error {
  constructor() {
    super(`A room has at most ${MAXIMUM_HOOKS} hooks. Delete one first.`)
  }
}

export interface Hook {
  readonly id: string
  readonly direction: 'in' | 'out'
  readonly createdAt: string
  /** The username of who made it. */
  readonly madeBy: string
  /** In: what it is called. */
  readonly name: string | null
  readonly username: string | null
  /** Out: where to. */
  readonly url: string | null
  readonly events: readonly string[]
}

/** A hook through which something comes in. */
export interface IncomingHook {
  readonly id: string
  readonly room: number
  readonly slug: string
  /** Under which account it speaks. */
  readonly speaker: { readonly id: number; readonly name: string; readonly displayName: string | null }
  readonly maker: { readonly id: number; readonly name: string; readonly administrator: boolean }
}

/**
 * Makes a hook through which messages come into a room.
 * @param name a username, or what it is called
 * @returns its identifier and the secret in its address, which is not kept
 * @throws NameRefused, TooManyHooks
 */
export async function createIncoming(
  database: Database,
  room: number,
  maker: number,
  name: string,
): Promise<{ readonly id: string; readonly secret: string }> {
  await assertRoomFor(database, room)
  const speaker = (await abandonedSpeaker(database, room, name)) ?? (await addProgram(database, name, 'hook'))
  const id = randomBytes(12).toString('base64url')
  const secret = randomBytes(32).toString('base64url')
  await database
    .insertInto('hooks')
    .values({ ...newHook(id, room, maker), direction: 'in', secret: hashOf(secret), user_id: speaker.id })
    .execute()
  return { id, secret }
}

/**
 * Makes a hook that tells another system of what is said in a room from now on.
 * @param url one that was checked
 * @returns its identifier and the secret with which deliveries are signed
 * @throws TooManyHooks
 */
export async function createOutgoing(
  database: Database,
  room: number,
  maker: number,
  url: string,
  events: readonly EventName[],
): Promise<{ readonly id: string; readonly secret: string }> {
  await assertRoomFor(database, room)
  const id = randomBytes(12).toString('base64url')
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  await inTransaction(database, async (transaction) => {
    const { rev } = await transaction
      .selectFrom('rooms')
      .select('rev')
      .where('id', '=', room)
      .executeTakeFirstOrThrow()
    await transaction
      .insertInto('hooks')
      .values({
        ...newHook(id, room, maker),
        direction: 'out',
        secret,
        url,
        events: events.join(' '),
        position: rev,
        base: rev,
        base_at: new Date().toISOString(),
      })
      .execute()
  })
  return { id, secret }
}

export async function listHooks(database: Database, room: number): Promise<Hook[]> {
  const rows = await database
    .selectFrom('hooks')
    .innerJoin('users as maker', 'maker.id', 'created_by')
    .leftJoin('users as speaker', 'speaker.id', 'user_id')
    .select([
      'hooks.id',
      'direction',
      'hooks.created_at as createdAt',
      'maker.name as madeBy',
      'speaker.name as username',
      'speaker.display_name as displayName',
      'url',
      'events',
    ])
    .where('room_id', '=', room)
    .orderBy('hooks.created_at')
    .orderBy('hooks.id')
    .limit(MAXIMUM_HOOKS)
    .execute()
  return rows.map(({ displayName, events, ...hook }) => ({
    ...hook,
    name: displayName ?? hook.username,
    events: events === null ? [] : events.split(' '),
  }))
}

/** Deletes a hook of a room; what came in through it stays. @returns false where there is none */
export function deleteHook(
  database: Database,
  room: { readonly id: number; readonly name: string },
  id: string,
  by: Actor,
): Promise<boolean> {
  return inTransaction(database, async (transaction) => {
    const deleted = await transaction
      .deleteFrom('hooks')
      .where('room_id', '=', room.id)
      .where('id', '=', id)
      .returning('direction')
      .executeTakeFirst()
    if (deleted)
      await recordAudit(transaction, { action: 'hook.delete', by, room, detail: deleted.direction })
    return deleted !== undefined
  })
}

/** Finds the hook of an address. It takes as long for a wrong secret as for a hook that does not exist. */
export async function findIncoming(
  database: Database,
  id: string,
  secret: string,
): Promise<IncomingHook | undefined> {
  const row = await selectIncoming.executeTakeFirst(database, { id: id.includes('\0') ? '' : id })
  const expected = Buffer.from(row?.secret ?? hashOf(''))
  const isRight = timingSafeEqual(Buffer.from(hashOf(secret)), expected)
  if (!row || !isRight) return undefined
  const { maker, makerName, room, role, slug, speaker, speakerName, displayName } = row
  return {
    id: row.id,
    room,
    slug,
    speaker: { id: speaker, name: speakerName, displayName },
    maker: { id: maker, name: makerName, administrator: role === 'administrator' },
  }
}

const selectIncoming = prepared((database, value: Placeholder<{ id: string }>) =>
  database
    .selectFrom('hooks')
    .innerJoin('rooms', 'rooms.id', 'hooks.room_id')
    .innerJoin('users as maker', 'maker.id', 'hooks.created_by')
    .innerJoin('users as speaker', 'speaker.id', 'hooks.user_id')
    .select([
      'hooks.id',
      'hooks.secret',
      'rooms.id as room',
      'rooms.slug',
      'maker.id as maker',
      'maker.name as makerName',
      'maker.role',
      'speaker.id as speaker',
      'speaker.name as speakerName',
      'speaker.display_name as displayName',
    ])
    .where('hooks.id', '=', value('id'))
    .where('hooks.direction', '=', 'in')
    .where('maker.deactivated_at', 'is', null),
)

function newHook(id: string, room: number, maker: number) {
  return { id, room_id: room, created_by: maker, created_at: new Date().toISOString() }
}

/** The account of a hook that was deleted, so that one can be made again under its name, in a room in which it spoke. */
async function abandonedSpeaker(database: Database, room: number, name: string) {
  const speaker = await findProgram(database, name, 'hook')
  if (!speaker) return undefined
  const used = await database
    .selectFrom('hooks')
    .select('id')
    .where('user_id', '=', speaker.id)
    .executeTakeFirst()
  const elsewhere = await database
    .selectFrom('messages')
    .select('seq')
    .where('sender_id', '=', speaker.id)
    .where('room_id', '!=', room)
    .limit(1)
    .executeTakeFirst()
  if (used || elsewhere) throw new NameRefused('taken', speaker.name)
  return speaker
}

/** @throws TooManyHooks */
async function assertRoomFor(database: Database, room: number): Promise<void> {
  const { count } = await database
    .selectFrom('hooks')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('room_id', '=', room)
    .executeTakeFirstOrThrow()
  if (Number(count) >= MAXIMUM_HOOKS) throw new TooManyHooks()
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url')
}
