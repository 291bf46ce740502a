/*
 * The entry of a process that makes one picture of a person: reads what was sent from its input, writes squares of two sizes to its
 * output, says how long they are, and ends. It runs without rights (see picture-maker.ts): what decodes pictures is millions of
 * lines of C, and anybody who signs up can send it anything.
 */
import { setPriority } from 'node:os'
import sharp from 'sharp'

/** Widths of the squares, in pixels: the small one is what stands beside messages, on a screen of twice the density. */
const SIZES = [96, 256]
/** The limits of a photo. */
const PIXELS = 50_000_000
const NICE = 5

/** The kinds of pictures that are read. libvips knows many more, and each is one more thing to break. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif'].map((kind) => `VipsForeignLoad${kind}`)

type Answer = { readonly sizes: number[] } | { readonly refusal: 'kind' | 'pixels' | 'unreadable' }

sharp.cache(false)
sharp.concurrency(1)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: LOADERS })
setPriority(NICE)

process.on('disconnect', () => process.exit(0))
const answered = await answer(await input())
// Ends when this was sent: nothing else keeps it.
process.send?.(answered, undefined, undefined, () => process.disconnect?.())

async function input(): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function answer(bytes: Buffer): Promise<Answer> {
  const facts = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined)
  // HEIC is the same container with another codec inside.
  if (!facts || (facts.format === 'heif' && facts.compression !== 'av1')) return { refusal: 'kind' }
  if (facts.width * (facts.pageHeight ?? facts.height) > PIXELS) return { refusal: 'pixels' }
  try {
    const pictures = await squares(bytes)
    await new Promise((resolve) => process.stdout.write(Buffer.concat(pictures), resolve))
    return { sizes: pictures.map(({ length }) => length) }
  } catch {
    return { refusal: 'unreadable' }
  }
}

/** Nothing of what else is in a file, such as where a photo was taken, gets into these. */
async function squares(bytes: Buffer): Promise<Buffer[]> {
  const largest = Math.max(...SIZES)
  // Decoded once, which takes most of the time.
  const { data, info } = await sharp(bytes, { limitInputPixels: PIXELS, sequentialRead: true })
    .autoOrient()
    .resize(largest, largest, { fit: 'cover' })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const { width, height, channels } = info
  return Promise.all(
    SIZES.map((size) =>
      sharp(data, { raw: { width, height, channels } }).resize(size, size).webp({ quality: 84 }).toBuffer(),
    ),
  )
}
