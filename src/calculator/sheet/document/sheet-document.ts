import { REACHED_CHARACTERS, REACHED_NAMES } from '../../language/index.ts'
import { type DocumentLine, inputPosition, isInput, referredLine } from './reading.ts'
import { SortedLines } from './sorted-lines.ts'
import { stronglyConnected } from './strongly-connected.ts'

/** Counts lines and names that are looked at, and throws CalculationError `limit` if there are too many for one edit. */
export type Count = (looked: number) => void

const UNCOUNTED: Count = () => {}

/** The names that a line's value comes from. */
export interface ReachedNames {
  readonly names: ReadonlySet<string>
  /** Characters of the functions in which they were looked for. */
  readonly characters: number
  /** They are more than an expression may use, and not all of them were looked for. */
  readonly isTooMuch: boolean
}

const NO_LINES: readonly DocumentLine[] = []

const NOTHING_REACHED: ReachedNames = { names: new Set(), characters: 0, isTooMuch: false }

/**
 * The lines of a sheet in their order, and which depends on which. The cost of a query grows with its answer and not with the
 * sheet.
 *
 * A name means the nearest definition above or, if there is none above, the first one below. The names in a function's body
 * are looked up from the line that calls it.
 */
export class SheetDocument {
  readonly #bySeq = new Map<number, DocumentLine>()
  readonly #all = new SortedLines()
  /** The inputs, which are in no other list of lines. */
  readonly #inputs = new SortedLines()
  /** Lines with a value, for `ans`. */
  readonly #values = new SortedLines()
  /** Lines that end a section or contain a total, for finding the totals below a line. */
  readonly #totalsAndEnds = new SortedLines()
  readonly #definitions = new Map<string, SortedLines>()
  /** The lines with a value that mention a name, and the functions that do. */
  readonly #mentions = new Map<string, SortedLines>()
  readonly #functions = new Map<string, SortedLines>()
  #characters = 0
  #bytes = 0
  /** The lines that are functions. */
  readonly #functionLines = new Set<DocumentLine>()
  #mutualFunctions: ReadonlyMap<string, ReadonlySet<string>> | undefined

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

  isMentioned(name: string): boolean {
    return this.#definitions.has(name) || this.#mentions.has(name) || this.#functions.has(name)
  }

