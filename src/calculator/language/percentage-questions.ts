import { syntax } from '../numbers/index.ts'
import type { Grammar } from './grammar.ts'
import type { Percentages, Related } from './percentages.ts'
import type { Node } from './tree.ts'
import { statement } from './yes-or-no.ts'

/** Words for a change between two values, where it is asked for as a percentage. */
const CHANGES = /^(?:change|increase|decrease|difference|growth|rise|drop|gain|loss)$/

/** Reads questions about percentages: `20 as % of 80`, `50 is 25% of what`, `percent change from 50 to 75`. */
export class PercentageQuestions {
  readonly #grammar: Grammar
  readonly #percentages: Percentages

  constructor(grammar: Grammar, percentages: Percentages) {
    this.#grammar = grammar
    this.#percentages = percentages
  }

  /** Reads `% of 80` after `20 as`. */
  share(part: Node, position: number): Node | undefined {
    const { reader } = this.#grammar
    const place = reader.place
    if (reader.token.word === 'a' || reader.token.word === 'the') reader.next()
    const relation = this.#percentages.takePercent() ? this.#percentages.relationAhead() : undefined
    if (!relation) {
      reader.goBack(place)
      return undefined
    }
    return this.#shareOf(part, relation, position)
  }

  /** Reads `of 80`, `on 80`, `off 80`: what percentage one number is of, above or below another. */
  #shareOf(part: Node, { word, tokens }: Related, position: number): Node {
    this.#grammar.reader.skip(tokens)
    const of = this.#grammar.operand()
    const [left, right] = word === 'on' ? [part, of] : [of, part]
    const difference = word === 'of' ? part : this.#subtracted(left, right, position)
    return this.#grammar.node({ kind: 'percentage', question: 'share', part: difference, of, position })
  }

  /** Reads what follows `20 is`: `what % of 80`, `25% of what`. */
  question(left: Node, position: number): Node {
    const { reader } = this.#grammar
    const stated = statement(this.#grammar, left, position)
    if (stated) return stated
    if (this.#takeWhat()) {
      const relation = this.#percentages.takePercent() ? this.#percentages.relationAhead() : undefined
      if (relation) return this.#shareOf(left, relation, position)
      throw syntax('Write `20 is what % of 80`.', reader.token.position)
    }
    const share = this.#grammar.percentage()
    const relation = share.kind === 'percent' ? this.#percentages.relationAhead() : undefined
    if (relation) {
      reader.skip(relation.tokens)
      if (this.#takeWhat()) {
        if (reader.token.text === 'number') reader.next()
        return this.#percentages.wholeOf(left, share, relation.word, position)
      }
    }
    throw syntax('After `is` comes a question: 20 is what % of 80, or 50 is 25% of what.', position)
  }

  /** Takes `what`, `how many` and `how much`. */
  #takeWhat(): boolean {
    const { reader, vocabulary } = this.#grammar
    if (reader.takeWords('what')) return true
    const isHow = reader.token.text === 'how' && /^(?:many|much)$/.test(reader.peek(1).text)
    if (!isHow || vocabulary.isBound('how')) return false
    reader.skip(2)
    return true
  }

  /** Reads `percent change from 50 to 75` and `change from 50 to 75 in %`; undefined, with nothing taken, for anything else. */
  change(): Node | undefined {
    const { reader } = this.#grammar
    const { place } = reader
    const { position } = reader.token
    const isShare = this.#percentages.takePercent()
    const change = reader.token.text.toLowerCase()
    const next = reader.peek(1)
    const isJoined = next.word === 'from' || next.word === 'between'
    if (
      !CHANGES.test(change) ||
      !(isJoined || (isShare && (next.kind === 'number' || next.kind === 'sign')))
    ) {
      reader.goBack(place)
      return undefined
    }
    // From 50 to 75 it is half; between the two it could also be of what lies in the middle.
    if (change === 'difference' && (next.word === 'between' || !isShare)) {
      if (isShare) throw syntax('Write `percent change from 50 to 75`.', next.position)
      reader.goBack(place)
      return undefined
    }
    reader.skip(isJoined ? 2 : 1)
    const from = this.#grammar.listed(() => this.#grammar.sum())
    if (!reader.takeWords(next.word === 'between' ? 'and' : 'to'))
      throw syntax('Write `percent change from 50 to 75`.', reader.token.position)
    const to = this.#grammar.sum()
    if (!isShare && !this.#takeInPercent())
      throw syntax('Write `percent change from 50 to 75`, or 75 - 50 for the difference.', position)
    const isFall = /^(?:decrease|drop|loss)$/.test(change)
    const part = isFall ? this.#subtracted(from, to, position) : this.#subtracted(to, from, position)
    return this.#grammar.node({ kind: 'percentage', question: 'share', part, of: from, position })
  }

  /** Takes `in %` and `as a percentage`. */
  #takeInPercent(): boolean {
    const { reader } = this.#grammar
    if (!/^(?:in|as|to)$/.test(reader.token.word)) return false
    reader.next()
    if (reader.token.word === 'a') reader.next()
    return this.#percentages.takePercent()
  }

  /** Reads `what is`, and the questions that begin with `what`. */
  asked(): Node {
    const { reader } = this.#grammar
    reader.next()
    if (reader.token.text === 'number') reader.next()
    if (reader.takeWords('is')) {
      const { place } = reader
      reader.takeWords('the')
      const change = this.change()
      if (change) return change
      reader.goBack(place)
      return this.#grammar.operand()
    }
    const found = this.percentOf()
    if (found) return found
    throw syntax('Write `what % of 80 is 20`.', reader.token.position)
  }

  /** Reads `% of 80 is 20` and `% is 20 of 80` after `what` or `how many`; undefined where neither stands there. */
  percentOf(): Node | undefined {
    const { reader } = this.#grammar
    const { position } = reader.token
    if (!this.#percentages.takePercent()) return undefined
    if (reader.takeWords('is')) {
      const part = this.#grammar.operand()
      const relation = this.#percentages.relationAhead()
      return relation?.word === 'of' ? this.#shareOf(part, relation, position) : undefined
    }
    if (!reader.takeWords('of')) return undefined
    const of = this.#grammar.operand()
    if (!reader.takeWords('is')) return undefined
    const part = this.#grammar.operand()
    return this.#grammar.node({ kind: 'percentage', question: 'share', part, of, position })
  }

  #subtracted(left: Node, right: Node, position: number): Node {
    return this.#grammar.node({ kind: 'binary', operator: 'subtract', left, right, position })
  }
}
