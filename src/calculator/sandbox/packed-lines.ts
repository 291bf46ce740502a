import type { LineProblem, Meaning, SheetLine } from '../language/index.ts'

/** Lines in which each stored value and function stands once, however many of them need it. */
export interface PackedLines {
  /** In place of a text each has its index in `texts`, counted down from -1. */
  readonly lines: readonly SheetLine[]
  readonly texts: readonly string[]
}

export function packLines(lines: readonly SheetLine[]): PackedLines {
  if (lines.every(needsNothing)) return { lines, texts: [] }
  const indexes = new Map<string, number>()
  const problems = new Map<LineProblem, string>()
  const textOf = (problem: LineProblem) => {
    const text = problems.get(problem) ?? PROBLEM + JSON.stringify(problem)
    problems.set(problem, text)
    return text
  }
  const packed = withMeanings(lines, (meant) => {
    if (typeof meant === 'number' || meant === null) return meant
    const text = typeof meant === 'string' ? meant : textOf(meant)
    const index = indexes.get(text) ?? indexes.size
    indexes.set(text, index)
    return -1 - index
  })
  return { lines: packed, texts: [...indexes.keys()] }
}

export function unpackLines({ lines, texts }: PackedLines): readonly SheetLine[] {
  if (texts.length === 0) return lines
  const meanings = texts.map((text) =>
    text.startsWith(PROBLEM) ? (JSON.parse(text.slice(PROBLEM.length)) as LineProblem) : text,
  )
  return withMeanings(lines, (meant) =>
    typeof meant === 'number' && meant < 0 ? (meanings[-1 - meant] ?? null) : meant,
  )
}

/** Most lines are such: they say all that they are calculated from. */
function needsNothing({ names, totals }: SheetLine): boolean {
  return totals === undefined && Object.keys(names).length === 0
}

/** Stands before what is wrong with a line among the texts; no stored value begins with it. */
const PROBLEM = '!'

/** The bytes that lines take while they wait: two a character, since what is not Latin takes so many. */
export function bytesOfLines({ lines, texts }: PackedLines): number {
  let characters = 0
  for (const text of texts) characters += text.length
  for (const { expression, names, totals } of lines) {
    characters += expression.length + MEANING * (totals?.of.length ?? 0)
    for (const name of Object.keys(names)) characters += name.length + MEANING
  }
  return 2 * characters
}

/** Characters for which the index of a meaning counts. */
const MEANING = 2

function withMeanings(lines: readonly SheetLine[], meaningOf: (meant: Meaning) => Meaning): SheetLine[] {
  return lines.map(({ expression, names, totals }) => ({
    expression,
    names: Object.fromEntries(Object.entries(names).map(([name, meant]) => [name, meaningOf(meant)])),
    ...(totals && { totals: { words: totals.words, of: totals.of.map(meaningOf) } }),
  }))
}
