import { type CalculationError, evaluation, limit, syntax } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import { ARGUMENTS } from './limits.ts'
import type { Roundings } from './roundings.ts'
import type { Targets } from './targets.ts'
import type { Node } from './tree.ts'
import { innermost } from './unexpected.ts'
import { isInfix, OF_LISTS, ROOTS } from './words.ts'

/** Functions that people write without parentheses around several factors: `round 7 / 2`. */
const ROUNDING = new Set(['round', 'floor', 'ceil', 'ceiling', 'fix', 'trunc', 'truncate'])

/** Reads functions with and without parentheses: `max(1, 2)`, `sqrt 16`, `sin² 30°`, `average of 3 and 5`. */
export class Calls {
  readonly #grammar: Grammar
  readonly #roundings: Roundings
  readonly #targets: Targets

  constructor(grammar: Grammar, roundings: Roundings, targets: Targets) {
    this.#grammar = grammar
    this.#roundings = roundings
    this.#targets = targets
  }

  /** The name of a function, even if it is typed in capitals or a keyboard has capitalised its first letter. */
  functionName(text: string): string | undefined {
    const { isFunction, isConstant, functionLike } = this.#grammar.vocabulary
    if (isFunction(text)) return text
    const lower = text.toLowerCase()
    const isLarge = text.length > 1 && text === text.toUpperCase()
    const isUnit = !this.#grammar.reader.at('(') && this.#grammar.units.find(text) !== undefined
    if (isLarge && isFunction(lower) && !isConstant(text) && !isUnit) return lower
    if (text === 'Ln') return 'ln'
    if (text.length < 3 || isConstant(text) || this.#grammar.units.find(text)) return undefined
    const small = text.charAt(0).toLowerCase() + text.slice(1)
    if (small !== text && isFunction(small)) return small
    return this.#grammar.reader.at('(') ? functionLike(text) : undefined
  }

  call(name: string, position: number): Node {
    const { reader } = this.#grammar
    reader.next()
    const args: Node[] = []
    this.#grammar.inBrackets(() => {
      if (reader.at(')')) return
      args.push(this.#grammar.expression())
      // `round(3,14; 1)`: one sign separates all arguments.
      const separator = reader.at(';') ? ';' : ','
      while (reader.take(separator)) args.push(this.#grammar.expression())
    })
    this.#grammar.close(')')
    if (args.length > ARGUMENTS) throw limit(`A function can have at most ${ARGUMENTS} arguments.`, position)
    const degrees = args.length > 1 ? this.#targets.inDegrees(args) : args
    return this.#grammar.node({ kind: 'call', name, position, arguments: [...degrees] })
  }

  /** `if(x > 3, 1, 2)`, as spreadsheets write a choice, of which the first word is taken. */
  choice(position: number): Node {
    const { reader } = this.#grammar
    const call = reader.at('(') ? this.call('if', position) : undefined
    const [condition, yes, no, ...others] = call?.kind === 'call' ? call.arguments : []
    if (!condition || !yes || !no || others.length > 0)
      throw syntax('Write a choice as x > 3 ? 1 : 2, or as if(x > 3, 1, 2).', position)
    return this.#grammar.node({ kind: 'choice', condition, yes, no, position })
  }

  /** A function without parentheses: `sqrt 16`, `sin 30°`, `sin² x`, `average of 3 and 5`. */
  bareCall(name: string, position: number): Node {
    const { reader } = this.#grammar
    const before = reader.place > 1 ? reader.peek(-2) : undefined
    if (ROUNDING.has(name) && before?.kind === 'number')
      throw syntax(`Write ${name}(${before.text}, 2), or ${before.text} rounded to 2 dp.`, position)
    const power = this.#powerOfFunction(name)
    if (power !== undefined) {
      const of = reader.at('(') ? this.call(name, position) : this.applied(name, position)
      return this.#grammar.raised(of, power, position)
    }
    const isFrom = OF_LISTS.has(name) && reader.token.word === 'from' && reader.peek(2).word === 'to'
    if (reader.takeWords(isFrom ? 'from' : 'of')) return this.appliedToAll(name, position)
    return this.applied(name, position)
  }

  #powerOfFunction(name: string): string | undefined {
    const { reader } = this.#grammar
    const { token } = reader
    const isRaised = token.kind === 'power'
    const digits = isRaised ? token : reader.peek(1)
    if (!isRaised && !(reader.at('^') && digits.kind === 'number')) {
      if (reader.at('^') && digits.text === '-') throw inverse(name, token.position)
      return undefined
    }
    if (digits.text.startsWith('-')) throw inverse(name, token.position)
    reader.skip(isRaised ? 1 : 2)
    return digits.text
  }

