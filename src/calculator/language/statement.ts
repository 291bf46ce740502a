import { CalculationError, evaluation, syntax, wordForUnit } from '../numbers/index.ts'
import { beginningOf, emptyKindOf } from './beginning.ts'
import { normalise } from './characters.ts'
import { LENGTH } from './limits.ts'
import { bindable } from './names.ts'
import { Parser } from './parse.ts'
import type { Token } from './token.ts'
import { TokenReader } from './token-reader.ts'
import { tokenise } from './tokens.ts'
import type { Parsed, Statement } from './tree.ts'
import { unexpected } from './unexpected.ts'
import type { Vocabulary } from './vocabulary.ts'
import { NEVER_UNITS, SCALES, whyNoName } from './words.ts'

/** The most notes of one line. */
const NOTES = 5

/**
 * Reads one line of a sheet.
 *
 * @throws CalculationError `too_long`, `invalid` for nothing or NUL, `limit`, or `syntax` and `evaluation` with a position
 */
export function parse(line: string, vocabulary: Vocabulary): Parsed {
  // A code point is at most two units, so most texts that are too long are refused without counting code points.
  if (line.length > LENGTH * 2 || (line.length > LENGTH && [...line].length > LENGTH))
    throw new CalculationError(
      'too_long',
      `An expression can have at most ${LENGTH.toLocaleString('en')} characters.`,
    )
  if (line.includes('\0')) throw new CalculationError('invalid', 'An expression cannot contain NUL.')
  const characters = normalise(line)
  const { text } = characters
  const empty = emptyKindOf(text)
  if (empty !== undefined) return { statement: { kind: empty }, notes: [] }
  const notes: string[] = []
  const { label, from } = beginningOf(text, vocabulary)
  const note = (sentence: string) => {
    if (notes.length < NOTES && !notes.includes(sentence)) notes.push(sentence)
  }
  const readTokens = (words: Vocabulary) => {
    const { tokens, notes: spelling } = tokenise(characters, words, from)
    spelling.forEach(note)
    return new TokenReader(withoutHabits(tokens, words))
  }
  const read = new Line(readTokens, vocabulary, note)
  const statement = read.read()
  const { readAsUnits } = read
  return {
    statement,
    ...(label && { label: label.text }),
    notes,
    ...(readAsUnits.length > 0 && { readAsUnits }),
  }
}

/** The note about a name that is read as the unit where it stands. */
export const unitOfName = (name: string): string =>
  `Right after a number, \`${name}\` is the unit. For the value of ${name} write a sign between them: 2 * ${name}.`

/** Leaves out the `=`, `?` or `=?` that people type after an expression out of habit. */
function withoutHabits(typed: readonly Token[], { isBound }: Vocabulary): readonly Token[] {
  const isAsked = typed.at(-2)?.text === '?' && typed.at(-3)?.text === '='
  const tokens = isAsked ? [...typed.slice(0, -2), ...typed.slice(-1)] : typed
  const last = tokens.at(-2)
  const end = tokens.at(-1)
  const isWord = last?.text === 'equals' && tokens.length > 2 && !isBound('equals')
  if (isWord && end) return [...tokens.slice(0, -2), end]
  const isHabit = last?.kind === 'operator' && (last.text === '=' || last.text === '?') && tokens.length > 2
  // `x =` lacks its value.
  const lacksValue = last?.text === '=' && tokens.length === 3 && tokens[0]?.kind === 'name'
  return asQuestion(isHabit && end && !lacksValue ? [...tokens.slice(0, -2), end] : tokens)
}

/** `50 = 25% of what` asks what `50 is 25% of what` does. */
function asQuestion(tokens: readonly Token[]): readonly Token[] {
  const isQuestion = tokens[0]?.kind === 'number' && tokens.some(({ word }) => word === 'what')
  return isQuestion
    ? tokens.map((token) => (token.text === '=' ? { ...token, kind: 'name', text: 'is', word: 'is' } : token))
    : tokens
}

/** Reads what a line says: a value, or what a name means. */
class Line {
  #reader: TokenReader
  readonly #readTokens: (vocabulary: Vocabulary) => TokenReader
  readonly #vocabulary: Vocabulary
  readonly #note: (sentence: string) => void
  /** Names of the sheet that stand right after a number, where they are the unit. */
  readAsUnits: readonly string[] = []

  constructor(
    readTokens: (vocabulary: Vocabulary) => TokenReader,
    vocabulary: Vocabulary,
    note: (sentence: string) => void,
  ) {
    this.#reader = readTokens(vocabulary)
    this.#readTokens = readTokens
    this.#vocabulary = vocabulary
    this.#note = note
  }

