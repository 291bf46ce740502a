import t from 'tap'
import { roomSheet, sheetOf } from '../../src/calculator/sheet/sheets.ts'
import { lines, openSheet } from '../support/calculator.ts'
import { newRoom, roomRow } from '../support/chat.ts'
import { startSheets, told } from '../support/sheets.ts'
import type { Frame } from '../support/socket.ts'

const { server, ada, bob, sheetWith, stored, values } = await startSheets(t)

t.test('changing a line also changes those that depend on it, in one edit', async (t) => {
  const { room, first, second } = await sheetWith(
    'rent = 1250',
    'food = 400',
    'costs = rent + food',
    'left = 2100 - costs',
    '7 * 6',
  )

  const done = await told(first, { type: 'set', seq: 1, expression: 'rent = 1350', base: 5 })

  t.match(done, { type: 'done', rev: 8 })
  const seen = await lines(second, 3)
  t.same(
    seen.map(({ seq, rev, until, text, changed_by }) => [seq, rev, until, text, changed_by]),
    [
      [1, 6, 8, '1350', 'ada'],
      [3, 7, 8, '1750', undefined],
      [4, 8, 8, '350', undefined],
    ],
  )
  t.same(await values(room), ['1350', '400', '1750', '350', '42'])
  t.same(await stored(room), [seen[0], ...(await stored(room)).slice(1)])
})

t.test(
  'lines may be in any order: the nearest definition above counts, or else the first below',
  async (t) => {
    const { room, first } = await sheetWith('x + 1', 'x = 5', 'x + 1', 'x = 7', 'x + 1')
    t.same(await values(room), ['6', '5', '6', '7', '8'])

    await told(first, { type: 'move', seq: 4, before: 1 })

    t.same(await values(room), ['7', '8', '5', '6', '6'])
  },
)

t.test('a first definition that reads its own name reads the one below it', async (t) => {
  const { room, first } = await sheetWith('y = y + 1', 'y = 5', 'y = y * 2')
  t.same(await values(room), ['6', '5', '10'])
  await told(first, { type: 'set', seq: 2, expression: 'y = 7', base: 3 })
  t.same(await values(room), ['8', '7', '14'])
  await told(first, { type: 'remove', seq: 2, base: 99 })
  t.match(await values(room), [/depends on itself/, /depends on itself/])
})

t.test(
  'a cycle or a missing name is an error of the lines that need it, until the text is fixed',
  async (t) => {
    const { room, first } = await sheetWith(
      'one1 = two2 + 1',
      'two2 = three3 + 1',
      'three3 = one1 + 1',
      'four4 = 2',
    )
    const circle = await values(room)
    t.match(circle[0], /depends on itself.*`(two2|three3)`/)
    t.match(circle[1], /depends on itself/)
    t.match(circle[2], /depends on itself/)
    t.equal(circle[3], '2')

    await told(first, { type: 'set', seq: 3, expression: 'three3 = four4', base: 4 })
    t.same(await values(room), ['4', '3', '2', '2'])

    await told(first, { type: 'remove', seq: 4, base: 10 })
    const missing = await stored(room)
    t.match(missing[2], { error: { code: 'evaluation', message: /`four4`/ } })
    t.match(missing[0], { error: { message: /`three3` has an error: .*`four4`/ } })
  },
)

t.test(
  'functions that call one another are an error in each of their lines, until the text is fixed',
  async (t) => {
    const { room, first, second } = await sheetWith(
      'even1(n) = odd1(n - 1)',
      'odd1(n) = even1(n - 1)',
      'even1(2) + 1',
      'down(n) = n <= 0 ? 0 : 1 + down(n - 1)',
      'down(3)',
    )
    const circle = (name: string) => `This line depends on itself, by way of \`${name}\`.`
    const inherited = {
      code: 'evaluation',
      message: `\`even1\` has an error: ${circle('odd1')}`,
      of: 'even1',
    }
    const [even, odd, call] = await stored(room)
    t.match(even, { kind: 'definition', error: { code: 'evaluation', message: circle('odd1') } })
    t.match(odd, { kind: 'definition', error: { code: 'evaluation', message: circle('even1') } })
    t.match(call?.error, inherited)
    t.same(
      (await values(room)).slice(3),
      ['down(n) = n <= 0 ? 0 : 1 + down(n - 1)', '3'],
      'a function may call itself',
    )

    await told(first, { type: 'set', seq: 2, expression: 'odd1(n) = 10 n', base: 5 })
    const healed = await lines(second, 3)
    t.same(
      healed.map(({ seq, text, until }) => [seq, text, until]),
      [
        [2, 'odd1(n) = 10 n', 8],
        [3, '11', 8],
        [1, 'even1(n) = odd1(n - 1)', 8],
      ],
      'all of it in one edit',
    )
  },
)

