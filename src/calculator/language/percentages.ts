import { syntax } from '../numbers/index.ts'
import { changeAhead, endsChange } from './changes.ts'
import type { Grammar } from './grammar.ts'
import { isPlainNumber } from './node-kinds.ts'
import type { Token } from './token.ts'
import type { Node } from './tree.ts'
import { isInfix, ROOTS, TAXES } from './words.ts'

/** How a percentage relates to a value: it is of it, on top of it, or taken off it. */
type Relation = 'of' | 'on' | 'off'

/** Words after which `on 50` takes something away: `20% discount on 50`. */
const LOWERING: ReadonlySet<string> = new Set([
  'discount',
  'rebate',
  'reduction',
  'markdown',
  'cut',
  'decrease',
  'drop',
])

/** Tells whether a word before or after a percentage says that it is taken away. */
export const isLowering = (word: string): boolean => LOWERING.has(word.toLowerCase())

/** Words between a percentage and the value that it is added to, or taken from. */
const RELATIONS: readonly { readonly words: readonly string[]; readonly relation: Relation }[] = [
  { words: ['on', 'top', 'of'], relation: 'on' },
  { words: ['added', 'to'], relation: 'on' },
  { words: ['more', 'than'], relation: 'on' },
  { words: ['higher', 'than'], relation: 'on' },
  { words: ['above'], relation: 'on' },
  { words: ['over'], relation: 'on' },
  { words: ['off', 'of'], relation: 'off' },
  { words: ['taken', 'off'], relation: 'off' },
  { words: ['taken', 'from'], relation: 'off' },
  { words: ['less', 'than'], relation: 'off' },
  { words: ['lower', 'than'], relation: 'off' },
  { words: ['below'], relation: 'off' },
  { words: ['under'], relation: 'off' },
  { words: ['of'], relation: 'of' },
  { words: ['on'], relation: 'on' },
  { words: ['off'], relation: 'off' },
]
const RELATING: ReadonlySet<string> = new Set(RELATIONS.map(({ words: [first = ''] }) => first))

/** A relation, and the tokens in which it is said. */
export interface Related {
  readonly word: Relation
  readonly tokens: number
}

/** Reads percentages, in signs and in words: `8% on 50`, `25% off 80`, `10 per cent of 50`. */
export class Percentages {
  readonly #grammar: Grammar

  constructor(grammar: Grammar) {
    this.#grammar = grammar
  }

  /** Reads the percent signs and words after a value. */
  after(value: Node): Node {
    const { reader } = this.#grammar
    let left = value
    for (;;) {
      const { position, text, kind } = reader.token
      const perMille = this.#tokensOfPerMille()
      if (perMille > 0) {
        reader.skip(perMille)
        const parts = text === '‰' || /^per/i.test(text) ? '1000' : '10000'
        const right = this.#grammar.node({ kind: 'number', text: parts, position })
        left = this.#ofPercentage(
          this.#grammar.node({ kind: 'binary', operator: 'divide', left, right, position }),
        )
        continue
      }
      const isSign = kind === 'operator' && text === '%'
      if (isSign ? this.#isRemainder(left) : !this.#percentWordAhead()) return left
      const isSpaced = reader.token.isSpaced
      this.takePercent()
      left = this.#grammar.node({ kind: 'percent', of: left, position })
      left = this.#ofPercentage(left, this.#ignoreWords(isSpaced))
    }
  }

