import { CalculationError, limit, syntax } from './errors.ts'
import { ARGUMENTS, DEPTH, LENGTH, NODES } from './limits.ts'
import { TokenReader } from './token-reader.ts'
import { bindable, type Token, tokenise } from './tokens.ts'
import type { Binary, Comparison, Node, Statement, Unary } from './tree.ts'

/**
 * Reads an expression into its tree. Operators, from loose to tight: `? :` · `or` · `xor` · `and` · `|` `^|` `&` ·
 * comparisons · shifts · `to` · `:` · `+ -` · `* / % mod` · `2 x` · signs and `not` · `^` · `! '`.
 * The order is mathjs's; `%` is a percentage unless an operand follows it.
 *
 * Throws `too_long`, `invalid` (nothing there), `syntax` with a position, or `limit`.
 */
export function parse(expression: string): Statement {
  // A code point is at most two units, so most of the too long is refused without counting.
  if (expression.length > LENGTH * 2 || (expression.length > LENGTH && [...expression].length > LENGTH))
    throw new CalculationError(
      'too_long',
      `An expression has at most ${LENGTH.toLocaleString('en')} characters.`,
    )
  if (expression.includes('\0')) throw new CalculationError('invalid', 'An expression cannot contain NUL.')
  if (expression.trim() === '') throw new CalculationError('invalid', 'There is nothing to calculate.')
  return new Parser(new TokenReader(tokenise(expression))).statement()
}

const COMPARISONS = new Map<string, Comparison>([
  ['==', 'equal'],
  ['!=', 'unequal'],
  ['<', 'smaller'],
  ['>', 'larger'],
  ['<=', 'smallerEq'],
  ['>=', 'largerEq'],
])
const WORD_OPERATORS = new Set(['to', 'in', 'mod', 'and', 'or', 'xor', 'not'])

class Parser {
  readonly #tokens: TokenReader
  #nodes = 0
  #depth = 0
  /** Inside the middle of `a ? b : c`, where a colon is not a range. */
  #choosing = false

  constructor(tokens: TokenReader) {
    this.#tokens = tokens
  }

