import { hasOtherMeaning, isBindable, LENGTH, renamed, saysTheSame } from '../language/index.ts'
import { EditRefused, type LineChange } from './commands.ts'
import { RECALCULATED } from './document/bounds.ts'
import { type DocumentLine, isInput, referredLine } from './document/reading.ts'
import type { SheetDocument } from './document/sheet-document.ts'

/** Characters of the lines that are read for one renaming: it holds others up. */
const READ = 100_000

const NAME = /^[\p{L}_][\p{L}\p{M}\p{N}_]*$/u

/**
 * Returns the changes that rename a name everywhere and leave every value as it is.
 * @throws EditRefused
 */
export function renaming(document: SheetDocument, from: string, to: string, rev: number): LineChange[] {
  if (!NAME.test(to) || !isBindable(to))
    throw new EditRefused(
      'invalid',
      'A name consists of letters, digits and underscores, and begins with a letter.',
    )
  if (hasOtherMeaning(to) || to === 'ans' || referredLine(to) !== undefined)
    throw new EditRefused('invalid', `\`${to}\` is a unit or a word of the language. Choose another name.`)
  if (from === to) return []
  if (document.isMentioned(to))
    throw new EditRefused('invalid', `\`${to}\` is already on this sheet. Choose another name.`)
  const lines = document.mentioning(from).filter((line) => isOfSheet(document, from, line))
  if (!lines.some(({ reading }) => reading.defines === from))
    throw new EditRefused('not_found', `No line defines \`${from}\`.`)
  if (lines.length > RECALCULATED)
    throw new EditRefused('limit', `More than ${RECALCULATED.toLocaleString('en')} lines use \`${from}\`.`)
  if (lines.reduce((sum, { expression }) => sum + expression.length, 0) > READ)
    throw new EditRefused(
      'limit',
      `Together, the lines that use \`${from}\` have more than ${READ.toLocaleString('en')} characters.`,
    )
  return lines.flatMap((line): LineChange[] => {
    const isBound = (name: string) => document.isBound(name, line) || line.reading.defines === name
    const expression = renamed(line.expression, { from, to, isBound })
    if ([...expression].length > LENGTH)
      throw new EditRefused(
        'too_long',
        `A line would become longer than ${LENGTH.toLocaleString('en')} characters.`,
      )
    if (!saysTheSame(line.expression, expression, { from, to, isBound }))
      throw new EditRefused('invalid', `\`${expression}\` would mean something else. Choose another name.`)
    return expression === line.expression ? [] : [{ type: 'set', seq: line.seq, expression, base: rev }]
  })
}

/** An input such as `today` goes by its own name, and so does what uses it. */
function isOfSheet(document: SheetDocument, name: string, line: DocumentLine): boolean {
  if (line.reading.defines === name) return !isInput(line)
  const definition = document.definition(name, line)
  return definition === undefined || !isInput(definition)
}
