/** The parts of a line's text that decide which lines depend on which. */
export interface Reading {
  /** `none` for a heading, a comment or a blank line. */
  readonly role: 'value' | 'function' | 'none'
  /** The name that it defines. */
  readonly defines: string | undefined
  /** True if its name is also a unit or a word of the language: it then counts only below the line. */
  readonly definesBelow: boolean
  /**
   * The names that it may contain, each once, without a function's own parameters. There may be too many, such as that of the
   * unit in `5 m`.
   */
  readonly mentions: readonly string[]
  /**
   * Finds exactly the names that the line reads, given which names the sheet defines. Slow. It takes the line's expression, so
   * that all lines have the same function.
   */
  readonly namesRead: (expression: string, isBound: (name: string) => boolean) => ReadonlySet<string>
  /** Words such as `sum` and `total` without parentheses: totals of the values above, unless the sheet defines them. */
  readonly totals: readonly string[]
  /** Totals below reach up to this line: a heading, a blank line, or a line with only such a word. */
  readonly endsSection: boolean
}

/** A version of a line of a sheet. It never changes: an edit replaces it with another one. */
export interface DocumentLine {
  /** The identity of the line, which stays when it is moved or rewritten. */
  readonly seq: number
  /** Lines are sorted by the code units of this. */
  readonly position: string
  readonly expression: string
  /** The `rev` at which the expression was written: somebody who has not seen that `rev` cannot overwrite it. */
  readonly written: number
  readonly reading: Reading
}

/** Inputs, such as today's date, come before all lines, whose positions begin with a letter. */
const INPUT = '!'

export function inputPosition(name: string): string {
  return `${INPUT}${name}`
}

export function isInput({ position }: { readonly position: string }): boolean {
  return position.startsWith(INPUT)
}

/** Tells whether the value of a line may come from other lines: that of a sum of numbers does not. */
export function mayNeedOthers({ reading }: Pick<DocumentLine, 'reading'>): boolean {
  return reading.mentions.length > 0 || reading.totals.length > 0
}

/** The line that an expression such as `line3` refers to, or undefined for other names. */
export function referredLine(name: string): number | undefined {
  const found = /^line([1-9]\d{0,8})$/.exec(name)
  return found ? Number(found[1]) : undefined
}