  statement(): Statement {
    const body = this.#definition() ??
      this.#assignment() ?? { kind: 'value' as const, body: this.#expression() }
    if (this.#tokens.token.kind !== 'end') throw this.#tokens.unexpected()
    return body
  }

  #definition(): Statement | undefined {
    const name = this.#tokens.token
    if (name.kind !== 'name' || this.#tokens.peek(1).text !== '(') return undefined
    const parameters: string[] = []
    let ahead = 2
    while (this.#tokens.peek(ahead).kind === 'name') {
      parameters.push(this.#tokens.peek(ahead).text)
      if (this.#tokens.peek(ahead + 1).text !== ',') break
      ahead += 2
    }
    if (parameters.length > 0) ahead++
    if (this.#tokens.peek(ahead).text !== ')' || this.#tokens.peek(ahead + 1).text !== '=') return undefined
    if (new Set(parameters).size < parameters.length)
      throw syntax('Two parameters have the same name.', this.#tokens.peek(2).position)
    for (const [i, parameter] of parameters.entries())
      if (!bindable(parameter) || WORD_OPERATORS.has(parameter))
        throw syntax(`\`${parameter}\` cannot be used as a name.`, this.#tokens.peek(2 + 2 * i).position)
    this.#assignable(name)
    this.#tokens.skip(ahead + 2)
    return {
      kind: 'definition',
      name: name.text,
      position: name.position,
      parameters,
      body: this.#expression(),
    }
  }

  #assignment(): Statement | undefined {
    const name = this.#tokens.token
    if (name.kind !== 'name' || this.#tokens.peek(1).text !== '=') return undefined
    this.#assignable(name)
    this.#tokens.skip(2)
    return { kind: 'assignment', name: name.text, position: name.position, body: this.#expression() }
  }

  #assignable(name: Token): void {
    if (!bindable(name.text) || WORD_OPERATORS.has(name.text))
      throw syntax(`\`${name.text}\` cannot be used as a name.`, name.position)
  }

  #expression(): Node {
    return this.#nested(() => this.#choice())
  }

  #choice(): Node {
    const condition = this.#or()
    const { position } = this.#tokens.token
    if (!this.#tokens.take('?')) return condition
    const outer = this.#choosing
    this.#choosing = true
    const yes = this.#expression()
    this.#choosing = outer
    if (!this.#tokens.take(':'))
      throw syntax('The `:` of this choice is missing.', this.#tokens.token.position)
    return this.#node({ kind: 'choice', condition, yes, no: this.#expression(), position })
  }

  #or(): Node {
    let left = this.#xor()
    while (this.#tokens.at('or')) left = this.#both(left, true, () => this.#xor())
    return left
  }

  #xor(): Node {
    return this.#leftToRight(() => this.#and(), { xor: 'xor' })
  }

  #and(): Node {
    let left = this.#bitOr()
    while (this.#tokens.at('and')) left = this.#both(left, false, () => this.#bitOr())
    return left
  }

  #both(left: Node, any: boolean, operand: () => Node): Node {
    const { position } = this.#tokens.next()
    return this.#node({ kind: 'both', left, right: operand(), any, position })
  }

  #bitOr(): Node {
    return this.#leftToRight(() => this.#bitXor(), { '|': 'bitOr' })
  }

  #bitXor(): Node {
    return this.#leftToRight(() => this.#bitAnd(), { '^|': 'bitXor' })
  }

  #bitAnd(): Node {
    return this.#leftToRight(() => this.#comparison(), { '&': 'bitAnd' })
  }

  #comparison(): Node {
    const operands = [this.#shift()]
    const operators: Comparison[] = []
    const { position } = this.#tokens.token
    for (;;) {
      const operator = COMPARISONS.get(this.#tokens.token.text)
      if (this.#tokens.token.kind !== 'operator' || operator === undefined) break
      this.#tokens.next()
      operators.push(operator)
      operands.push(this.#shift())
    }
    const [only] = operands
    if (operators.length === 0 && only !== undefined) return only
    return this.#node({ kind: 'chain', operators, operands, position })
  }

  #shift(): Node {
    return this.#leftToRight(() => this.#conversion(), { '<<': 'leftShift', '>>': 'rightArithShift' })
  }

  #conversion(): Node {
    return this.#leftToRight(() => this.#range(), { to: 'to', in: 'to' })
  }

  #range(): Node {
    const first = this.#sum()
    if (this.#choosing || !this.#tokens.at(':')) return first
    const { position } = this.#tokens.next()
    const second = this.#sum()
    if (!this.#tokens.take(':'))
      return this.#node({ kind: 'range', from: first, step: undefined, to: second, position })
    return this.#node({ kind: 'range', from: first, step: second, to: this.#sum(), position })
  }

  #sum(): Node {
    let left = this.#product()
    for (;;) {
      const { position } = this.#tokens.token
      const operator = this.#operatorOf({ '+': 'add', '-': 'subtract' })
      if (!operator) return left
      let right = this.#product()
      // "200 + 10%" adds ten per cent of the 200; "5% + 10%" is 15%.
      if (right.kind === 'percent' && left.kind !== 'percent')
        right = this.#node({ kind: 'binary', operator: 'multiply', left, right, position })
      left = this.#node({ kind: 'binary', operator, left, right, position })
    }
  }

  #product(): Node {
    let left = this.#juxtaposed()
    for (;;) {
      const { position, text } = this.#tokens.token
      const operator = this.#operatorOf(PRODUCTS)
      if (!operator) return left
      const right = this.#juxtaposed()
      left = this.#node({ kind: 'binary', operator, left, right, position })
      // "3 / 4 mm" is three quarters of a millimetre, where "8 pi / 2 pi" is 4: two plain numbers are a fraction.
      if (text === '/' && fraction(left)) left = this.#times(left)
    }
  }

  #juxtaposed(): Node {
    const first = this.#unary()
    // After "a / 2" the product decides what a following name belongs to.
    const slashed =
      this.#tokens.place >= 2 && this.#tokens.peek(-2).text === '/' && this.#tokens.peek(-3).kind === 'number'
    if (
      slashed &&
      first.kind === 'number' &&
      (this.#tokens.place < 4 || !JOINED.has(this.#tokens.peek(-4).text))
    )
      return first
    return this.#times(first)
  }

  #times(first: Node): Node {
    let left = first
    while (this.#beginsFactor(left)) {
      const { position } = this.#tokens.token
      const right = this.#unary()
      left = this.#node({ kind: 'binary', operator: 'multiply', left, right, position })
    }
    return left
  }

  #beginsFactor(left: Node): boolean {
    const { kind, text } = this.#tokens.token
    if (kind === 'name') {
      if (text === 'in') return left.kind === 'number' && this.#inches()
      return !WORD_OPERATORS.has(text)
    }
    if (text === '(' || text === '√' || text === '∛') return true
    return kind === 'number' && left.kind !== 'number' && this.#tokens.peek(-1).text === ')'
  }

