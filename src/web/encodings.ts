import { extname } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

/** The compressions of files, smallest result first, each with its name in headers and the extension of such files. */
export const ENCODINGS = [
  { name: 'br', extension: '.br' },
  { name: 'gzip', extension: '.gz' },
] as const

export type Encoding = (typeof ENCODINGS)[number]['name']

/** Bytes of a file that is worth it: a smaller one travels in one packet anyway. */
const SMALLEST = 1000

/** Brotli's own scale. The best takes ninety times as long for a tenth less: for a build, not for a start. */
const QUALITY = { quick: 5, best: constants.BROTLI_MAX_QUALITY } as const

const brotli = promisify(brotliCompress)
const zip = promisify(gzip)

/** Tells whether a file's kind is worth compressing. Pictures already are. */
function isCompressible(name: string): boolean {
  return ['.js', '.css', '.svg', '.json', '.map', '.txt'].includes(extname(name))
}

/**
 * Adds the compressed versions of files, under their names with `.br` and `.gz`. Files that would not become smaller are left
 * out. The work does not block the event loop.
 */
export async function withCompressed(
  files: ReadonlyMap<string, Buffer>,
  effort: keyof typeof QUALITY,
): Promise<Map<string, Buffer>> {
  const compressed = await Promise.all(
    [...files]
      .filter(([name, content]) => isCompressible(name) && content.length >= SMALLEST)
      .flatMap(([name, content]) =>
        ENCODINGS.map(
          async (encoding) =>
            [name + encoding.extension, await compress(content, encoding.name, effort), content] as const,
        ),
      ),
  )
  const smaller = compressed.filter(([, after, before]) => after.length < before.length)
  return new Map([...files, ...smaller.map(([name, content]) => [name, content] as const)])
}

function compress(content: Buffer, encoding: Encoding, effort: keyof typeof QUALITY): Promise<Buffer> {
  if (encoding === 'gzip') return zip(content, { level: constants.Z_BEST_COMPRESSION })
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT, BROTLI_PARAM_MODE, BROTLI_MODE_TEXT } = constants
  return brotli(content, {
    params: {
      [BROTLI_PARAM_QUALITY]: QUALITY[effort],
      [BROTLI_PARAM_SIZE_HINT]: content.length,
      [BROTLI_PARAM_MODE]: BROTLI_MODE_TEXT,
    },
  })
}

/**
 * Chooses the first of `offered` that a client takes best, by its Accept-Encoding header (RFC 9110, section 12.5.3).
 * @returns undefined if it takes none of them: the file is then sent as it is
 */
export function chooseEncoding(
  header: string | undefined,
  offered: readonly Encoding[],
): Encoding | undefined {
  const weights = new Map((header ?? '').split(',').map(weighted))
  const weightOf = (encoding: string) => weights.get(encoding) ?? weights.get('*') ?? 0
  const [best] = offered
    .filter((encoding) => weightOf(encoding) > 0)
    .sort((one, other) => weightOf(other) - weightOf(one))
  // A client may like the file better as it is; that it takes it at all goes without saying.
  const asItIs = weights.get('identity') ?? 0
  return best && weightOf(best) >= asItIs ? best : undefined
}

/** @param item such as `gzip;q=0.5` */
function weighted(item: string): [encoding: string, weight: number] {
  const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
  return [name === 'x-gzip' ? 'gzip' : name, weight === undefined ? 1 : Number(weight) || 0]
}
