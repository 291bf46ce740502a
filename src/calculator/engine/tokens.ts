import { syntax } from './errors.ts'
import { LENGTH, NAME_LENGTH } from './limits.ts'
import { type Normalised, normalise } from './normalise.ts'

export interface Token {
  readonly kind: 'number' | 'name' | 'operator' | 'word' | 'end'
  readonly text: string
  /** 0-based code point of what the person typed. */
  readonly position: number
  /** True if white space stands before it. */
  readonly spaced: boolean
}

const NUMBER =
  /0[xX][0-9a-fA-F]+(?![\w.])|0[bB][01]+(?![\w.])|0[oO][0-7]+(?![\w.])|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const BAD_BASE = /0[xXbBoO]\w*/y
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy
const OPERATOR = /\*\*|\.\*|\.\/|\.\^|<<|>>|<=|>=|==|!=|\^\||[-+*/^%!'()[\],;:?<>=&|~√∛]/y
const WORD = /"([^"]*)"/y
const BLANK = /[ \t\r\n]+/y
// Marks, zero-width characters and direction controls: unseen, they could make a line read as another one.
const UNSEEN = /[\p{Cc}\p{Cf}\p{M}\u115f\u1160\u3164\uffa0]/u

/** Splits an expression into tokens, the last of kind `end`; throws a `syntax` error at what is no token. */
export function tokenise(expression: string): Token[] {
  const normalised = normalise(expression)
  const { text } = normalised
  const tokens: Token[] = []
  let index = 0
  let spaced = false
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = index
    return pattern.exec(text)?.[0]
  }
  const put = (kind: Token['kind'], found: string) => {
    tokens.push({ kind, text: found, position: normalised.positionOf(index), spaced })
    index += found.length
    spaced = false
  }
  while (index < text.length) {
    const blank = match(BLANK)
    if (blank) {
      index += blank.length
      spaced = true
      continue
    }
    const number = match(NUMBER)
    const based = match(BAD_BASE)
    if (based && (!number || number.length < based.length))
      throw syntax(`\`${based}\` is not a number.`, normalised.positionOf(index))
    if (number) {
      put('number', number)
      continue
    }
    const name = match(NAME)
    if (name) {
      if (UNSEEN.test(name))
        throw syntax('There is an invisible character here.', normalised.positionOf(index))
      if (name.length > NAME_LENGTH) throw syntax('This name is too long.', normalised.positionOf(index))
      put('name', name)
      continue
    }
    const operator = match(OPERATOR)
    if (operator) {
      put('operator', operator)
      continue
    }
    const word = match(WORD)
    if (word) {
      put('word', word)
      continue
    }
    throw unknown(text, index, normalised)
  }
  tokens.push({ kind: 'end', text: '', position: normalised.positionOf(index), spaced })
  return tokens
}

function unknown(text: string, index: number, normalised: Normalised) {
  const point = String.fromCodePoint(text.codePointAt(index) ?? 0)
  const position = normalised.positionOf(index)
  if (UNSEEN.test(point)) return syntax('There is an invisible character here.', position)
  if (point === '{' || point === '}') return syntax('Braces mean nothing here; use parentheses.', position)
  if (point === '"') return syntax('A closing quotation mark is missing.', position)
  if (point === '.') return syntax('A digit is missing beside this point.', position)
  if (point === '#') return syntax('Comments mean nothing here.', position)
  return syntax(
    `\`${/[\ud800-\udfff]/.test(point) && point.length === 1 ? '\ufffd' : point}\` means nothing here.`,
    position,
  )
}

// A number is taken whole, as the tokeniser takes it, so that `2e3x` mentions `x`; text in quotation marks mentions nothing.
const MENTION = new RegExp(`${NUMBER.source}|${WORD.source.replace('(', '(?:')}|(${NAME.source})`, 'gu')

/**
 * The names that an expression mentions, functions and units among them: what a caller has to look up among a
 * sheet's bindings. Goes through the text once, and past the longest expression not at all. Never throws; loads no
 * arithmetic. Names that cannot be bound, such as those that JavaScript keeps for itself, are left out.
 */
export function namesIn(expression: string): string[] {
  const names = new Set<string>()
  for (const [, name] of normalise(expression.slice(0, 2 * LENGTH)).text.matchAll(MENTION))
    if (name !== undefined && bindable(name)) names.add(name)
  return [...names]
}

/** Tells whether a name can be given a value at all. */
export const bindable = (name: string): boolean =>
  name.length <= NAME_LENGTH && !name.startsWith('__') && !(name in Object.prototype)
