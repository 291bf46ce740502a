import {
  emptyKindOf,
  hasOtherMeaning,
  headOf,
  namesIn,
  namesRead,
  normalise,
  TOTALS,
} from '../language/index.ts'
import type { Reading } from './document/reading.ts'

/** Reads of a line what others depend on. */
export function readLine(expression: string): Reading {
  const { text } = normalise(expression)
  const empty = emptyKindOf(text)
  if (empty !== undefined) return empty === 'comment' ? NOTHING : { ...NOTHING, endsSection: true }
  const { label, defines, parameters, body } = headOf(text)
  const own = parameters === undefined ? [] : namesIn(parameters)
  // Whether a word is a name decides whether it may be in a label.
  const labels = namesIn(label).filter((name) => name !== defines)
  const mentioned = [...labels, ...namesIn(body).filter((name) => !own.includes(name))]
  const mentions = [...new Set([...mentioned, ...mentioned.flatMap(inputIn)])]
  return {
    namesRead: (isBound) => namesRead(expression, isBound),
    role: parameters === undefined ? 'value' : 'function',
    defines,
    definesBelow: defines !== undefined && hasOtherMeaning(defines),
    mentions,
    totals: TOTALS.filter((word) => mentions.includes(word)),
    endsSection: defines === undefined && TOTALS.some((word) => word === withoutComment(body).trim()),
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

function withoutComment(text: string): string {
  const [said = ''] = text.split('//', 1)
  return said
}
