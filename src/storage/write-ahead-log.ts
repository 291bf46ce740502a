import { type FileHandle, open } from 'node:fs/promises'
import { DatabaseAway } from './errors.ts'
import { PlacedFile } from './placed-file.ts'

/**
 * SQLite's write-ahead log as a file: commits are flushed to disk from here, off the event loop, which SQLite itself would
 * block. With `synchronous=normal`, SQLite writes a commit to the log without flushing it, except around a checkpoint, where
 * it has to itself (https://www.sqlite.org/pragma.html#pragma_synchronous).
 *
 * A second descriptor of the log is harmless: SQLite's locks, which closing it would drop, are on other files.
 *
 * A disk that failed once is not trusted again: the system forgets what it could not write, and all that follows in the log
 * would be lost with it. Until the next start nothing more is written.
 */
export class WriteAheadLog {
  readonly file: PlacedFile
  readonly #handle: FileHandle
  #failure: Error | undefined

  private constructor(handle: FileHandle, file: PlacedFile) {
    this.file = file
    this.#handle = handle
  }

  /** @param path of the database, which SQLite has opened and read: the log is there from then on */
  static async open(path: string): Promise<WriteAheadLog> {
    const log = `${path}-wal`
    const handle = await open(log, 'r')
    return new WriteAheadLog(handle, new PlacedFile(log, await handle.stat()))
  }

  /** True after the disk failed: nothing can be waited for any more. */
  get failed(): boolean {
    return this.#failure !== undefined
  }

  /** To be called before anything is written. @throws DatabaseAway when the disk has failed */
  assertSound(): void {
    if (this.#failure)
      throw new DatabaseAway('the disk failed; nothing is stored until the next start', { kind: 'disk' })
  }

  /** Resolves when everything that was committed before this call is on disk. @throws DatabaseAway when the disk fails */
  async flush(): Promise<void> {
    try {
      await this.#handle.datasync()
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error))
      throw new DatabaseAway(
        `the disk failed (${this.#failure.message}); nothing is stored until the next start`,
        { kind: 'disk' },
      )
    }
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}
