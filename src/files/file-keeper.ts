import type { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { rowSize } from '../accounts/index.ts'
import { FrameError } from '../channels/index.ts'
import type { CleanPicture, PictureRefusal } from '../imaging/index.ts'
import { HttpError } from '../web/index.ts'
import { safeFileName } from './file-name.ts'
import { fileTypeOf, SAMPLE } from './file-type.ts'
import { type NewFile, noteFile, noteStored } from './files.ts'
import type { FileFacts } from './protocol.ts'
import { Incomplete, type StagedFile, type Staging, TooLarge } from './staging.ts'
import type { FileStore } from './store/file-store.ts'

/** Types of pictures that are made anew, so that nothing else of their files gets to others. */
const PICTURES: ReadonlySet<string> = new Set([
  ...['image/jpeg', 'image/png', 'image/apng', 'image/gif', 'image/webp', 'image/avif'],
])
/** Bytes of a picture that is looked at: a process has it in memory. */
const LARGEST_PICTURE = 64 * 1024 * 1024
/** Pictures that wait for others to be made; more are told to come again. */
const WAITING = 32
/** Bytes by which it is known what a process has made. */
const HEAD = 16

export interface FileKeeperOptions {
  readonly store: FileStore
  readonly staging: Staging
  /** Bytes of a file; 0: no limit. */
  readonly largest: number
}

/** The sender of a file, and the room it is for. */
export interface Sender {
  readonly user: number
  readonly room: number
  /** Called when all of it has come. @throws where they may not send it any more */
  readonly check: () => Promise<void>
}

/** A file that is ready to be stored. */
interface Prepared {
  readonly facts: Omit<FileFacts, 'id'>
  readonly thumbnailSize: number
  open(part: 'content' | 'thumbnail'): Readable
}

/** Accepts uploaded files: determines their type, has pictures re-encoded, and stores them. */
export class FileKeeper {
  readonly #app: FastifyInstance
  readonly #options: FileKeeperOptions

  constructor(app: FastifyInstance, options: FileKeeperOptions) {
    this.#app = app
    this.#options = options
  }

  /** Bytes that a file may have; infinity: any number. */
  get largest(): number {
    return this.#options.largest === 0 ? Number.POSITIVE_INFINITY : this.#options.largest
  }

  /**
   * Takes in one file. When this resolves, it is on disk; where it does not, nothing of it stays.
   * @param name as its sender called it
   * @throws HttpError or FrameError that say what its sender can do
   */
  async keep(source: Readable, name: string, sender: Sender): Promise<FileFacts> {
    const staged = await this.#receive(source)
    const made: StagedFile[] = [staged]
    try {
      const prepared = await this.#prepare(staged, safeFileName(name), made)
      await sender.check()
      return await this.#store(prepared, sender)
    } catch (error) {
      throw isFull(error) ? noRoom() : error
    } finally {
      for (const file of made) await file.remove()
    }
  }

  async #receive(source: Readable): Promise<StagedFile> {
    try {
      return await this.#options.staging.receive(source, this.largest)
    } catch (error) {
      if (error instanceof TooLarge) throw tooLarge(this.largest)
      if (error instanceof Incomplete) throw incomplete()
      throw isFull(error) ? noRoom() : error
    }
  }

  async #prepare(staged: StagedFile, name: string, made: StagedFile[]): Promise<Prepared> {
    const type = await fileTypeOf(await staged.head(0, SAMPLE), name)
    const isPicture = PICTURES.has(type) && staged.size <= LARGEST_PICTURE
    const clean = isPicture ? await this.#clean(staged, made) : undefined
    if (!clean) {
      const facts = { name, type, size: staged.size, width: null, height: null }
      return { facts, thumbnailSize: 0, open: () => staged.open() }
    }
    const { picture, output } = clean
    const { content: size, height, thumbnail, width } = picture
    return {
      facts: { name, type: picture.type, size, width, height },
      thumbnailSize: thumbnail,
      open: (part) => (part === 'content' ? output.open(thumbnail) : output.open(0, thumbnail - 1)),
    }
  }

  /** @returns undefined where the picture cannot be shown: it is then a file like any other */
  async #clean(
    staged: StagedFile,
    made: StagedFile[],
  ): Promise<{ picture: CleanPicture; output: StagedFile } | undefined> {
    const { pictureMaker } = this.#app
    if (pictureMaker.waiting >= WAITING)
      throw new HttpError(503, 'Many pictures are being processed', 'Try again in a moment.', 10)
    let output: StagedFile | undefined
    const picture: CleanPicture | PictureRefusal = await pictureMaker
      .clean(
        () => staged.open(),
        async (written) => {
          output = await this.#options.staging.receive(written, 4 * LARGEST_PICTURE)
          made.push(output)
          return output.size
        },
        async (start) => (await output?.head(start, HEAD)) ?? Buffer.alloc(0),
      )
      .catch((error: unknown) => {
        if (error instanceof TooLarge || error instanceof Incomplete) return 'unreadable'
        throw error
      })
    if (picture === 'slow')
      throw new HttpError(503, 'That picture took too long', 'Make it smaller, or try again later.', 30)
    return typeof picture === 'string' || !output ? undefined : { picture, output }
  }

  async #store({ facts, open, thumbnailSize }: Prepared, { room, user }: Sender): Promise<FileFacts> {
    const { database, usage } = this.#app
    const { store } = this.#options
    const bytes = rowSize(facts.name, facts.type) + facts.size + thumbnailSize
    const kept = await usage.keep(user, bytes, async (fits) => {
      if (!fits) throw new FrameError('limit', usage.refusal)
      const file: NewFile = { room, user, ...facts, thumbnailSize, bytes }
      const id = await noteFile(database, file)
      try {
        if (thumbnailSize > 0) await store.write(id, 'thumbnail', open('thumbnail'))
        const digest = await store.write(id, 'content', open('content'))
        if (!(await noteStored(database, id, digest)))
          throw new FrameError('not_found', 'this room no longer exists')
        return { changed: true, id }
      } catch (error) {
        await this.#forget(id)
        throw error
      }
    })
    return { id: kept.id, ...facts }
  }

  /** Removes a file now, or, where that fails, leaves it to the cleanup of files that no message uses. */
  async #forget(id: string): Promise<void> {
    const { database, log } = this.#app
    try {
      await this.#options.store.remove(id)
      await database.deleteFrom('files').where('id', '=', id).execute()
    } catch (error) {
      log.warn({ err: error }, 'a file that could not be stored will be removed later')
    }
  }
}

/** @param bytes that a file may have */
export function tooLarge(bytes: number): HttpError {
  const size = Number.isFinite(bytes) ? `${Math.floor(bytes / 1024 / 102.4) / 10} MiB` : 'what fits'
  return new HttpError(
    413,
    'That file is too large',
    `A file here can have at most ${size}.`,
    undefined,
    'too_large',
  )
}

function incomplete(): HttpError {
  return new HttpError(
    400,
    'That could not be read',
    'The file did not arrive completely.',
    undefined,
    'malformed',
  )
}

function isFull(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(String(error.code))
  )
}

function noRoom(): HttpError {
  return new HttpError(
    503,
    'There is no space for files at the moment',
    'Try again later, and tell whoever runs this server.',
    60,
  )
}
