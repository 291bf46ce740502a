/*
 * The entry of a process that works on one picture: reads what was sent from its input, writes what it makes to its output, says
 * how long the pieces are, and ends. It runs without rights (see picture-processes.ts): what decodes pictures is millions of lines of
 * C, and anybody who signs up can send it anything.
 */
import { setPriority } from 'node:os'
import sharp, { type Metadata, type Sharp } from 'sharp'

/** Widths of the squares of a person's picture, in pixels: the small one stands beside messages, on a screen of twice the density. */
const SQUARES = [96, 256]
/** A thumbnail is no larger than this, in pixels. */
const THUMBNAIL = { width: 720, height: 540 }
/** The limits of a photo, all frames of an animation together. */
const PIXELS = { squares: 50_000_000, clean: 100_000_000 }
const NICE = 5

/** The kinds of pictures that are read. libvips knows many more, and each is one more thing to break. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((kind) => `VipsForeignLoad${kind}`)

type Refusal = 'kind' | 'pixels' | 'unreadable'
type Task = keyof typeof PIXELS

/** The pictures that were made, and, for the second of two tasks, facts about the original. */
interface Made {
  readonly pieces: readonly Buffer[]
  readonly type?: string
  readonly width?: number
  readonly height?: number
}

sharp.cache(false)
sharp.concurrency(1)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: LOADERS })
setPriority(NICE)

process.on('disconnect', () => process.exit(0))
const task: Task = process.argv[2] === 'clean' ? 'clean' : 'squares'
const made = await make(await input())
if (typeof made === 'string') tell({ refusal: made })
else {
  const { pieces, ...facts } = made
  await new Promise((resolve) => process.stdout.write(Buffer.concat(pieces), resolve))
  tell({ ...facts, sizes: pieces.map(({ length }) => length) })
}

/** The process ends when this was sent: nothing else keeps it. */
function tell(answer: object): void {
  process.send?.(answer, undefined, undefined, () => process.disconnect?.())
}

async function input(): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function make(bytes: Buffer): Promise<Made | Refusal> {
  const facts = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined)
  // HEIC is the same container with another codec inside.
  if (!facts || (facts.format === 'heif' && facts.compression !== 'av1')) return 'kind'
  const height = facts.pageHeight ?? facts.height
  const frames = task === 'clean' ? (facts.pages ?? 1) : 1
  if (facts.width * height * frames > PIXELS[task]) return 'pixels'
  try {
    return await (task === 'clean' ? clean(bytes, facts) : squares(bytes))
  } catch {
    return 'unreadable'
  }
}

/** Makes the squares of a picture, without anything else in its file, such as where a photo was taken. */
async function squares(bytes: Buffer): Promise<Made> {
  const largest = Math.max(...SQUARES)
  // Decoded once, which takes most of the time.
  const { data, info } = await sharp(bytes, { limitInputPixels: PIXELS.squares, sequentialRead: true })
    .autoOrient()
    .resize(largest, largest, { fit: 'cover' })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  const pieces = await Promise.all(
    SQUARES.map((size) =>
      sharp(data, { raw: { width, height, channels } }).resize(size, size).webp({ quality: 84 }).toBuffer(),
    ),
  )
  return { pieces }
}

/** The whole picture written anew, upright and with nothing else of its file, and a thumbnail of its first frame before it. */
async function clean(bytes: Buffer, { format, pages = 1 }: Metadata): Promise<Made> {
  const limits = { limitInputPixels: PIXELS.clean }
  const whole = sharp(bytes, { ...limits, animated: pages > 1 })
  const { data, info } = await written(pages > 1 ? whole : whole.autoOrient(), format).toBuffer({
    resolveWithObject: true,
  })
  const thumbnail = await sharp(bytes, { ...limits, sequentialRead: true })
    .autoOrient()
    .resize({ ...THUMBNAIL, fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .webp({ quality: 80 })
    .toBuffer()
  const type = `image/${format === 'heif' ? 'avif' : format}`
  return { pieces: [thumbnail, data], type, width: info.width, height: info.pageHeight ?? info.height }
}

/** As its own kind, with little loss. */
function written(picture: Sharp, format: Metadata['format']): Sharp {
  switch (format) {
    case 'jpeg':
      return picture.jpeg({ quality: 90 })
    case 'png':
      return picture.png()
    case 'gif':
      return picture.gif()
    case 'webp':
      return picture.webp({ quality: 90 })
    case 'heif':
      return picture.avif({ quality: 65, effort: 1 })
    default:
      throw new Error('a picture of another kind was read')
  }
}