  /** Tells whether `basis points` are next, or `bps of 1000`: elsewhere bps are bits per second. */
  #isBasisPoints(): boolean {
    const { reader, vocabulary } = this.#grammar
    const { text } = reader.token
    if (vocabulary.isBound(text)) return false
    return text === 'bps'
      ? reader.peek(1).word === 'of'
      : text === 'basis' && /^points?$/.test(reader.peek(1).text)
  }

  /** The number of tokens in `‰`, `per mille`, `permille` and `basis points`; 0 for anything else. */
  #tokensOfPerMille(): number {
    const { reader, vocabulary } = this.#grammar
    const { text, word } = reader.token
    if (text === '‰') return 1
    if (this.#isBasisPoints()) return text === 'bps' ? 1 : 2
    if (/^per-?mill?e?$/i.test(text) && !vocabulary.isBound(text)) return 1
    return word === 'per' && /^mill?e?$/i.test(reader.peek(1).text) && reader.peek(2).word !== '' ? 2 : 0
  }

  /**
   * Reads `1/2% of 200`, of which the 1 was read, as half a percent of 200. Undefined, with nothing taken, where no such fraction
   * and relation follow.
   */
  ofFraction(numerator: Node): Node | undefined {
    const { reader } = this.#grammar
    const [denominator, sign] = [reader.token, reader.peek(1)]
    const slash = reader.previous
    const isFraction =
      numerator.kind === 'number' &&
      denominator.kind === 'number' &&
      [numerator.text, denominator.text].every((text) => /^\d{1,9}$/.test(text)) &&
      Number(numerator.text) < Number(denominator.text) &&
      denominator.fraction === undefined &&
      !(slash?.isSpaced || denominator.isSpaced)
    const isPercent = sign.text === '%' || sign.word === 'percent' || sign.word === 'pct'
    if (!isFraction || !isPercent) return undefined
    if (!this.relationAhead(2)) {
      if (sign.text === '%' && reader.peek(2).kind !== 'number')
        this.#grammar.note(
          `\`${numerator.text}/${denominator.text}%\` is read as ${numerator.text} divided by ${denominator.text}%. For a part of a percent write (${numerator.text}/${denominator.text})%.`,
        )
      return undefined
    }
    const { position } = numerator
    const right = this.#grammar.node({ kind: 'number', text: reader.next().text, position })
    return this.after(
      this.#grammar.node({ kind: 'binary', operator: 'divide', left: numerator, right, position }),
    )
  }

  #percentWordAhead(): boolean {
    const { word } = this.#grammar.reader.token
    return (
      word === 'percent' || word === 'pct' || (word === 'per' && this.#grammar.reader.peek(1).word === 'cent')
    )
  }

  /** Takes `%`, `percent` and `per cent`. */
  takePercent(): boolean {
    const { reader } = this.#grammar
    if (reader.take('%')) return true
    if (/^(?:percent|percentage|pct)$/.test(reader.token.word)) {
      reader.next()
      return true
    }
    return reader.takeWords('per', 'cent')
  }

  /** Reads `of 50`, `on 50`, `off 50`, `more than 50` and `less than 50` after a percentage and an ignored word such as `tax`. */
  #ofPercentage(percent: Node, ignored = ''): Node {
    const { reader } = this.#grammar
    const { position } = reader.token
    if (reader.token.text === 'added' && reader.peek(1).kind === 'end' && endsChange(reader)) reader.next()
    const ahead = this.relationAhead() ?? this.#changedFrom(ignored)
    if (!ahead) return percent
    if (ahead.word === 'off' && ahead.tokens === 1 && endsChange(reader)) {
      reader.skip(ahead.tokens)
      return percent
    }
    const word = LOWERING.has(ignored) && ahead.word === 'on' ? 'off' : ahead.word
    const isHow =
      reader.peek(ahead.tokens).text === 'how' && /^(?:many|much)$/.test(reader.peek(ahead.tokens + 1).text)
    if (isHow) return percent
    if (reader.peek(ahead.tokens).word === 'what') {
      const number = reader.peek(ahead.tokens + 1).text === 'number' ? 1 : 0
      if (reader.peek(ahead.tokens + 1 + number).word !== 'is') return percent
      reader.skip(ahead.tokens + 2 + number)
      return this.wholeOf(this.#grammar.operand(), percent, word, position)
    }
    reader.skip(ahead.tokens)
    const of = this.#grammar.nested(() => this.#grammar.operand())
    if (word === 'of')
      return this.#grammar.node({ kind: 'binary', operator: 'multiply', left: percent, right: of, position })
    return this.#grammar.node({ kind: 'percentage', question: word, part: percent, of, position })
  }

  /** How a percentage relates to what follows, and in how many words: `of`, `on`, `more than`, `off of`. */
  relationAhead(from = 0): Related | undefined {
    const { reader, vocabulary } = this.#grammar
    const token = reader.peek(from)
    if (token.kind !== 'name' || !RELATING.has(token.text.toLowerCase())) return undefined
    const found = RELATIONS.find(({ words }) =>
      words.every((word, i) => {
        const { kind, text } = reader.peek(from + i)
        return kind === 'name' && text.toLowerCase() === word && !vocabulary.isBound(text)
      }),
    )
    return found && { word: found.relation, tokens: found.words.length }
  }

  /** `10% increase from 200` is on top of it. */
  #changedFrom(ignored: string): Related | undefined {
    const isChange = LOWERING.has(ignored) || /^(?:increase|raise|rise|growth)$/.test(ignored)
    return isChange && this.#grammar.reader.token.word === 'from' ? { word: 'on', tokens: 1 } : undefined
  }

  /** Takes the words after a percentage that mean nothing: `19% VAT`, `8.875% sales tax`. @returns the last, or '' */
  #ignoreWords(isSpaced: boolean): string {
    const { reader } = this.#grammar
    const { token } = reader
    if (this.relationAhead()) return ''
    const isOne = this.#isMeaningless(token, reader.peek(1), isSpaced)
    const isPair =
      !isOne &&
      token.isSpaced &&
      this.#isWord(token, true) &&
      this.#isMeaningless(reader.peek(1), reader.peek(2), true)
    if (!isOne && !isPair) return ''
    const ignored = isPair ? `${reader.next().text} ${reader.next().text}` : reader.next().text
    const last = ignored.slice(ignored.indexOf(' ') + 1).toLowerCase()
    const isOff = LOWERING.has(last) && (reader.token.word === 'on' || reader.token.word === 'from')
    this.#grammar.note(
      isOff ? `\`${ignored} ${reader.token.text}\` is read as off.` : `\`${ignored}\` is ignored.`,
    )
    return last
  }

  /** Tells whether a word after a percentage only says what it is for, because nothing that could belong to the word follows. */
  #isMeaningless(token: Token, after: Token, isSpaced: boolean): boolean {
    if (!this.#isWord(token, isSpaced)) return false
    if (after.kind === 'end') return true
    if (after.kind === 'operator') return after.text !== '(' && after.text !== '[' && after.text !== '='
    return (after.word !== '' && isInfix(after.word)) || /^(?:split|shared)$/.test(after.text)
  }

  /** Tells whether a word has no meaning of its own. */
  #isWord({ kind, text, word }: Token, isSpaced: boolean): boolean {
    const { isBound, isFunction, isConstant } = this.#grammar.vocabulary
    if (kind !== 'name' || word !== '' || isBound(text) || /\d/.test(text)) return false
    if (!TAXES.has(text) && (isFunction(text) || isConstant(text) || this.#grammar.units.find(text)))
      return false
    return !isSpaced || text.length > 1
  }

  /** A `%` is a remainder when an operand follows. A sign may be either: `50%-20%` and `10% - 3` against `10 % -3`. */
  #isRemainder(left: Node): boolean {
    const { reader } = this.#grammar
    const sign = reader.token
    const after = reader.peek(1)
    const { text } = after
    if (after.kind === 'number') {
      if (!sign.isSpaced && after.isSpaced)
        this.#grammar.note(
          '`%` between two numbers is read as the remainder. A percentage is written with `of`: 20% of 80.',
        )
      return true
    }
    if (after.kind === 'sign') return true
    if (after.kind === 'name') {
      if (after.word !== '')
        return (
          after.word === 'not' ||
          (after.word === 'in' &&
            this.#grammar.vocabulary.isBound('in') &&
            this.#grammar.units.at('target', 2) === undefined)
        )
      if (this.relationAhead(1) || changeAhead(reader, this.#grammar.vocabulary, 1)) return false
      if (isPlainNumber(left) && this.#isMeaningless(after, reader.peek(2), sign.isSpaced)) return false
      if (
        isPlainNumber(left) &&
        after.isSpaced &&
        this.#isWord(after, true) &&
        this.#isMeaningless(reader.peek(2), reader.peek(3), true)
      )
        return false
      if (isPlainNumber(left) && !sign.isSpaced && after.isSpaced && this.#grammar.vocabulary.isBound(text))
        throw syntax(
          `This could be a percentage or a remainder. Write \`% of ${text}\`, or \`mod ${text}\`.`,
          sign.position,
        )
      return true
    }
    if (after.kind !== 'operator') return false
    if (text === '-' || text === '+') return sign.isSpaced && after.isSpaced && !reader.peek(2).isSpaced
    return text === '(' || text === '[' || text === '~' || ROOTS.has(text)
  }

  /** The number that `part` is that percentage of, or that the percentage was added to or taken off. */
  wholeOf(part: Node, share: Node, word: Relation, position: number): Node {
    if (word === 'of')
      return this.#grammar.node({ kind: 'percentage', question: 'whole', part, of: share, position })
    const one = this.#grammar.node({ kind: 'number', text: '1', position: share.position })
    // The percentage is added to the number 1, which is the same as adding it to 100%.
    const all = this.#grammar.node({
      kind: 'binary',
      operator: word === 'on' ? 'add' : 'subtract',
      left: one,
      right: share,
      position,
    })
    return this.#grammar.node({ kind: 'binary', operator: 'divide', left: part, right: all, position })
  }
}
