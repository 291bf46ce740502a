import { type FileHandle, open } from 'node:fs/promises'

/**
 * SQLite's write-ahead log as a file: what was committed to it is waited for here, off the event loop, on which SQLite
 * itself would wait. With `synchronous=normal` SQLite writes a commit to the log and leaves the disk to whoever needs it;
 * what it needs itself, around a checkpoint, it does (https://www.sqlite.org/pragma.html#pragma_synchronous).
 *
 * A second descriptor of the log is harmless: SQLite's locks, which closing it would drop, are on other files.
 *
 * A disk that failed once is not believed again: the system forgets what it could not write, and all that follows in the log
 * would be lost with it. Until the next start nothing more is written.
 */
export class WriteAheadLog {
  readonly #path: string
  #file: Promise<FileHandle> | undefined
  #failure: Error | undefined

  /** @param path of the database */
  constructor(path: string) {
    this.#path = `${path}-wal`
  }

  /** Whether the disk did: nothing can be waited for any more. */
  get failed(): boolean {
    return this.#failure !== undefined
  }

  /** To be called before anything is written. @throws when the disk has failed */
  assertSound(): void {
    if (this.#failure)
      throw new Error('the disk failed; nothing is stored until the next start', { cause: this.#failure })
  }

  /** Resolves when everything that was committed before this call is on disk. @throws when the disk fails */
  async flush(): Promise<void> {
    try {
      this.#file ??= open(this.#path, 'r')
      await (await this.#file).datasync()
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error))
      throw error
    }
  }

  async close(): Promise<void> {
    const file = await this.#file?.catch(() => undefined)
    this.#file = undefined
    await file?.close()
  }
}
