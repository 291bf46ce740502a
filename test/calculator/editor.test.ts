import t, { type Test } from 'tap'
import { createUser } from '../../src/accounts/users.ts'
import { evaluateLines } from '../../src/calculator/language/index.ts'
import { type LinesAnswer, POSTPONED } from '../../src/calculator/sandbox/answers.ts'
import type { LinesRequest } from '../../src/calculator/sandbox/evaluation-queue.ts'
import type { Pool } from '../../src/calculator/sandbox/pool.ts'
import { LATE, UNAVAILABLE } from '../../src/calculator/sandbox/refusals.ts'
import { valuesOn } from '../../src/calculator/sheet/asked-expressions.ts'
import { SheetDocuments } from '../../src/calculator/sheet/documents.ts'
import { inputsAt } from '../../src/calculator/sheet/inputs.ts'
import { linesInOrder } from '../../src/calculator/sheet/line-rows.ts'
import { readLine } from '../../src/calculator/sheet/read-line.ts'
import { SheetBusy } from '../../src/calculator/sheet/sheet-busy.ts'
import { ownSheet, sheetOf } from '../../src/calculator/sheet/sheets.ts'
import { stopClock } from '../support/clock.ts'
import { dataSettings } from '../support/database.ts'
import { editorOn, openWithFeatures } from '../support/features.ts'
import { temporaryFolder } from '../support/server.ts'
import { PASSWORD } from '../support/visitor.ts'

/** Calculates in this process, except lines that are marked as slow. */
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

/** A sheet as an earlier release stored it, whose lines have no positions, and all have the value 0. */
async function earlierSheet(t: Test, expressions: readonly string[]) {
  const { DATA_DIR, DATABASE_URL } = await dataSettings(temporaryFolder(t))
  const database = await openWithFeatures(DATA_DIR, DATABASE_URL)
  t.teardown(() => database.destroy())
  const ada = await createUser(database, { name: 'ada', password: PASSWORD }, 'open')
  if (typeof ada !== 'object') throw new Error('nobody was made')
  const { id: sheet } = await sheetOf(database, ownSheet(ada.id))
  for (let from = 0; from < expressions.length; from += 100)
    await database
      .insertInto('calculations')
      .values(
        expressions.slice(from, from + 100).map((expression, index) => ({
          sheet_id: sheet,
          seq: from + index + 1,
          rev: from + index + 1,
          sender_id: ada.id,
          client_id: `earlier-${from + index}`,
          expression,
          text: '0',
          result: '0',
          value: JSON.stringify({ n: '0' }),
          created_at: '2026-01-01T00:00:00.000Z',
        })),
      )
      .execute()
  await database.updateTable('sheets').set({ rev: expressions.length }).where('id', '=', sheet).execute()
  const stored = () => linesInOrder(database, sheet, '', 10_000)
  return { ada, database, sheet, stored }
}

/** The most processor time, in milliseconds, that one turn of the event loop takes during some work. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let before = process.threadCpuUsage()
  let isWorking = true
  const measure = () => {
    const { user, system } = process.threadCpuUsage(before)
    longest = Math.max(longest, (user + system) / 1_000)
    before = process.threadCpuUsage()
    if (isWorking) setImmediate(measure)
  }
  measure()
  await work()
  isWorking = false
  // The turn in which the work ended is not over yet.
  measure()
  return longest
}

/** Calculates in this process, and counts the lines. @param fails decides from the number of lines so far whether to fail instead */
function countingPool(fails: (lines: number) => boolean = () => false) {
  const { pool } = poolWithLongLines()
  const counted = { lines: 0 }
  const evaluate = async (request: LinesRequest) => {
    if (fails(counted.lines)) return UNAVAILABLE
    counted.lines += request.lines.length
    return pool.evaluateLines(request)
  }
  return { pool: { ...pool, evaluateLines: evaluate } as Pool, counted }
}

t.test(
  'a sheet of an earlier release is calculated in parts, and continues after the last stored part',
  async (t) => {
    const count = 1_200
    const expressions = Array.from({ length: count }, (_, index) =>
      index === 0 ? 'x0 = 1' : `x${index % 400} = ${index} + x${(index - 1) % 400} - x${(index - 1) % 400}`,
    )
    const { database, sheet, stored } = await earlierSheet(t, expressions)
    const failing = countingPool((lines) => lines > 0)
    await t.rejects(
      editorOn(database, failing.pool).look(sheet, () => {}),
      /could not be opened/,
    )
    const first = failing.counted.lines
    t.ok(first > 0 && first < count)
    t.equal((await stored()).length, first)

    const { pool, counted } = countingPool()
    const size = await editorOn(database, pool).look(sheet, ({ document }) => document.size)
    t.equal(size, count)
    t.equal(counted.lines, count - first, 'none is calculated twice')
    const lines = await stored()
    t.same(
      lines.map(({ seq }) => seq),
      expressions.map((_, index) => index + 1),
      'in their order',
    )
    t.same(
      lines.map(({ text }) => text),
      expressions.map((_, index) => String(Math.max(index, 1))),
    )
  },
)

