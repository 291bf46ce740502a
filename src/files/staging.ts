import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'

/** Milliseconds after which what was left there by a process that was killed is removed: no upload takes as long. */
const LEFT_AFTER = 2 * 60 * 60_000

/** Thrown if more bytes arrive than allowed. */
export class TooLarge extends Error {}

/** Thrown if a request does not contain a whole file: the form is malformed, or its sender has gone. */
export class Incomplete extends Error {}

/** An uploaded file on the disk of this machine that has not been examined yet. */
export class StagedFile {
  readonly path: string
  readonly size: number

  constructor(path: string, size: number) {
    this.path = path
    this.size = size
  }

  /** @param end the last byte, which is included; left out, to the end */
  open(start = 0, end?: number): Readable {
    return createReadStream(this.path, end === undefined ? { start } : { start, end })
  }

  /** The first bytes from a place on; fewer where it ends before. */
  async head(start: number, length: number): Promise<Buffer> {
    const file = await open(this.path, 'r')
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  }

  remove(): Promise<void> {
    return rm(this.path, { force: true })
  }
}

/** A folder for files while they are being uploaded, however slowly. */
export class Staging {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /**
   * Takes in what comes. Where it does not come to its end, nothing stays.
   * @param most bytes; infinity: any number
   * @throws TooLarge, Incomplete, or what the disk throws
   */
  async receive(source: Readable, most: number): Promise<StagedFile> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const path = join(this.#folder, randomUUID())
    const file = await open(path, 'wx', 0o600)
    let size = 0
    try {
      for await (const chunk of source) {
        size += chunk.length
        if (size > most) throw new TooLarge()
        await file.writeFile(chunk)
      }
    } catch (error) {
      await rm(path, { force: true })
      throw error instanceof TooLarge || isOfDisk(error) ? error : new Incomplete('', { cause: error })
    } finally {
      await file.close()
    }
    return new StagedFile(path, size)
  }

  /** Removes what processes left behind that were killed. */
  async tidy(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      const path = join(this.#folder, name)
      const found = await stat(path).catch(() => undefined)
      if (found && Date.now() - found.mtimeMs > LEFT_AFTER) await rm(path, { force: true })
    }
  }
}

function isOfDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'write'
}
