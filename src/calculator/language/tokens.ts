import { type CalculationError, syntax } from '../numbers/index.ts'
import {
  beginsName,
  type Characters,
  endOfName,
  FRACTIONS,
  isDigit,
  NUMBER_LETTERS,
  pointAt,
  SUPERSCRIPTS,
} from './characters.ts'
import { clockedLengthAt } from './clocked-lengths.ts'
import { joinedWord } from './joined-numbers.ts'
import { NAME_LENGTH } from './limits.ts'
import type { FoundMoment, MomentText } from './moments.ts'
import { MomentsOfLine } from './moments-of-line.ts'
import { noteOfComment, noteOfGroup } from './notes-of-signs.ts'
import { readNumeral } from './numerals.ts'
import { OpenBrackets } from './open-brackets.ts'
import type { Token, Tokens } from './token.ts'
import { unreadable } from './unreadable.ts'
import type { Vocabulary } from './vocabulary.ts'
import { AMOUNT_WORDS, wordOf } from './words.ts'

const OPERATORS =
  /\*\*|\.\*|\.\/|\.\^|<<|>>|<=|>=|<>|=<|==|!=|\^\||->|&&|\|\||[-+*/^%!'()[\],:;?<>=&|~√∛∜→≤≥≠∞‰⁄@]/y
const TEXT = /"([^"]*)"/y
const BLANK = /[ \t\r\n]+/y
/** A point, and what follows it: the end, a space or a bracket. */
const FULL_STOP = /\.(?=([ \t\r\n)\],]|$))/y
/** The dash in place of cents: `50,- €`. */
const NO_CENTS = /,?-{1,2}(?= *(?:$|[\p{Sc})]|[A-Z]{3}(?![\p{L}\d])|\/\/))/uy
const CURRENCY_SIGN = /^\p{Sc}$/u

const SAME_OPERATOR: Readonly<Record<string, string>> = {
  '≤': '<=',
  '=<': '<=',
  '<>': '!=',
  '≥': '>=',
  '≠': '!=',
  '→': '->',
  '⁄': '/',
  '**': '^',
}

/**
 * Splits an expression into tokens, from an index of its characters on.
 *
 * @throws CalculationError `syntax`, with the position of what is not a token
 */
export function tokenise(
  characters: Characters,
  vocabulary: Vocabulary,
  from = 0,
  to = characters.text.length,
): Tokens {
  const tokeniser = new Tokeniser(characters, vocabulary, from, to)
  return { tokens: tokeniser.tokens(), notes: tokeniser.notes }
}

class Tokeniser {
  readonly notes: string[] = []
  readonly #tokens: Token[] = []
  readonly #characters: Characters
  readonly #text: string
  readonly #vocabulary: Vocabulary
  readonly #isBound: (name: string) => boolean
  #index: number
  #isSpaced = false
  readonly #brackets: OpenBrackets
  readonly #moments: MomentsOfLine

