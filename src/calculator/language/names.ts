import { beginsName, endOfName, isDigit, NUMBER_LETTERS, normalise } from './characters.ts'
import { LENGTH, NAME_LENGTH } from './limits.ts'

const EXPONENT = /[eE][+-]?\d+/y
const BASED = /0[xXbBoO][0-9a-fA-F_]+/y

/**
 * The words of a line that could be names of the sheet, which a caller has to look up before the line is parsed. Functions and
 * units are included, since only the parser can distinguish them; if words are joined with digits, as in `5ft3in`, so are their
 * parts. Reads the line once, and only up to the longest line. Never throws.
 */
export function namesIn(line: string): string[] {
  const { text } = normalise(line.slice(0, 2 * LENGTH))
  const names = new Set<string>()
  let index = 0
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === 35 && text.slice(0, index).trim() === '') return []
    if (code === 47 && text.charCodeAt(index + 1) === 47) break
    if (isDigit(code)) index = endOfNumber(text, index)
    else if (beginsName(text, index)) {
      const end = endOfName(text, index)
      addWord(names, text.slice(index, end))
      index = end
    } else if (code === 34) index = endOfText(text, index)
    else index++
  }
  return [...names]
}

/** Tells whether a name can be given a value at all, which rules out names that are special in JavaScript. */
export const bindable = (name: string): boolean =>
  name.length <= NAME_LENGTH && !name.startsWith('__') && !(name in Object.prototype)

function addWord(names: Set<string>, typed: string): void {
  const word = NUMBER_LETTERS.has(typed) ? undefined : typed.normalize('NFC')
  if (word === undefined) return
  if (bindable(word)) names.add(word)
  if (!/\d/.test(word)) return
  for (const { 0: letters, index } of word.matchAll(/\D+/g)) {
    if (bindable(letters)) names.add(letters)
    const rest = word.slice(index, index + NAME_LENGTH + 1)
    if (index > 0 && bindable(rest)) names.add(rest)
  }
}

function endOfNumber(text: string, start: number): number {
  BASED.lastIndex = start
  const based = BASED.exec(text)?.[0]
  if (based !== undefined) return start + based.length
  let end = start
  while (isDigit(text.charCodeAt(end))) end++
  if (text.charAt(end) === '.' && isDigit(text.charCodeAt(end + 1))) return endOfNumber(text, end + 1)
  EXPONENT.lastIndex = end
  const exponent = EXPONENT.exec(text)?.[0]
  return end + (exponent?.length ?? 0)
}

/** A text in quotes mentions nothing; inches do not begin one. */
function endOfText(text: string, start: number): number {
  if (start > 0 && isDigit(text.charCodeAt(start - 1))) return start + 1
  const end = text.indexOf('"', start + 1)
  return end < 0 ? start + 1 : end + 1
}
