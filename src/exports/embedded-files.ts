import type { FileFacts } from '../files/index.ts'

/** Bytes that files take up in one page at most: browsers hold all of it in memory. */
export const EMBEDDED = 256 * 1024 * 1024

/** Bytes in base64 of the largest file in a page, of 20 MiB: Chromium was seen to save such a file, and none of 24 MiB. */
export const LARGEST_EMBEDDED = 4 * Math.ceil((20 * 1024 * 1024) / 3)

/** A file of a message that is embedded in a page, in base64. */
export interface EmbeddedFile {
  readonly id: string
  /** In bytes, of the file itself. */
  readonly size: number
  /** Bytes of its part that stand before it. */
  readonly at: number
}

/** Bytes of a file in base64. */
export function embeddedSize({ size }: Pick<FileFacts, 'size'>): number {
  return 4 * Math.ceil(size / 3)
}

/** Reads the list of embedded files from the row of a part. */
export function embeddedIn({ files }: { readonly files: string | null }): readonly EmbeddedFile[] {
  return files === null ? [] : JSON.parse(files)
}

/**
 * Inserts the embedded files into a part.
 * @param content of the part
 * @param files in the order in which they stand
 * @param read gives what a file holds
 */
export async function* withFiles(
  content: AsyncIterable<Uint8Array>,
  files: readonly EmbeddedFile[],
  read: (file: EmbeddedFile) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const waiting = files.values()
  let next = waiting.next().value
  let passed = 0
  for await (const piece of content) {
    let from = 0
    while (next && next.at <= passed + piece.length) {
      yield piece.subarray(from, next.at - passed)
      yield* base64(read(next))
      from = next.at - passed
      next = waiting.next().value
    }
    yield piece.subarray(from)
    passed += piece.length
  }
}

/** Bytes in base64, as they come. */
async function* base64(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0)
  for await (const piece of source) {
    const all = Buffer.concat([rest, piece])
    // Three bytes are four letters.
    const whole = all.length - (all.length % 3)
    yield Buffer.from(all.toString('base64', 0, whole), 'latin1')
    rest = all.subarray(whole)
  }
  yield Buffer.from(rest.toString('base64'), 'latin1')
}
