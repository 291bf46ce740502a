import { CalculationError, limit, syntax } from './errors.ts'
import { ARGUMENTS, DEPTH, LENGTH, NODES } from './limits.ts'
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
    throw new CalculationError('too_long', `An expression has at most ${LENGTH} characters.`)
  if (expression.includes('\0')) throw new CalculationError('invalid', 'An expression cannot contain NUL.')
  if (expression.trim() === '') throw new CalculationError('invalid', 'There is nothing to calculate.')
  return new Parser(tokenise(expression)).statement()
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
const END: Token = { kind: 'end', text: '', position: 0, spaced: false }

class Parser {
  private readonly tokens: Token[]
  private index = 0
  private nodes = 0
  private depth = 0
  /** Inside the middle of `a ? b : c`, where a colon is not a range. */
  private choosing = false

  constructor(tokens: Token[]) {
    this.tokens = tokens
  }

  statement(): Statement {
    const body = this.definition() ?? this.assignment() ?? { kind: 'value' as const, body: this.expression() }
    if (this.token.kind !== 'end') throw this.unexpected()
    return body
  }

  private definition(): Statement | undefined {
    const name = this.token
    if (name.kind !== 'name' || this.peek(1).text !== '(') return undefined
    const parameters: string[] = []
    let ahead = 2
    while (this.peek(ahead).kind === 'name') {
      parameters.push(this.peek(ahead).text)
      if (this.peek(ahead + 1).text !== ',') break
      ahead += 2
    }
    if (parameters.length > 0) ahead++
    if (this.peek(ahead).text !== ')' || this.peek(ahead + 1).text !== '=') return undefined
    if (new Set(parameters).size < parameters.length)
      throw syntax('Two parameters have the same name.', this.peek(2).position)
    for (const [i, parameter] of parameters.entries())
      if (!bindable(parameter) || WORD_OPERATORS.has(parameter))
        throw syntax(`\`${parameter}\` cannot be used as a name.`, this.peek(2 + 2 * i).position)
    this.assignable(name)
    this.index += ahead + 2
    return {
      kind: 'definition',
      name: name.text,
      position: name.position,
      parameters,
      body: this.expression(),
    }
  }

  private assignment(): Statement | undefined {
    const name = this.token
    if (name.kind !== 'name' || this.peek(1).text !== '=') return undefined
    this.assignable(name)
    this.index += 2
    return { kind: 'assignment', name: name.text, position: name.position, body: this.expression() }
  }

  private assignable(name: Token): void {
    if (!bindable(name.text) || WORD_OPERATORS.has(name.text))
      throw syntax(`\`${name.text}\` cannot be used as a name.`, name.position)
  }

  private expression(): Node {
    return this.nested(() => this.choice())
  }

  private choice(): Node {
    const condition = this.or()
    const { position } = this.token
    if (!this.take('?')) return condition
    const outer = this.choosing
    this.choosing = true
    const yes = this.expression()
    this.choosing = outer
    if (!this.take(':')) throw syntax('The `:` of this choice is missing.', this.token.position)
    return this.node({ kind: 'choice', condition, yes, no: this.expression(), position })
  }

  private or(): Node {
    let left = this.xor()
    while (this.at('or')) left = this.both(left, true, () => this.xor())
    return left
  }

  private xor(): Node {
    return this.leftToRight(() => this.and(), { xor: 'xor' })
  }

  private and(): Node {
    let left = this.bitOr()
    while (this.at('and')) left = this.both(left, false, () => this.bitOr())
    return left
  }

  private both(left: Node, any: boolean, operand: () => Node): Node {
    const { position } = this.next()
    return this.node({ kind: 'both', left, right: operand(), any, position })
  }

  private bitOr(): Node {
    return this.leftToRight(() => this.bitXor(), { '|': 'bitOr' })
  }

  private bitXor(): Node {
    return this.leftToRight(() => this.bitAnd(), { '^|': 'bitXor' })
  }

  private bitAnd(): Node {
    return this.leftToRight(() => this.comparison(), { '&': 'bitAnd' })
  }

  private comparison(): Node {
    const operands = [this.shift()]
    const operators: Comparison[] = []
    const { position } = this.token
    for (;;) {
      const operator = COMPARISONS.get(this.token.text)
      if (this.token.kind !== 'operator' || operator === undefined) break
      this.next()
      operators.push(operator)
      operands.push(this.shift())
    }
    const [only] = operands
    if (operators.length === 0 && only !== undefined) return only
    return this.node({ kind: 'chain', operators, operands, position })
  }

  private shift(): Node {
    return this.leftToRight(() => this.conversion(), { '<<': 'leftShift', '>>': 'rightArithShift' })
  }

  private conversion(): Node {
    return this.leftToRight(() => this.range(), { to: 'to', in: 'to' })
  }