  constructor(characters: Characters, vocabulary: Vocabulary, from: number, to: number) {
    this.#characters = characters
    this.#text = characters.text.slice(0, to)
    this.#vocabulary = vocabulary
    this.#isBound = (name) => vocabulary.isBound(name)
    this.#brackets = new OpenBrackets(this.#text)
    this.#moments = new MomentsOfLine(this.#text, vocabulary, this.#brackets, {
      note: (sentence) => this.notes.push(sentence),
      fail: (message, index) => this.#fail(message, index),
    })
    this.#index = from
  }

  tokens(): Token[] {
    const { length } = this.#text
    while (this.#index < length) {
      const code = this.#text.charCodeAt(this.#index)
      if (code === 32 || code === 9 || code === 10 || code === 13) this.#skipBlank()
      else if (this.#isDecimalComma(code)) {
        const [digits = ''] = /^\d+/.exec(this.#text.slice(this.#index + 1)) ?? []
        this.#put('number', `0.${digits}`, this.#index + 1 + digits.length)
      } else if (isDigit(code) || (code === 46 && isDigit(this.#text.charCodeAt(this.#index + 1)))) {
        // The point of `Rs.500` is that of the word.
        if (code === 46 && !this.#isSpaced && AMOUNT_WORDS.has(this.#tokens.at(-1)?.text ?? '')) this.#index++
        this.#number()
      } else if (beginsName(this.#text, this.#index)) this.#name()
      else if (code === 47 && this.#text.charCodeAt(this.#index + 1) === 47) {
        this.#note(this.#tokens.length > 0 ? noteOfComment(this.#text, this.#index) : undefined)
        break
      } else this.#sign(code)
    }
    this.#index = Math.max(this.#index, 0)
    this.#put('end', '', this.#index)
    return this.#tokens
  }

  /** Tells whether a comma begins a number, `,5`: it separates nothing where no value stands before it. */
  #isDecimalComma(code: number): boolean {
    if (code !== 44 || this.#brackets.commaSeparates) return false
    const before = this.#tokens.at(-1)
    const isBegin = before === undefined || (before.kind === 'operator' && /^[-+*/^=(]$/.test(before.text))
    return isBegin && /^,\d+(?![\d.,\p{L}_])/u.test(this.#text.slice(this.#index, this.#index + 40))
  }

  #skipBlank(): void {
    BLANK.lastIndex = this.#index
    BLANK.test(this.#text)
    this.#index = BLANK.lastIndex
    this.#isSpaced = true
  }

  #put(
    kind: Token['kind'],
    text: string,
    end: number,
    word = '',
    fraction?: readonly [string, string],
    moment?: MomentText,
  ): void {
    this.#tokens.push({
      kind,
      text,
      position: this.#characters.positionOf(this.#index),
      isSpaced: this.#isSpaced,
      word,
      fraction,
      moment,
    })
    this.#index = end
    this.#isSpaced = false
  }

  #fail(message: string, index = this.#index): CalculationError {
    return syntax(message, this.#characters.positionOf(index))
  }

  #note(sentence: string | undefined): void {
    if (sentence !== undefined) this.notes.push(sentence)
  }

  #number(): void {
    const start = this.#index
    const text = this.#text
    let end = start
    while (isDigit(text.charCodeAt(end))) end++
    if (text.charAt(end) === ':' && this.#clockedLength()) return
    const before = this.#tokens.at(-1)?.text
    const noun = before === 'of' ? this.#tokens.at(-2)?.text : before
    if (this.#moment(this.#moments.atDigits(start, end, before, noun))) return
    const numeral = readNumeral(text, start, this.#brackets, (message) => this.#fail(message, start))
    this.#note(numeral.note)
    if (this.#brackets.commaSeparates) this.#note(noteOfGroup(text, start))
    const fraction = FRACTIONS.get(text.charAt(numeral.end))
    const isWhole = numeral.end === end
    if (fraction && !isWhole) throw this.#fail('A fraction must come after a whole number: 1½.', numeral.end)
    NO_CENTS.lastIndex = numeral.end
    const isSeparated = text.charAt(numeral.end) === ',' || text.charAt(numeral.end - 1) === '.'
    const noCents = isSeparated && !this.#brackets.commaSeparates ? NO_CENTS.exec(text)?.[0] : undefined
    const length = fraction ? 1 : (noCents?.length ?? 0)
    this.#put('number', numeral.text, numeral.end + length, '', fraction)
  }

  /** Takes `3:20 h` and `5:30 min`, which are lengths of time as a clock shows them. @returns whether there is one */
  #clockedLength(): boolean {
    const found = clockedLengthAt(this.#text, this.#index)
    if (!found || /^[:]$/.test(this.#tokens.at(-1)?.text ?? '')) return false
    this.#put('operator', '(', this.#index)
    for (const { amount, unit } of found.parts) {
      this.#put('number', amount, this.#index)
      this.#put('name', unit, this.#index)
    }
    this.#put('operator', ')', found.end)
    this.notes.push(`\`${found.typed}\` is read as a length of time.`)
    return true
  }

  /** Takes a date or a time. @returns whether there is one */
  #moment(found: FoundMoment | undefined): boolean {
    if (found)
      this.#put('moment', this.#text.slice(this.#index, found.end), found.end, '', undefined, found.moment)
    return found !== undefined
  }

  #name(): void {
    const start = this.#index
    const end = endOfName(this.#text, start)
    const typed = this.#text.slice(start, end)
    if (typed.length > NAME_LENGTH) throw this.#fail(`A name can have at most ${NAME_LENGTH} characters.`)
    const constant = NUMBER_LETTERS.get(typed)
    if (constant !== undefined) {
      this.#put('name', constant, end)
      return
    }
    const name = isAscii(typed) ? typed : typed.normalize('NFC')
    if (this.#abbreviatedPlaces(typed)) return
    if (this.#moment(this.#moments.inWordsAt(start))) return
    const joined = /\d/.test(typed) ? joinedWord(name, this.#text.slice(end), this.#vocabulary) : undefined
    if (joined !== undefined) {
      this.#put('name', joined, start + joined.length)
      return
    }
    if (this.#tokens.length > 0 && /\d/.test(typed) && this.#split(typed, name)) return
    if (this.#tokens.at(-1)?.kind !== 'number' && this.#moment(this.#moments.atMonth(start))) return
    if (!this.#isBound(name) && this.#moment(this.#moments.atWeekday(start))) return
    this.#put('name', name, end, wordOf(name, this.#isBound))
  }

  /** Takes the `d.p.` of `2 d.p.` and the `s.f.` of `3 s.f.`. */
  #abbreviatedPlaces(typed: string): boolean {
    if (!/^[ds]$/i.test(typed) || this.#tokens.at(-1)?.kind !== 'number') return false
    const found = /^(?:d\. ?p|s\. ?f)\.?(?![\p{L}\d])/iu.exec(
      this.#text.slice(this.#index, this.#index + 6),
    )?.[0]
    if (found === undefined) return false
    this.#put('name', found.replaceAll(/[. ]/g, '').toLowerCase(), this.#index + found.length)
    return true
  }

  /** `10C3` means combinations, as on the nCr key of a calculator, and not a power of a unit. */
  #combinations(letters: string, rest: string, count: string): boolean {
    if ((letters !== 'C' && letters !== 'P') || this.#isBound(letters) || !/^\d+$/.test(rest + count))
      return false
    if (letters === 'P') throw this.#fail(`For permutations write permutations(${count}, ${rest}).`)
    this.notes.push(`\`${count}C${rest}\` is read as ${count} choose ${rest}.`)
    this.#put('name', 'nCr', this.#index + 1)
    return true
  }

  /** Takes the first part of a word that is written together with digits: `2x3`, `5ft3in`, `50 m2`. */
  #split(typed: string, name: string): boolean {
    const { isFunction, isConstant, findUnit } = this.#vocabulary
    if (this.#isBound(name) || isFunction(name) || isConstant(name) || findUnit(name)) return false
    const before = this.#tokens.at(-1)
    const isAttached = before?.kind === 'number' && !this.#isSpaced
    const [letters = ''] = /^\D+/.exec(typed) ?? []
    const rest = typed.slice(letters.length)
    const isAfterPercent = before?.kind === 'operator' && before.text === '%'
    if (isAfterPercent && /^(?:of|on|off)$/.test(letters) && /^\d+$/.test(rest)) {
      this.#put('name', letters, this.#index + letters.length, letters)
      return true
    }
    if ((letters === 'x' || letters === 'X') && (before?.kind === 'number' || isAfterPercent)) {
      this.#put('name', letters, this.#index + 1, 'x')
      return true
    }
    if (isAttached && this.#combinations(letters, rest, before.text)) return true
    if (letters === '' || this.#isBound(letters) || !findUnit(letters)) return false
    const isPower = rest === '2' || rest === '3'
    if (
      isPower &&
      (isAttached ||
        before?.kind === 'number' ||
        before?.text === '/' ||
        /^(?:per|to|in|as|into)$/.test(before?.word ?? ''))
    ) {
      this.#put('name', letters, this.#index + letters.length)
      this.#put('power', rest, this.#index + 1)
      return true
    }
    if (!isAttached) return false
    this.#put('name', letters, this.#index + letters.length, wordOf(letters, this.#isBound))
    return true
  }

  #sign(code: number): void {
    const start = this.#index
    const text = this.#text
    if (code === 46 && this.#isFullStop()) {
      this.#index++
      return
    }
    if (code > 127) {
      const point = pointAt(text, start)
      if (SUPERSCRIPTS.has(point)) {
        this.#superscript()
        return
      }
      const fraction = FRACTIONS.get(point)
      if (fraction) {
        this.#put('number', '', start + 1, '', fraction)
        return
      }
      if (point === '°' || point === '℃' || point === '℉') {
        this.#degrees(point)
        return
      }
      if (point === '∞') {
        this.#put('name', 'Infinity', start + 1)
        return
      }
    }
    // After a number, the marks of feet and inches.
    if (code === 34 && (!this.#isInch() || this.#isSpaced)) {
      this.#textInQuotes()
      return
    }
    if (code === 34) {
      this.#put('operator', '"', start + 1)
      return
    }
    if (code === 36 || (code > 127 && CURRENCY_SIGN.test(pointAt(text, start)))) {
      this.#put('sign', text.charAt(start), start + 1)
      return
    }
    // Two marks of feet are one of inches.
    if (code === 39 && text.charCodeAt(start + 1) === 39 && this.#isInch() && !this.#isSpaced) {
      this.#put('operator', '"', start + 2)
      return
    }
    OPERATORS.lastIndex = start
    const found = OPERATORS.exec(text)?.[0]
    if (found === undefined) throw this.#fail(unreadable(pointAt(text, start)))
    this.#operator(found)
  }

  /** Tells whether a point ends an abbreviation, `5 lbs. 3 oz.`, or the line. */
  #isFullStop(): boolean {
    const before = this.#tokens.at(-1)
    if (!before || this.#isSpaced) return false
    const isWord = before.kind === 'name'
    const isClosed = before.kind === 'power' || /^[)\]%!]$/.test(before.text)
    FULL_STOP.lastIndex = this.#index
    const [found, after] = FULL_STOP.exec(this.#text) ?? []
    return found !== undefined && (isWord || (isClosed && after === ''))
  }

  #isInch(): boolean {
    const before = this.#tokens.at(-1)
    return before?.kind === 'number'
  }

  #textInQuotes(): void {
    TEXT.lastIndex = this.#index
    const [all, inside] = TEXT.exec(this.#text) ?? []
    if (all === undefined || inside === undefined) throw this.#fail('A closing quotation mark is missing.')
    this.#put('text', inside, this.#index + all.length)
  }

  #operator(found: string): void {
    const before = this.#tokens.at(-1)
    const end = this.#index + found.length
    const isInBars =
      found === '||' &&
      this.#tokens.filter(({ kind, text }) => kind === 'operator' && text === '|').length % 2 === 1
    if (isInBars) throw this.#fail('Write a sign between two absolute values: |x| * |y|.', this.#index)
    if (found === '&&' || found === '||') {
      const word = found === '&&' ? 'and' : 'or'
      this.#put('name', word, end, word)
      return
    }
    if (found === '(' || found === '[')
      this.#brackets.open(
        this.#index,
        before?.kind === 'name' && (before.word === '' || this.#isFunction(before.text)),
      )
    else if (found === ')' || found === ']') this.#brackets.close()
    else if (found === '?' || found === ':') this.#brackets.choose(found)
    this.#put('operator', SAME_OPERATOR[found] ?? found, end)
  }

  /** Tells whether a word is a function, also in capitals: `MOD(7,3)`. */
  #isFunction(word: string): boolean {
    return this.#vocabulary.isFunction(word) || this.#vocabulary.isFunction(word.toLowerCase())
  }

  #superscript(): void {
    let end = this.#index
    let power = ''
    for (;;) {
      const digit = SUPERSCRIPTS.get(this.#text.charAt(end))
      if (digit === undefined) break
      power += digit
      end++
    }
    if (!/^[+-]?\d+$/.test(power))
      throw this.#fail('A superscript sign needs superscript digits after it: 2⁻¹.')
    this.#put('power', power.replace('+', ''), end)
  }

  #degrees(point: string): void {
    const start = this.#index
    if (point !== '°') {
      this.#put('name', point === '℃' ? '°C' : '°F', start + 1)
      return
    }
    const letter = this.#text.charAt(start + 1)
    const isScale = /^[CFKRcf]$/.test(letter) && !beginsName(this.#text, start + 2)
    if (letter === 'K' && isScale) this.#put('name', 'K', start + 2)
    else if (isScale) this.#put('name', `°${letter.toUpperCase()}`, start + 2)
    else this.#put('name', '°', start + 1)
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false
  return true
}
