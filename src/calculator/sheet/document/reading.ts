/** The parts of a line's text that decide which lines depend on which. */
export interface Reading {
  /** `none` for a heading, a comment or a blank line. */
  readonly role: 'value' | 'function' | 'none'
  /** The name that it defines. */
  readonly defines: string | undefined
  /** Its name is also a unit or a word of the language, and then counts only below the line. */
  readonly definesBelow: boolean
  /**
   * The names that may be in it, each once, without a function's own parameters. There may be one too many, such as that of
   * the unit in `5 m`.
   */
  readonly mentions: readonly string[]
  /** The names that are in it where `isBound` tells which ones mean something: none too many, and dear to find out. */
  readonly namesRead: (isBound: (name: string) => boolean) => ReadonlySet<string>
  /** Words such as `sum` and `total` without parentheses: of the values above, where they are no defined name. */
  readonly totals: readonly string[]
  /** Totals reach up to here: a heading, a blank line, or a line that is one of those words alone. */
  readonly endsSection: boolean
}

/** A line of a sheet, at its place. It is never changed: an edit puts another one in its place. */
export interface DocumentLine {
  /** The identity of the line, wherever it is moved and whatever is written in it. */
  readonly seq: number
  /** Lines stand in the order of the code units of this. */
  readonly position: string
  readonly expression: string
  /** The `rev` at which the expression was written: one who has not seen that may not write over it unasked. */
  readonly written: number
  readonly reading: Reading
}

/** Inputs, such as today's date, stand above all lines, whose positions begin with a letter. */
const INPUT = '!'

export function inputPosition(name: string): string {
  return `${INPUT}${name}`
}

export function isInput({ position }: { readonly position: string }): boolean {
  return position.startsWith(INPUT)
}

/** The line that an expression such as `line3` refers to, or undefined for other names. */
export function referredLine(name: string): number | undefined {
  const found = /^line([1-9]\d{0,8})$/.exec(name)
  return found ? Number(found[1]) : undefined
}
