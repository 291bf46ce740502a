import {
  emptyKindOf,
  hasOtherMeaning,
  headOf,
  namesIn,
  namesRead,
  normalise,
  TOTALS,
  totalsRead,
} from '../language/index.ts'
import type { Reading } from './document/reading.ts'

/** A sum of plain numbers, as most lines are. It is no comment, and no words are in it. */
const SUM = /^(?!.*\/\/)[ .()+\-*/]*\d[\d .()+\-*/]*$/

/** Reads the parts of a line on which dependencies are based. */
export function readLine(expression: string): Reading {
  if (SUM.test(expression)) return PLAIN
  const { text } = normalise(expression)
  const empty = emptyKindOf(text)
  if (empty !== undefined) return empty === 'comment' ? NOTHING : SECTION_END
  const { label, defines, parameters, body } = headOf(text)
  const own = parameters === undefined ? NONE : namesIn(parameters)
  // Whether a word is a name decides whether it may be in a label.
  const labels = namesIn(label).filter((name) => name !== defines && inputIn(name).length === 0)
  const mentioned = [...labels, ...namesIn(body).filter((name) => !own.includes(name))]
  const isFromNow = FROM_NOW.test(body)
  const fromToday = isFromNow ? ['today'] : []
  const isSpan = isFromNow || mentioned.some((name) => SPANS.has(name.toLowerCase()))
  const fromNow = isSpan && SHORT_TIME.test(body) ? ['now'] : []
  const mentions = new Set([...mentioned, ...mentioned.flatMap(readFor), ...fromToday, ...fromNow])
  const totals = parameters === undefined ? totalsIn(expression, body) : NONE
  return {
    namesRead,
    role: parameters === undefined ? 'value' : 'function',
    defines,
    definesBelow: defines !== undefined && hasOtherMeaning(defines),
    mentions: mentions.size === 0 ? NONE : [...mentions],
    totals,
    endsSection: defines === undefined && totals.includes(decapitalised(withoutComment(body).trim())),
  }
}

/** One list for all lines: most have nothing to put into it. */
const NONE: readonly string[] = []

const NO_NAMES: ReadonlySet<string> = new Set()

const NOTHING: Reading = {
  role: 'none',
  defines: undefined,
  definesBelow: false,
  mentions: NONE,
  namesRead: () => NO_NAMES,
  totals: NONE,
  endsSection: false,
}

/** The reading of every heading and blank line. */
const SECTION_END: Reading = { ...NOTHING, endsSection: true }

/** The reading of every sum of plain numbers. */
const PLAIN: Reading = { ...NOTHING, role: 'value' }

/** Words that are read from the day: `tomorrow`, `3 days ago`, `days until 2026-12-24`, `next friday`. */
const FROM_TODAY = new Set([
  ...'today tomorrow yesterday ago until till since'.split(' '),
  ...'monday tuesday wednesday thursday friday saturday sunday'.split(' '),
])

/** Words of a length of time that ends or begins now. */
const SPANS = new Set('ago until till since'.split(' '))

/** Lengths of time that are shorter than a day, and times of day: they are counted from the time, and not from the day. */
const SHORT_TIME =
  /(?<!\p{L})(?:h|hrs?|hours?|mins?|minutes?|s|secs?|seconds?|noon|midnight|past|o['’]?clock)(?!\p{L})|\d:\d\d|\d *[ap]\.?m/iu

/** Lines of other words that are read from the day: `in 3 weeks`, `days to 2026-12-24`. */
const FROM_NOW = /^\s*(?:in\s+[\p{L}\d]+\s+\p{L}|(?:how\s+many\s+)?\p{L}+\s+to\s+(?:\d|\p{L}+\s+\d))/iu

/** The input that a word of the language is read from: `tomorrow` is a day after `today`. */
function inputIn(word: string): string[] {
  const small = word.toLowerCase()
  if (small === 'now') return ['now']
  return FROM_TODAY.has(small) ? ['today'] : []
}

/** The names from which a word takes its value where no line defines it: `ans` for `prev`, and the inputs of the clock. */
const readFor = (word: string): string[] => (/^(?:prev|Prev|Ans|ANS)$/.test(word) ? ['ans'] : inputIn(word))

/** The words of a line that are totals where nothing on the sheet goes by these names. */
function totalsIn(expression: string, body: string): readonly string[] {
  const words = new Set(namesIn(body).map(decapitalised))
  const mentioned = TOTALS.filter((word) => words.has(word))
  if (mentioned.length === 0) return NONE
  // Words that mean nothing else are most likely names.
  const isName = (word: string) => !hasOtherMeaning(word) && !TOTALS.includes(decapitalised(word))
  const read = totalsRead(expression, isName)
  return read ? mentioned.filter((word) => read.has(word)) : mentioned
}

/** A word whose first letter a keyboard may have written large, or all of them. */
function decapitalised(word: string): string {
  if (word === word.toUpperCase()) return word.toLowerCase()
  return word.charAt(0).toLowerCase() + word.slice(1)
}

function withoutComment(text: string): string {
  const [said = ''] = text.split('//', 1)
  return said
}
