import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { createUser } from '../../src/accounts/users.ts'
import { Calculations } from '../../src/calculator/calculate.ts'
import { linesAfter } from '../../src/calculator/lines.ts'
import { openPool } from '../../src/calculator/pool.ts'
import { ownSheet, sheetOf } from '../../src/calculator/sheets.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { temporaryFolder } from '../support/server.ts'

const TIMES = 20

t.test('two processes that count one name up at the same time count every line, each once', async (t) => {
  const folder = temporaryFolder(t)
  const database = await openDatabase(folder)
  t.teardown(() => database.destroy())
  const log = { warn: t.comment, error: t.comment }
  const pool = openPool({ log })
  t.teardown(() => pool.close())
  const people = [
    await createUser(database, 'ada', 'correct horse battery', 'open'),
    await createUser(database, 'bob', 'correct horse battery', 'open'),
  ]
  const ada = people[0] ?? t.fail('nobody was made')
  if (typeof ada === 'boolean') return
  const { id: sheet } = await sheetOf(database, ownSheet(ada.id))
  await new Calculations(database, pool, () => {}).add(sheet, ada, 'x = 0')

  const counts = await Promise.all(people.map((person) => count(folder, sheet, person?.id ?? 0)))

  const expected = Array.from({ length: 2 * TIMES }, (_, index) => index + 1)
  const told = counts.flat().map(Number)
  t.same(
    told.sort((one, other) => one - other),
    expected,
    'no value was told twice',
  )
  const lines = await linesAfter(database, sheet, 1, undefined, 100)
  t.same(
    lines.map(({ text }) => Number(text)),
    expected,
    'the lines stand in the order in which they counted',
  )
  t.same(
    lines.map(({ rev }) => rev),
    expected.map((number) => number + 1),
    'without a hole in their numbers',
  )
  const late = await new Calculations(database, pool, () => {}).add(sheet, ada, 'x')
  t.match(late, { line: { text: String(2 * TIMES) } }, 'and who comes late has the same value')
})

async function count(folder: string, sheet: number, sender: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'counter.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    folder,
    `${sheet}`,
    `${sender}`,
    `${TIMES}`,
  ])
  return JSON.parse(stdout)
}
