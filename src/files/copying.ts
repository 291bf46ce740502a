import { createHash } from 'node:crypto'
import { closeSync, createReadStream, existsSync, openSync, readSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Transaction } from 'kysely'
import { StorageUnusable, type Tables } from '../storage/index.ts'
import type { Part } from './store/file-store.ts'
import { PIECE, RowStore } from './store/row-store.ts'

/** The outcome of copying a folder of files. */
export interface CopiedFiles {
  readonly files: number
  /** Files that are not in the folder: they were removed meanwhile, or had been lost before. */
  readonly missing: number
}

interface FileRow {
  readonly id: string
  readonly thumbnailSize: number
  readonly digest: string
}

/** Files whose bytes stand in no row. */
const IN_FOLDER = `
  select id, thumbnail_size as "thumbnailSize", digest from files
  where is_stored = 1 and removed_at is null and not exists (select 1 from file_parts where file_id = files.id)`

/** Writes the bytes of files that are kept in a folder into a copy of the database, which then is all that there is. */
export function addFilesToCopy(path: string, folder: string): CopiedFiles {
  const database = new DatabaseSync(path)
  try {
    if (!database.prepare("select 1 from sqlite_schema where name = 'file_parts'").get())
      return { files: 0, missing: 0 }
    // No journal is needed, because an interrupted copy starts from the beginning.
    database.exec('pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys = on')
    const insert = database.prepare(
      'insert into file_parts (file_id, kind, number, content) values (?, ?, ?, ?)',
    )
    let missing = 0
    const rows = database.prepare(IN_FOLDER).all()
    for (const { digest, id, thumbnailSize } of rows) {
      const parts: readonly Part[] = Number(thumbnailSize) > 0 ? ['content', 'thumbnail'] : ['content']
      if (!parts.every((part) => existsSync(pathOf(folder, String(id), part)))) {
        missing += 1
        continue
      }
      for (const part of parts) {
        const hash = createHash('sha256')
        let number = 0
        for (const piece of piecesOf(pathOf(folder, String(id), part))) {
          hash.update(piece)
          insert.run(String(id), part, number, piece)
          number += 1
        }
        if (part === 'content' && hash.digest('hex') !== digest) throw changed(String(id))
      }
    }
    return { files: rows.length - missing, missing }
  } finally {
    database.close()
  }
}

/** Writes the bytes of files that are kept in a folder into a PostgreSQL that has their rows. */
export async function addFilesToServer(
  transaction: Transaction<Tables>,
  folder: string,
): Promise<CopiedFiles> {
  const store = new RowStore(transaction)
  const rows: readonly FileRow[] = await transaction
    .selectFrom('files')
    .select(['id', 'thumbnail_size as thumbnailSize', 'digest'])
    .where('is_stored', '=', 1)
    .where('removed_at', 'is', null)
    .where(({ exists, not, selectFrom }) =>
      not(exists(selectFrom('file_parts').select('number').whereRef('file_id', '=', 'files.id'))),
    )
    .execute()
  let missing = 0
  for (const { digest, id, thumbnailSize } of rows) {
    const parts: readonly Part[] = thumbnailSize > 0 ? ['content', 'thumbnail'] : ['content']
    if (!parts.every((part) => existsSync(pathOf(folder, id, part)))) {
      missing += 1
      continue
    }
    for (const part of parts) {
      const written = await store.write(id, part, createReadStream(pathOf(folder, id, part)))
      if (part === 'content' && written !== digest) throw changed(id)
    }
  }
  return { files: rows.length - missing, missing }
}

/** Puts a folder of files aside, whose database was put aside as well. @returns the name that it has now, if it was there */
export function setFilesAside(folder: string, stamp: string): string | undefined {
  if (!existsSync(folder)) return undefined
  const aside = `${folder}.${stamp}`
  renameSync(folder, aside)
  return aside
}

function pathOf(folder: string, id: string, part: Part): string {
  return join(folder, part === 'content' ? id : `${id}-${part}`)
}

function* piecesOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r')
  try {
    for (;;) {
      const piece = Buffer.alloc(PIECE)
      const length = readSync(file, piece)
      yield piece.subarray(0, length)
      if (length < PIECE) return
    }
  } finally {
    closeSync(file)
  }
}

function changed(id: string): StorageUnusable {
  return new StorageUnusable(
    `The file ${id} is not as it was stored: the disk may be damaged. Nothing was changed.`,
  )
}
