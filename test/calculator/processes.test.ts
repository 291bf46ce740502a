import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { createUser } from '../../src/accounts/users.ts'
import { openPool } from '../../src/calculator/sandbox/pool.ts'
import { linesAfter } from '../../src/calculator/sheet/line-rows.ts'
import { ownSheet, sheetOf } from '../../src/calculator/sheet/sheets.ts'
import { calculate, lines, openSheet } from '../support/calculator.ts'
import { type DataSettings, dataSettings } from '../support/database.ts'
import { editorOn, openWithFeatures } from '../support/features.ts'
import { at, startTwoProcesses } from '../support/processes.ts'
import { withRedis } from '../support/redis.ts'
import { temporaryFolder } from '../support/server.ts'
import type { Frame, TestSocket } from '../support/socket.ts'
import { PASSWORD, type Visitor } from '../support/visitor.ts'

const TIMES = 20

t.test('two processes that increment one name at the same time count every line once', async (t) => {
  const data = await dataSettings(temporaryFolder(t))
  const database = await openWithFeatures(data.DATA_DIR, data.DATABASE_URL)
  t.teardown(() => database.destroy())
  const log = { warn: t.comment, error: t.comment }
  const pool = openPool({ log, patience: 60_000 })
  t.teardown(() => pool.close())
  const people = [
    await createUser(database, { name: 'ada', password: PASSWORD }, 'open'),
    await createUser(database, { name: 'bob', password: PASSWORD }, 'open'),
  ]
  const ada = people[0] ?? t.fail('nobody was made')
  if (typeof ada === 'boolean') return
  const { id: sheet } = await sheetOf(database, ownSheet(ada.id))
  await editorOn(database, pool).edit(sheet, ada, { type: 'append', expression: 'x = 0' })

  const counts = await Promise.all(people.map((person) => count(data, sheet, person?.id ?? 0)))

  const expected = Array.from({ length: 2 * TIMES }, (_, index) => index + 1)
  const told = counts.flat().map(Number)
  t.same(
    told.sort((one, other) => one - other),
    expected,
    'no value was sent twice',
  )
  const lines = await linesAfter(database, sheet, 1, undefined, 100)
  t.same(
    lines.map(({ text }) => Number(text)),
    expected,
    'the lines are in the order in which they counted',
  )
  t.same(
    lines.map(({ rev }) => rev),
    expected.map((number) => number + 1),
    'and their numbers have no gap',
  )
  const late = await editorOn(database, pool).edit(sheet, ada, { type: 'append', expression: 'x' })
  t.match(late, { line: { text: String(2 * TIMES) } }, 'and a client that connects later gets the same value')
})

