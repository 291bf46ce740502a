import type { Kysely } from 'kysely'
import type { Database, Tables } from '../storage/index.ts'
import type { HookFailure } from './failures.ts'
import type {} from './tables.ts'

/** Deliveries that are kept of each hook. */
const KEPT = 50

/** Characters of an error that are kept. */
const LONGEST_ERROR = 200

export interface Delivery {
  readonly at: string
  readonly event: string
  /** The message that it was about. */
  readonly seq: number | null
  /** The status of the answer; null: there was none. */
  readonly status: number | null
  readonly error: string | null
  /** Null where it did not fail, and for one from before there were codes. */
  readonly failure: HookFailure | null
}

/** Records the outcome of a delivery, and forgets the oldest. */
export async function noteDelivery(
  database: Kysely<Tables>,
  hook: string,
  { error, event, failure, seq, status }: Omit<Delivery, 'at'>,
): Promise<void> {
  const at = new Date().toISOString()
  await database
    .insertInto('hook_deliveries')
    .values({
      hook_id: hook,
      at,
      event,
      seq,
      status,
      error: error?.slice(0, LONGEST_ERROR).toWellFormed() ?? null,
      failure,
    })
    .execute()
  await database
    .deleteFrom('hook_deliveries')
    .where('hook_id', '=', hook)
    .where('id', 'in', (query) =>
      query
        .selectFrom('hook_deliveries')
        .select('id')
        .where('hook_id', '=', hook)
        .orderBy('id', 'desc')
        .limit(1_000)
        .offset(KEPT),
    )
    .execute()
}

/** The last deliveries of each of these hooks, the newest first. */
export async function deliveriesOf(
  database: Database,
  hooks: readonly { readonly id: string }[],
): Promise<Map<string, Delivery[]>> {
  if (hooks.length === 0) return new Map()
  const rows = await database
    .selectFrom('hook_deliveries')
    .select(['hook_id as hook', 'at', 'event', 'seq', 'status', 'error', 'failure'])
    .where(
      'hook_id',
      'in',
      hooks.map(({ id }) => id),
    )
    .orderBy('id', 'desc')
    .execute()
  const byHook = new Map<string, Delivery[]>()
  for (const { hook, ...delivery } of rows) byHook.set(hook, [...(byHook.get(hook) ?? []), delivery])
  return byHook
}
