import { hasOtherMeaning, namesIn, namesRead, TOTALS } from '../language/index.ts'
import type { Reading } from './document/reading.ts'

const DEFINITION = /^\s*([\p{L}_][\p{L}\p{M}\p{N}_]*)\s*(?:\(([^()=]*)\))?\s*=(?!=)/u
const HEADING = /^\s*#/
const COMMENT = /^\s*\/\//

/** Reads of a line what others depend on. */
export function readLine(expression: string): Reading {
  if (expression.trim() === '' || HEADING.test(expression)) return { ...NOTHING, endsSection: true }
  if (COMMENT.test(expression)) return NOTHING
  const [, defines, parameters] = DEFINITION.exec(expression) ?? []
  const names = namesIn(expression)
  const own = parameters === undefined ? [] : namesIn(parameters)
  const [header = ''] = DEFINITION.exec(expression) ?? []
  const body = namesIn(expression.slice(header.length))
  const mentioned = (defines === undefined ? names : body).filter((name) => !own.includes(name))
  const mentions = [...new Set([...mentioned, ...mentioned.flatMap(inputIn)])]
  return {
    namesRead: (isBound) => namesRead(expression, isBound),
    role: parameters === undefined ? 'value' : 'function',
    defines,
    definesBelow: defines !== undefined && hasOtherMeaning(defines),
    mentions,
    totals: TOTALS.filter((word) => mentions.includes(word)),
    endsSection: TOTALS.some((word) => word === withoutLabel(expression).trim()),
  }
}

const NO_NAMES: ReadonlySet<string> = new Set()

const NOTHING: Reading = {
  role: 'none',
  defines: undefined,
  definesBelow: false,
  mentions: [],
  namesRead: () => NO_NAMES,
  totals: [],
  endsSection: false,
}

/** The input that a word of the language is read from: `tomorrow` is a day after `today`. */
function inputIn(word: string): string[] {
  const small = word.toLowerCase()
  if (small === 'now') return ['now']
  return ['today', 'tomorrow', 'yesterday'].includes(small) ? ['today'] : []
}

function withoutLabel(expression: string): string {
  return expression.slice(expression.lastIndexOf(':') + 1)
}
