import { evaluation } from '../errors.ts'
import { parseReal } from '../literal.ts'
import { divideReals, multiplyReals, ONE, PI, type Real } from '../real.ts'
import { WHOLE } from './dimensions.ts'
import { type Definition, gathered, type Term, type Unit, unitOf } from './unit.ts'

const PART =
  /\s*(?:(\d[\d.]*(?:e[+-]?\d+)?)|([()*/])|\^\s*(\(-?[\d./]+\)|-?[\d.]+)|([lL]\/100 ?km|[^\s\d()*/^][^\s()*/^]*))/uy
/** The most words in the name of a unit. */
const LONGEST_PHRASE = 4

/**
 * Reads a unit as it is written by `writeUnit` and in the catalogue: numbers, `pi` and units multiplied by standing
 * side by side; `/` divides by the one factor, or the parentheses, after it.
 *
 * @throws CalculationError `evaluation` when the text is something else
 */
export function readProduct(text: string, find: (word: string) => Unit | undefined): Definition {
  const terms: Term[] = []
  let number: Real = ONE
  let under = false
  let within = false
  PART.lastIndex = 0
  while (PART.lastIndex < text.length) {
    const match = PART.exec(text)
    if (!match) throw unreadable(text)
    const [, digits, sign, power, word] = match
    if (sign === '/') under = true
    else if (sign === '(') within = true
    else if (sign === ')') within = under = false
    else if (power !== undefined) {
      const last = terms.pop()
      if (!last) throw unreadable(text)
      terms.push({ ...last, power: last.power * powerIn(power, text) })
    } else if (digits !== undefined || word === 'pi') {
      const value = digits === undefined ? PI : parseReal(digits)
      number = under ? divideReals(number, value) : multiplyReals(number, value)
    } else if (word !== undefined) {
      const unit = longest(text, word, find)
      if (!unit) throw unreadable(text)
      for (const term of unit.terms) terms.push(under ? { ...term, power: -term.power } : term)
    }
    // A slash applies to one factor, with its power.
    if (under && !within && sign === undefined && !/^\s*\^/.test(text.slice(PART.lastIndex))) under = false
  }
  return { number, unit: unitOf(gathered(terms)) }
}

/** The unit of the longest phrase that begins with the word just read; reads the rest of the phrase. */
function longest(text: string, word: string, find: (word: string) => Unit | undefined): Unit | undefined {
  const start = PART.lastIndex
  const following = /^(?: [^\s\d()*/^][^\s()*/^]*)*/u.exec(text.slice(start))?.[0].split(' ').slice(1) ?? []
  for (let count = Math.min(LONGEST_PHRASE - 1, following.length); count >= 0; count--) {
    const phrase = [word, ...following.slice(0, count)].join(' ')
    const unit = find(phrase)
    PART.lastIndex = start + phrase.length - word.length
    if (unit) return unit
  }
  return undefined
}

function powerIn(text: string, whole: string): number {
  const [above = '', below = '1'] = text.replace(/[()]/g, '').split('/')
  const power = Number(above) / Number(below)
  const parts = Math.round(power * WHOLE)
  if (!Number.isFinite(power) || Math.abs(parts - power * WHOLE) > 1e-6) throw unreadable(whole)
  return parts / WHOLE
}

const unreadable = (text: string) => evaluation(`\`${text}\` is not a unit.`)
