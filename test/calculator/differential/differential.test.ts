import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { outlived } from '../../support/programs.ts'
import { seedFrom } from '../../support/seed.ts'
import { calculate } from './calculator.ts'
import type { Answer, Case } from './case.ts'
import { Chance } from './chance.ts'
import { difference } from './compare.ts'
import { explanationOf } from './explained.ts'
import { type Conversion, startGnuUnits } from './gnu-units.ts'
import { arithmeticKinds } from './kinds/arithmetic.ts'
import { conversionsOfCatalogue } from './kinds/catalogue.ts'
import { dateKinds } from './kinds/dates.ts'
import { functionKinds } from './kinds/functions.ts'
import { listKinds } from './kinds/lists.ts'
import { mixtures } from './kinds/mixtures.ts'
import { byQalc, quantityKinds } from './kinds/quantities.ts'
import { wordKinds } from './kinds/words.ts'
import { startPython } from './python.ts'
import { startQalc } from './qalc.ts'

const seconds = Number(process.env.DIFFERENTIAL_SECONDS ?? (process.env.CI ? 25 : 5))
const seed = seedFrom('DIFFERENTIAL_SEED')

/** After so many differences of one kind, no more of that kind are looked for. */
const ENOUGH = 20

const [python, qalc, units] = [await startPython(), startQalc(), startGnuUnits()]
const missing = Object.entries({ 'python3-sympy': python, qalc, units }).flatMap(([name, oracle]) =>
  oracle ? [] : [name],
)
if (missing.length > 0 && process.env.CI === 'true') throw new Error(`apt install ${missing.join(' ')}`)
const KINDS = [
  ...arithmeticKinds,
  ...functionKinds,
  ...listKinds,
  ...wordKinds,
  ...dateKinds,
  ...quantityKinds,
  ...(units ? [await conversionsOfCatalogue(units)] : []),
]
const QALC_KINDS = [mixtures, byQalc]

t.teardown(() => {
  for (const oracle of [python, qalc, units]) oracle?.close()
})

t.setTimeout((seconds + 120) * 1000)
t.comment(`seed ${seed}, ${seconds} s; DIFFERENTIAL_SEED and DIFFERENTIAL_SECONDS set them`)

interface Found {
  readonly typed: string
  readonly differs: string
}

/** The cases of one kind that were tried, and the differences found. */
class Tally {
  tried = 0
  skipped = 0
  explained = 0
  readonly found: Found[] = []
}

const tallies = new Map<string, Tally>()

function tallyOf(kind: string): Tally {
  const tally = tallies.get(kind) ?? new Tally()
  tallies.set(kind, tally)
  return tally
}

async function ask(cases: readonly Case[]): Promise<Answer[]> {
  const trees = cases.flatMap(({ question }) => (question.oracle === 'python' ? [question.tree] : []))
  const expressions = cases.flatMap(({ question }) =>
    question.oracle === 'qalc' ? [question.expression] : [],
  )
  const conversions = cases.flatMap(({ question }): Conversion[] =>
    question.oracle === 'units' ? [question] : [],
  )
  const [byPython, byQalc, byUnits] = await Promise.all([
    trees.length > 0 ? python?.ask(trees) : [],
    expressions.length > 0 ? qalc?.ask(expressions) : [],
    conversions.length > 0 ? units?.ask(conversions) : [],
  ])
  const answers = { python: byPython, qalc: byQalc, units: byUnits }
  return cases.map(({ question }) => answers[question.oracle]?.shift() ?? { skip: 'no such oracle here' })
}

async function judge(one: Case, answer: Answer): Promise<string | undefined> {
  return difference(await calculate(one.lines), answer, one)
}

/** The smallest part of a case that still differs. */
async function smallest(one: Case, differs: string): Promise<Found> {
  const parts = one.smaller?.() ?? []
  const answers = await ask(parts)
  for (const [at, part] of parts.entries()) {
    const also = await judge(part, answers[at] ?? { skip: 'none' })
    if (also !== undefined && explanationOf(part.kind, part.lines.join('\n'), also) === undefined)
      return await smallest(part, also)
  }
  return { typed: one.lines.join(' ; '), differs }
}

async function tryCases(cases: readonly Case[]): Promise<void> {
  const answers = await ask(cases)
  for (const [at, one] of cases.entries()) {
    const answer = answers[at] ?? { skip: 'none' }
    const tally = tallyOf(one.kind)
    tally.tried++
    if ('skip' in answer) tally.skipped++
    const differs = await judge(one, answer)
    if (differs === undefined) continue
    if (explanationOf(one.kind, one.lines.join('\n'), differs) !== undefined) tally.explained++
    else if (tally.found.length < ENOUGH) tally.found.push(await smallest(one, differs))
  }
}

/** The answers of a process that has calculated nothing before, asked in another order. */
async function answersOfFreshProcess(cases: readonly (readonly string[])[]): Promise<unknown[]> {
  const child = outlived([process.execPath, new URL('./fresh.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('no pipes')
  stdin.end(JSON.stringify(cases.toReversed()))
  const answers: unknown[] = JSON.parse(await text(stdout))
  return answers.toReversed()
}

t.test('answers the same whatever was asked before', async (t) => {
  const chance = new Chance(seed)
  const cases = Array.from({ length: 12 }, () =>
    [...KINDS, ...QALC_KINDS].map((kind) => kind(chance).lines),
  ).flat()
  const answers: unknown[] = []
  for (const lines of cases) answers.push(JSON.parse(JSON.stringify(await calculate(lines))))
  const fresh = await answersOfFreshProcess(cases)
  for (const [at, lines] of cases.entries())
    if (JSON.stringify(answers[at]) !== JSON.stringify(fresh[at]))
      t.same(answers[at], fresh[at], `${lines.join(' ; ')} does not depend on what came before`)
  t.equal(fresh.length, cases.length)
})

t.test('gives the same answers as qalc, GNU units and Python', async (t) => {
  const chance = new Chance(seed)
  const ended = performance.now() + seconds * 1000
  try {
    while (performance.now() < ended)
      await tryCases([
        ...Array.from({ length: 20 }, () => KINDS.map((kind) => kind(chance))).flat(),
        ...Array.from({ length: 16 }, () => QALC_KINDS.map((kind) => kind(chance))).flat(),
      ])
  } finally {
    // Even if an oracle fails after an hour.
    report(t)
  }
})

function report(t: Test): void {
  for (const [kind, { tried, skipped, explained, found }] of tallies) {
    t.comment(`${kind}: ${tried} tried, ${skipped} the oracle cannot tell, ${explained} explained`)
    const shortest = found.toSorted((a, b) => a.typed.length - b.typed.length)
    for (const { typed, differs } of shortest) t.comment(`  ${typed}: ${differs}`)
    t.equal(found.length, 0, `${kind}: no difference that is not explained`)
  }
}