  read(): Statement {
    const statement = this.#definition() ??
      this.#assignment() ?? { kind: 'value' as const, body: this.#body(this.#vocabulary) }
    if (this.#reader.token.kind !== 'end') throw unexpected(this.#reader, this.#vocabulary)
    return statement
  }

  #body(vocabulary: Vocabulary) {
    const parser = new Parser(this.#reader, vocabulary, this.#note)
    const body = parser.expression()
    this.readAsUnits = [...parser.readAsUnits]
    for (const name of this.readAsUnits) this.#note(unitOfName(name))
    return body
  }

  #assignment(): Statement | undefined {
    const reader = this.#reader
    const name = reader.token
    if (name.kind !== 'name') return undefined
    // `x := 5` of other languages.
    const colons =
      reader.peek(1).text === ':' && reader.peek(2).text === '=' && !reader.peek(2).isSpaced ? 1 : 0
    if (reader.peek(1 + colons).text !== '=') return undefined
    this.#checkName(name)
    reader.skip(2 + colons)
    if (reader.token.kind === 'end')
      throw syntax(`After the =, write what \`${name.text}\` is: ${name.text} = 5.`, reader.token.position)
    this.#noteOtherMeaning(name.text)
    const body = this.#body(this.#vocabulary)
    if (body.kind === 'percent')
      this.#note(
        `\`${name.text}\` is a percentage on other lines too: 50 + ${name.text} adds that percentage of 50. To add the number, write 50 + (${name.text} to number).`,
      )
    return { kind: 'assignment', name: name.text, position: name.position, body }
  }

  #definition(): Statement | undefined {
    const reader = this.#reader
    const name = reader.token
    if (name.kind !== 'name' || reader.peek(1).text !== '(') return undefined
    const parameters: Token[] = []
    let ahead = 2
    while (reader.peek(ahead).kind === 'name') {
      parameters.push(reader.peek(ahead))
      if (reader.peek(ahead + 1).text !== ',') break
      ahead += 2
    }
    if (parameters.length > 0) ahead++
    // `f(x) := x^2` of other languages.
    const colons = reader.peek(ahead + 1).text === ':' && !reader.peek(ahead + 2).isSpaced ? 1 : 0
    if (reader.peek(ahead).text !== ')' || reader.peek(ahead + 1 + colons).text !== '=') return undefined
    const names = parameters.map(({ text }) => text)
    if (new Set(names).size < names.length)
      throw syntax('Two parameters have the same name.', parameters[0]?.position ?? name.position)
    for (const parameter of parameters) this.#checkParameter(parameter)
    this.#checkName(name)
    for (const parameter of names) this.#noteOtherMeaning(parameter)
    const { isBound } = this.#vocabulary
    const inside: Vocabulary = {
      ...this.#vocabulary,
      isBound: (word) => names.includes(word) || word === name.text || isBound(word),
    }
    // If k is a parameter, `2k` is not two thousand.
    this.#reader = this.#readTokens(inside)
    this.#reader.skip(ahead + 2 + colons)
    return {
      kind: 'definition',
      name: name.text,
      position: name.position,
      parameters: names,
      body: this.#body(inside),
    }
  }

  #checkName(token: Token): void {
    this.#checkParameter(token)
    if (this.#vocabulary.isReserved(token.text))
      throw evaluation(
        `\`${token.text}\` is ${this.#vocabulary.isFunction(token.text) ? 'a function' : 'a word'} of the language; choose another name.`,
        token.position,
      )
  }

  #checkParameter({ text, position }: Token): void {
    const reason = whyNoName(text) ?? (bindable(text) ? undefined : `\`${text}\` cannot be used as a name.`)
    if (reason !== undefined) throw syntax(reason, position)
  }

  /** Says once that a name is a unit too, which it stays after a number. */
  #noteOtherMeaning(name: string): void {
    const unit = NEVER_UNITS.has(name) ? undefined : this.#vocabulary.findUnit(name)
    if (unit) {
      const word = wordForUnit(unit)
      const [also, stays] = word === undefined || word === name ? ['a unit', 'unit'] : [`the ${word}`, word]
      this.#note(`\`${name}\` is also ${also}: right after a number it stays the ${stays}.`)
    } else if (SCALES.has(name)) {
      const scale = SCALES.get(name) === '12' ? 'a dozen' : `1${SCALES.get(name)}`
      this.#note(`\`${name}\` right after a number is now this name, and no longer ${scale}.`)
    }
  }
}
