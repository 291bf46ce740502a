/**
 * What a bracket encloses: the arguments of a call, separated by commas or by semicolons, cells, or a part of the
 * expression.
 */
type Bracket = 'call' | 'semicolons' | 'cells' | 'group'

/** The brackets that are open where the reading of a line has arrived; they decide what a comma or a colon means there. */
export class OpenBrackets {
  readonly #text: string
  readonly #open: Bracket[] = []
  /** The number of open brackets in which arguments or cells are listed. */
  #lists = 0
  /** Choices at each level of brackets whose `:` is still to come. */
  readonly #choices: number[] = [0]
  #beforeSemicolons: ReadonlySet<number> | undefined

  constructor(text: string) {
    this.#text = text
  }

  /** A comma separates arguments or cells here. */
  get commaSeparates(): boolean {
    const innermost = this.#open.at(-1)
    return innermost === 'call' || innermost === 'cells'
  }

  /** A space separates cells here. */
  get spaceSeparates(): boolean {
    return this.#open.at(-1) === 'cells'
  }

  /** Some open bracket, not always the innermost, lists arguments or cells. */
  get isInList(): boolean {
    return this.#lists > 0
  }

  /** The `:` of a choice is still to come: `x > 0 ? 1 : 2`. */
  get isInChoice(): boolean {
    return (this.#choices.at(-1) ?? 0) > 0
  }

  /** Notes the bracket at an index. @param isCall the name of a function stands before it */
  open(index: number, isCall: boolean): void {
    const bracket = this.#bracketAt(index, isCall)
    this.#open.push(bracket)
    if (bracket !== 'group') this.#lists++
    this.#choices.push(0)
  }

  /** Notes that the innermost bracket ends. */
  close(): void {
    const bracket = this.#open.pop()
    if (bracket !== undefined && bracket !== 'group') this.#lists--
    if (this.#choices.length > 1) this.#choices.pop()
  }

  /** Notes a sign of a choice. */
  choose(sign: '?' | ':'): void {
    const choices = this.#choices.at(-1) ?? 0
    this.#choices[this.#choices.length - 1] = Math.max(0, choices + (sign === '?' ? 1 : -1))
  }

  #bracketAt(index: number, isCall: boolean): Bracket {
    if (this.#text.charAt(index) === '[') return 'cells'
    if (!isCall) return 'group'
    this.#beforeSemicolons ??= bracketsWithSemicolons(this.#text)
    return this.#beforeSemicolons.has(index) ? 'semicolons' : 'call'
  }
}

/** Finds the opening brackets whose contents semicolons separate: `round(3,14; 1)`. */
function bracketsWithSemicolons(text: string): ReadonlySet<number> {
  const found = new Set<number>()
  if (!text.includes(';')) return found
  const open: number[] = []
  for (const { 0: sign, index } of text.matchAll(/[()[\];]/g)) {
    const innermost = open.at(-1)
    if (sign === '(' || sign === '[') open.push(index)
    else if (sign !== ';') open.pop()
    else if (innermost !== undefined) found.add(innermost)
  }
  return found
}