t.test(
  'opening an old sheet with hundreds of functions that call each other does not block others',
  async (t) => {
    const ring = (count: number, step: number) =>
      Array.from({ length: count }, (_, index) => {
        const called = Array.from({ length: 60 }, (_, next) => `f${(index + 1 + next * step) % count}(n)`)
        return `f${index}(n) = ${called.join(' + ')}`
      })
    const calls = Array.from({ length: 1_000 }, (_, index) => `f${index % 200}(${index})`)
    const expressions = ['1 + 1', ...ring(200, 1), ...ring(200, 3), ...calls]
    const { ada, database, sheet, stored } = await earlierSheet(t, expressions)
    const editor = editorOn(database, countingPool().pool)

    t.ok((await longestTurn(() => editor.look(sheet, () => {}))) < 1_000)

    const lines = await stored()
    t.equal(lines.length, expressions.length)
    t.ok(
      lines.slice(401).every(({ error }) => error !== null),
      'a value that may be wrong is not shown',
    )
    const { pool } = countingPool()
    const context = { database, pool, editor, read: readLine, inputs: () => inputsAt(0, 'UTC') }
    const asked = Array.from({ length: 20 }, () => 'f0(1)')
    const ask = () => valuesOn(context, sheet, asked, { person: 'ada' })
    t.ok((await longestTurn(ask)) < 1_000, 'nor does a message with many expressions that call them')
    const change = { type: 'set', seq: 1, expression: '2 + 2', base: 10_000 } as const
    await editor.edit(sheet, ada, { type: 'change', change })
    t.equal((await stored())[0]?.text, '4')
  },
)

t.test('an edit that exceeds its time limit is refused as a whole, and blocks nobody', async (t) => {
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
  t.ok(asked.includes('whole'), 'it was given its full time')

  const change = { type: 'set', seq: 1, expression: 'x = 5', base: 2 } as const
  await editor.edit(sheet, ada, { type: 'change', change })
  t.same(
    (await values()).map(([, text]) => text),
    ['5', '6', '105'],
    'and later edits are made',
  )
})

t.test('while a large sheet is read, others have their turns', async (t) => {
  const { database, sheet } = await earlierSheet(
    t,
    Array.from({ length: 4_000 }, () => '0'),
  )
  const { pool } = poolWithLongLines()
  const size = () => editorOn(database, pool).look(sheet, ({ document }) => document.size)
  await size()
  let turns = 0
  let isReading = true
  const count = () => {
    turns += 1
    if (isReading) setImmediate(count)
  }
  setImmediate(count)
  t.equal(await size(), 4_000)
  isReading = false
  t.ok(turns >= 15, `${turns} turns`)
})

t.test('a sheet whose lines take long to read is read over many turns', async (t) => {
  const lines = 40
  const { database, sheet } = await earlierSheet(
    t,
    Array.from({ length: lines }, () => 'total'),
  )
  const goBy = stopClock(t)
  let inOneTurn = 0
  let most = 0
  const documents = new SheetDocuments(
    database,
    (expression) => {
      if (inOneTurn === 0)
        setImmediate(() => {
          inOneTurn = 0
        })
      inOneTurn += 1
      most = Math.max(most, inOneTurn)
      goBy(6)
      return readLine(expression)
    },
    true,
  )
  const open = await documents.of(sheet)
  t.equal(open.unplaced.length, lines)
  t.equal(most, 2)
})

/** A sheet of two people. */
async function sheetOfTwo(t: Test, read = readLine) {
  const { ada, database, sheet } = await earlierSheet(t, [])
  const bob = await createUser(database, { name: 'bob', password: PASSWORD }, 'open')
  if (typeof bob !== 'object') throw new Error('nobody was made')
  return { ada, bob, sheet, editor: editorOn(database, countingPool().pool, read) }
}

t.test('a person whose lines took long to read waits for a while, and others meanwhile do not', async (t) => {
  const goBy = stopClock(t)
  const { ada, bob, sheet, editor } = await sheetOfTwo(t, (expression) => {
    if (expression.includes('much')) goBy(100)
    return readLine(expression)
  })
  const append = (expression: string) => ({ type: 'append', expression }) as const
  await editor.edit(sheet, ada, append('1 // much'))
  let isWaiting = true
  const second = editor.edit(sheet, ada, append('2')).then(() => {
    isWaiting = false
  })
  await editor.edit(sheet, bob, append('3'))
  t.ok(isWaiting)
  goBy(301)
  await second
})

t.test('a person cannot have so much wait that others find no room', async (t) => {
  const { ada, bob, sheet, editor } = await sheetOfTwo(t)
  const insert = { type: 'insert', expression: `0 // ${'much '.repeat(190)}`, before: null } as const
  const changes = Array.from({ length: 500 }, () => insert)
  const edits = Array.from({ length: 10 }, () => editor.edit(sheet, ada, { type: 'edit', changes }))
  const bobs = editor.edit(sheet, bob, { type: 'append', expression: '1' })
  const outcomes = await Promise.allSettled(edits)
  const busy = outcomes.filter((outcome) => 'reason' in outcome && outcome.reason instanceof SheetBusy)
  t.equal(busy.length, 6)
  t.ok((await bobs).line)
})
