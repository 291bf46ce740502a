import { syntax } from '../numbers/index.ts'
import { changeAhead, comparisonAhead, SHARES, splitAhead } from './changes.ts'
import type { Grammar } from './grammar.ts'
import { INFIX_DATES, INFIX_PHRASES, INFIX_SIGNS, INFIX_WORDS, type Infix, LEVEL, ROUND } from './infix.ts'
import { isNoCondition, isPlainNumber, timeAlone } from './node-kinds.ts'
import type { PercentageQuestions } from './percentage-questions.ts'
import type { Roundings } from './roundings.ts'
import { spanOf } from './spans.ts'
import type { Targets } from './targets.ts'
import { asTerm, presentFor } from './times-as-lengths.ts'
import type { Token } from './token.ts'
import type { Comparison, Node } from './tree.ts'
import { isClockWord } from './words.ts'

/** Reads values with operators between them, except those of choices and products. */
export class Infixes {
  readonly #grammar: Grammar
  readonly #questions: PercentageQuestions
  readonly #roundings: Roundings
  readonly #targets: Targets

  constructor(grammar: Grammar, questions: PercentageQuestions, roundings: Roundings, targets: Targets) {
    this.#grammar = grammar
    this.#questions = questions
    this.#roundings = roundings
    this.#targets = targets
  }

  /** Reads an expression with operators that bind at least as tightly as a `LEVEL`. */
  read(least: number): Node {
    let left = this.#grammar.product()
    for (;;) {
      const infix = this.#ahead()
      if (!infix || infix.level < least) return left
      const { position, word, text } = this.#grammar.reader.token
      if (infix.kind === 'compare') {
        left = this.#comparison(left)
        continue
      }
      this.#grammar.reader.skip(infix.words)
      if (infix.kind === 'round') left = this.#roundings.after(left, position)
      else if (infix.kind === 'convert') left = this.#conversion(left, word === '' ? text : word, position)
      else if (infix.kind === 'ago')
        left = this.#grammar.node({
          kind: 'binary',
          operator: 'subtract',
          left: presentFor(this.#grammar, left, position),
          right: left,
          position,
        })
      else if (infix.kind === 'change') left = this.#changed(left, infix.operator, position)
      else if (infix.kind === 'is') left = this.#questions.question(left, position)
      else if (infix.kind === 'split') {
        left = this.#grammar.node({
          kind: 'binary',
          operator: 'divide',
          left,
          right: this.#grammar.primary(),
          position,
        })
        if (SHARES.test(this.#grammar.reader.token.text)) this.#grammar.reader.next()
      } else if (infix.kind === 'range') left = this.#range(left, position)
      else {
        const read = infix.level === LEVEL.sum ? this.#grammar.product() : this.read(infix.level + 1)
        const isInOrder = infix.kind === 'binary' && !infix.turned
        const right = isInOrder ? asTerm(this.#grammar, infix.operator, left, read) : read
        if (infix.kind === 'both' && isNoCondition(left) && isNoCondition(right))
          throw syntax(
            `\`${text}\` joins conditions: 1 < 2 ${infix.any ? 'or' : 'and'} 2 < 3. To add, write plus.`,
            position,
          )
        if (text === '-') {
          // The day ends at 24:00.
          if (timeAlone(left) === '24:00' && timeAlone(right) !== undefined) {
            left = spanOf(this.#grammar, right, left, position)
            continue
          }
          this.#noteTimes(left, right)
        }
        const [first = left, second = right] =
          infix.level === LEVEL.sum ? this.#targets.inDegrees([left, right]) : []
        const isTurned = infix.kind === 'binary' && infix.turned
        const operands = isTurned ? { left: second, right: first } : { left: first, right: second }
        left = this.#grammar.node(
          infix.kind === 'both'
            ? { kind: 'both', ...operands, any: infix.any, position }
            : { kind: 'binary', operator: infix.operator, ...operands, position },
        )
      }
    }
  }

