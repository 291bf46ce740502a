import { beginningOf, emptyKindOf, skipSpaces } from './beginning.ts'
import { beginsName, endOfName, normalise } from './characters.ts'
import { LANGUAGE } from './prepare.ts'

/** The parts of a line that can be told apart without knowing the other lines. */
export interface Head {
  /** The text before the expression. */
  readonly label: string
  /** The name that the line defines. */
  readonly defines: string | undefined
  /** The text in the parentheses of a function that it defines. */
  readonly parameters: string | undefined
  /** The expression, after the name that the line defines. */
  readonly body: string
}

const EQUALS = /\s*(?:\(([^()=]*)\)\s*:?=|:?=)(?![=<])/y

/**
 * Finds the name that a line defines where the parser would, without parsing the line.
 * @param text not empty, in the characters of the grammar
 */
export function headOf(text: string): Head {
  const { from } = beginningOf(text, { ...LANGUAGE, isBound: () => false })
  const label = text.slice(0, from)
  const begin = skipSpaces(text, from)
  const end = beginsName(text, begin) ? endOfName(text, begin) : begin
  EQUALS.lastIndex = end
  const found = end > begin ? EQUALS.exec(text) : null
  if (!found) return { label, defines: undefined, parameters: undefined, body: text.slice(from) }
  const defines = text.slice(begin, end).normalize('NFC')
  return { label, defines, parameters: found[1], body: text.slice(end + found[0].length) }
}

/** The words before the colon of a line, even if the line cannot be parsed. @param isBound as for the parser */
export function labelOf(expression: string, isBound: (name: string) => boolean): string | undefined {
  const { text } = normalise(expression)
  return emptyKindOf(text) === undefined ? beginningOf(text, { ...LANGUAGE, isBound }).label?.text : undefined
}