t.test('a function through which a line depends on itself has the error too', async (t) => {
  const { room, first } = await sheetWith(
    'start = grow(1)',
    'grow(n) = n + start',
    'grow(2)',
    'line5 * 2',
    'line4 + 1',
    'start = 5',
  )
  const by = (name: string) => `This line depends on itself, by way of \`${name}\`.`
  t.same(
    await values(room),
    ['6', 'grow(n) = n + start', '8', by('line5'), by('line4'), '5'],
    'there is no cycle yet',
  )

  await told(first, { type: 'remove', seq: 6, base: 6 })
  const of = `\`start\` has an error: ${by('grow')}`
  t.same(await values(room), [by('grow'), by('start'), of, by('line5'), by('line4')])

  await told(first, { type: 'insert', expression: 'start = 7', before: 3 })
  t.same((await values(room)).slice(0, 4), ['8', 'grow(n) = n + start', '7', '9'])
})

t.test('an error in a definition is passed on to the lines that use it', async (t) => {
  const { room, first } = await sheetWith('x = 1 +', 'y = x + 1', '5', 'ans * 2', 'f(n) = n + x', 'f(2)')
  const [x, y, , answer, f, call] = await stored(room)
  const message = (x?.error as Frame | undefined)?.message
  const same = { code: 'syntax', message: `\`x\` has an error: ${message}`, of: 'x' }
  t.match(y, { kind: 'definition', error: same })
  t.match(answer, { text: '10' })
  t.match(f, { kind: 'definition', text: 'f(n) = n + x' })
  t.match(call, { error: same })
  await told(first, { type: 'insert', expression: 'Rest: y * 2', before: null })
  await told(first, { type: 'insert', expression: 'total', before: null })
  await told(first, { type: 'insert', expression: 'line99', before: null })
  const [rest, total, gone] = (await stored(room)).slice(-3)
  t.match(rest, { label: 'Rest', error: same }, 'the label stays, even at the end of a chain')
  t.match(total, {
    error: { code: 'syntax', message: `One of the values above has an error: ${message}`, of: 'total' },
  })
  t.match(gone, { error: { message: /may have been removed/ } })
})