  /** Tells whether `in` after a number is the unit: then no unit to convert to follows, or a second `in` or `to` does. */
  #inches(): boolean {
    const after = this.#tokens.peek(1)
    return after.kind !== 'name' || after.text === 'in' || after.text === 'to'
  }

  #unary(): Node {
    const { text, position, kind } = this.#tokens.token
    const operator = kind === 'word' ? undefined : UNARY.get(text)
    if (operator === undefined) return this.#percentage()
    this.#tokens.next()
    return this.#nested(() => this.#node({ kind: 'unary', operator, of: this.#unary(), position }))
  }

  #percentage(): Node {
    let left = this.#power()
    while (this.#tokens.at('%') && !this.#isModulo()) {
      this.#tokens.next()
      left = this.#node({ kind: 'percent', of: left })
      const { text, position } = this.#tokens.token
      if (text === 'of') {
        this.#tokens.next()
        const right = this.#unary()
        left = this.#node({ kind: 'binary', operator: 'multiply', left, right: this.#times(right), position })
      }
    }
    return left
  }

  /** A `%` is a modulo when an operand follows. A sign may be either: "10% - 3" against "10 % -3". */
  #isModulo(): boolean {
    const after = this.#tokens.peek(1)
    if (after.text === '-')
      return !(after.spaced && !this.#tokens.token.spaced && this.#tokens.peek(2).spaced)
    if (after.kind === 'number') return true
    if (after.kind === 'name')
      return after.text !== 'of' && !(WORD_OPERATORS.has(after.text) && after.text !== 'not')
    return (
      after.text === '(' ||
      after.text === '[' ||
      after.text === '√' ||
      after.text === '∛' ||
      after.text === '~'
    )
  }

  #power(): Node {
    const left = this.#postfix()
    const { position } = this.#tokens.token
    const operator = this.#operatorOf({ '^': 'pow', '**': 'pow', '.^': 'dotPow' })
    if (!operator) return left
    return this.#nested(() =>
      this.#node({ kind: 'binary', operator, left, right: this.#exponent(), position }),
    )
  }

  #exponent(): Node {
    const { text, position, kind } = this.#tokens.token
    const operator = kind === 'word' ? undefined : UNARY.get(text)
    if (operator === undefined) return this.#power()
    this.#tokens.next()
    return this.#nested(() => this.#node({ kind: 'unary', operator, of: this.#exponent(), position }))
  }

  #postfix(): Node {
    let left = this.#primary()
    for (;;) {
      const { position, text, kind } = this.#tokens.token
      if (kind !== 'operator') return left
      if (text === '!') left = this.#postfixed('factorial', left, position)
      else if (text === "'") left = this.#postfixed('ctranspose', left, position)
      else if (text === '[' && left.kind !== 'number') left = this.#indexed(left)
      else return left
    }
  }

  #postfixed(operator: Unary, of: Node, position: number): Node {
    this.#tokens.next()
    return this.#node({ kind: 'unary', operator, of, position })
  }

  #indexed(of: Node): Node {
    const { position } = this.#tokens.next()
    const at = this.#inBrackets(() => {
      const dimensions: (Node | undefined)[] = []
      do {
        const whole =
          this.#tokens.at(':') && (this.#tokens.peek(1).text === ',' || this.#tokens.peek(1).text === ']')
        if (whole) this.#tokens.next()
        dimensions.push(whole ? undefined : this.#expression())
      } while (this.#tokens.take(','))
      return dimensions
    })
    this.#tokens.close(']')
    return this.#node({ kind: 'index', of, position, at })
  }

  #primary(): Node {
    const token = this.#tokens.next()
    const { kind, text, position } = token
    if (kind === 'number') return this.#node({ kind: 'number', text })
    if (kind === 'word') return this.#node({ kind: 'word', text: text.slice(1, -1), position })
    if (
      kind === 'name' &&
      (!WORD_OPERATORS.has(text) || text === 'in' || (this.#tokens.at('(') && text !== 'not'))
    ) {
      if (text === 'of') throw syntax('`of` belongs after a percentage: 10% of 50.', position)
      return this.#tokens.at('(')
        ? this.#call(text, position)
        : this.#node({ kind: 'name', name: text, position })
    }
    if (text === '√' || text === '∛') {
      const operator = text === '√' ? 'sqrt' : 'cbrt'
      return this.#nested(() => this.#node({ kind: 'unary', operator, of: this.#primary(), position }))
    }
    if (text === '(') {
      const inner = this.#inBrackets(() => this.#expression())
      this.#tokens.close(')')
      // Parentheses end what "10%" or "3/4" may still join with.
      return inner.kind === 'percent' || inner.kind === 'number'
        ? this.#node({ kind: 'unary', operator: 'unaryPlus', of: inner, position })
        : inner
    }
    if (text === '[') return this.#rows(position)
    if (kind !== 'end') this.#tokens.skip(-1)
    throw this.#tokens.unexpected()
  }

  #call(name: string, position: number): Node {
    this.#tokens.next()
    const args: Node[] = []
    this.#inBrackets(() => {
      if (this.#tokens.at(')')) return
      do args.push(this.#expression())
      while (this.#tokens.take(','))
    })
    this.#tokens.close(')')
    if (args.length > ARGUMENTS) throw limit(`A function takes at most ${ARGUMENTS} arguments.`, position)
    return this.#node({ kind: 'call', name, position, arguments: args })
  }

  #rows(position: number): Node {
    const rows: Node[][] = []
    let nested = false
    this.#inBrackets(() => {
      if (this.#tokens.at(']')) return
      do {
        const row: Node[] = []
        do row.push(this.#expression())
        while (this.#tokens.take(','))
        rows.push(row)
        nested = this.#tokens.at(';') || nested
      } while (this.#tokens.take(';'))
    })
    this.#tokens.close(']')
    return this.#node({ kind: 'rows', rows, nested, position })
  }

  #leftToRight(operand: () => Node, operators: Record<string, Binary>): Node {
    let left = operand()
    for (;;) {
      const { position } = this.#tokens.token
      const operator = this.#operatorOf(operators)
      if (!operator) return left
      left = this.#node({ kind: 'binary', operator, left, right: operand(), position })
    }
  }

  #operatorOf(operators: Record<string, Binary>): Binary | undefined {
    const { kind, text } = this.#tokens.token
    if (kind === 'word' || !Object.hasOwn(operators, text)) return undefined
    this.#tokens.next()
    return operators[text]
  }

  #inBrackets<T>(read: () => T): T {
    const outer = this.#choosing
    this.#choosing = false
    const result = read()
    this.#choosing = outer
    return result
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH)
      throw limit(`This is nested more than ${DEPTH} deep.`, this.#tokens.token.position)
    const result = read()
    this.#depth--
    return result
  }

  #node(node: Node): Node {
    if (++this.#nodes > NODES) throw limit('This expression has too many parts.', this.#tokens.token.position)
    return node
  }
}

const UNARY = new Map<string, Unary>([
  ['-', 'unaryMinus'],
  ['+', 'unaryPlus'],
  ['~', 'bitNot'],
  ['not', 'not'],
])
const PRODUCTS: Record<string, Binary> = {
  '*': 'multiply',
  '/': 'divide',
  '%': 'mod',
  mod: 'mod',
  '.*': 'dotMultiply',
  './': 'dotDivide',
}
/** Operators that join a number to the left of a fraction, so that "2^1/2 x" is no fraction. */
const JOINED = new Set(['^', '**', '.^', '/', '*', '%', '.*', './', '!', ')', ']', "'"])

const fraction = (node: Node): boolean =>
  node.kind === 'binary' &&
  node.operator === 'divide' &&
  node.left.kind === 'number' &&
  node.right.kind === 'number'
