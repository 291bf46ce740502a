import t from 'tap'
import { createUser } from '../../src/accounts/users.ts'
import { evaluateLines } from '../../src/calculator/language/index.ts'
import { type LinesAnswer, POSTPONED } from '../../src/calculator/sandbox/answers.ts'
import type { LinesRequest } from '../../src/calculator/sandbox/evaluation-queue.ts'
import type { Pool } from '../../src/calculator/sandbox/pool.ts'
import { LATE } from '../../src/calculator/sandbox/refusals.ts'
import { linesInOrder } from '../../src/calculator/sheet/line-rows.ts'
import { ownSheet, sheetOf } from '../../src/calculator/sheet/sheets.ts'
import { dataSettings } from '../support/database.ts'
import { editorOn, openWithFeatures } from '../support/features.ts'
import { temporaryFolder } from '../support/server.ts'
import { PASSWORD } from '../support/visitor.ts'

/** Calculates in this process, but for lines that say of themselves that they take long. */
function poolWithLongLines() {
  const asked: ('brief' | 'whole')[] = []
  async function evaluate(
    request: LinesRequest & { readonly isBrief: true },
  ): Promise<LinesAnswer | typeof POSTPONED>
  async function evaluate(request: LinesRequest): Promise<LinesAnswer>
  async function evaluate({ lines, isBrief }: LinesRequest): Promise<LinesAnswer | typeof POSTPONED> {
    if (!lines.some(({ expression }) => expression.includes('// long')))
      return evaluateLines(lines, Number.POSITIVE_INFINITY, () => 0) ?? LATE
    asked.push(isBrief ? 'brief' : 'whole')
    return isBrief ? POSTPONED : LATE
  }
  const pool: Pool = {
    evaluateLines: evaluate,
    pids: () => [],
    state: () => ({ processes: { quick: 0, slow: 0, stuck: 0 }, unanswered: 0 }),
    close: async () => {},
  }
  return { pool, asked }
}

t.test('an edit that runs into its time limit is refused whole, and holds nobody up', async (t) => {
  const { DATA_DIR, DATABASE_URL } = await dataSettings(temporaryFolder(t))
  const database = await openWithFeatures(DATA_DIR, DATABASE_URL)
  t.teardown(() => database.destroy())
  const ada = await createUser(database, { name: 'ada', password: PASSWORD }, 'open')
  const bob = await createUser(database, { name: 'bob', password: PASSWORD }, 'open')
  if (typeof ada !== 'object' || typeof bob !== 'object') throw new Error('nobody was made')
  const { id: sheet } = await sheetOf(database, ownSheet(ada.id))
  const { pool, asked } = poolWithLongLines()
  const editor = editorOn(database, pool)
  const values = async () =>
    (await linesInOrder(database, sheet, '', 10)).map(({ expression, text }) => [expression, text])
  for (const expression of ['x = 1', 'x + 1']) await editor.edit(sheet, ada, { type: 'append', expression })

  const long = editor.edit(sheet, ada, {
    type: 'edit',
    changes: [
      { type: 'set', seq: 1, expression: 'x = 2', base: 2 },
      { type: 'insert', expression: 'x * 3 // long', before: null },
    ],
  })
  const beside = editor.edit(sheet, bob, { type: 'append', expression: 'x + 100' })
  await t.rejects(long, { code: 'timeout' })
  t.same((await beside).line?.text, '101')
  t.same(await values(), [
    ['x = 1', '1'],
    ['x + 1', '2'],
    ['x + 100', '101'],
  ])
  t.ok(asked.includes('whole'), 'it was given its time')

  const change = { type: 'set', seq: 1, expression: 'x = 5', base: 2 } as const
  await editor.edit(sheet, ada, { type: 'change', change })
  t.same(
    (await values()).map(([, text]) => text),
    ['5', '6', '105'],
    'and what comes after it is made',
  )
})
