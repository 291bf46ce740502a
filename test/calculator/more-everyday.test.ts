import t from 'tap'
import { calculate } from './differential/calculator.ts'
import inputs from './more-everyday.json' with { type: 'json' }

interface Input {
  kind: string
  /** Typed one after the other on an empty sheet; the last one is judged. */
  lines: string[]
  /** What is shown, or null where it is refused. */
  want: string | null
  why: string
  /** A public report of another calculator's wrong answer. */
  source?: string
}

const all: readonly Input[] = inputs
const withoutSpaces = (text: string): string => text.replaceAll(/\s/g, '')

for (const [kind, ofKind] of Map.groupBy(all, ({ kind }) => kind))
  t.test(`answers as a person means it: ${kind}`, async (t) => {
    for (const { lines, want, why, source } of ofKind) {
      const said = await calculate(lines)
      const name = `${lines.join(' ; ')} (${source ?? why})`
      if (want === null) t.ok('refused' in said, `${name} is refused`, { found: said })
      else t.equal('text' in said ? withoutSpaces(said.text) : said.refused, withoutSpaces(want), name)
    }
  })
