import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from '../storage/index.ts'

/** A part of a file as its row says where it is. */
export interface StoredPart {
  readonly file: string | null
  readonly content: Uint8Array | null
}

/** Where the parts of exported files are kept. What is written counts once a row names it. */
export interface PartStore {
  /** When it resolves, the part is on disk, or goes there with its row. */
  write(id: string, content: Uint8Array): Promise<StoredPart>
  read(id: string, part: StoredPart): AsyncIterable<Uint8Array>
  /** False where the database came here without the files, by `move-to`, `restore` or from another machine. */
  has(id: string, part: StoredPart): Promise<boolean>
  /** Removes all parts of an export whose rows are gone. */
  remove(id: string): Promise<void>
  /** The exports of which something is kept outside of the database. */
  kept(): Promise<string[]>
}

/** Keeps parts in files: a folder for each export. */
export class FolderStore implements PartStore {
  readonly #folder: string

  /** @param directory `DATA_DIR` */
  constructor(directory: string) {
    this.#folder = join(directory, 'exports')
  }

  /** Each part is a new file, so that a process that lost its job can write nothing into what another one wrote. */
  async write(id: string, content: Uint8Array): Promise<StoredPart> {
    const folder = join(this.#folder, id)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const name = randomUUID()
    const file = await open(join(folder, name), 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.datasync()
    } finally {
      await file.close()
    }
    await flush(folder)
    await flush(this.#folder)
    return { file: name, content: null }
  }

  read(id: string, { file }: StoredPart): AsyncIterable<Uint8Array> {
    if (file === null) throw new Error('this part of an export is in no file')
    return createReadStream(join(this.#folder, id, file))
  }

  async has(id: string, { file }: StoredPart): Promise<boolean> {
    if (file === null) return false
    try {
      await access(join(this.#folder, id, file))
      return true
    } catch {
      return false
    }
  }

  remove(id: string): Promise<void> {
    return rm(join(this.#folder, id), { recursive: true, force: true })
  }

  async kept(): Promise<string[]> {
    try {
      return await readdir(this.#folder)
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
      throw error
    }
  }
}

/** Keeps parts in their rows, where every process on every machine can read them. */
export class RowStore implements PartStore {
  async write(_id: string, content: Uint8Array): Promise<StoredPart> {
    return { file: null, content }
  }

  async *read(_id: string, { content }: StoredPart): AsyncGenerator<Uint8Array> {
    if (content === null) throw new Error('this part of an export is not in its row')
    yield content
  }

  async has(_id: string, { content }: StoredPart): Promise<boolean> {
    return content !== null
  }

  async remove(): Promise<void> {}

  async kept(): Promise<string[]> {
    return []
  }
}

/**
 * All parts of an export, one after the other: no more than one of them is in memory.
 * @param mayGoOn asked before each part; where it says no, there are no more
 */
export async function* contentOf(
  database: Database,
  store: PartStore,
  id: string,
  mayGoOn: () => Promise<boolean>,
): AsyncGenerator<Uint8Array> {
  for (let number = 0; ; number += 1) {
    if (!(await mayGoOn())) return
    const part = await partOf(database, id, number)
    if (!part) return
    yield* store.read(id, part)
  }
}

/** Tells whether what was written of an export can be read here: files come with their folder, all or none of them. */
export async function isThere(database: Database, store: PartStore, id: string): Promise<boolean> {
  const first = await partOf(database, id, 0)
  return first !== undefined && store.has(id, first)
}

function partOf(database: Database, id: string, number: number): Promise<StoredPart | undefined> {
  return database
    .selectFrom('export_parts')
    .select(['file', 'content'])
    .where('export_id', '=', id)
    .where('number', '=', number)
    .executeTakeFirst()
}

/** The name of a file is on disk when its folder is. */
async function flush(folder: string): Promise<void> {
  const opened = await open(folder, 'r')
  try {
    await opened.sync()
  } finally {
    await opened.close()
  }
}