t.test('a sheet of an earlier release is calculated from its text when it is first opened', async (t) => {
  const room = await newRoom(ada, 'earlier')
  const { database } = server.app
  const { id: sheet_id } = await sheetOf(database, roomSheet((await roomRow(server.app, room)).id))
  const author = await database
    .selectFrom('users')
    .select('id')
    .where('name', '=', 'ada')
    .executeTakeFirstOrThrow()
  const rows = [
    ['x = 5', '4', '4'],
    ['x + 1', '5', '5'],
    ['7', '7', '7'],
    ['even1(n) = odd1(n)', 'even1(n) = odd1(n)', null],
    ['odd1(n) = even1(n)', 'odd1(n) = even1(n)', null],
  ] as const
  await database
    .insertInto('calculations')
    .values(
      rows.map(([expression, text, number], index) => ({
        sheet_id,
        seq: index + 1,
        rev: index + 1,
        sender_id: author.id,
        client_id: `earlier-${index}`,
        expression,
        text,
        result: number ?? JSON.stringify(text),
        value: number && JSON.stringify({ n: number }),
        name: expression.includes(' = ') ? expression.slice(0, expression.search(/[ (]/)) : null,
        created_at: '2026-01-01T00:00:00.000Z',
      })),
    )
    .execute()
  await database.updateTable('sheets').set({ rev: rows.length }).where('id', '=', sheet_id).execute()

  const socket = await openSheet(bob, room, '?since=5')
  const told = await lines(socket, 4)
  t.same(
    told.map(({ seq }) => Number(seq)).toSorted((a, b) => a - b),
    [1, 2, 4, 5],
    'people who were there before get the values that changed, and nothing else',
  )
  t.match(await values(room), ['5', '6', '7', /by way of `odd1`/, /by way of `even1`/])
  const positions = (await stored(room)).map(({ position }) => String(position))
  t.same(positions, positions.toSorted(), 'in their old order')
  t.equal(new Set(positions).size, rows.length)
})

t.test('headings, comments, labels, blank lines and totals are recognised by how they look', async (t) => {
  const { room } = await sheetWith(
    '# Budget',
    'Rent: 1200 + 50',
    '// the usual',
    'Food: 400',
    'total',
    '',
    '3 m',
    '20 cm',
    'sum',
    '# Part',
    '2',
    '4',
    'average',
  )
  t.same(
    (await stored(room)).map(({ kind, label, text }) => [kind, label, text]),
    [
      ['heading', undefined, ''],
      ['value', 'Rent', '1250'],
      ['comment', undefined, ''],
      ['value', 'Food', '400'],
      ['value', undefined, '1650'],
      ['blank', undefined, ''],
      ['value', undefined, '3 m'],
      ['value', undefined, '20 cm'],
      ['value', undefined, '3.2 m'],
      ['heading', undefined, ''],
      ['value', undefined, '2'],
      ['value', undefined, '4'],
      ['value', undefined, '3'],
    ],
  )
})

t.test('`sum`, `max` and the like with parentheses or `of` use only their own values', async (t) => {
  const { room, first } = await sheetWith(
    'max(1, 2)',
    '1 / 0',
    'sum([1, 2, 3])',
    'sum of 3 and 4',
    '# Part',
    '10',
    'count(4, 5, 6) + count',
    '1 h to min',
    'Total: total',
    'f(x) = max(x, 3) + total',
    'f(2)',
  )
  const [, , sum, sumOf, , , counts, minutes, total, , call] = await values(room)
  t.same([sum, sumOf, counts, minutes], ['6', '7', '4', '60 min'])
  t.match(
    total,
    /cannot be|different|mass|time|number/i,
    'a total with a label is a total, which fails here because its values do not fit together',
  )
  t.match(call, /function cannot read `total`/)
  t.equal((await values(room))[0], '2')
  first.send({ type: 'preview', expression: 'max(3, 4)', id: 'call' })
  t.match(await first.next('preview'), { id: 'call', text: '4' })
})

t.test('a label may be any word of the language except a defined name', async (t) => {
  const { room } = await sheetWith(
    '10',
    '20',
    'total: sum',
    'count: 5 + 5',
    'pi: 3',
    'ans: 4',
    'today: 5',
    'x = 3',
    'x: 5',
    'pi:5',
  )
  t.same(
    (await stored(room)).slice(2).map(({ label, text }) => [label, text]),
    [
      ['total', '30'],
      ['count', '10'],
      ['pi', '3'],
      ['ans', '4'],
      ['today', '5'],
      [undefined, '3'],
      [undefined, '[3, 4, 5]'],
      [undefined, '[3.1415926535898, 4.1415926535898]'],
    ],
  )
})

t.test('a name that is a word of the language counts only below its definition', async (t) => {
  const { room } = await sheetWith(
    'price = 3k',
    '2 million',
    'half of 10',
    'k = 7',
    'million = 8',
    'half = 9',
    'half + 1',
  )
  t.same(await values(room), ['3000', '2000000', '5', '7', '8', '9', '10'])
})

t.test('a name can be defined in any notation, and a comment after a total is not part of it', async (t) => {
  const { room } = await sheetWith(
    'Rent: x = 5',
    'y := 6',
    'ｚ＝７',
    'x + y + z',
    'total // all',
    '1',
    'total',
  )
  t.same(await values(room), ['5', '6', '7', '18', '36', '1', '1'])
})

t.test('`ans` is the value of the line above, wherever the line is moved', async (t) => {
  const { room, first } = await sheetWith('10', 'ans + 1', '# Part', 'ans + 1')
  t.same(await values(room), ['10', '11', '', '12'])
  await told(first, { type: 'insert', expression: '100', before: 2 })
  t.same(await values(room), ['10', '100', '101', '', '102'])
  await told(first, { type: 'set', seq: 5, expression: '1/0', base: 100 })
  t.match(await values(room), ['10', /./, /error/, '', /error/])
})

t.test('a reference to a line follows it wherever it moves', async (t) => {
  const { room, first } = await sheetWith('10', '20', 'line1 + line2')
  await told(first, { type: 'move', seq: 1, before: null })
  t.same(await values(room), ['20', '30', '10'])
  await told(first, { type: 'remove', seq: 2, base: 10 })
  t.match(await values(room), [/line2/, '10'])
})

t.test('renaming a name changes it everywhere, and changes no value', async (t) => {
  const { room, first } = await sheetWith(
    'rent = 1250',
    'f(n) = n * rent',
    'f(2) + rent',
    '// rent',
    'rents = 1',
  )
  const before = await values(room)
  t.match(await told(first, { type: 'rename', from: 'rent', to: 'flat' }), { type: 'done' })
  t.same(
    (await stored(room)).map(({ expression }) => expression),
    ['flat = 1250', 'f(n) = n * flat', 'f(2) + flat', '// rent', 'rents = 1'],
  )
  t.same((await values(room)).slice(2), before.slice(2))
  for (const to of [
    'rents',
    'm',
    'sin',
    '1x',
    'in',
    'of',
    'ans',
    'per',
    'percent',
    'what',
    'plus',
    'π',
    'line3',
  ])
    t.match(await told(first, { type: 'rename', from: 'flat', to }), { type: 'error', code: 'invalid' }, to)
  t.match(await told(first, { type: 'rename', from: 'nothing', to: 'x' }), { code: 'not_found' })
})

t.test('a name cannot be renamed to one that would change the meaning of a line', async (t) => {
  const { room, first } = await sheetWith('price = 5', '2price', '0price')
  const before = await stored(room)
  for (const to of ['e5', 'b1', 'am'])
    t.match(
      await told(first, { type: 'rename', from: 'price', to }),
      { code: 'invalid', error: /Choose another/ },
      to,
    )
  t.same(await stored(room), before)
})

t.test('renaming changes only that very name, even in unfinished lines', async (t) => {
  const { room, first } = await sheetWith(
    'today = 2020-01-01',
    'tomorrow',
    'rent = 5',
    'rent + ',
    'ｒｅｎｔ * 2',
  )
  const wrong = await told(first, { type: 'rename', from: 'today', to: 'day1' })
  t.match(wrong, { code: 'invalid', error: /`tomorrow`/ })
  t.match(await told(first, { type: 'rename', from: 'rent', to: 'flat' }), { type: 'done' })
  t.same(
    (await stored(room)).map(({ expression }) => expression),
    ['today = 2020-01-01', 'tomorrow', 'flat = 5', 'flat + ', 'flat * 2'],
  )
})

t.test('a sheet may define `today` itself', async (t) => {
  const { room } = await sheetWith('today = 2020-01-01', 'today + 1 day')
  t.same(await values(room), ['2020-01-01', '2020-01-02'])
})

t.test('a rename that would make lines too long, or too many to read, is refused', async (t) => {
  const { first } = await sheetWith('x = 1', `x + 1 ${' '.repeat(990)}x`)
  t.match(await told(first, { type: 'rename', from: 'x', to: 'length_of_it' }), { code: 'too_long' })
  const long = await sheetWith('x = 1')
  for (let sent = 0; sent < 3; sent += 1) {
    const expression = `x + 1 // ${'-'.repeat(985)}`
    const changes = Array.from({ length: 34 }, () => ({ type: 'insert', expression, before: null }))
    t.match(await told(long.first, { type: 'edit', changes }), { type: 'done' })
  }
  t.match(await told(long.first, { type: 'rename', from: 'x', to: 'y' }), { code: 'limit' })
})
