import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'

/** Bytes of a block of the cipher: a place, and zeros by which it is known again. */
const BLOCK = 16

/**
 * Writes places in the index so that nobody can read them: they count the messages of all rooms, those that one may not read
 * included.
 */
export class Cursors {
  readonly #key: Buffer

  constructor(secret: string) {
    this.#key = createHash('sha256').update(`search cursor ${secret}`).digest()
  }

  write(place: number): string {
    const block = Buffer.alloc(BLOCK)
    block.writeDoubleBE(place)
    // One block: what comes before it in other modes would be the same each time.
    const cipher = createCipheriv('aes-256-ecb', this.#key, null).setAutoPadding(false)
    return Buffer.concat([cipher.update(block), cipher.final()]).toString('base64url')
  }

  /** @returns undefined: this was not written here */
  read(cursor: string): number | undefined {
    const bytes = Buffer.from(cursor, 'base64url')
    if (bytes.length !== BLOCK) return undefined
    const decipher = createDecipheriv('aes-256-ecb', this.#key, null).setAutoPadding(false)
    const block = Buffer.concat([decipher.update(bytes), decipher.final()])
    const place = block.readDoubleBE()
    const isOurs = block.subarray(8).every((byte) => byte === 0) && Number.isSafeInteger(place)
    return isOurs ? place : undefined
  }
}