  private range(): Node {
    const first = this.sum()
    if (this.choosing || !this.at(':')) return first
    const { position } = this.next()
    const second = this.sum()
    if (!this.take(':'))
      return this.node({ kind: 'range', from: first, step: undefined, to: second, position })
    return this.node({ kind: 'range', from: first, step: second, to: this.sum(), position })
  }

  private sum(): Node {
    let left = this.product()
    for (;;) {
      const { position } = this.token
      const operator = this.operatorOf({ '+': 'add', '-': 'subtract' })
      if (!operator) return left
      let right = this.product()
      // "200 + 10%" adds ten per cent of the 200; "5% + 10%" is 15%.
      if (right.kind === 'percent' && left.kind !== 'percent')
        right = this.node({ kind: 'binary', operator: 'multiply', left, right, position })
      left = this.node({ kind: 'binary', operator, left, right, position })
    }
  }

  private product(): Node {
    let left = this.juxtaposed()
    for (;;) {
      const { position, text } = this.token
      const operator = this.operatorOf(PRODUCTS)
      if (!operator) return left
      const right = this.juxtaposed()
      left = this.node({ kind: 'binary', operator, left, right, position })
      // "3 / 4 mm" is three quarters of a millimetre, where "8 pi / 2 pi" is 4: two plain numbers are a fraction.
      if (text === '/' && fraction(left)) left = this.times(left)
    }
  }

  private juxtaposed(): Node {
    const first = this.unary()
    // After "a / 2" the product decides what a following name belongs to.
    const slashed = this.index >= 2 && this.peek(-2).text === '/' && this.peek(-3).kind === 'number'
    if (slashed && first.kind === 'number' && (this.index < 4 || !JOINED.has(this.peek(-4).text)))
      return first
    return this.times(first)
  }

  private times(first: Node): Node {
    let left = first
    while (this.beginsFactor(left)) {
      const { position } = this.token
      const right = this.unary()
      left = this.node({ kind: 'binary', operator: 'multiply', left, right, position })
    }
    return left
  }

  private beginsFactor(left: Node): boolean {
    const { kind, text } = this.token
    if (kind === 'name') {
      if (text === 'in') return left.kind === 'number' && this.inches()
      return !WORD_OPERATORS.has(text)
    }
    if (text === '(' || text === '√' || text === '∛') return true
    return kind === 'number' && left.kind !== 'number' && this.peek(-1).text === ')'
  }

  /** Whether `in` after a number is the unit: then no unit to convert to follows, or a second `in` or `to` does. */
  private inches(): boolean {
    const after = this.peek(1)
    return after.kind !== 'name' || after.text === 'in' || after.text === 'to'
  }

  private unary(): Node {
    const { text, position, kind } = this.token
    const operator = kind === 'word' ? undefined : UNARY.get(text)
    if (operator === undefined) return this.percentage()
    this.next()
    return this.nested(() => this.node({ kind: 'unary', operator, of: this.unary(), position }))
  }

  private percentage(): Node {
    let left = this.power()
    while (this.at('%') && !this.isModulo()) {
      this.next()
      left = this.node({ kind: 'percent', of: left })
      const { text, position } = this.token
      if (text === 'of') {
        this.next()
        const right = this.unary()
        left = this.node({ kind: 'binary', operator: 'multiply', left, right: this.times(right), position })
      }
    }
    return left
  }

