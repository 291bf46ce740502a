import { syntax } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import type { Node } from './tree.ts'
import { isOperator } from './words.ts'

/** Reads the signs that stand closest to a value: factorials, transposition and indices. */
export class Postfixes {
  readonly #grammar: Grammar

  constructor(grammar: Grammar) {
    this.#grammar = grammar
  }

  /** Reads what stands right after a value that was read: `5!`, `A'`, `A[1]`. */
  after(first: Node): Node {
    const { reader } = this.#grammar
    let left = first
    for (;;) {
      const { position, text, kind } = reader.token
      if (this.#isFactorialWord()) {
        reader.next()
        left = this.#grammar.node({ kind: 'unary', operator: 'factorial', of: left, position })
        continue
      }
      if (kind !== 'operator') return left
      if (text === '!') {
        const isDouble = reader.peek(1).text === '!' && !reader.peek(1).isSpaced
        reader.skip(isDouble ? 2 : 1)
        if (isDouble) this.#noteDoubleFactorial()
        const operator = isDouble ? 'doubleFactorial' : 'factorial'
        left = this.#grammar.node({ kind: 'unary', operator, of: left, position })
      } else if (text === "'" && (reader.previous?.kind !== 'number' || reader.token.isSpaced)) {
        reader.next()
        left = this.#grammar.node({ kind: 'unary', operator: 'transpose', of: left, position })
      } else if (text === '[' && left.kind !== 'number') left = this.#indexed(left)
      else return left
    }
  }

  /** Tells whether `factorial` stands after its number: `5 factorial`. */
  #isFactorialWord(): boolean {
    const { reader, vocabulary } = this.#grammar
    if (reader.token.text !== 'factorial' || vocabulary.isBound('factorial')) return false
    const { kind, text, word } = reader.peek(1)
    return kind === 'end' || isOperator(word) || (kind === 'operator' && text !== '(' && text !== '[')
  }

  #noteDoubleFactorial(): void {
    const { reader } = this.#grammar
    if (reader.at('!'))
      throw syntax('Write parentheses: (5!)! is the factorial of a factorial.', reader.token.position)
    this.#grammar.note(
      '`!!` is the double factorial: 5!! = 5 · 3 · 1. For the factorial of a factorial write (5!)!.',
    )
  }

  #indexed(of: Node): Node {
    const { reader } = this.#grammar
    const { position } = reader.next()
    const at = this.#grammar.inBrackets(() => {
      const dimensions: (Node | undefined)[] = []
      do {
        const isWhole = reader.at(':') && (reader.peek(1).text === ',' || reader.peek(1).text === ']')
        if (isWhole) reader.next()
        dimensions.push(isWhole ? undefined : this.#grammar.expression())
      } while (reader.take(','))
      return dimensions
    })
    this.#grammar.close(']')
    return this.#grammar.node({ kind: 'index', of, position, at })
  }
}
