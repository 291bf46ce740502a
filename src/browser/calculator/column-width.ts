import { widthOfRest } from '../../calculator/value-presentation.ts'

/** The width that the values of a column need after their decimal points, kept up to date as values come and go. */
export class ColumnWidth {
  /** The number of values for each count of characters behind the point. */
  readonly #counts = new Map<number, number>()

  get width(): number {
    return widthOfRest(this.#counts.keys())
  }

  /** A value takes the place of another one. @param from characters of the former value; 0: there was none */
  replace(from: number, to: number): void {
    if (from === to) return
    this.#count(from, -1)
    this.#count(to, 1)
  }

  #count(length: number, change: number): void {
    if (length === 0) return
    const count = (this.#counts.get(length) ?? 0) + change
    if (count > 0) this.#counts.set(length, count)
    else this.#counts.delete(length)
  }
}
