import type { Message } from '../chat/index.ts'
import type { Database } from '../storage/index.ts'
import type { EventName } from './protocol.ts'

/** The position up to which a hook has reported everything. */
export interface Progress {
  readonly id: string
  /** The room's `rev` when nothing was left to tell. */
  readonly base: number
  /** When the last edit that was told of by then was made. */
  readonly baseAt: string
}

/**
 * The event of a hook for a change of a message: each message occurs once, in its current state.
 * @returns undefined for what hooks do not tell of, such as reactions, and for what came and went without being told
 */
export async function eventOf(
  database: Database,
  { base, baseAt, id }: Progress,
  { deleted, editedAt, rev, seq }: Message,
): Promise<EventName | undefined> {
  if (rev === seq) return 'message'
  const isTold = seq <= base || (await wasTold(database, id, seq))
  if (deleted) return isTold ? 'delete' : undefined
  if (!isTold) return 'message'
  return editedAt !== null && editedAt > baseAt ? 'edit' : undefined
}

/** Tells whether a message was delivered since everything had been. */
async function wasTold(database: Database, hook: string, seq: number): Promise<boolean> {
  const found = await database
    .selectFrom('hook_deliveries')
    .select('id')
    .where('hook_id', '=', hook)
    .where('seq', '=', seq)
    .where('error', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
