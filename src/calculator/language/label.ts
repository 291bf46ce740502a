import { beginsName, endOfName } from './characters.ts'
import type { Vocabulary } from './vocabulary.ts'
import { isClockWord } from './words.ts'

/** The words before an expression: `Rent: 3 * 400`. */
export interface Label {
  readonly text: string
  /** Index after the colon. */
  readonly end: number
}

/** Signs that a label may contain besides letters, digits and spaces. */
const SIGNS = new Set(" '&./-_,()+%#@")

/**
 * Returns the label at the start of a line, or undefined. A label is words up to a colon, at least one of which is not a
 * defined name: `x:5` with a defined `x` is a range. So are `pi:5` and `ans:5`, where no space follows the colon. A colon
 * within a time, as in `Start 9:30`, does not end a label.
 */
export function findLabel(text: string, from: number, vocabulary: Vocabulary): Label | undefined {
  const begin = from + bulletAt(text, from)
  const isCounted = /\d/.test(text.charAt(begin))
  if (!beginsName(text, begin) && !(isCounted && text.includes(':', begin))) return undefined
  let isNamed = false
  let isConstant = false
  let index = begin
  while (index < text.length) {
    if (beginsName(text, index)) {
      const end = endOfName(text, index)
      const name = text.slice(index, end).normalize('NFC')
      if (vocabulary.isFunction(name) && text.charAt(end) === '(') return undefined
      const isDefined = vocabulary.isBound(name) && !isClockWord(name)
      const isFixed = vocabulary.isConstant(name) || name === 'ans' || CONSTANTS.has(name)
      if (isFixed) isConstant = true
      else if (!isDefined && !(isCounted && vocabulary.findUnit(name))) isNamed = true
      index = end
      continue
    }
    const sign = text.charAt(index)
    if (sign === ':') {
      const isTime = /\d/.test(text.charAt(index - 1)) && /\d/.test(text.charAt(index + 1))
      if (isTime) {
        index++
        continue
      }
      const isSpaced = /\s/.test(text.charAt(index + 1))
      const isLabel = isNamed || (isConstant && isSpaced)
      if (!isLabel || text.charAt(index + 1) === '=' || (isCounted && !isSpaced)) return undefined
      return { text: text.slice(begin, index).trim(), end: index + 1 }
    }
    if (!/\d/.test(sign) && !SIGNS.has(sign) && sign < '\u0080') return undefined
    if (text.startsWith('//', index)) return undefined
    index++
  }
  return undefined
}

/** The length of a bullet or number at the start of a list item: `- `, `• `, `1. `. */
function bulletAt(text: string, from: number): number {
  BULLET.lastIndex = from
  return BULLET.exec(text)?.[0].length ?? 0
}

const BULLET = /(?:[-–•*]|\d{1,2}[.)]) +(?=\p{L})/uy

const CONSTANTS = new Set(['π', 'τ', 'φ'])