  /** The lines that define a name or mention it, each once. */
  mentioning(name: string): DocumentLine[] {
    const homes = [this.#definitions, this.#mentions, this.#functions]
    return [...new Set(homes.flatMap((lines) => [...(lines.get(name) ?? [])]))]
  }

  /** The input of a name. */
  input(name: string): DocumentLine | undefined {
    return this.#definitions.get(name)?.lineAt(inputPosition(name))
  }

  /** The names that come from outside. */
  get inputs(): string[] {
    return [...this.#inputs].flatMap(({ reading }) => reading.defines ?? [])
  }

  /** Tells whether some line mentions a name that no line above it defines. */
  isOpen(name: string): boolean {
    return this.#isOpenIn(this.#mentions.get(name), name) || this.#isOpenIn(this.#functions.get(name), name)
  }

  #isOpenIn(mentioning: SortedLines | undefined, name: string): boolean {
    const first = mentioning?.at(0)
    return first !== undefined && this.#definitions.get(name)?.before(first.position) === undefined
  }

  lineAt(position: string): DocumentLine | undefined {
    return this.#all.lineAt(position)
  }

  /** The names that are defined. */
  get names(): number {
    return this.#definitions.size
  }

  /** The lines that are functions. */
  get functions(): number {
    return this.#functionLines.size
  }

  /** The characters of all expressions. */
  get characters(): number {
    return this.#characters
  }

  /** Bytes of memory that the document takes, reckoned from what V8 uses for lines of many kinds, and seldom fewer. */
  get bytes(): number {
    return DOCUMENT_BYTES + this.#bytes
  }

  above(line: DocumentLine): DocumentLine | undefined {
    return this.#all.before(line.position)
  }

  below(line: DocumentLine): DocumentLine | undefined {
    return this.#all.after(line.position)
  }

  /** Replaces lines, by `seq`; undefined removes one. */
  replace(lines: ReadonlyMap<number, DocumentLine | undefined>): void {
    // All of them are removed first, because one may move to the position of another.
    for (const seq of lines.keys()) this.remove(seq)
    for (const line of lines.values()) if (line) this.set(line)
  }

  /** Adds a line at its position, or replaces the line with its `seq`. */
  set(line: DocumentLine): void {
    this.remove(line.seq)
    this.#bySeq.set(line.seq, line)
    this.#characters += line.expression.length
    this.#bytes += bytesOf(line)
    if (line.reading.role === 'function') this.#functionLines.add(line)
    if (line.reading.role === 'function') this.#mutualFunctions = undefined
    for (const lines of this.#homes(line)) lines.insert(line)
  }

  remove(seq: number): void {
    const line = this.#bySeq.get(seq)
    if (!line) return
    this.#bySeq.delete(seq)
    this.#characters -= line.expression.length
    this.#bytes -= bytesOf(line)
    if (this.#functionLines.delete(line)) this.#mutualFunctions = undefined
    for (const lines of this.#homes(line)) lines.remove(line)
    const { defines, mentions } = line.reading
    if (defines !== undefined) forgetEmpty(this.#definitions, defines)
    for (const name of mentions) {
      forgetEmpty(this.#mentions, name)
      forgetEmpty(this.#functions, name)
    }
  }

  /** Tells whether a name has the same meaning on every line. */
  hasOneMeaning(name: string): boolean {
    const definitions = this.#definitions.get(name)
    return definitions?.length === 1 && definitions.at(0)?.reading.definesBelow === false
  }

  /** The functions with a name, in their order. */
  functionsCalled(name: string): DocumentLine[] {
    return [...(this.#definitions.get(name) ?? [])].filter(({ reading }) => reading.role === 'function')
  }

  /** The functions that mention a name, in their order. */
  functionsThatMention(name: string): Iterable<DocumentLine> {
    return this.#functions.get(name) ?? []
  }

  get hasMutualFunctions(): boolean {
    return this.mutualFunctions.size > 0
  }

  /**
   * The names of functions that may lead to each other, each with its whole group. All definitions of a name count, since which
   * one it means depends on the line.
   */
  get mutualFunctions(): ReadonlyMap<string, ReadonlySet<string>> {
    if (this.#mutualFunctions) return this.#mutualFunctions
    const called = new Map<string, string[]>()
    for (const { reading } of this.#functionLines)
      if (reading.defines !== undefined) called.set(reading.defines, [])
    for (const { reading } of this.#functionLines)
      called.get(reading.defines ?? '')?.push(...reading.mentions.filter((name) => called.has(name)))
    const circles = stronglyConnected(called.keys(), (name) => called.get(name) ?? [])
    const found = new Map<string, ReadonlySet<string>>()
    for (const circle of circles) {
      const names = new Set(circle)
      if (names.size > 1) for (const name of names) found.set(name, names)
    }
    this.#mutualFunctions = found
    return found
  }

  /** The line that defines a name, as seen from a line. */
  definition(name: string, from: DocumentLine): DocumentLine | undefined {
    const definitions = this.#definitions.get(name)
    if (!definitions) return undefined
    const above = definitions.before(from.position)
    if (above) return above
    // A line that reads its own name reads the next definition, and itself only where there is no other.
    const below = definitions.after(from.position) ?? definitions.at(0)
    return below?.reading.definesBelow ? undefined : below
  }

  /** The line that a name means, as seen from a line: its definition, or the line that `ans` or `line3` refers to. */
  meaning(name: string, from: DocumentLine): DocumentLine | undefined {
    const definition = this.definition(name, from)
    if (definition) return definition
    if (name === 'ans') return this.answer(from)
    const seq = referredLine(name)
    const referred = seq === undefined ? undefined : this.#bySeq.get(seq)
    return referred?.reading.role === 'value' && !isInput(referred) ? referred : undefined
  }

  /** The names that a line's value comes from: those in it, and those in the functions that it calls, each once. */
  reach(line: DocumentLine, count = UNCOUNTED): ReachedNames {
    const { mentions } = line.reading
    if (mentions.length === 0) return NOTHING_REACHED
    const names = new Set(mentions)
    const most = Math.max(REACHED_NAMES, mentions.length)
    let characters = 0
    // The loop also visits the names that are added to the set while it runs.
    for (const name of names) {
      count(1)
      const definition = this.definition(name, line)
      if (definition?.reading.role !== 'function') continue
      characters += definition.expression.length
      for (const mentioned of definition.reading.mentions) names.add(mentioned)
      if (characters > REACHED_CHARACTERS || names.size > most) return { names, characters, isTooMuch: true }
    }
    return { names, characters, isTooMuch: false }
  }

  /** The line whose value `ans` is on a line. */
  answer(from: DocumentLine): DocumentLine | undefined {
    return this.#values.before(from.position)
  }

  /** The lines whose values a total on a line takes in, in their order. */
  summed(from: DocumentLine, count = UNCOUNTED): DocumentLine[] {
    const found: DocumentLine[] = []
    for (let index = this.#all.countBefore(from.position) - 1; index >= 0; index -= 1) {
      const line = this.#all.at(index)
      if (!line || line.reading.endsSection) break
      count(1)
      if (line.reading.role === 'value') found.push(line)
    }
    return found.reverse()
  }

  /** Tells whether a word such as `total` means, on this line, the values above. */
  isTotal(word: string, from: DocumentLine): boolean {
    return from.reading.totals.includes(word) && this.definition(word, from) === undefined
  }

  /**
   * The lines that a line's value is computed from: not functions, but the lines that those need. A line that reaches too much
   * has an error in place of a value, and needs none.
   */
  dependencies(line: DocumentLine, count = UNCOUNTED): Set<DocumentLine> {
    const found = new Set<DocumentLine>()
    if (line.reading.role !== 'value') return found
    const { names, isTooMuch } = this.reach(line, count)
    if (isTooMuch) return found
    for (const name of names) {
      const meant = this.meaning(name, line)
      if (meant?.reading.role === 'value') found.add(meant)
    }
    if (line.reading.totals.some((word) => this.isTotal(word, line)))
      for (const summed of this.summed(line, count)) found.add(summed)
    return found
  }

  /** Tells whether the sheet gives a name a meaning on a line. */
  isBound(name: string, line: DocumentLine): boolean {
    return this.meaning(name, line) !== undefined || this.isTotal(name, line)
  }

  /** As `dependencies`, but only of the names that the line really reads. Slow, and needed only where there may be a circle. */
  readDependencies(line: DocumentLine): Set<DocumentLine> {
    const isBound = (name: string) => this.isBound(name, line)
    const names = new Set(line.reading.namesRead(line.expression, isBound))
    for (const name of names) {
      const definition = this.definition(name, line)
      if (definition?.reading.role === 'function')
        for (const read of definition.reading.namesRead(definition.expression, isBound)) names.add(read)
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

  /** The lines with a value that call one of some functions, directly or through others. */
  *callers(functions: ReadonlySet<DocumentLine>, count = UNCOUNTED): Iterable<DocumentLine> {
    const names = [...functions].flatMap(({ reading: { defines } }) => defines ?? [])
    const calls = (name: string, line: DocumentLine) => {
      const definition = this.definition(name, line)
      return definition !== undefined && functions.has(definition)
    }
    for (const name of this.#functionsThatReach(names, count))
      for (const line of this.#mentions.get(name) ?? []) {
        count(1)
        for (const reached of this.reach(line, count).names)
          if (calls(reached, line)) {
            yield line
            break
          }
      }
  }

  /** The lines whose value may change with that of a line: those that use it by name, as `ans` or in a total. */
  dependents(line: DocumentLine, count = UNCOUNTED): Iterable<DocumentLine> {
    const isUnnamed = line.reading.defines === undefined && !this.#isReferredTo(line)
    return isUnnamed && line === this.last ? NO_LINES : this.#dependents(line, count)
  }

  #isReferredTo({ seq }: DocumentLine): boolean {
    if (this.#mentions.size === 0 && this.#functions.size === 0) return false
    return this.isMentioned(`line${seq}`)
  }

  *#dependents(line: DocumentLine, count: Count): Iterable<DocumentLine> {
    const { defines, role } = line.reading
    if (defines !== undefined) yield* this.#usersOf(defines, line, count)
    if (isInput(line)) return
    if (role === 'value') yield* this.#mentioning(`line${line.seq}`, undefined, undefined, count)
    yield* this.#around(line, count)
  }

  /** The lines whose `ans` or total includes a line because of its position. */
  *#around({ position }: DocumentLine, count: Count): Iterable<DocumentLine> {
    const next = this.#values.after(position)
    if (next && this.#reads(next, 'ans', count)) yield next
    for (const line of this.#totalsAndEnds.between(position, undefined)) {
      count(1)
      if (line.reading.role === 'value' && line.reading.totals.length > 0) yield line
      if (line.reading.endsSection) return
    }
  }

  /** The lines for which a name means a certain definition, whether they mention it or call a function that does. */
  *#usersOf(name: string, { position, reading }: DocumentLine, count: Count): Iterable<DocumentLine> {
    const definitions = this.#definitions.get(name)
    const above = definitions?.before(position)
    const from = above || reading.definesBelow ? position : undefined
    // A first definition that mentions its own name reads the next definition.
    const isSecond = above !== undefined && definitions?.before(above.position) === undefined
    if (isSecond && !reading.definesBelow && this.#reads(above, name, count)) yield above
    // The line of the next definition still sees this one.
    const next = definitions?.after(position)
    yield* this.#mentioning(name, from, next?.position, count)
    if (next && this.#reads(next, name, count)) yield next
  }

  /** Tells whether a name is in a line with a value, or in a function that it calls. */
  #reads(line: DocumentLine, name: string, count: Count): boolean {
    return line.reading.role === 'value' && this.reach(line, count).names.has(name)
  }

  /** The lines with a value between two positions that mention a name, or call a function that does. */
  *#mentioning(
    name: string,
    after: string | undefined,
    before: string | undefined,
    count: Count,
  ): Iterable<DocumentLine> {
    if (!this.#mentions.has(name) && !this.#functions.has(name)) return
    for (const mentioned of this.#functionsThatReach([name], count))
      for (const line of this.#mentions.get(mentioned)?.between(after, before) ?? []) {
        count(1)
        yield line
      }
  }

  /** Some names, and the names of functions that mention them, directly or through others. */
  #functionsThatReach(mentioned: Iterable<string>, count: Count): ReadonlySet<string> {
    const names = new Set(mentioned)
    for (const each of names)
      for (const line of this.functionsThatMention(each)) {
        count(1)
        if (line.reading.defines !== undefined) names.add(line.reading.defines)
      }
    return names
  }

  /** The lists that a line belongs in. */
  #homes(line: DocumentLine): readonly SortedLines[] {
    const { role, defines, mentions, totals, endsSection } = line.reading
    const homes = [isInput(line) ? this.#inputs : this.#all]
    if (role === 'value' && !isInput(line)) homes.push(this.#values)
    if (endsSection || (role === 'value' && totals.length > 0)) homes.push(this.#totalsAndEnds)
    if (defines !== undefined) homes.push(home(this.#definitions, defines))
    const mentioning = role === 'function' ? this.#functions : this.#mentions
    for (const name of mentions) homes.push(home(mentioning, name))
    return homes
  }
}

/** Bytes of an empty document, and of a line in one without its characters and what is read in it. */
const DOCUMENT_BYTES = 4_096
const LINE_BYTES = 170
/** Bytes of a reading that a line does not share with others, and of each name in it. */
const READING_BYTES = 110
const NAME_BYTES = 40

function bytesOf({ expression, reading: { defines, mentions, totals } }: DocumentLine): number {
  const names = mentions.length + totals.length + (defines === undefined ? 0 : 1)
  // A text with a character beyond Latin-1 takes two bytes for each.
  const bytes = LINE_BYTES + 2 * expression.length
  return names === 0 ? bytes : bytes + READING_BYTES + NAME_BYTES * names
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
