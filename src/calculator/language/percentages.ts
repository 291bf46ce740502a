import { syntax } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import { isPlainNumber } from './node-kinds.ts'
import type { Token } from './tokens.ts'
import type { Node } from './tree.ts'
import { isInfix, ROOTS, TAXES } from './words.ts'

/** Words after which `on 50` takes something away: `20% discount on 50`. */
const LOWERING: ReadonlySet<string> = new Set(['discount', 'rebate', 'reduction', 'markdown', 'cut'])

/** How a percentage relates to a value: it is of it, on top of it, or taken off it. */
type Relation = 'of' | 'on' | 'off'

/** Reads percentages, in signs and in words: `8% on 50`, `20 as % of 80`, `50 is 25% of what`. */
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
      if (kind === 'operator' && text === '‰') {
        reader.next()
        const right = this.#grammar.node({ kind: 'number', text: '1000', position })
        left = this.#ofPercentage(
          this.#grammar.node({ kind: 'binary', operator: 'divide', left, right, position }),
        )
        continue
      }
      const isSign = kind === 'operator' && text === '%'
      if (isSign ? this.#isRemainder(left) : !this.#percentWordAhead()) return left
      const isSpaced = reader.token.isSpaced
      this.#takePercent()
      left = this.#grammar.node({ kind: 'percent', of: left, position })
      const ignored = this.#ignoreWord(isSpaced)
      left = this.#ofPercentage(left, LOWERING.has(ignored))
    }
  }

  #percentWordAhead(): boolean {
    const { word } = this.#grammar.reader.token
    return (
      word === 'percent' || word === 'pct' || (word === 'per' && this.#grammar.reader.peek(1).word === 'cent')
    )
  }

  /** Takes `%`, `percent` and `per cent`. */
  #takePercent(): boolean {
    const { reader } = this.#grammar
    if (reader.take('%')) return true
    if (/^(?:percent|percentage|pct)$/.test(reader.token.word)) {
      reader.next()
      return true
    }
    return reader.takeWords('per', 'cent')
  }

  // Products

  /** Reads `of 50`, `on 50`, `off 50`, `more than 50` and `less than 50` after a percentage. */
  #ofPercentage(percent: Node, isLowering = false): Node {
    const { reader } = this.#grammar
    const { position } = reader.token
    const ahead = this.#relationAhead()
    if (!ahead) return percent
    const word = isLowering && reader.token.word === 'on' ? 'off' : ahead.word
    if (reader.peek(ahead.tokens).word === 'what') {
      if (reader.peek(ahead.tokens + 1).word !== 'is') return percent
      reader.skip(ahead.tokens + 2)
      return this.#wholeOf(this.#grammar.operand(), percent, word, position)
    }
    reader.skip(ahead.tokens)
    const of = this.#grammar.nested(() => this.#grammar.operand())
    if (word === 'of')
      return this.#grammar.node({ kind: 'binary', operator: 'multiply', left: percent, right: of, position })
    return this.#grammar.node({ kind: 'percentage', question: word, part: percent, of, position })
  }

  /** How a percentage relates to what follows, and in how many words: `of`, `on`, `more than`, `off of`. */
  #relationAhead(): { word: Relation; tokens: number } | undefined {
    const { reader } = this.#grammar
    const { word } = reader.token
    const next = reader.peek(1).word
    if (word === 'off' && next === 'of') return { word, tokens: 2 }
    if (word === 'of' || word === 'on' || word === 'off') return { word, tokens: 1 }
    if ((word === 'more' || word === 'less') && next === 'than')
      return { word: word === 'more' ? 'on' : 'off', tokens: 2 }
    return undefined
  }

  /** Takes the one word after a percentage that means nothing: `19% VAT`. @returns it, or '' */
  #ignoreWord(isSpaced: boolean): string {
    const { reader } = this.#grammar
    const { kind, text } = reader.token
    if (kind !== 'name' || !this.#isMeaningless(reader.token, reader.peek(1), isSpaced)) return ''
    reader.next()
    const isOff = LOWERING.has(text.toLowerCase()) && reader.token.word === 'on'
    this.#grammar.note(isOff ? `\`${text} on\` is read as off.` : `\`${text}\` is ignored.`)
    return text.toLowerCase()
  }

  #isMeaningless({ text, word }: Token, after: Token, isSpaced: boolean): boolean {
    const { isBound, isFunction, isConstant } = this.#grammar.vocabulary
    if (word !== '' || isBound(text) || /\d/.test(text)) return false
    if (!TAXES.has(text) && (isFunction(text) || isConstant(text) || this.#grammar.units.find(text)))
      return false
    if (isSpaced && text.length < 2) return false
    if (after.kind === 'end') return true
    if (after.kind === 'operator') return after.text !== '(' && after.text !== '[' && after.text !== '='
    return after.word !== '' && isInfix(after.word)
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
      if (isPlainNumber(left) && this.#isMeaningless(after, reader.peek(2), sign.isSpaced)) return false
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

  /** Reads `% of 80` after `20 as`. */
  share(part: Node, position: number): Node | undefined {
    const { reader } = this.#grammar
    const place = reader.place
    if (reader.token.word === 'a' || reader.token.word === 'the') reader.next()
    const relation = this.#takePercent() ? this.#relationAhead() : undefined
    if (!relation) {
      reader.goBack(place)
      return undefined
    }
    return this.#shareOf(part, relation, position)
  }

  /** Reads `of 80`, `on 80`, `off 80`: what percentage one number is of, above or below another. */
  #shareOf(part: Node, { word, tokens }: { word: Relation; tokens: number }, position: number): Node {
    this.#grammar.reader.skip(tokens)
    const of = this.#grammar.operand()
    const difference =
      word === 'of'
        ? part
        : this.#grammar.node({
            kind: 'binary',
            operator: 'subtract',
            left: word === 'on' ? part : of,
            right: word === 'on' ? of : part,
            position,
          })
    return this.#grammar.node({ kind: 'percentage', question: 'share', part: difference, of, position })
  }

  /** Reads what follows `20 is`: `what % of 80`, `25% of what`. */
  question(left: Node, position: number): Node {
    const { reader } = this.#grammar
    if (reader.takeWords('what')) {
      const relation = this.#takePercent() ? this.#relationAhead() : undefined
      if (relation) return this.#shareOf(left, relation, position)
      throw syntax('Write `20 is what % of 80`.', reader.token.position)
    }
    const share = this.#grammar.percentage()
    const relation = share.kind === 'percent' ? this.#relationAhead() : undefined
    if (relation && reader.peek(relation.tokens).word === 'what') {
      reader.skip(relation.tokens + (reader.peek(relation.tokens + 1).text === 'number' ? 2 : 1))
      return this.#wholeOf(left, share, relation.word, position)
    }
    throw syntax('After `is` comes a question: 20 is what % of 80, or 50 is 25% of what.', position)
  }

  /** The number of which `part` is that percentage, or to which the percentage was added. */
  #wholeOf(part: Node, share: Node, word: Relation, position: number): Node {
    if (word === 'of')
      return this.#grammar.node({ kind: 'percentage', question: 'whole', part, of: share, position })
    const one = this.#grammar.node({ kind: 'number', text: '1', position: share.position })
    // "1 + 25%" would be that of the 1; it is the same.
    const all = this.#grammar.node({
      kind: 'binary',
      operator: word === 'on' ? 'add' : 'subtract',
      left: one,
      right: share,
      position,
    })
    return this.#grammar.node({ kind: 'binary', operator: 'divide', left: part, right: all, position })
  }

  /** Reads `percent change from 50 to 75`; undefined, with nothing taken, for anything else. */
  change(): Node | undefined {
    const { reader } = this.#grammar
    const { place } = reader
    const { position } = reader.token
    const isShare = this.#takePercent()
    const change = reader.token.text.toLowerCase()
    if (
      !isShare ||
      !/^(?:change|increase|decrease|difference)$/.test(change) ||
      !(reader.peek(1).word === 'from' || reader.peek(1).kind === 'number' || reader.peek(1).kind === 'sign')
    ) {
      reader.goBack(place)
      return undefined
    }
    reader.next()
    reader.takeWords('from')
    const from = this.#grammar.sum()
    if (!reader.takeWords('to')) throw syntax('Write `percent change from 50 to 75`.', reader.token.position)
    const to = this.#grammar.sum()
    const [left, right] = change === 'decrease' ? [from, to] : [to, from]
    const part = this.#grammar.node({ kind: 'binary', operator: 'subtract', left, right, position })
    return this.#grammar.node({ kind: 'percentage', question: 'share', part, of: from, position })
  }

  /** Reads `what is`, and the questions that begin with `what`. */
  asked(): Node {
    const { reader } = this.#grammar
    const { position } = reader.next()
    if (reader.token.text === 'number') reader.next()
    if (reader.takeWords('is')) return this.#grammar.operand()
    const isPercent = this.#takePercent()
    if (isPercent && reader.takeWords('is')) {
      const part = this.#grammar.operand()
      const relation = this.#relationAhead()
      if (relation?.word === 'of') return this.#shareOf(part, relation, position)
    } else if (isPercent && reader.takeWords('of')) {
      const of = this.#grammar.operand()
      if (reader.takeWords('is')) {
        const part = this.#grammar.operand()
        return this.#grammar.node({ kind: 'percentage', question: 'share', part, of, position })
      }
    }
    throw syntax('Write `what % of 80 is 20`.', reader.token.position)
  }
}
