import { ConfigError } from '../config.ts'

/** Bytes that are read: what has more is too long for everything. */
const MOST = 1024 * 1024

/** @returns all that comes on standard input, without the line break at its end */
export async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk)
    chunks.push(part)
    bytes += part.length
    if (bytes > MOST) throw new ConfigError('The text on standard input is too long.')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)).replace(/\r?\n$/, '')
  } catch {
    throw new ConfigError('The text on standard input is not UTF-8.')
  }
}
