import { type DocumentLine, inputPosition, isInput, referredLine } from './reading.ts'
import { SortedLines } from './sorted-lines.ts'

/**
 * The lines of a sheet in their order, and who depends on whom. Each question costs what its answer is large, not what the
 * sheet is.
 *
 * A name means the nearest definition above; where there is none above, the first one below. The names in a function's body
 * are looked up from the line that calls it.
 */
export class SheetDocument {
  readonly #bySeq = new Map<number, DocumentLine>()
  readonly #all = new SortedLines()
  /** Those with a value, for `ans`. */
  readonly #values = new SortedLines()
  /** Those that end a section or have a total, by which totals are found below a line. */
  readonly #totalsAndEnds = new SortedLines()
  readonly #definitions = new Map<string, SortedLines>()
  readonly #mentions = new Map<string, SortedLines>()
  /** Of those that mention a name, the functions. */
  readonly #functions = new Map<string, SortedLines>()
  #characters = 0

  get size(): number {
    return this.#bySeq.size
  }

  /** In their order. */
  get lines(): Iterable<DocumentLine> {
    return this.#all
  }

  line(seq: number): DocumentLine | undefined {
    return this.#bySeq.get(seq)
  }

  get last(): DocumentLine | undefined {
    return this.#all.at(-1)
  }

  isDefined(name: string): boolean {
    return this.#definitions.has(name)
  }

  isMentioned(name: string): boolean {
    return this.#definitions.has(name) || this.#mentions.has(name)
  }

