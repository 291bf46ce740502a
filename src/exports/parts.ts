import type { FastifyInstance } from 'fastify'
import type { Selectable } from 'kysely'
import type { FileStore } from '../files/index.ts'
import type { Database } from '../storage/index.ts'
import { type EmbeddedFile, embeddedIn, withFiles } from './embedded-files.ts'
import type { PartStore } from './part-store.ts'
import type { ExportPartsTable } from './tables.ts'

export type Part = Selectable<ExportPartsTable>

/** Milliseconds for which an answer to whether there may be more is good. */
const GOOD_FOR = 1_000

/**
 * All parts of an export in order, with the files in them; no more than one part, and a piece of a file, is in memory.
 * @param mayGoOn asked before each part, and once a second; where it says no, there is no more
 */
export async function* contentOf(
  { database, files }: FastifyInstance,
  store: PartStore,
  id: string,
  mayGoOn: () => Promise<boolean>,
): AsyncGenerator<Uint8Array> {
  let after: Part | undefined
  while (await mayGoOn()) {
    let asked = performance.now()
    const part = await partAfter(database, id, after)
    if (!part) return
    for await (const piece of withFiles(store.read(id, part), embeddedIn(part), (file) =>
      read(files.store, file),
    )) {
      if (performance.now() - asked > GOOD_FOR) {
        if (!(await mayGoOn())) return
        asked = performance.now()
      }
      yield piece
    }
    after = part
  }
}

/** The bytes of a file; none where it is not there any more. */
async function* read(store: FileStore, { id, size }: EmbeddedFile): AsyncGenerator<Uint8Array> {
  if (size === 0) return
  const opened = await store.read(id, 'content', { start: 0, end: size - 1 })
  if (opened) yield* opened
}

/** Tells whether an export can be read here: files come with their folder, all or none of them. */
export async function isThere(database: Database, store: PartStore, id: string): Promise<boolean> {
  const parts = database.selectFrom('export_parts').selectAll().where('export_id', '=', id).limit(1)
  const written = await parts.where('is_stale', '=', 0).executeTakeFirst()
  if (written) return store.has(id, written)
  return (await parts.executeTakeFirst()) !== undefined
}

/** The first part of an export that has to be rewritten. */
export function stalePartOf(database: Database, id: string): Promise<Part | undefined> {
  return database
    .selectFrom('export_parts')
    .selectAll()
    .where('export_id', '=', id)
    .where('is_stale', '=', 1)
    .orderBy('first_seq')
    .limit(1)
    .executeTakeFirst()
}

/** Removes the files of parts that were replaced, or whose messages were deleted while they were written. */
export async function removeReplaced(database: Database, store: PartStore, id: string): Promise<void> {
  const rows = await database.selectFrom('export_parts').select('file').where('export_id', '=', id).execute()
  await store.removeOthers(id, new Set(rows.flatMap(({ file }) => file ?? [])))
}

function partAfter(database: Database, id: string, after: Part | undefined): Promise<Part | undefined> {
  const parts = database
    .selectFrom('export_parts')
    .selectAll()
    .where('export_id', '=', id)
    .orderBy('first_seq')
    .limit(1)
  return (after ? parts.where('first_seq', '>', after.first_seq) : parts).executeTakeFirst()
}

/** Tells whether one of some ascending numbers is in a range, its ends included. */
export function isAnyWithin(
  ascending: readonly number[],
  { first_seq, last_seq }: { readonly first_seq: number; readonly last_seq: number },
): boolean {
  const first = ascending.find((one) => one >= first_seq)
  return first !== undefined && first <= last_seq
}
