import type { DocumentLine } from './reading.ts'

/** Lines sorted by position. */
export class SortedLines {
  readonly #lines: DocumentLine[] = []

  get length(): number {
    return this.#lines.length
  }

  [Symbol.iterator](): IterableIterator<DocumentLine> {
    return this.#lines.values()
  }

  at(index: number): DocumentLine | undefined {
    return this.#lines[index < 0 ? this.#lines.length + index : index]
  }

  /** The number of lines before a position. */
  countBefore(position: string): number {
    // Most lines are added at the end, and looked at there.
    const { length } = this.#lines
    const last = this.#lines[length - 1]
    if (!last || last.position < position) return length
    if (last.position === position && this.#lines[length - 2]?.position !== position) return length - 1
    let from = 0
    let to = length
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.#lines[middle]?.position ?? '') < position) from = middle + 1
      else to = middle
    }
    return from
  }

  lineAt(position: string): DocumentLine | undefined {
    const line = this.#lines[this.countBefore(position)]
    return line?.position === position ? line : undefined
  }

  /** The last line before a position. */
  before(position: string): DocumentLine | undefined {
    return this.#lines[this.countBefore(position) - 1]
  }

  /** The first line after a position. */
  after(position: string): DocumentLine | undefined {
    const index = this.countBefore(position)
    return this.#lines[this.#lines[index]?.position === position ? index + 1 : index]
  }

  /** The lines after one position and before another; without these, from the first or up to the last line. */
  *between(after: string | undefined, before: string | undefined): Iterable<DocumentLine> {
    let index = after === undefined ? 0 : this.countBefore(after)
    if (after !== undefined && this.#lines[index]?.position === after) index += 1
    for (; index < this.#lines.length; index += 1) {
      const line = this.#lines[index]
      if (!line || (before !== undefined && line.position >= before)) return
      yield line
    }
  }

  insert(line: DocumentLine): void {
    const index = this.countBefore(line.position)
    if (index === this.#lines.length) this.#lines.push(line)
    else this.#lines.splice(index, 0, line)
  }

  remove(line: DocumentLine): void {
    // While lines are being moved, two may have the same position.
    for (let index = this.countBefore(line.position); ; index += 1) {
      const found = this.#lines[index]
      if (found?.position !== line.position) return
      if (found.seq !== line.seq) continue
      this.#lines.splice(index, 1)
      return
    }
  }
}