  /** The lines that define a name or mention it, each once. */
  mentioning(name: string): DocumentLine[] {
    return [...new Set([...(this.#definitions.get(name) ?? []), ...(this.#mentions.get(name) ?? [])])]
  }

  /** The input of a name. */
  input(name: string): DocumentLine | undefined {
    return this.#definitions.get(name)?.lineAt(inputPosition(name))
  }

  /** Tells whether a name is mentioned where no line above defines it. */
  isOpen(name: string): boolean {
    const first = this.#mentions.get(name)?.at(0)
    return first !== undefined && this.#definitions.get(name)?.before(first.position) === undefined
  }

  lineAt(position: string): DocumentLine | undefined {
    return this.#all.lineAt(position)
  }

  /** The names that are defined. */
  get names(): number {
    return this.#definitions.size
  }

  /** The characters of all expressions. */
  get characters(): number {
    return this.#characters
  }

  above(line: DocumentLine): DocumentLine | undefined {
    return this.#all.before(line.position)
  }

  below(line: DocumentLine): DocumentLine | undefined {
    return this.#all.after(line.position)
  }

  /** Puts a line where it belongs, in place of what it was before. */
  set(line: DocumentLine): void {
    this.remove(line.seq)
    this.#bySeq.set(line.seq, line)
    this.#characters += line.expression.length
    for (const lines of this.#homes(line)) lines.insert(line)
  }

  remove(seq: number): void {
    const line = this.#bySeq.get(seq)
    if (!line) return
    this.#bySeq.delete(seq)
    this.#characters -= line.expression.length
    for (const lines of this.#homes(line)) lines.remove(line)
    const { defines, mentions } = line.reading
    if (defines !== undefined) forgetEmpty(this.#definitions, defines)
    for (const name of mentions) {
      forgetEmpty(this.#mentions, name)
      forgetEmpty(this.#functions, name)
    }
  }

  /** The line that gives a name its meaning, seen from a line. */
  definition(name: string, from: DocumentLine): DocumentLine | undefined {
    const definitions = this.#definitions.get(name)
    if (!definitions) return undefined
    const above = definitions.before(from.position)
    if (above) return above
    const first = definitions.at(0)
    return first?.reading.definesBelow ? undefined : first
  }

  /** The line that a name means, seen from a line: its definition, or what `ans` and references such as `line3` are. */
  meaning(name: string, from: DocumentLine): DocumentLine | undefined {
    const definition = this.definition(name, from)
    if (definition) return definition
    if (name === 'ans') return this.answer(from)
    const seq = referredLine(name)
    return seq === undefined ? undefined : this.#bySeq.get(seq)
  }

  /** The names that a line's value comes from: those in it, and those in the functions that it calls, each once. */
  reach(line: DocumentLine): ReadonlySet<string> {
    const names = new Set(line.reading.mentions)
    // A set that grows while it is walked is walked to its end.
    for (const name of names) {
      const definition = this.definition(name, line)
      if (definition?.reading.role === 'function')
        for (const mentioned of definition.reading.mentions) names.add(mentioned)
    }
    return names
  }

  /** The line whose value `ans` is on a line. */
  answer(from: DocumentLine): DocumentLine | undefined {
    return this.#values.before(from.position)
  }

  /** The lines whose values a total on a line is of, in their order. */
  summed(from: DocumentLine): DocumentLine[] {
    const found: DocumentLine[] = []
    for (let line = this.#all.before(from.position); line; line = this.#all.before(line.position)) {
      if (line.reading.endsSection) break
      if (line.reading.role === 'value') found.push(line)
    }
    return found.reverse()
  }

  /** Whether a word such as `total` is, on a line, one of the values above. */
  isTotal(word: string, from: DocumentLine): boolean {
    return from.reading.totals.includes(word) && this.definition(word, from) === undefined
  }

  /** The lines that a line's value is computed from. A function is not one: what it needs is. */
  dependencies(line: DocumentLine): Set<DocumentLine> {
    const found = new Set<DocumentLine>()
    if (line.reading.role !== 'value') return found
    for (const name of this.reach(line)) {
      const meant = this.meaning(name, line)
      if (meant?.reading.role === 'value') found.add(meant)
    }
    if (line.reading.totals.some((word) => this.isTotal(word, line)))
      for (const summed of this.summed(line)) found.add(summed)
    return found
  }

  /** Tells whether the sheet gives a name a meaning on a line. */
  isBound(name: string, line: DocumentLine): boolean {
    return this.meaning(name, line) !== undefined || this.isTotal(name, line)
  }

  /** As `dependencies`, of the names alone that the line really reads: dear, and needed only where there may be a circle. */
  readDependencies(line: DocumentLine): Set<DocumentLine> {
    const isBound = (name: string) => this.isBound(name, line)
    const names = new Set(line.reading.namesRead(isBound))
    for (const name of names) {
      const definition = this.definition(name, line)
      if (definition?.reading.role === 'function')
        for (const read of definition.reading.namesRead(isBound)) names.add(read)
    }
    const found = new Set<DocumentLine>()
    let hasTotal = false
    for (const name of names) {
      const meant = this.meaning(name, line)
      if (meant?.reading.role === 'value') found.add(meant)
      hasTotal ||= this.isTotal(name, line)
    }
    if (hasTotal) for (const summed of this.summed(line)) found.add(summed)
    return found
  }

  /** The lines whose value may change with that of a line: those that use it by name, as `ans` or in a total. */
  *dependents(line: DocumentLine): Iterable<DocumentLine> {
    const { defines, role } = line.reading
    if (defines !== undefined) yield* this.usersOf(defines, line)
    if (isInput(line)) return
    if (role === 'value') yield* this.#mentioning(`line${line.seq}`, undefined, undefined)
    yield* this.around(line)
  }

  /** The lines whose `ans` or total a line takes part in, by where it stands. */
  *around({ position }: DocumentLine): Iterable<DocumentLine> {
    const next = this.#values.after(position)
    if (next && this.reach(next).has('ans')) yield next
    for (
      let line = this.#totalsAndEnds.after(position);
      line;
      line = this.#totalsAndEnds.after(line.position)
    ) {
      if (line.reading.role === 'value' && line.reading.totals.length > 0) yield line
      if (line.reading.endsSection) return
    }
  }

  /** The lines for which a name means what a definition says, whether they mention it or call a function that does. */
  *usersOf(name: string, { position, reading }: DocumentLine): Iterable<DocumentLine> {
    const definitions = this.#definitions.get(name)
    const isFirst = !definitions?.before(position)
    const from = isFirst && !reading.definesBelow ? undefined : position
    yield* this.#mentioning(name, from, definitions?.after(position)?.position)
    // What stands on the line of the next definition still sees this one.
    const next = definitions?.after(position)
    if (next && this.reach(next).has(name)) yield next
  }

  /** The lines of values between two places that mention a name, or call a function that does. */
  *#mentioning(name: string, after: string | undefined, before: string | undefined): Iterable<DocumentLine> {
    for (const line of this.#mentions.get(name)?.between(after, before) ?? [])
      if (line.reading.role === 'value') yield line
    for (const called of this.#functionsThatMention(name))
      for (const line of this.#mentions.get(called)?.between(after, before) ?? [])
        if (line.reading.role === 'value') yield line
  }

  /** The names of functions that mention a name, directly or through others. */
  #functionsThatMention(name: string): ReadonlySet<string> {
    const names = new Set([name])
    for (const each of names)
      for (const line of this.#functions.get(each) ?? [])
        if (line.reading.defines !== undefined) names.add(line.reading.defines)
    names.delete(name)
    return names
  }

  /** The lists in which a line stands. */
  *#homes(line: DocumentLine): Iterable<SortedLines> {
    const { role, defines, mentions, totals, endsSection } = line.reading
    if (!isInput(line)) yield this.#all
    if (role === 'value' && !isInput(line)) yield this.#values
    if (endsSection || totals.length > 0) yield this.#totalsAndEnds
    if (defines !== undefined) yield home(this.#definitions, defines)
    for (const name of mentions) {
      yield home(this.#mentions, name)
      if (role === 'function') yield home(this.#functions, name)
    }
  }
}

function home(homes: Map<string, SortedLines>, name: string): SortedLines {
  const known = homes.get(name)
  if (known) return known
  const made = new SortedLines()
  homes.set(name, made)
  return made
}

function forgetEmpty(homes: Map<string, SortedLines>, name: string): void {
  if (homes.get(name)?.length === 0) homes.delete(name)
}
