import type { Token } from './token.ts'

const END: Token = {
  kind: 'end',
  text: '',
  position: 0,
  isSpaced: false,
  word: '',
  fraction: undefined,
  moment: undefined,
}

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

  /** The token that was taken last, or undefined at the start. */
  get previous(): Token | undefined {
    return this.#tokens[this.#index - 1]
  }

  /** The token `ahead` places from here; a negative number looks back. */
  peek(ahead: number): Token {
    return this.#tokens[this.#index + ahead] ?? this.#tokens.at(-1) ?? END
  }

  /** Takes the token that is next; the end is never passed. */
  next(): Token {
    const { token } = this
    if (token.kind !== 'end') this.#index++
    return token
  }

  /** Passes a number of tokens, but never the end. */
  skip(count: number): void {
    this.#index = Math.min(this.#index + count, this.#tokens.length - 1)
  }

  /** Goes back to where it was, by an earlier `place`. */
  goBack(place: number): void {
    this.#index = place
  }

  /** Tells whether this operator is next. */
  at(operator: string): boolean {
    const { token } = this
    return token.text === operator && token.kind === 'operator'
  }

  /** Takes this operator if it is next. */
  take(operator: string): boolean {
    if (!this.at(operator)) return false
    this.#index++
    return true
  }

  /** Tells whether these words of the language are next, one after the other. */
  atWords(...words: readonly string[]): boolean {
    return words.every((word, i) => this.peek(i).word === word)
  }

  /** Takes these words of the language if they are next. */
  takeWords(...words: readonly string[]): boolean {
    if (!this.atWords(...words)) return false
    this.skip(words.length)
    return true
  }
}
