import t from 'tap'
import { roomSheet, sheetOf } from '../../src/calculator/sheet/sheets.ts'
import { roomRow } from '../support/chat.ts'
import { startSheets } from '../support/sheets.ts'
import type { TestSocket } from '../support/socket.ts'

const { server, ada, bob, sheetWith, values } = await startSheets(t)

t.test('live values', async (t) => {
  const token = await ada.token('/account')
  const put = async (room: string, name: string, value: unknown, by = ada) => {
    const headers = {
      'content-type': 'application/json',
      'x-csrf-token': by === ada ? token : await by.token('/account'),
    }
    const path = `/api/rooms/${room}/values/${encodeURIComponent(name)}`
    return by.request('PUT', path, JSON.stringify({ value }), headers)
  }
  const remove = (room: string, name: string) =>
    ada.request('DELETE', `/api/rooms/${room}/values/${name}`, undefined, { 'x-csrf-token': token })
  const listed = async (room: string) => JSON.parse((await bob.get(`/api/rooms/${room}/values`)).text)

  t.test('live values are inputs of the sheet, and lines that use one follow in the same edit', async (t) => {
    const { room, second } = await sheetWith(
      'temperature * 2',
      'temperature = 1',
      'temperature + 1',
      '# no value',
    )
    t.same(await values(room), ['2', '1', '2', ''])
    const answer = await put(room, 'temperature', 21.5)
    t.equal(answer.status, 200)
    const set = JSON.parse(answer.text)
    t.match(set, { name: 'temperature', value: '21.5', text: '21.5', sender: 'ada', rev: 5 })
    t.match(await second.next('input'), { name: 'temperature', text: '21.5', rev: 5, until: 6, at: set.at })
    t.match(await second.next('result'), { seq: 1, rev: 6, until: 6, text: '43' })
    t.same(await values(room), ['43', '1', '2', ''], 'a definition counts below it')
    const { rev: _, ...value } = set
    t.same(await listed(room), { rev: 6, values: [value] })

    t.match(JSON.parse((await put(room, 'temperature', '70 °F', bob)).text), {
      value: '70 °F',
      sender: 'bob',
    })
    t.match(await second.next('result'), { seq: 1, text: '140 °F' })
    t.equal((await remove(room, 'temperature')).status, 204)
    t.match(await second.next('input'), { name: 'temperature', removed: true })
    t.same(await values(room), ['2', '1', '2', ''])
    t.same((await listed(room)).values, [])
    t.equal((await remove(room, 'temperature')).status, 204, 'again')
    await put(room, 'temperature', 3)
    t.same(await values(room), ['6', '1', '2', ''], 'and it can be set again')
    for (const socket of [second]) socket.close()
  })

  t.test('live values reach people at most four times a second, including the last one', async (t) => {
    const { room, second } = await sheetWith('first_one + second_one')
    const before = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => put(room, 'first_one', index)),
    )
    t.ok(answers.every(({ status }) => status === 200))
    const { liveValues } = server.app.calculator
    const { id: sheet } = await sheetOf(server.app.database, roomSheet((await roomRow(server.app, room)).id))
    const set = (value: number) => {
      const name = value % 2 === 1 ? 'first_one' : 'second_one'
      return liveValues.set(sheet, { name, expression: `${name} = ${value}`, sender: { id: 1, name: 'ada' } })
    }
    await Promise.all(Array.from({ length: 600 }, (_, index) => set(index + 1)))
    const seconds = (performance.now() - before) / 1000
    t.same(
      (await listed(room)).values.map(({ value }: { value: string }) => value),
      ['599', '600'],
    )
    await eventuallyText(second, '1199')
    const edits = await server.app.database
      .selectFrom('sheets')
      .innerJoin('rooms', 'rooms.id', 'sheets.room_id')
      .select('sheets.rev')
      .where('slug', '=', room)
      .executeTakeFirstOrThrow()
    // Each edit has at most three changes: two values, and the line.
    t.ok(edits.rev - 1 <= 3 * (4 * seconds + 2), `${edits.rev} changes in ${seconds} s`)
    second.close()
  })

  t.test('a live value is refused if the calculator cannot read it or its name is taken', async (t) => {
    const { room } = await sheetWith('m = 3')
    const meaningful = ['today', 'now', 'm', 'sum', 'ans', 'line1', 'pi', 'π', 'constructor', '__proto__']
    for (const name of [...meaningful, '1x', 'a b', 'x'.repeat(65)])
      t.match(await put(room, name, 1), { status: 400, text: /"code":"invalid"/ }, name)
    for (const value of [true, null, [1], {}, '', ' ', '1\n2', 'x'.repeat(201)])
      t.match(await put(room, 'x', value), { status: 400, text: /"code":"invalid"/ }, String(value))
    t.match(await put(room, 'x', '(1'), { status: 400, text: /"code":"syntax","position":2/ })
    for (const value of ['rent', 'm2 + line1', '1/0', 'x', '= 3'])
      t.match(await put(room, 'x', value), { status: 400, text: /"code":"(syntax|evaluation)"/ }, value)
    t.same((await listed(room)).values, [])
    for (const value of [-0.25, 1e21, 5e-7, '3 m + 2 cm', '2026-11-28', '1/3'])
      t.match(await put(room, 'x', value), { status: 200 }, String(value))
    t.match(JSON.parse((await put(room, 'e\u0301t\u00e9', 1)).text), { name: '\u00e9t\u00e9', text: '1' })
  })

  t.test('a room has at most fifty live values', async (t) => {
    const { room } = await sheetWith('1')
    await Promise.all(Array.from({ length: 45 }, (_, index) => put(room, `value_${index}`, index)))
    const { liveValues } = server.app.calculator
    const { id: sheet } = await sheetOf(server.app.database, roomSheet((await roomRow(server.app, room)).id))
    const more = Array.from({ length: 60 }, (_, index) =>
      liveValues
        .set(sheet, {
          name: `more_${index}`,
          expression: `more_${index} = 1`,
          sender: { id: 1, name: 'ada' },
        })
        .then(
          () => 'set',
          ({ code }) => code,
        ),
    )
    const answers = await Promise.all(more)
    const count = (answer: string) => answers.filter((given) => given === answer).length
    t.equal(count('set'), 5, 'even if many arrive at once')
    t.equal(count('rate_limited'), 10, 'at most fifty names wait')
    t.equal(count('limit'), 45)
    t.equal((await listed(room)).values.length, 50)
    t.match(await put(room, 'one_more', 1), { status: 413, text: /at most 50 live values.*"code":"limit"/ })
    t.equal((await put(room, 'value_7', 8)).status, 200)
  })
})

/** Resolves when a line has this value. */
async function eventuallyText(socket: TestSocket, text: string): Promise<void> {
  while ((await socket.next('result')).text !== text);
}