t.test('a sheet that is open at two processes', withRedis, async (t) => {
  const { second, person } = await startTwoProcesses(t)
  const [ada, bob] = [await person('ada'), await person('bob')]
  const [here, there] = [await openSheet(ada, 'lobby'), await openSheet(at(second, bob), 'lobby')]

  t.test('a line calculated at one appears at the other at once, and can be built on there', async (t) => {
    const begun = performance.now()
    t.match(await calculate(here, 'x = 0', 'start'), { text: '0' })
    t.match(await there.next('result'), { id: 'start', text: '0' })
    for (let turn = 1; turn <= 20; turn += 1) {
      const [asks, hears] = turn % 2 ? [there, here] : [here, there]
      t.match(await calculate(asks, 'x = x + 1', `turn-${turn}`), { text: `${turn}` })
      t.match(await hears.next('result'), { id: `turn-${turn}`, text: `${turn}` })
    }
    t.ok(performance.now() - begun < 15_000, 'looking into the database would take a second each time')
  })

  t.test('the sheet stays the same at both while both are busy', async (t) => {
    const from = (await calculate(here, 'y = 0', 'y')).rev
    await lines(there, 1)
    for (let number = 0; number < TIMES; number += 1) {
      here.send({ expression: 'y = y + 1', id: `here-${number}` })
      there.send({ expression: 'y = y + 1', id: `there-${number}` })
    }
    for (const socket of [here, there]) {
      const heard = await lines(socket, 2 * TIMES)
      const expected = Array.from({ length: 2 * TIMES }, (_, index) => index + 1)
      t.same(
        heard.map(({ text }) => Number(text)),
        expected,
      )
      t.same(
        heard.map(({ rev }) => Number(rev) - Number(from)),
        expected,
      )
    }
  })

  t.test('a preview at one uses names defined at the other', async (t) => {
    await calculate(here, 'z = 41', 'z')
    await lines(there, 1)
    there.send({ type: 'preview', expression: 'z + 1', id: 'preview' })
    t.match(await there.next('preview'), { text: '42' })
  })

  t.test('an edit at one can be undone and redone at the other', async (t) => {
    const elsewhere = await openSheet(at(second, ada), 'lobby')
    const { seq, rev } = await calculate(here, 'w = 1', 'w')
    here.send({ type: 'set', seq, expression: 'w = 2', base: rev, id: 'set' })
    const set = await answerTo(here, 'set')
    elsewhere.send({ type: 'undo', rev: set.rev, id: 'undo' })
    const undone = await answerTo(elsewhere, 'undo')
    here.send({ type: 'redo', rev: undone.rev, id: 'redo' })
    const redone = await answerTo(here, 'redo')
    t.match([set, undone, redone], [{ type: 'done' }, { type: 'done' }, { type: 'done' }])
    const heard: Frame[] = []
    while (heard.at(-1)?.rev !== redone.rev) {
      const line = await there.next('result')
      if (line.seq === seq) heard.push(line)
    }
    t.same(
      heard.map(({ text }) => text),
      ['1', '2', '1', '2'],
    )
    const [one, other] = await Promise.all(
      [ada, at(second, ada)].map((same) => same.get('/api/sheets/lobby')),
    )
    t.equal(one?.text, other?.text)
  })

  t.test(
    'live values sent to both reach people at most four times a second, including the last',
    async (t) => {
      const people = [ada, at(second, bob)]
      const tokens = new Map(
        await Promise.all(people.map(async (one) => [one, await one.token('/account')] as const)),
      )
      const put = (person: Visitor, value: number) =>
        person.request('PUT', '/api/rooms/lobby/values/temperature', JSON.stringify({ value }), {
          'content-type': 'application/json',
          'x-csrf-token': tokens.get(person) ?? '',
        })
      const COUNT = 40
      // Each client sends its next value when the one before was accepted.
      const sent = people.map(async (person) => {
        for (let number = 0; number < COUNT / 8; number += 1)
          t.strictSame(
            (await Promise.all([1, 2, 3, 4].map((part) => put(person, number * 4 + part)))).map(
              (one) => one.status,
            ),
            [200, 200, 200, 200],
          )
      })
      await Promise.all(sent)
      t.equal((await put(ada, 99.5)).status, 200)
      const heard = await Promise.all([here, there].map(inputsUpTo('99.5')))
      t.strictSame(heard[0], heard[1], 'the same at both')
      const times = heard[0]?.map(({ at: time }) => Date.parse(String(time))) ?? []
      t.ok(times.length > 4)
      for (const [index, time] of times.entries()) {
        const fourth = times[index - 4]
        // Values that are stored together are one change, and clocks count in milliseconds.
        if (fourth !== undefined) t.ok(time - fourth >= 990, `${time - fourth} ms for four changes`)
      }
    },
  )

  t.test('a personal sheet is the same at both, and nobody else’s', async (t) => {
    const [desk, phone] = [await openSheet(ada), await openSheet(at(second, ada))]
    const stranger = await openSheet(at(second, bob))
    await calculate(desk, 'mine = 1', 'mine')
    t.match(await phone.next('result'), { id: 'mine' })
    t.match(await calculate(stranger, 'mine', 'theirs'), { type: 'error' })
    t.match(await calculate(phone, 'mine + 1', 'more'), { text: '2' })
  })
})

async function answerTo(socket: TestSocket, id: string): Promise<Frame> {
  for (;;) {
    const frame = await socket.next()
    if (frame.id === id && (frame.type === 'done' || frame.type === 'error')) return frame
  }
}

/** All values of a live value that a socket is sent, up to the given one, without repetitions. */
function inputsUpTo(text: string) {
  return async (socket: TestSocket): Promise<Frame[]> => {
    const inputs: Frame[] = []
    while (inputs.at(-1)?.text !== text) inputs.push(await socket.next('input'))
    return inputs
  }
}

async function count(data: DataSettings, sheet: number, sender: number): Promise<string[]> {
  const script = join(import.meta.dirname, 'counter.ts')
  const parameters = [script, `${sheet}`, `${sender}`, `${TIMES}`]
  const { stdout } = await promisify(execFile)(process.execPath, parameters, { env: { ...data } })
  return JSON.parse(stdout)
}
