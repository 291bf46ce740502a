import { type Stats, statSync } from 'node:fs'

/** An open file that was at its path when this was created. */
export class PlacedFile {
  readonly path: string
  readonly #device: number
  readonly #inode: number

  constructor(path: string, { dev, ino }: Pick<Stats, 'dev' | 'ino'> = statSync(path)) {
    this.path = path
    this.#device = dev
    this.#inode = ino
  }

  /** Tells whether it is there still: it was not deleted, moved away or replaced by another. Takes some microseconds. */
  get isInPlace(): boolean {
    const found = this.#look()
    return found?.ino === this.#inode && found.dev === this.#device
  }

  /** Bytes of whatever is at the path. */
  get size(): number {
    return this.#look()?.size ?? 0
  }

  #look(): Stats | undefined {
    try {
      return statSync(this.path, { throwIfNoEntry: false })
    } catch {
      return undefined
    }
  }
}
