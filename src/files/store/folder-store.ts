import { createHash } from 'node:crypto'
import { access, type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { FileStore, Part, Span } from './file-store.ts'
import type { RowStore } from './row-store.ts'

/**
 * Stores files in a folder beside the database. After a backup was restored, the files of the backup are in the database, and
 * stay there.
 */
export class FolderStore implements FileStore {
  readonly #folder: string
  readonly #rows: RowStore

  /** @param folder that nobody else writes to */
  constructor(folder: string, rows: RowStore) {
    this.#folder = folder
    this.#rows = rows
  }

  async write(id: string, part: Part, source: Readable): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const hash = createHash('sha256')
    const file = await open(this.#pathOf(id, part), 'wx', 0o600)
    try {
      for await (const chunk of source) {
        hash.update(chunk)
        await file.writeFile(chunk)
      }
      await file.datasync()
    } finally {
      await file.close()
    }
    await flushFolder(this.#folder)
    return hash.digest('hex')
  }

  async read(id: string, part: Part, { start, end }: Span): Promise<Readable | undefined> {
    const file = await openIfThere(this.#pathOf(id, part))
    return file ? file.createReadStream({ start, end }) : this.#rows.read(id, part, { start, end })
  }

  async has(id: string, part: Part): Promise<boolean> {
    try {
      await access(this.#pathOf(id, part))
      return true
    } catch {
      return this.#rows.has(id, part)
    }
  }

  async remove(id: string): Promise<void> {
    for (const part of ['content', 'thumbnail'] as const) await rm(this.#pathOf(id, part), { force: true })
    await this.#rows.remove(id)
  }

  #pathOf(id: string, part: Part): string {
    return join(this.#folder, part === 'content' ? id : `${id}-${part}`)
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The name of a file is on disk when its folder is. */
async function flushFolder(folder: string): Promise<void> {
  const opened = await open(folder, 'r')
  try {
    await opened.sync()
  } finally {
    await opened.close()
  }
}
