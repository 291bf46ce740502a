import { randomUUIDv7 } from 'node:crypto'
import { usernameOf } from '../accounts/index.ts'
import { type Actor, recordAudit } from '../audit/index.ts'
import { type Database, inTransaction, lockTable, type Placeholder, prepared } from '../storage/index.ts'
import { minuteText } from '../web/presentation.ts'
import type {} from './tables.ts'

/** Bans that there may be: each is kept in memory by every process. */
export const MAXIMUM_BANS = 1_000

/** Characters of a reason that are kept. */
const REASON = 200

/** Thrown if there are as many bans as allowed. The message is for the person who asked. */
export class TooManyBans extends Error {
  constructor() {
    super(`There are already ${MAXIMUM_BANS} bans, which is the limit. End one first, or ban a network.`)
  }
}

export interface Ban {
  readonly id: string
  readonly network: string
  readonly reason: string
  /** The username of who added it; null: their account is gone. */
  readonly by: string | null
  readonly createdAt: string
  readonly expiresAt: string
}

export interface NewBan {
  readonly network: string
  readonly reason: string
  /** ISO 8601. */
  readonly expiresAt: string
}

/** Bans a network; one that is banned already is so until the new time. @throws TooManyBans */
export function addBan(database: Database, { expiresAt, network, reason }: NewBan, by: Actor): Promise<void> {
  const now = new Date().toISOString()
  return inTransaction(database, async (transaction) => {
    // Otherwise two that come together could both be the last.
    await lockTable(transaction, 'bans')
    await transaction
      .deleteFrom('bans')
      .where(({ eb, or }) => or([eb('expires_at', '<=', now), eb('network', '=', network)]))
      .execute()
    const { count } = await transaction
      .selectFrom('bans')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow()
    if (Number(count) >= MAXIMUM_BANS) throw new TooManyBans()
    const kept = reason.trim().replaceAll('\0', '').toWellFormed().slice(0, REASON)
    await transaction
      .insertInto('bans')
      .values({
        ...{ id: randomUUIDv7(), network, reason: kept, banned_by: by.user },
        ...{ created_at: now, expires_at: expiresAt },
      })
      .execute()
    const until = `until ${minuteText(expiresAt)}`
    await recordAudit(transaction, {
      action: 'ban.add',
      by,
      detail: [network, until, kept].filter((part) => part !== '').join(', '),
    })
  })
}

/** Ends a ban. @returns false where there is none */
export function endBan(database: Database, id: string, by: Actor): Promise<boolean> {
  return inTransaction(database, async (transaction) => {
    const ended = await transaction
      .deleteFrom('bans')
      .where('id', '=', id)
      .returning('network')
      .executeTakeFirst()
    if (!ended) return false
    await recordAudit(transaction, { action: 'ban.end', by, detail: ended.network })
    return true
  })
}

/** The bans that are not over, the newest first. */
export async function bansNow(database: Database): Promise<Ban[]> {
  return database
    .selectFrom('bans')
    .select(({ ref }) => [
      'id',
      'network',
      'reason',
      usernameOf(ref('bans.banned_by')).as('by'),
      'created_at as createdAt',
      'expires_at as expiresAt',
    ])
    .where('expires_at', '>', new Date().toISOString())
    .orderBy('id', 'desc')
    .limit(MAXIMUM_BANS)
    .execute()
}

/**
 * Tells bans apart from those of another time. It is all of their identifiers: a ban that took the place of another may have a lower
 * one than those before it, where the clocks of two processes differ.
 */
export async function bansState(database: Database): Promise<string> {
  const rows = await selectIds.execute(database, { now: new Date().toISOString() })
  return rows.map(({ id }) => id).join(' ')
}

const selectIds = prepared((database, value: Placeholder<{ now: string }>) =>
  database
    .selectFrom('bans')
    .select('id')
    .where('expires_at', '>', value('now'))
    .orderBy('id')
    .limit(MAXIMUM_BANS),
)
