import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, mkdir, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A part of a file with the place where it is stored, from its row. */
export interface StoredPart {
  readonly file: string | null
  readonly content: Uint8Array | null
}

/** Keeps the parts of exported files. A part counts once a row names it. */
export interface PartStore {
  /** When it resolves, the part is on disk, or goes there with its row. */
  write(id: string, content: Uint8Array): Promise<StoredPart>
  read(id: string, part: StoredPart): AsyncIterable<Uint8Array>
  /** False where the database came here without the files, by `move-to`, `restore` or from another machine. */
  has(id: string, part: StoredPart): Promise<boolean>
  /** Removes what is kept of an export beside these files. */
  removeOthers(id: string, files: ReadonlySet<string>): Promise<void>
  /** Removes all parts of an export whose rows are gone. */
  remove(id: string): Promise<void>
  /** The exports of which something is kept outside of the database. */
  kept(): Promise<string[]>
}

/** Keeps parts in files: a folder for each export. */
export class FolderStore implements PartStore {
  readonly #folder: string

  /** @param directory `DATA_DIR` @param name of the folder in it */
  constructor(directory: string, name = 'exports') {
    this.#folder = join(directory, name)
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

  async removeOthers(id: string, files: ReadonlySet<string>): Promise<void> {
    const folder = join(this.#folder, id)
    for (const file of await namesIn(folder))
      if (!files.has(file)) await rm(join(folder, file), { force: true })
  }

  remove(id: string): Promise<void> {
    return rm(join(this.#folder, id), { recursive: true, force: true })
  }

  kept(): Promise<string[]> {
    return namesIn(this.#folder)
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

  async removeOthers(): Promise<void> {}

  async remove(): Promise<void> {}

  async kept(): Promise<string[]> {
    return []
  }
}

/** Names of what is in a folder, which may not be there. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
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
