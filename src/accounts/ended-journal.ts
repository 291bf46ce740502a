import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** A session's public name, without its encoding. */
const SLOT = 32
const SLOTS = 2_048

/**
 * Records ended sessions on disk while the database cannot be written, so that none comes back after a restart. The file has its
 * full size from the start, so that it can be written on a full disk (a file system that copies on write, such as btrfs, may
 * still refuse). Processes that share a folder share the file.
 */
export class EndedJournal {
  readonly #path: string
  /** The last of the writes, which follow one another: a free place is looked for, then taken. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** Takes the room on disk. @returns the sessions that are noted. @throws when the disk has no room for it */
  read(): Promise<string[]> {
    return this.#exclusively(async (file) => {
      const { size } = await file.stat()
      if (size < SLOT * SLOTS) await file.write(Buffer.alloc(SLOT * SLOTS - size), 0, undefined, size)
      await file.datasync()
      return slotsOf(await content(file)).filter((id) => id !== '')
    })
  }

  /** Resolves when they are on disk. @throws when the disk does not take them, or there is no place left */
  add(sessions: readonly string[]): Promise<void> {
    return this.#exclusively(async (file) => {
      const slots = slotsOf(await content(file))
      for (const session of sessions) {
        if (slots.includes(session)) continue
        const free = slots.indexOf('')
        const bytes = Buffer.from(session, 'base64url')
        if (free < 0 || bytes.length !== SLOT) throw new Error('a session that ended could not be noted')
        await file.write(bytes, 0, SLOT, free * SLOT)
        slots[free] = session
      }
      await file.datasync()
    })
  }

  /** Forgets those that the database knows of. */
  remove(sessions: readonly string[]): Promise<void> {
    return this.#exclusively(async (file) => {
      const slots = slotsOf(await content(file))
      for (const [index, session] of slots.entries()) {
        if (session !== '' && sessions.includes(session))
          await file.write(Buffer.alloc(SLOT), 0, SLOT, index * SLOT)
      }
    })
  }

  #exclusively<Result>(work: (file: FileHandle) => Promise<Result>): Promise<Result> {
    const done = this.#last.then(async () => {
      const file = await openOrCreate(this.#path)
      try {
        return await work(file)
      } finally {
        await file.close()
      }
    })
    this.#last = done.catch(() => {})
    return done
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  // Neither cut short nor appended to, which none of the letters of `fopen` says.
  const { O_CREAT, O_RDWR } = constants
  return open(path, O_CREAT | O_RDWR, 0o600)
}

async function content(file: FileHandle): Promise<Buffer> {
  const buffer = Buffer.alloc(SLOT * SLOTS)
  await file.read(buffer, 0, buffer.length, 0)
  return buffer
}

/** The session in each place, or an empty text where there is none. */
function slotsOf(buffer: Buffer): string[] {
  return Array.from({ length: SLOTS }, (_, index) => {
    const slot = buffer.subarray(index * SLOT, (index + 1) * SLOT)
    return slot.every((byte) => byte === 0) ? '' : slot.toString('base64url')
  })
}
