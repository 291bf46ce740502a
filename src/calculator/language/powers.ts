import type { Grammar } from './grammar.ts'
import type { Postfixes } from './postfixes.ts'
import { PREFIX_SIGNS } from './prefix.ts'
import type { Node } from './tree.ts'
import { PARTS } from './words.ts'

/** Reads powers, in signs and in words. */
export class Powers {
  readonly #grammar: Grammar
  readonly #postfixes: Postfixes

  constructor(grammar: Grammar, postfixes: Postfixes) {
    this.#grammar = grammar
    this.#postfixes = postfixes
  }

  /** Reads a value with its powers. */
  read(): Node {
    return this.after(this.#postfixes.after(this.#grammar.primary()))
  }

  /** Reads the powers of a value that was read: `x²`, `x^2`, `x squared`, `2 to the 8th power`. */
  after(first: Node): Node {
    const { reader } = this.#grammar
    let left = first
    for (;;) {
      const { position, text, kind, word } = reader.token
      const ordinal = word === 'to' || word === 'raised' ? this.#takeOrdinalPower() : undefined
      if (ordinal !== undefined) left = this.raised(left, ordinal, position)
      else if (kind === 'power') {
        reader.next()
        left = this.#postfixes.after(this.raised(left, text, position))
      } else if (word === 'squared' || word === 'cubed') {
        reader.next()
        left = this.raised(left, word === 'squared' ? '2' : '3', position)
      } else if (kind === 'operator' && (text === '^' || text === '.^')) {
        reader.next()
        return this.#raise(left, text === '^' ? 'power' : 'dotPower', position)
      } else if ((word === 'to' || word === 'raised') && this.#takePowerWords())
        return this.#raise(left, 'power', position)
      else return left
    }
  }

  /** Raises to a power of digits. */
  raised(left: Node, power: string, position: number): Node {
    const digits = this.#grammar.node({ kind: 'number', text: power.replace('-', ''), position })
    const right = power.startsWith('-')
      ? this.#grammar.node({ kind: 'unary', operator: 'minus', of: digits, position })
      : digits
    return this.#grammar.node({ kind: 'binary', operator: 'power', left, right, position })
  }

  #raise(left: Node, operator: 'power' | 'dotPower', position: number): Node {
    const { reader } = this.#grammar
    const begun = reader.place
    const right = this.#grammar.nested(() => this.exponent())
    const { kind, isSpaced, word, text } = reader.token
    const last = reader.previous
    // `e^iπ` and `2^2x` may be meant otherwise; `x^2y` is not.
    const isOfNumber = left.kind === 'number' || left.kind === 'constant'
    const isJoined = kind === 'name' && !isSpaced && word === '' && this.#isFactor(text)
    if (isOfNumber && isJoined && last && last.kind !== 'operator' && reader.place - begun <= 2)
      this.#grammar.note(
        `The power ends before \`${text}\`. If it is part of the power, write parentheses: ^(${last.text} ${text}).`,
      )
    return this.#grammar.node({ kind: 'binary', operator, left, right, position })
  }

  #isFactor(name: string): boolean {
    const { isBound, isConstant } = this.#grammar.vocabulary
    return isBound(name) || isConstant(name)
  }

  /** Takes `to the power of` and `raised to`. */
  #takePowerWords(): boolean {
    const { reader } = this.#grammar
    if (reader.takeWords('to', 'the', 'power', 'of') || reader.takeWords('to', 'the', 'power')) return true
    if (
      reader.takeWords('raised', 'to', 'the', 'power', 'of') ||
      reader.takeWords('raised', 'to', 'the', 'power')
    )
      return true
    return reader.takeWords('raised', 'to')
  }

  /** Takes `to the 8th power`. @returns the 8, or undefined with nothing taken */
  #takeOrdinalPower(): string | undefined {
    const { reader } = this.#grammar
    const begin = reader.token.word === 'raised' ? 1 : 0
    if (reader.peek(begin).word !== 'to' || reader.peek(begin + 1).word !== 'the') return undefined
    const [first, second] = [reader.peek(begin + 2), reader.peek(begin + 3)]
    const isNumbered =
      first.kind === 'number' && /^\d+$/.test(first.text) && /^(?:st|nd|rd|th)$/.test(second.text)
    const ordinal = isNumbered ? first.text : PARTS.get(first.word)
    if (ordinal === undefined) return undefined
    const tokens = begin + (isNumbered ? 4 : 3)
    const isPower = reader.peek(tokens).text === 'power'
    // `5 to the third` is not finished.
    if (!isPower && !isNumbered) return undefined
    reader.skip(tokens + (isPower ? 1 : 0))
    return ordinal
  }

  /** Reads an exponent, which may have a sign: `2^-1`. */
  exponent(): Node {
    const { text, position, kind, word } = this.#grammar.reader.token
    const operator = kind === 'operator' ? PREFIX_SIGNS.get(text) : word === 'not' ? 'not' : undefined
    if (operator === undefined) return this.read()
    this.#grammar.reader.next()
    return this.#grammar.nested(() =>
      this.#grammar.node({ kind: 'unary', operator, of: this.exponent(), position }),
    )
  }
}
