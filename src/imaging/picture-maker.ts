import { Readable, type Readable as Stream } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { PictureProcesses, type PictureRefusal, type ProcessLog } from './picture-processes.ts'

/** A picture of a person: two squares, in WebP. */
export interface Squares {
  readonly small: Uint8Array
  readonly large: Uint8Array
}

/** A picture with nothing else of the file that was sent. */
export interface CleanPicture {
  /** `image/jpeg`, `image/png`, `image/gif`, `image/webp` or `image/avif`. */
  readonly type: string
  /** In pixels, as it is shown. */
  readonly width: number
  readonly height: number
  /** Bytes of the thumbnail, with which the output begins, and of the picture, which is the rest of it. */
  readonly thumbnail: number
  readonly content: number
}

/** Pictures that are made at the same time. */
const AT_ONCE = 2
/** Milliseconds that a process may take for one picture, on a machine that is busy with other things. */
const PATIENCE = 20_000
/** Bytes of both squares; they have a tenth of that. */
const SQUARES = 1024 * 1024
/** No side of a picture is longer, in pixels. */
const LONGEST = 65_535
const TYPES: ReadonlySet<unknown> = new Set(
  ['jpeg', 'png', 'gif', 'webp', 'avif'].map((kind) => `image/${kind}`),
)

/** Re-encodes people's pictures, each in a process of its own without rights, a few at a time. */
export class PictureMaker {
  readonly #processes: PictureProcesses
  readonly #waiting: (() => void)[] = []
  #underWay = 0

  /** @param patience milliseconds that a process may take for one picture */
  constructor(log: ProcessLog, patience = PATIENCE) {
    this.#processes = new PictureProcesses(log, patience)
  }

  /** False where pictures cannot be made: sharp is not installed for this system, or could not be started. */
  get available(): boolean {
    return this.#processes.available
  }

  /** The number of pictures that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Makes the picture of a person. It never rejects. */
  async squares(bytes: Uint8Array): Promise<Squares | PictureRefusal> {
    return this.#inTurn(async () => {
      const done = await this.#processes
        .run({
          task: 'squares',
          open: () => Readable.from([bytes]),
          take: (output) => atMost(output, SQUARES),
        })
        .catch(() => 'unreadable' as const)
      return typeof done === 'string' ? done : squaresIn(done.answer, done.output)
    })
  }

  /**
   * Makes a picture anew, without anything else that its file tells, and a thumbnail of it.
   * @param open opens what was sent
   * @param take keeps the output, and returns how many bytes it has; it may throw where these are too many
   * @param head reads the first bytes of what was kept, from a place on
   */
  async clean(
    open: () => Stream,
    take: (output: Stream) => Promise<number>,
    head: (start: number) => Promise<Buffer>,
  ): Promise<CleanPicture | PictureRefusal> {
    return this.#inTurn(async () => {
      const done = await this.#processes.run({ task: 'clean', open, take })
      if (typeof done === 'string') return done
      const picture = cleanIn(done.answer, done.output)
      if (typeof picture === 'string') return picture
      const isSound = isWebp(await head(0)) && isOfType(picture.type, await head(picture.thumbnail))
      return isSound ? picture : 'unreadable'
    })
  }

  /** Ends the processes that run. */
  close(): void {
    this.#processes.close()
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#underWay >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#underWay += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#underWay -= 1
    }
  }
}

/** Reads all of a stream. @throws when it is more than so many bytes */
async function atMost(stream: Stream, bytes: number): Promise<Buffer> {
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > bytes) stream.destroy(new Error('the picture has become too large'))
  })
  return buffer(stream)
}

function squaresIn(answer: unknown, output: Buffer): Squares | PictureRefusal {
  const sizes = sizesIn(answer)
  if (typeof sizes === 'string') return sizes
  const [small, large] = sizes
  const squares = { small: output.subarray(0, small), large: output.subarray(small) }
  const isWhole = squares.large.length === large && isWebp(squares.small) && isWebp(squares.large)
  return isWhole ? squares : 'unreadable'
}

function cleanIn(answer: unknown, bytes: number): CleanPicture | PictureRefusal {
  const sizes = sizesIn(answer)
  if (typeof sizes === 'string') return sizes
  const [thumbnail, content] = sizes
  const { type, width, height } = Object(answer)
  const isSound = TYPES.has(type) && isSide(width) && isSide(height) && thumbnail + content === bytes
  return isSound ? { type, width, height, thumbnail, content } : 'unreadable'
}

/** The sizes of what was made, by the answer of a process, which may have been broken into. */
function sizesIn(answer: unknown): readonly [number, number] | PictureRefusal {
  if (typeof answer !== 'object' || answer === null) return 'unreadable'
  if ('refusal' in answer)
    return answer.refusal === 'kind' || answer.refusal === 'pixels' ? answer.refusal : 'unreadable'
  const sizes: unknown = 'sizes' in answer ? answer.sizes : undefined
  const [first, second]: unknown[] = Array.isArray(sizes) ? sizes : []
  return isSize(first) && isSize(second) ? [first, second] : 'unreadable'
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0
}

function isSide(value: unknown): boolean {
  return isSize(value) && value <= LONGEST
}

function isWebp(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP'
}

/** Tells whether bytes begin as files of a type do. */
function isOfType(type: string, bytes: Buffer): boolean {
  const text = bytes.toString('latin1', 0, 12)
  if (type === 'image/jpeg') return text.startsWith('\xff\xd8\xff')
  if (type === 'image/png') return text.startsWith('\x89PNG\r\n\x1a\n')
  if (type === 'image/gif') return text.startsWith('GIF8')
  if (type === 'image/webp') return isWebp(bytes)
  return text.slice(4, 11) === 'ftypavi'
}