  /** Notes that `9am - 5pm` is a subtraction, not the time from one to the other. */
  #noteTimes(left: Node, right: Node): void {
    const [from, to] = [timeAlone(left), timeAlone(right)]
    if (from !== undefined && to !== undefined && from < to)
      this.#grammar.note(`For the length of time from ${from} to ${to} write ${from} to ${to}.`)
  }

  /** `80 with 25% off`, of which the words before the percentage were taken. */
  #changed(left: Node, operator: 'add' | 'subtract', position: number): Node {
    const right = this.#grammar.operand()
    const { text, kind, position: next } = this.#grammar.reader.token
    if (kind === 'operator' && (text === '*' || text === '/'))
      throw syntax(`Put parentheses around what is changed: (120 with 20% tip) ${text} 4.`, next)
    return this.#grammar.node({ kind: 'binary', operator, left, right, position })
  }

  #ahead(): Infix | undefined {
    const { kind, text, word } = this.#grammar.reader.token
    if (kind === 'operator') {
      const isClosing = (text === ':' && this.#grammar.isChoosing) || (text === '|' && this.#grammar.isInBars)
      return isClosing ? undefined : INFIX_SIGNS.get(text)
    }
    const { reader, vocabulary } = this.#grammar
    const change =
      kind === 'name'
        ? (changeAhead(reader, vocabulary) ??
          comparisonAhead(reader, vocabulary) ??
          splitAhead(reader, vocabulary))
        : undefined
    if (word === '') return change
    if (this.#roundings.isAhead) return ROUND
    if (change) return change
    const phrase = INFIX_PHRASES.get(word)
    if (phrase?.second === this.#grammar.reader.peek(1).word) return phrase.infix
    return (
      INFIX_WORDS.get(word) ??
      (this.#isDate(this.#grammar.reader.peek(1), word) ? INFIX_DATES.get(word) : undefined)
    )
  }

  /** Tells whether a token is a date, or a name that may be one after `after` and `before`. */
  #isDate({ kind, text }: Token, before: string): boolean {
    return (
      kind === 'moment' || isClockWord(text) || (before !== 'from' && this.#grammar.vocabulary.isBound(text))
    )
  }

  #comparison(first: Node): Node {
    const operands = [first]
    const operators: Comparison[] = []
    const { position } = this.#grammar.reader.token
    for (;;) {
      const infix = this.#ahead()
      if (infix?.kind !== 'compare') break
      const sign = this.#grammar.reader.next()
      this.#grammar.reader.skip(infix.words - 1)
      operators.push(infix.operator)
      const operand = this.read(LEVEL.convert)
      if (sign.text === '!=' && !sign.isSpaced && isPlainNumber(first) && isPlainNumber(operand))
        this.#grammar.note('`!=` is read as *is not equal to*. After a factorial write a space: 5! == 120.')
      operands.push(operand)
    }
    return this.#grammar.node({
      kind: 'chain',
      operators,
      operands: [...this.#targets.inDegrees(operands)],
      position,
    })
  }

  #range(from: Node, position: number): Node {
    const second = this.#grammar.sum()
    const isStepped = !this.#grammar.isChoosing && this.#grammar.reader.take(':')
    const to = isStepped ? this.#grammar.sum() : second
    const step = isStepped ? second : undefined
    if (isEmptyRange(from, to, step))
      this.#grammar.note(
        'This range is empty: it counts up. To count down write 6:-1:2, and for a ratio 6/2.',
      )
    return this.#grammar.node({ kind: 'range', from, step, to, position })
  }

  #conversion(left: Node, word: string, position: number): Node {
    const share = this.#questions.share(left, position)
    return share ?? this.#grammar.node(this.#targets.convert(left, word, position))
  }
}

/** Tells whether a range of typed numbers is empty. */
function isEmptyRange(from: Node, to: Node, step: Node | undefined): boolean {
  const isTyped = from.kind === 'number' && to.kind === 'number' && (!step || step.kind === 'number')
  return isTyped && Number(from.text) > Number(to.text)
}
