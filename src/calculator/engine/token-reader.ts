import { type CalculationError, syntax } from './errors.ts'
import type { Token } from './tokens.ts'

const END: Token = { kind: 'end', text: '', position: 0, spaced: false }

/** Goes through the tokens of an expression from left to right. */
export class TokenReader {
  readonly #tokens: readonly Token[]
  #index = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** The number of tokens that were taken. */
  get place(): number {
    return this.#index
  }

  /** The token that is next. */
  get token(): Token {
    return this.#tokens[this.#index] ?? END
  }

  /** The token so many places on, or back. */
  peek(ahead: number): Token {
    return this.#tokens[this.#index + ahead] ?? this.#tokens.at(-1) ?? END
  }

  /** Takes the token that is next; the end is never passed. */
  next(): Token {
    const { token } = this
    if (token.kind !== 'end') this.#index++
    return token
  }

  /** Goes so many places on, or back. */
  skip(count: number): void {
    this.#index += count
  }

  /** Tells whether this is next. */
  at(text: string): boolean {
    return this.token.text === text && this.token.kind !== 'word'
  }

  /** Takes this if it is next. */
  take(text: string): boolean {
    if (!this.at(text)) return false
    this.next()
    return true
  }

  /** Takes the bracket that has to be next. */
  close(bracket: ')' | ']'): void {
    if (this.take(bracket)) return
    if (this.token.kind !== 'end') throw this.unexpected()
    const what = bracket === ')' ? 'parenthesis' : 'bracket'
    throw syntax(`A closing ${what} is missing.`, this.token.position)
  }

  /** Says what is wrong with a token that fits nowhere. */
  unexpected(): CalculationError {
    const { kind, text, position } = this.token
    const before = this.#index > 0 ? this.peek(-1) : undefined
    if (kind === 'end') return syntax('Something is missing at the end.', position)
    if (text === ')')
      return before?.kind === 'operator' && before.text !== ')' && before.text !== ']'
        ? syntax('A value is missing before this parenthesis.', position)
        : syntax('An opening parenthesis is missing.', position)
    if (text === ']') return syntax('An opening bracket is missing.', position)
    if (text === '=')
      return syntax('Only a name can be given a value, and only at the start: x = 5.', position)
    if (text === ';') return syntax('One expression a line, please.', position)
    if (text === ',')
      return before?.kind === 'number' && this.peek(1).kind === 'number' && !this.peek(1).spaced
        ? syntax('Commas separate arguments: write 1000.5 for one number.', position)
        : syntax('This comma separates nothing.', position)
    if (kind === 'number') return syntax('An operator is missing before this number.', position)
    if (kind === 'word') return syntax('Text cannot be calculated with.', position)
    if (kind === 'operator') return syntax(`A value is missing before \`${text}\`.`, position)
    return syntax(`\`${text}\` is out of place here.`, position)
  }
}
