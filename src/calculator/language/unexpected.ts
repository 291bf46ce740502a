import { type CalculationError, syntax } from '../numbers/index.ts'
import { wholeMonth } from './moments-in-words.ts'
import type { Token } from './token.ts'
import type { TokenReader } from './token-reader.ts'
import type { Vocabulary } from './vocabulary.ts'
import { isInclusion, isOperator, OF_LISTS, ONLY_COUNTED } from './words.ts'

const INFIX = new Set([
  '+',
  '-',
  '*',
  '/',
  '^',
  '%',
  '!',
  '<',
  '>',
  '<=',
  '>=',
  '==',
  '!=',
  '&',
  '|',
  '^|',
  '<<',
  '>>',
  '(',
  '[',
  ',',
  ';',
  ':',
  '?',
  '.*',
  './',
  '.^',
])

/** Words before `=` that are taken for a name of several words. */
const WORDS_OF_NAME = 6

/** The error for the next token, which fits nowhere. */
export function unexpected(reader: TokenReader, vocabulary?: Vocabulary): CalculationError {
  const { kind, text, word, position } = reader.token
  const before = reader.previous
  if (kind === 'end' && before?.text === '|')
    return syntax(
      'A value is missing after this bar. Write a sign before an absolute value: 2 * |x|.',
      position,
    )
  if (kind === 'end') return syntax('Something is missing at the end.', position)
  if (text === ')' && kind === 'operator')
    return before?.kind === 'operator' && INFIX.has(before.text)
      ? syntax('A value is missing before this parenthesis.', position)
      : syntax('An opening parenthesis is missing.', position)
  if (text === ']' && kind === 'operator')
    return before?.kind === 'operator' && INFIX.has(before.text) && before.text !== '['
      ? syntax('A value is missing before this bracket.', position)
      : syntax('An opening bracket is missing.', position)
  if (text === '=' && kind === 'operator') return misplacedEquals(reader)
  if (text === ';' && innermost(reader) === 'call')
    return syntax('Commas separate the arguments of a function: max(1, 2).', position)
  if (text === ';') return syntax('Write one expression on each line.', position)
  if (text === ',' && innermost(reader) === 'call')
    return syntax(
      `\`${calledIn(reader)}\` is not a function. Only a function takes several values: max(1, 2).`,
      position,
    )
  if (text === ',')
    return syntax('A comma separates arguments in a call, max(1, 2), and cells of a list, [1, 2].', position)
  if (text === ':')
    return syntax('A colon needs a value on both sides: 1:5 is a range, 12:30 a time.', position)
  if (text === '?') return syntax('A question mark needs a condition before it: x > 0 ? 1 : 2.', position)
  if (kind === 'number' && innermost(reader) === 'cells')
    return syntax('Commas separate the cells of a list: [1, 2].', position)
  if (kind === 'number' && isInclusion(before?.text ?? ''))
    return syntax(
      'Write 100 + 20% to add a tax, or 120 / (1 + 20%) to take it out again.',
      before?.position ?? position,
    )
  if (word === 'from' && before?.text === '%')
    return syntax('Write 20% of 80 for that part of it, or 20% off 80 for the rest.', position)
  if (kind === 'number' && before?.kind === 'name' && wholeMonth(before.text, text) !== undefined)
    return syntax(
      `Write the day too: 1 ${before.text} ${text}. For the length of the month write days in ${before.text} ${text}.`,
      before.position,
    )
  if (kind === 'number' && before?.kind === 'number' && innermost(reader) === 'call')
    return syntax('Commas separate the arguments of a function: max(1, 2).', position)
  const list = reader.place > 1 ? reader.peek(-reader.place) : undefined
  if (kind === 'number' && before?.kind === 'number' && list && OF_LISTS.has(list.text.toLowerCase()))
    return syntax(`Commas separate several values: ${list.text}(1, 2, 3).`, position)
  const label = vocabulary && wordsBefore(reader, vocabulary)
  if ((kind === 'number' || kind === 'sign') && label !== undefined)
    return syntax(`An operator is missing here. After a label write a colon: ${label}: 5.`, position)
  if (kind === 'number' || kind === 'moment')
    return syntax(
      `An operator is missing before this ${kind === 'number' ? 'number' : 'date or time'}.`,
      position,
    )
  if (kind === 'sign')
    return before?.kind === 'number'
      ? syntax('An operator is missing before this amount.', position)
      : syntax(`Write an amount after \`${text}\`: ${text}50.`, position)
  if (kind === 'text') return syntax('Text cannot be used in calculations.', position)
  if (kind === 'power') return syntax('A value is missing before this power.', position)
  if (text === "'") return syntax("`'` transposes a matrix, or means feet right after a number.", position)
  if (text === 'remainder' && (before?.kind === 'number' || before?.text === 'with'))
    return syntax(
      'Write 17 div 5 for the whole part of a quotient, and 17 mod 5 for the remainder.',
      position,
    )
  if (word === 'of' && /^(?:day|end|start|beginning)$/i.test(before?.text ?? ''))
    return syntax('Write the month and the year: last day of November 2026.', position)
  if (word === 'on' || word === 'off')
    return syntax(`\`${text}\` belongs right after a percentage: 20% ${text} 50.`, position)
  if (word === 'of')
    return syntax('`of` belongs after a percentage or a function: 10% of 50, square root of 16.', position)
  if (kind === 'operator' && reader.place === 0 && /^[*/^%]$/.test(text))
    return syntax(
      `A value is missing before \`${text}\`. The value of the line above is \`ans\`: ans ${text} 2.`,
      position,
    )
  if (kind === 'operator' || isOperator(word))
    return syntax(`A value is missing before \`${text}\`.`, position)
  return syntax(`An operator is missing before \`${text}\`.`, position)
}

