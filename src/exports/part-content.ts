import type { FileFacts } from '../files/index.ts'
import { type EmbeddedFile, embeddedSize } from './embedded-files.ts'

/** A piece of content: a text, or a file in base64. */
export type Piece = string | FileFacts

/** The content of a part of an export while it is being written: texts, and files between them. */
export class PartContent {
  readonly #texts: Buffer[] = []
  readonly files: EmbeddedFile[] = []
  /** Bytes of the texts. */
  size = 0
  /** Bytes of the files in base64. */
  embedded = 0

  add(...pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      if (typeof piece === 'string') this.#addText(piece)
      else this.#addFile(piece)
    }
  }

  /** All texts; the files stand between them, where they say. */
  text(): Buffer {
    return Buffer.concat(this.#texts)
  }

  #addText(text: string): void {
    const bytes = Buffer.from(text)
    this.#texts.push(bytes)
    this.size += bytes.length
  }

  #addFile({ id, size }: FileFacts): void {
    this.files.push({ id, size, at: this.size })
    this.embedded += embeddedSize({ size })
  }
}
