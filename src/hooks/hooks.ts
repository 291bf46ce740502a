import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { NotNull, Transaction } from 'kysely'
import {
  addProgram,
  displayNameOf,
  findProgram,
  NameRefused,
  personById,
  setMaker,
  usernameOf,
} from '../accounts/index.ts'
import { type Actor, type AuditedRoom, recordAudit } from '../audit/index.ts'
import { latestRev, lockRoom, slugOf } from '../rooms/index.ts'
import { type Database, inTransaction, type Placeholder, prepared, type Tables } from '../storage/index.ts'
import type { EventName } from './protocol.ts'
import type {} from './tables.ts'

/** Hooks of one room. */
const MAXIMUM_HOOKS = 20

/** The person who makes a hook. */
export type Maker = Actor & { readonly user: number }

/** Thrown if a room has as many hooks as allowed. The message is for the person who asked. */
export class TooManyHooks extends Error {
  constructor() {
    super(`A room can have at most ${MAXIMUM_HOOKS} hooks. Delete one first.`)
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
  room: AuditedRoom,
  maker: Maker,
  name: string,
): Promise<{ readonly id: string; readonly secret: string }> {
  // Before an account is made for nothing; what counts is asked again in the transaction.
  await assertRoomFor(database, room.id)
  const speaker =
    (await abandonedSpeaker(database, room.id, name)) ?? (await addProgram(database, name, 'hook'))
  const id = randomBytes(12).toString('base64url')
  const secret = randomBytes(32).toString('base64url')
  const hook = { ...newHook(id, room.id, maker.user), direction: 'in' } as const
  await inTransaction(database, async (transaction) => {
    await lockRoom(transaction, room.id)
    await assertRoomFor(transaction, room.id)
    // It changes the account, so that another hook under this name waits for this one.
    await setMaker(transaction, speaker.id, { room: room.id, user: maker.user })
    if (await isInUse(transaction, speaker.id)) throw new NameRefused('taken', speaker.name)
    await transaction
      .insertInto('hooks')
      .values({ ...hook, secret: hashOf(secret), user_id: speaker.id })
      .execute()
    await recordAudit(transaction, { action: 'hook.add', by: maker, room, detail: hook.direction })
  })
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
  room: AuditedRoom,
  maker: Maker,
  url: string,
  events: readonly EventName[],
): Promise<{ readonly id: string; readonly secret: string }> {
  const id = randomBytes(12).toString('base64url')
  const secret = `whsec_${randomBytes(32).toString('base64')}`
  await inTransaction(database, async (transaction) => {
    await lockRoom(transaction, room.id)
    await assertRoomFor(transaction, room.id)
    const rev = await latestRev(transaction, room.id)
    await transaction
      .insertInto('hooks')
      .values({
        ...newHook(id, room.id, maker.user),
        direction: 'out',
        secret,
        url,
        events: events.join(' '),
        position: rev,
        base: rev,
        base_at: new Date().toISOString(),
      })
      .execute()
    await recordAudit(transaction, { action: 'hook.add', by: maker, room, detail: 'out' })
  })
  return { id, secret }
}

export async function listHooks(database: Database, room: number): Promise<Hook[]> {
  const rows = await database
    .selectFrom('hooks')
    .select(({ ref }) => [
      'id',
      'direction',
      'created_at as createdAt',
      usernameOf(ref('hooks.created_by')).as('madeBy'),
      usernameOf(ref('hooks.user_id')).as('username'),
      displayNameOf(ref('hooks.user_id')).as('displayName'),
      'url',
      'events',
    ])
    .where('room_id', '=', room)
    .orderBy('created_at')
    .orderBy('id')
    .limit(MAXIMUM_HOOKS)
    .execute()
  return rows.map(({ displayName, events, ...hook }) => ({
    ...hook,
    name: displayName ?? hook.username,
    events: events === null ? [] : events.split(' '),
  }))
}

/** Deletes a hook of a room; what came in through it stays. @returns false where there is none */
export function deleteHook(database: Database, room: AuditedRoom, id: string, by: Actor): Promise<boolean> {
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
  const [speaker, maker] = await Promise.all([
    personById(database, row.speaker),
    personById(database, row.maker),
  ])
  if (!speaker || !maker || maker.deactivated) return undefined
  return {
    id: row.id,
    room: row.room,
    slug: row.slug,
    speaker: { id: speaker.id, name: speaker.name, displayName: speaker.displayName },
    maker: { id: maker.id, name: maker.name, administrator: maker.administrator },
  }
}

const selectIncoming = prepared((database, value: Placeholder<{ id: string }>) =>
  database
    .selectFrom('hooks')
    .select(({ ref }) => [
      'id',
      'secret',
      'room_id as room',
      slugOf(ref('hooks.room_id')).as('slug'),
      'created_by as maker',
      'user_id as speaker',
    ])
    .where('id', '=', value('id'))
    .where('direction', '=', 'in')
    .where('user_id', 'is not', null)
    .$narrowType<{ speaker: NotNull }>(),
)

function newHook(id: string, room: number, maker: number) {
  return { id, room_id: room, created_by: maker, created_at: new Date().toISOString() }
}

/** The account of a hook that was deleted, so that one can be made again under its name, in a room in which it spoke. */
async function abandonedSpeaker(database: Database, room: number, name: string) {
  const speaker = await findProgram(database, name, 'hook')
  if (!speaker) return undefined
  const elsewhere = await database
    .selectFrom('messages')
    .select('seq')
    .where('sender_id', '=', speaker.id)
    .where('room_id', '!=', room)
    .limit(1)
    .executeTakeFirst()
  if (elsewhere || (await isInUse(database, speaker.id))) throw new NameRefused('taken', speaker.name)
  return speaker
}

/** Tells whether there is a hook that speaks under an account. */
async function isInUse(database: Database | Transaction<Tables>, speaker: number): Promise<boolean> {
  const hook = await database
    .selectFrom('hooks')
    .select('id')
    .where('user_id', '=', speaker)
    .executeTakeFirst()
  return hook !== undefined
}

/** @throws TooManyHooks */
async function assertRoomFor(database: Database | Transaction<Tables>, room: number): Promise<void> {
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
