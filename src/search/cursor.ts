import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'

/** Bytes of a block of the cipher: a place, and zeros by which it is recognised. */
const BLOCK = 16

/** Encrypts places in the index, since they count the messages of all rooms, including those that a person may not read. */
export class Cursors {
  readonly #key: Buffer

  constructor(secret: string) {
    this.#key = createHash('sha256').update(`search cursor ${secret}`).digest()
  }

  write(place: number): string {
    const block = Buffer.alloc(BLOCK)
    block.writeDoubleBE(place)
    // There is only one block, and in other modes its initialisation vector would always be the same.
    const cipher = createCipheriv('aes-256-ecb', this.#key, null).setAutoPadding(false)
    return Buffer.concat([cipher.update(block), cipher.final()]).toString('base64url')
  }

  /** @returns undefined if the cursor was not written here */
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
