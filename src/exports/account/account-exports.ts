import { randomUUIDv7 } from 'node:crypto'
import type { Selectable, Transaction } from 'kysely'
import { type Database, runsSideBySide, type Tables } from '../../storage/index.ts'
import { endOfExport } from '../exports.ts'
import type { PartStore, StoredPart } from '../part-store.ts'
import type { JobFrame } from '../protocol.ts'
import type { AccountExportsTable } from '../tables.ts'

export type AccountExport = Selectable<AccountExportsTable>

/** Milliseconds for which a file is not written anew: for each, all messages of this Partyline are looked at. */
const FRESH = 10 * 60_000

export function isUnderWay({ state }: Pick<AccountExport, 'state'>): boolean {
  return state === 'waiting' || state === 'running'
}

/** The file of all that is a person's, while it is kept or made. Each has one at most. */
export function accountExportOf(database: Database, user: number): Promise<AccountExport | undefined> {
  return database
    .selectFrom('account_exports')
    .selectAll()
    .where('user_id', '=', user)
    .where('expires_at', '>', new Date().toISOString())
    .executeTakeFirst()
}

/**
 * Notes that a person wants all that is theirs as a file, in place of the one that they have. One that is under way stays, and so
 * does one that was asked for a few minutes ago.
 * @returns it, and the one whose place it took
 */
export async function requestAccountExport(
  transaction: Transaction<Tables>,
  user: number,
): Promise<{ readonly one: AccountExport; readonly replaced: string | undefined }> {
  const before = await lockOf(transaction, user)
  const isOver = before && before.expires_at <= new Date().toISOString()
  if (before && !isOver && (isUnderWay(before) || isFresh(before)))
    return { one: before, replaced: undefined }
  if (before) await transaction.deleteFrom('account_exports').where('id', '=', before.id).execute()
  const one = await transaction
    .insertInto('account_exports')
    .values({
      ...{
        id: randomUUIDv7(),
        user_id: user,
        state: 'waiting',
        step: '',
        after: '',
        items: 0,
        parts: 0,
        bytes: 0,
      },
      ...{ error: null, created_at: new Date().toISOString(), expires_at: endOfExport() },
    })
    // Asked for twice at once: the other one is as good.
    .onConflict((conflict) =>
      conflict.column('user_id').doUpdateSet(({ ref }) => ({ user_id: ref('excluded.user_id') })),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
  return { one, replaced: before?.id }
}

function isFresh({ created_at, state }: AccountExport): boolean {
  return state === 'done' && Date.parse(created_at) > Date.now() - FRESH
}

/** Locks a person's export before their job is: in this order everybody does. */
export function lockOf(transaction: Transaction<Tables>, user: number): Promise<AccountExport | undefined> {
  const query = transaction.selectFrom('account_exports').selectAll().where('user_id', '=', user)
  return (runsSideBySide(transaction) ? query.forUpdate() : query).executeTakeFirst()
}

/** All parts of a file in order, with no more than one of them in memory. @param mayGoOn asked before each part */
export async function* contentOf(
  database: Database,
  store: PartStore,
  id: string,
  mayGoOn: () => Promise<boolean>,
): AsyncGenerator<Uint8Array> {
  for (let number = 0; await mayGoOn(); number += 1) {
    const part = await partOf(database, id, number)
    if (!part) return
    yield* store.read(id, part)
  }
}

/** Tells whether the file can be read here: files come with their folder, all or none of them. */
export async function isThere(database: Database, store: PartStore, id: string): Promise<boolean> {
  const first = await partOf(database, id, 0)
  return first !== undefined && store.has(id, first)
}

function partOf(database: Database, id: string, number: number): Promise<StoredPart | undefined> {
  return database
    .selectFrom('account_export_parts')
    .select(['file', 'content'])
    .where('export_id', '=', id)
    .where('number', '=', number)
    .executeTakeFirst()
}

/** The name under which a file is saved. */
export function fileNameOf({ created_at }: Pick<AccountExport, 'created_at'>): string {
  return `partyline-${created_at.slice(0, 10)}.json`
}

/** @param steps the names of all that is written, in their order */
export function accountJobFrame(one: AccountExport, steps: readonly string[]): JobFrame {
  const { bytes, error, expires_at: expires, id, state, step } = one
  const done = Math.max(0, steps.indexOf(step)) / Math.max(1, steps.length)
  const progress = state === 'done' ? 1 : Math.floor(done * 1000) / 1000
  const frame = { type: 'job', id, kind: 'account-export', state, progress } as const
  if (state === 'done') {
    const url = `/account/export/${id}/${fileNameOf(one)}`
    return { ...frame, result: { url, format: 'json', size: bytes, expires } }
  }
  return error === null ? frame : { ...frame, result: { error } }
}