  /** A `%` is a modulo when an operand follows. A sign may be either: "10% - 3" against "10 % -3". */
  private isModulo(): boolean {
    const after = this.peek(1)
    if (after.text === '-') return !(after.spaced && !this.token.spaced && this.peek(2).spaced)
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

  private power(): Node {
    const left = this.postfix()
    const { position } = this.token
    const operator = this.operatorOf({ '^': 'pow', '**': 'pow', '.^': 'dotPow' })
    if (!operator) return left
    return this.nested(() => this.node({ kind: 'binary', operator, left, right: this.exponent(), position }))
  }

  private exponent(): Node {
    const { text, position, kind } = this.token
    const operator = kind === 'word' ? undefined : UNARY.get(text)
    if (operator === undefined) return this.power()
    this.next()
    return this.nested(() => this.node({ kind: 'unary', operator, of: this.exponent(), position }))
  }

  private postfix(): Node {
    let left = this.primary()
    for (;;) {
      const { position, text, kind } = this.token
      if (kind !== 'operator') return left
      if (text === '!') left = this.postfixed('factorial', left, position)
      else if (text === "'") left = this.postfixed('ctranspose', left, position)
      else if (text === '[' && left.kind !== 'number') left = this.indexed(left)
      else return left
    }
  }

  private postfixed(operator: Unary, of: Node, position: number): Node {
    this.next()
    return this.node({ kind: 'unary', operator, of, position })
  }

  private indexed(of: Node): Node {
    const { position } = this.next()
    const at = this.inBrackets(() => {
      const dimensions: (Node | undefined)[] = []
      do {
        const whole = this.at(':') && (this.peek(1).text === ',' || this.peek(1).text === ']')
        if (whole) this.next()
        dimensions.push(whole ? undefined : this.expression())
      } while (this.take(','))
      return dimensions
    })
    this.close(']')
    return this.node({ kind: 'index', of, position, at })
  }

  private primary(): Node {
    const token = this.next()
    const { kind, text, position } = token
    if (kind === 'number') return this.node({ kind: 'number', text })
    if (kind === 'word') return this.node({ kind: 'word', text: text.slice(1, -1), position })
    if (kind === 'name' && (!WORD_OPERATORS.has(text) || text === 'in' || (this.at('(') && text !== 'not'))) {
      if (text === 'of') throw syntax('`of` belongs after a percentage: 10% of 50.', position)
      return this.at('(') ? this.call(text, position) : this.node({ kind: 'name', name: text, position })
    }
    if (text === '√' || text === '∛') {
      const operator = text === '√' ? 'sqrt' : 'cbrt'
      return this.nested(() => this.node({ kind: 'unary', operator, of: this.primary(), position }))
    }
    if (text === '(') {
      const inner = this.inBrackets(() => this.expression())
      this.close(')')
      // Parentheses end what "10%" or "3/4" may still join with.
      return inner.kind === 'percent' || inner.kind === 'number'
        ? this.node({ kind: 'unary', operator: 'unaryPlus', of: inner, position })
        : inner
    }
    if (text === '[') return this.rows(position)
    if (kind !== 'end') this.index--
    throw this.unexpected()
  }

  private call(name: string, position: number): Node {
    this.next()
    const args: Node[] = []
    this.inBrackets(() => {
      if (this.at(')')) return
      do args.push(this.expression())
      while (this.take(','))
    })
    this.close(')')
    if (args.length > ARGUMENTS) throw limit(`A function takes at most ${ARGUMENTS} arguments.`, position)
    return this.node({ kind: 'call', name, position, arguments: args })
  }

  private rows(position: number): Node {
    const rows: Node[][] = []
    let nested = false
    this.inBrackets(() => {
      if (this.at(']')) return
      do {
        const row: Node[] = []
        do row.push(this.expression())
        while (this.take(','))
        rows.push(row)
        nested = this.at(';') || nested
      } while (this.take(';'))
    })
    this.close(']')
    return this.node({ kind: 'rows', rows, nested, position })
  }

  private leftToRight(operand: () => Node, operators: Record<string, Binary>): Node {
    let left = operand()
    for (;;) {
      const { position } = this.token
      const operator = this.operatorOf(operators)
      if (!operator) return left
      left = this.node({ kind: 'binary', operator, left, right: operand(), position })
    }
  }

  private operatorOf(operators: Record<string, Binary>): Binary | undefined {
    const { kind, text } = this.token
    if (kind === 'word' || !Object.hasOwn(operators, text)) return undefined
    this.next()
    return operators[text]
  }

  private inBrackets<T>(read: () => T): T {
    const outer = this.choosing
    this.choosing = false
    const result = read()
    this.choosing = outer
    return result
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > DEPTH) throw limit(`This is nested more than ${DEPTH} deep.`, this.token.position)
    const result = read()
    this.depth--
    return result
  }

  private node(node: Node): Node {
    if (++this.nodes > NODES) throw limit('This expression has too many parts.', this.token.position)
    return node
  }

  private get token(): Token {
    return this.tokens[this.index] ?? END
  }

  private peek(ahead: number): Token {
    return this.tokens[this.index + ahead] ?? this.tokens.at(-1) ?? END
  }

  private next(): Token {
    const { token } = this
    if (token.kind !== 'end') this.index++
    return token
  }

  private at(text: string): boolean {
    return this.token.text === text && this.token.kind !== 'word'
  }

  private take(text: string): boolean {
    if (!this.at(text)) return false
    this.next()
    return true
  }

  private close(bracket: ')' | ']'): void {
    if (this.take(bracket)) return
    if (this.token.kind !== 'end') throw this.unexpected()
    const what = bracket === ')' ? 'parenthesis' : 'bracket'
    throw syntax(`A closing ${what} is missing.`, this.token.position)
  }

  private unexpected(): CalculationError {
    const { kind, text, position } = this.token
    const before = this.index > 0 ? this.peek(-1) : undefined
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
/** What joins a number to the left of a fraction, so that "2^1/2 x" is no fraction. */
const JOINED = new Set(['^', '**', '.^', '/', '*', '%', '.*', './', '!', ')', ']', "'"])

const fraction = (node: Node): boolean =>
  node.kind === 'binary' &&
  node.operator === 'divide' &&
  node.left.kind === 'number' &&
  node.right.kind === 'number'
