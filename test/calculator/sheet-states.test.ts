import t, { type Test } from 'tap'
import { SheetStates, STATE_BYTES, STATES_BYTES } from '../../src/calculator/sheet/sheet-states.ts'
import { ownSheet, sheetOf } from '../../src/calculator/sheet/sheets.ts'
import { openDatabase } from '../../src/storage/database.ts'
import { dataSettings } from '../support/database.ts'
import { temporaryFolder } from '../support/server.ts'

const KIBIBYTES_16 = JSON.stringify('x'.repeat(16 * 1024 - 2))

/** A database in which so many people have a sheet with so many names of 16 KiB: n0, n1, … */
async function fullSheets(t: Test, people: number, names: number) {
  const data = await dataSettings(temporaryFolder(t))
  const database = await openDatabase(data.DATA_DIR, data.DATABASE_URL)
  t.teardown(() => database.destroy())
  const sheets: number[] = []
  for (let person = 0; person < people; person += 1) {
    const user = await database
      .insertInto('users')
      .values({ name: `person-${person}`, password: '', role: 'member', created_at: '' })
      .returning('id')
      .executeTakeFirstOrThrow()
    const { id } = await sheetOf(database, ownSheet(user.id))
    sheets.push(id)
    const rows = Array.from({ length: names }, (_, index) => ({
      sheet_id: id,
      name: `n${index}`,
      seq: index + 1,
      stored: KIBIBYTES_16,
    }))
    await database.insertInto('bindings').values(rows).execute()
    await database.updateTable('sheets').set({ rev: names }).where('id', '=', id).execute()
  }
  return { database, sheets }
}

/** Has an expression ask for seven names from this one on. */
const sum = (first: number): string => Array.from({ length: 7 }, (_, i) => `n${first + i}`).join('+')

t.test('of a sheet only the names that an expression needs are read', async (t) => {
  const { database, sheets } = await fullSheets(t, 1, 100)
  const states = new SheetStates(database)
  const state = await states.of(sheets[0] ?? 0)
  t.ok(state.bytes < 1024, 'none when it is opened')
  t.strictSame(Object.keys(await state.bindingsFor(database, 'n3 + 2 * n5 + m')), ['n3', 'n5'])
  t.ok(state.bytes < 3 * 2 * 16 * 1024, `then two of them: ${state.bytes} bytes`)
  t.equal(state.rev, 100)
})

t.test('what is kept of all sheets, and of each, is bounded in bytes', async (t) => {
  const { database, sheets } = await fullSheets(t, 12, 154)
  const states = new SheetStates(database)
  let most = 0
  for (const sheet of sheets)
    for (let first = 0; first < 98; first += 7) {
      const state = await states.of(sheet)
      await state.bindingsFor(database, sum(first))
      states.keep(state)
      most = Math.max(most, states.bytes)
    }
  t.ok(most > STATES_BYTES / 2, `they are kept: ${most} bytes`)
  t.ok(most <= STATES_BYTES, 'and never more than there may be')

  const [sheet = 0] = sheets
  const before = await states.of(sheet)
  for (let first = 0; first < 154; first += 7) {
    const state = await states.of(sheet)
    t.ok(Object.keys(await state.bindingsFor(database, sum(first))).length === 7)
    states.keep(state)
    t.ok((states.peek(sheet)?.bytes ?? 0) <= STATE_BYTES)
  }
  t.not(states.peek(sheet), before, 'a sheet of which too much was read was forgotten, and is read again')
})