/** The word before the parenthesis that the next token stands in. */
function calledIn(reader: TokenReader): string {
  let closed = 0
  for (let ahead = -1; ahead > -reader.place; ahead--) {
    const { text, kind } = reader.peek(ahead)
    if (kind !== 'operator') continue
    if (text === ')' || text === ']') closed++
    else if ((text === '(' || text === '[') && closed-- === 0) return reader.peek(ahead - 1).text
  }
  return ''
}

/** The contents of the bracket that the next token stands in. */
export function innermost(reader: TokenReader): 'call' | 'cells' | 'nothing' {
  let closed = 0
  for (let ahead = -1; ahead >= -reader.place; ahead--) {
    const { text, kind } = reader.peek(ahead)
    if (kind !== 'operator') continue
    if (text === ')' || text === ']') closed++
    else if ((text === '(' || text === '[') && closed-- === 0)
      return text === '[' ? 'cells' : reader.peek(ahead - 1).kind === 'name' ? 'call' : 'nothing'
  }
  return 'nothing'
}

/** The words that a line begins with, up to the next token, where they mean nothing in the language: `Rent 1200`. */
function wordsBefore(reader: TokenReader, vocabulary: Vocabulary): string | undefined {
  const { isBound, isConstant, isFunction, findUnit } = vocabulary
  const before = Array.from({ length: Math.min(reader.place, WORDS_OF_NAME) }, (_, i) =>
    reader.peek(i - reader.place),
  )
  const isNew = ({ kind, text, word }: Token): boolean =>
    kind === 'name' &&
    (word === '' || ONLY_COUNTED.has(word)) &&
    !isBound(text) &&
    !isConstant(text) &&
    !isFunction(text) &&
    !findUnit(text)
  const isLabel = before.length === reader.place && before.every(isNew)
  return isLabel && before.length > 0 ? before.map(({ text }) => text).join(' ') : undefined
}

/** The error for a `=` where nothing can get a value, such as after a name with spaces. */
function misplacedEquals(reader: TokenReader): CalculationError {
  const before = Array.from({ length: reader.place }, (_, index) => reader.peek(index - reader.place))
  const isName = before.length > 1 && before.length <= WORDS_OF_NAME
  const { position } = reader.token
  if (isName && before.every(({ kind }) => kind === 'name'))
    return syntax(`A name is one word: ${before.map(({ text }) => text).join('_')} = 5.`, position)
  return syntax('`=` gives a name a value, at the start of a line: x = 5. To compare, write ==.', position)
}