  applied(name: string, position: number): Node {
    const { reader } = this.#grammar
    const rounding = name === 'round' ? this.#roundings.requested(position) : undefined
    if (rounding) return rounding
    if (name === 'log' && reader.takeWords('base')) return this.#logarithmTo(position)
    if (!this.beginsArgument()) throw evaluation(`\`${name}\` is a function: write ${name}(…).`, position)
    const outer = this.#grammar.isBare
    const argument = this.#grammar.bareArgument()
    const { token } = reader
    if (OF_LISTS.has(name) && this.#takeUpTo(argument)) {
      const to = this.#grammar.bareArgument()
      const range = { kind: 'range' as const, from: argument, step: undefined, to, position: token.position }
      return this.#grammar.node({ kind: 'call', name, position, arguments: [this.#grammar.node(range)] })
    }
    if (name === 'log' && reader.takeWords('base')) {
      const base = this.#grammar.nested(() => this.#grammar.operand())
      return this.#grammar.node({ kind: 'call', name, position, arguments: [argument, base] })
    }
    if (OF_LISTS.has(name) && reader.at(',') && innermost(reader) === 'nothing')
      return this.#listOf(name, argument, position)
    if (OF_LISTS.has(name) && argument.kind === 'number' && /^\d+\.\d+$/.test(argument.text))
      this.#grammar.note(
        `\`${name}\` is of the one number ${argument.text}. For several write ${name}(${argument.text.replace('.', ', ')}).`,
      )
    const isCloser = !token.isSpaced || ROUNDING.has(name)
    if (token.kind === 'operator' && (token.text === '/' || token.text === '*') && isCloser && !outer)
      this.#grammar.note(
        `\`${name}\` applies only to what comes before the \`${token.text}\`. For more, write parentheses: ${name}(…).`,
      )
    return this.#grammar.node({ kind: 'call', name, position, arguments: [argument] })
  }

  /** `average 3, 4, 5`, of which the first value was taken. */
  #listOf(name: string, first: Node, position: number): Node {
    const args = [first]
    while (this.#grammar.reader.take(',')) args.push(this.#grammar.bareArgument())
    if (args.length > ARGUMENTS) throw limit(`A function can have at most ${ARGUMENTS} arguments.`, position)
    return this.#grammar.node({ kind: 'call', name, position, arguments: args })
  }

  /** `log base 2 of 8`, up to the base. */
  #logarithmTo(position: number): Node {
    const base = this.#grammar.nested(() => this.#grammar.primary())
    const of = this.#grammar.reader.takeWords('of')
      ? this.#grammar.nested(() => this.#grammar.operand())
      : this.#grammar.bareArgument()
    return this.#grammar.node({ kind: 'call', name: 'log', position, arguments: [of, base] })
  }

  /** Reads the arguments after `of`: `average of 3, 4 and 5`, `square root of 2 * 8`. */
  appliedToAll(name: string, position: number): Node {
    const { reader } = this.#grammar
    reader.takeWords('the')
    const args = [this.#grammar.nested(() => this.#listed())]
    for (;;) {
      const isListed = reader.take(',')
      const isLast = reader.takeWords('and')
      if (!isListed && !isLast) break
      args.push(this.#listed())
    }
    if (args.length > ARGUMENTS) throw limit(`A function can have at most ${ARGUMENTS} arguments.`, position)
    return this.#grammar.node({ kind: 'call', name, position, arguments: args })
  }

  /** Reads one of the values after `of`, which may be a range: `average of 1:5`. */
  #listed(): Node {
    const { reader } = this.#grammar
    const from = this.#grammar.listed(() => this.#grammar.product())
    const { position } = reader.token
    if (!this.#takeUpTo(from)) return from
    const to = this.#grammar.listed(() => this.#grammar.product())
    return this.#grammar.node({ kind: 'range', from, step: undefined, to, position })
  }

  /** Takes the sign or the word between the ends of a range: `average of 1:5`, `sum of 1 to 10`. */
  #takeUpTo(from: Node): boolean {
    const { reader } = this.#grammar
    if (this.#grammar.isChoosing) return false
    if (reader.take(':')) return true
    const after = reader.peek(2)
    const isLast = after.kind === 'end' || after.text === ')'
    if (from.kind !== 'number' || reader.peek(1).kind !== 'number' || !isLast) return false
    return reader.takeWords('to')
  }

  beginsArgument(): boolean {
    const { reader } = this.#grammar
    const { kind, text, word, isSpaced } = reader.token
    if (kind === 'number' || kind === 'sign' || kind === 'moment') return true
    if (kind === 'name') return word === '' || word === 'x' || !isInfix(word)
    if (kind !== 'operator') return false
    if (text === '-') return isSpaced && !reader.peek(1).isSpaced
    return text === '(' || text === '[' || ROOTS.has(text)
  }

  /** `fourth root of 81`, of which the first two words are taken. */
  nthRoot(degree: string, position: number): Node {
    const of = this.#grammar.reader.takeWords('of')
      ? this.#grammar.nested(() => this.#grammar.product())
      : this.#grammar.bareArgument()
    const n = this.#grammar.node({ kind: 'number', text: degree, position })
    return this.#grammar.node({ kind: 'call', name: 'nthRoot', arguments: [of, n], position })
  }

  /** `log_2 8`, `log₂(8)`: the base is part of the name. */
  logarithm(digits: string, position: number): Node {
    const { reader } = this.#grammar
    const of = reader.at('(') ? this.call('log', position) : this.applied('log', position)
    if (of.kind !== 'call' || of.arguments.length !== 1) throw syntax(`Write log(8, ${digits}).`, position)
    const base = this.#grammar.node({ kind: 'number', text: digits, position })
    return { ...of, arguments: [...of.arguments, base] }
  }

  root(name: string, position: number, degree = '4'): Node {
    const of = this.#grammar.nested(() => {
      const sign = this.#grammar.reader.token
      if (!this.#grammar.reader.take('-')) return this.#grammar.primary()
      return this.#grammar.node({
        kind: 'unary',
        operator: 'minus',
        of: this.#grammar.primary(),
        position: sign.position,
      })
    })
    const args =
      name === 'nthRoot' ? [of, this.#grammar.node({ kind: 'number', text: degree, position })] : [of]
    return this.#grammar.node({ kind: 'call', name, position, arguments: args })
  }
}

const inverse = (name: string, position: number): CalculationError =>
  syntax(`Write a${name}(…) for the inverse function, or 1/${name}(…).`, position)
