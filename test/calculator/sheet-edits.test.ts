import t from 'tap'
import { DRAFT_LENGTH, decodeDraft, encodeDraft } from '../../src/calculator/drafts.ts'
import { roomSheet, sheetOf } from '../../src/calculator/sheet/sheets.ts'
import { lines, openSheet } from '../support/calculator.ts'
import { newRoom, roomRow } from '../support/chat.ts'
import { startServer } from '../support/server.ts'
import type { Frame, TestSocket } from '../support/socket.ts'

/** The time of the server, which tests can change. */
const clock = { now: Date.UTC(2026, 10, 28, 14, 5) }
const server = await startServer(
  t,
  { RATE_LIMIT: '0', SIGN_UPS_PER_ADDRESS: '0', ROOMS_PER_USER: '0', TIME_ZONE: 'Europe/Berlin' },
  { now: () => clock.now },
)
const ada = await server.person('ada')
const bob = await server.person('bob')

let asked = 0

/** Sends a frame. @returns its `done`, or the error */
async function told(socket: TestSocket, frame: Frame): Promise<Frame> {
  const id = String(frame.id ?? `asked-${++asked}`)
  socket.send({ ...frame, id })
  for (;;) {
    const answer = await socket.next()
    if (answer.id === id && (answer.type === 'done' || answer.type === 'error')) return answer
  }
}

/** A room's sheet with some lines, and the sockets of two people who look at it. */
async function sheetWith(...expressions: string[]) {
  const room = await newRoom(ada, `sheet ${++asked}`)
  const [first, second] = [await openSheet(ada, room), await openSheet(bob, room)]
  const changes = expressions.map((expression, index) => ({
    type: 'insert',
    expression,
    before: null,
    id: `line-${index + 1}`,
  }))
  if (changes.length > 0) {
    first.send({ type: 'edit', changes, id: 'beginning' })
    await lines(second, changes.length)
    while ((await first.next()).type !== 'done');
  }
  return { room, first, second }
}

/** The lines of a sheet as they are stored, in order. */
async function stored(room: string): Promise<Frame[]> {
  const answer = await ada.get(`/api/sheets/${room}`)
  return JSON.parse(answer.text).lines
}

async function values(room: string): Promise<unknown[]> {
  return (await stored(room)).map(({ text, error }) => text ?? (error as Frame)?.message)
}

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

t.test('a line that is inserted with an error is kept, but one that is evaluated is not', async (t) => {
  const { room, first } = await sheetWith()
  t.match(await told(first, { type: 'insert', expression: '12 * (7', before: null }), {
    type: 'done',
    rev: 1,
  })
  t.match(await told(first, { expression: '12 * (7' }), { type: 'error', code: 'syntax', position: 7 })
  t.match(await stored(room), [
    { expression: '12 * (7', kind: 'value', error: { code: 'syntax', message: /./, position: 7 } },
  ])
  t.equal((await stored(room))[0]?.text, undefined)
})

t.test(
  'a person who changes a line that somebody else has changed is shown it, and changes nothing',
  async (t) => {
    const { room, first, second } = await sheetWith('rent = 1250', 'rent * 2')
    t.match(await told(first, { type: 'set', seq: 1, expression: 'rent = 1350', base: 2 }), { type: 'done' })

    t.match(await told(second, { type: 'set', seq: 1, expression: 'rent = 1300', base: 2 }), {
      type: 'error',
      code: 'conflict',
      seq: 1,
      rev: 3,
      expression: 'rent = 1350',
    })
    t.match(await told(second, { type: 'remove', seq: 1, base: 2 }), { code: 'conflict', seq: 1 })
    t.match(
      await told(second, { type: 'set', seq: 1, expression: 'rent = 1350', base: 2 }),
      { type: 'done' },
      'writing the same text is not a conflict',
    )
    t.match(
      await told(second, { type: 'set', seq: 2, expression: 'rent * 3', base: 2 }),
      { type: 'done' },
      'recalculating a line is not a conflict either',
    )
    t.match(await told(first, { type: 'move', seq: 1, before: null }), { type: 'done' })
    t.match(
      await told(second, { type: 'set', seq: 1, expression: 'rent = 1', base: 5 }),
      { type: 'done' },
      'nor is moving it',
    )
    t.match(await told(first, { type: 'remove', seq: 1, base: 100 }), { type: 'done' })
    t.match(
      await told(first, { type: 'remove', seq: 1, base: 0 }),
      { type: 'done' },
      'the line is removed again',
    )
    t.match(await told(second, { type: 'set', seq: 1, expression: 'rent = 2', base: 100 }), {
      code: 'conflict',
      seq: 1,
      removed: true,
    })
    t.same((await stored(room)).length, 1)
    t.match(await told(first, { type: 'set', seq: 99, expression: '1', base: 100 }), { code: 'not_found' })
  },
)

t.test('several changes are applied all together or not at all, and the failing one is named', async (t) => {
  const { room, first, second } = await sheetWith('1', '2', '3')
  const changes = [
    { type: 'set', seq: 1, expression: '10', base: 3 },
    { type: 'remove', seq: 2, base: 3 },
    { type: 'insert', expression: 'line1 + line3', before: 1, id: 'new' },
  ]
  t.match(await told(first, { type: 'edit', changes: [...changes, { type: 'move', seq: 77, before: 1 }] }), {
    type: 'error',
    code: 'not_found',
    index: 3,
  })
  t.match(await told(first, { type: 'edit', changes: [{ type: 'shout' }] }), { code: 'invalid', index: 0 })
  const alone = { type: 'remove', seq: 77, base: 1 }
  t.match(await told(first, { type: 'edit', changes: [alone] }), { code: 'not_found', index: 0 })
  t.notHas(await told(first, alone), { index: 0 }, 'an invalid list of changes has no index')
  t.same(await values(room), ['1', '2', '3'])

  t.match(await told(first, { type: 'edit', changes }), { type: 'done', rev: 6 })
  t.same(await values(room), ['13', '10', '3'])
  const seen = await lines(second, 3)
  t.same([...new Set(seen.map(({ until }) => until))], [6])
  t.match(
    seen.find(({ seq }) => seq === 2),
    { removed: true },
  )
})

t.test('an edit that is sent again is applied once', async (t) => {
  const { room, first } = await sheetWith('1')
  const insert = { type: 'insert', expression: '2', before: null, id: 'same' }
  const done = await told(first, insert)
  t.same(await told(first, insert), done)
  const changes = [{ type: 'insert', expression: '3', before: null, id: 'x' }]
  const edited = await told(first, { type: 'edit', changes, id: 'edit' })
  t.same(await told(first, { type: 'edit', changes, id: 'edit' }), edited)
  t.same(await values(room), ['1', '2', '3'])
})

t.test(
  'a line that is inserted again is answered with its first edit, whatever happened since',
  async (t) => {
    const { room, first, second } = await sheetWith('x = 1')
    const insert = { type: 'insert', expression: 'x + 1', before: null, id: 'same' }
    const done = await told(first, insert)
    await told(second, { type: 'set', seq: 1, expression: 'x = 2', base: 2 })
    t.same(await told(first, insert), done)
    t.match(await told(first, { type: 'undo', rev: done.rev }), { type: 'done' })
    t.same(await values(room), ['2'])
  },
)

t.test('an id belongs to one line of its sender', async (t) => {
  const { room, first } = await sheetWith('1')
  const insert = { type: 'insert', expression: '2', before: null, id: 'same' }
  const twice = { type: 'edit', changes: [insert, insert] }
  t.match(await told(first, twice), { type: 'error', code: 'invalid', index: 1 })
  const used = {
    type: 'edit',
    changes: [
      { ...insert, id: 'line-1' },
      { ...insert, id: 'other' },
    ],
  }
  t.match(await told(first, used), { type: 'error', code: 'invalid', index: 0 })
  const tabs = [await openSheet(ada, room), await openSheet(ada, room)]
  await Promise.all(tabs.map((tab) => told(tab, insert)))
  t.same(await values(room), ['1', '2'], 'also from two tabs at once')
})

t.test('people undo and redo their own edits, unless somebody built on them', async (t) => {
  const { room, first, second } = await sheetWith('rent = 1250', 'rent * 2', 'food = 1')
  const set = await told(first, { type: 'set', seq: 1, expression: 'rent = 1350', base: 3 })
  const undone = await told(first, { type: 'undo', rev: set.rev })
  t.match(undone, { type: 'done' })
  t.same(await values(room), ['1250', '2500', '1'])
  t.match(await told(first, { type: 'undo', rev: set.rev }), { type: 'done', rev: undone.rev }, 'once')
  t.match(await told(first, { type: 'redo', rev: undone.rev }), { type: 'done' })
  t.same(await values(room), ['1350', '2700', '1'])

  t.match(await told(second, { type: 'undo', rev: set.rev }), { code: 'not_found' }, 'somebody else’s edit')
  const removed = await told(first, { type: 'remove', seq: 3, base: 100 })
  await told(second, { type: 'insert', expression: 'food', before: null })
  t.match(await told(first, { type: 'undo', rev: removed.rev }), { type: 'done' })
  t.same(await values(room), ['1350', '2700', '1', '1'], 'a line returns to its place')
  const mine = await told(first, { type: 'set', seq: 3, expression: 'food = 2', base: 100 })
  await told(second, { type: 'set', seq: 3, expression: 'food = 3', base: Number(mine.rev) })
  t.match(await told(first, { type: 'undo', rev: mine.rev }), {
    code: 'conflict',
    seq: 3,
    expression: 'food = 3',
  })
})

t.test('redo applies an undone edit again, and nothing else', async (t) => {
  const { room, first } = await sheetWith('1')
  const set = await told(first, { type: 'set', seq: 1, expression: '2', base: 1 })
  t.match(await told(first, { type: 'redo', rev: set.rev }), { code: 'not_found' }, 'an edit is not an undo')
  const undone = await told(first, { type: 'undo', rev: set.rev })
  const redone = await told(first, { type: 'redo', rev: undone.rev })
  t.match(await told(first, { type: 'redo', rev: redone.rev }), { code: 'not_found' }, 'nor is a redo')
  t.same(
    await told(first, { type: 'redo', rev: undone.rev, id: 'again' }),
    { ...redone, id: 'again' },
    'once',
  )
  t.same(await values(room), ['2'])
  t.match(
    await told(first, { type: 'undo', rev: set.rev }),
    { type: 'done' },
    'an edit that was redone can be undone again',
  )
  t.same(await values(room), ['1'])
})

t.test('undo takes back a whole edit, if its lines are still as it left them', async (t) => {
  const { room, first, second } = await sheetWith('1', '2', '3')
  t.match(
    await told(first, { type: 'undo', rev: 1 }),
    { code: 'not_found' },
    'no edit ended at that revision',
  )
  t.match(await told(first, { type: 'undo', rev: 2 }), { code: 'not_found' })
  first.send({ expression: '4', id: 'four' })
  await first.next('result')
  await told(second, { type: 'move', seq: 4, before: 1 })
  t.match(await told(first, { type: 'undo', rev: 4 }), { code: 'conflict', seq: 4 }, 'somebody moved it')
  first.send({ expression: '5 + line1', id: 'five' })
  const five = await first.next('result')
  await told(second, { type: 'set', seq: 1, expression: '10', base: 99 })
  t.match(await values(room), ['4', '10', '2', '3', '15'])
  t.match(
    await told(first, { type: 'undo', rev: five.until }),
    { type: 'done' },
    'recalculating it does not count',
  )
  t.match(await told(first, { type: 'undo', rev: 3 }), { code: 'conflict', seq: 1 })
  t.same(await values(room), ['4', '10', '2', '3'])
})

t.test('a line that was evaluated is undone by the last `rev` of its edit', async (t) => {
  const { room, first, second } = await sheetWith('tax', 'tax * 2')
  first.send({ expression: 'tax = 19', id: 'append' })
  const { until } = await first.next('result')
  t.equal(until, 5, 'two lines depend on it')
  t.match(await told(second, { type: 'undo', rev: until }), { code: 'not_found' })
  t.match(await told(first, { type: 'undo', rev: until }), { type: 'done' })
  t.match(await values(room), [/know/, /know/])
  const tabs = [await openSheet(ada, room), await openSheet(bob, room), await openSheet(ada, room)]
  for (const [index, tab] of tabs.entries()) tab.send({ expression: `${index}`, id: `at-once-${index}` })
  const lines = await Promise.all(
    tabs.map(async (tab, index) => {
      for (;;) {
        const frame = await tab.next('result')
        if (frame.id === `at-once-${index}`) return frame
      }
    }),
  )
  for (const line of lines)
    t.equal(line.until, line.rev, 'lines that no other line depends on are edits by themselves')
  t.match(await told(first, { type: 'undo', rev: lines[2]?.until }), { type: 'done' })
  t.same(new Set((await values(room)).slice(2)), new Set(['0', '1']))
})

t.test('edits that arrive together are applied or refused as if they came one after another', async (t) => {
  const { room, first, second } = await sheetWith('1', '2', '3')
  const carol = await openSheet(ada, room)
  const answers = await Promise.all([
    told(first, { type: 'set', seq: 1, expression: '10', base: 3, id: 'set' }),
    told(second, { type: 'move', seq: 1, before: null, id: 'move' }),
    told(carol, { expression: 'nothing(', id: 'wrong' }),
  ])
  t.match(answers, [{ type: 'done' }, { type: 'done' }, { code: 'syntax' }])
  t.same(await values(room), ['2', '3', '10'])
  t.match(
    await told(first, { type: 'undo', rev: answers[0].rev }),
    { code: 'conflict' },
    'the line was moved since',
  )

  const same = await Promise.all([
    told(first, { type: 'set', seq: 2, expression: '20', base: 9, id: 'one' }),
    told(second, { type: 'set', seq: 2, expression: '20', base: 9, id: 'two' }),
  ])
  t.match(same, [{ type: 'done' }, { type: 'done' }])
  t.same(await values(room), ['20', '3', '10'])
})

t.test('people whose edits are too much together are served one by one', async (t) => {
  const { room, first, second } = await sheetWith('x = 1', 'y = 1')
  for (const name of ['x', 'y'])
    for (let part = 0; part < 3; part += 1) {
      const changes = Array.from({ length: 400 }, () => ({
        type: 'insert',
        expression: `${name} + 1`,
        before: null,
      }))
      await told(first, { type: 'edit', changes })
    }
  const answers = await Promise.all([
    told(first, { type: 'set', seq: 1, expression: 'x = 2', base: 9_999 }),
    told(second, { type: 'set', seq: 2, expression: 'y = 2', base: 9_999 }),
  ])
  t.match(answers, [{ type: 'done' }, { type: 'done' }])
  t.same((await values(room)).slice(0, 3), ['2', '2', '3'])
})

t.test('an id that was used for another command does not get in anybody’s way', async (t) => {
  const { room, first, second } = await sheetWith('tax', '1')
  t.match(await told(first, { type: 'set', seq: 2, expression: '2', base: 9, id: 'again' }), { type: 'done' })
  first.send({ expression: 'tax = 3', id: 'again' })
  second.send({ expression: '7', id: 'other' })
  const awaited = new Set<unknown>(['again', 'other'])
  while (awaited.size > 0) awaited.delete((await second.next('result')).id)
  t.same((await values(room)).sort(), ['2', '3', '3', '7'])
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

t.test(
  'others see what somebody is typing and what it would change, until it is kept or cancelled',
  async (t) => {
    const { first, second } = await sheetWith('rent = 1250', 'rent * 2')
    first.send({ type: 'editing', seq: 1, expression: 'rent = 9' })
    let draft = await second.next('editing')
    while (!draft.values) draft = await second.next('editing')
    t.same(draft, {
      type: 'editing',
      name: 'ada',
      seq: 1,
      expression: 'rent = 9',
      values: [
        { seq: 1, text: '9' },
        { seq: 2, text: '18' },
      ],
    })
    first.send({ type: 'editing', seq: 1, expression: 'rent = 2^210' })
    draft = await second.next('editing')
    while (!draft.values) draft = await second.next('editing')
    const shortened = `${String(2n ** 210n).slice(0, 59)}…`
    t.match(draft.values, [{ seq: 1, text: shortened }], 'a long value does not look like a shorter one')
    first.send({ type: 'editing', seq: 1 })
    draft = await second.next('editing')
    t.same(draft, { type: 'editing', name: 'ada' })

    for (const kept of [
      { type: 'set', seq: 1, expression: 'rent = 8', base: 99 },
      { type: 'insert', expression: 'rent + 1', before: null },
    ]) {
      first.send({ type: 'editing', seq: kept.seq ?? null, expression: kept.expression })
      draft = await second.next('editing')
      while (draft.expression !== kept.expression) draft = await second.next('editing')
      await told(first, kept)
      while (draft.expression !== undefined) draft = await second.next('editing')
      t.same(draft, { type: 'editing', name: 'ada' }, `a line that is kept by ${kept.type} ends its draft`)
    }
  },
)

t.test('many drafts of one person cost others four frames a second, and delay no edit', async (t) => {
  const { room, first, second } = await sheetWith('x = 1', 'x + 1')
  const third = await openSheet(bob, room)
  const begun = performance.now()
  for (let number = 1; number <= 400; number += 1) {
    first.send({ type: 'editing', seq: 1, expression: `x = ${number}` })
    // So that they arrive one after another instead of all at once.
    if (number % 10 === 0) await told(first, { type: 'set', seq: 2, expression: 'x + 1', base: 2 })
  }
  t.match(await told(third, { type: 'insert', expression: 'x + 2', before: null }), { type: 'done' })
  const drafts = [await second.next('editing')]
  while (drafts.at(-1)?.expression !== 'x = 400') drafts.push(await second.next('editing'))
  const quarters = (performance.now() - begun) / 250
  t.ok(drafts.length <= quarters + 2, `${drafts.length} of 400 drafts in ${quarters} quarters of a second`)
})

t.test('a preview shows what the line would be in its place', async (t) => {
  const { first } = await sheetWith('x = 1', 'x + 1', 'x = 10', 'x + 1')
  const preview = async (frame: Frame) => {
    first.send({ ...frame, type: 'preview', id: 'p' })
    return (await first.next('preview')).text
  }
  t.equal(await preview({ expression: 'x + 5' }), '15')
  t.equal(await preview({ expression: 'x + 5', seq: 2 }), '6')
  t.equal(await preview({ expression: 'x + 5', before: 3 }), '6')
  t.equal(await preview({ expression: 'ans + 5', before: 3 }), '7')
})

t.test('`today` and `now` are numbered inputs that follow the clock', async (t) => {
  clock.now = Date.UTC(2026, 10, 28, 14, 5)
  const { room, first, second } = await sheetWith('1')
  first.send({ type: 'preview', expression: 'today + 3 days', id: 'p' })
  t.match(await first.next('preview'), { text: '2026-12-01' })

  t.match(await told(first, { type: 'insert', expression: 'today + 3 days', before: null }), {
    type: 'done',
    rev: 3,
  })
  t.match(await second.next('result'), { seq: 2, rev: 2, until: 3, text: '2026-12-01' })
  const input = await second.next('input')
  t.match(input, { type: 'input', name: 'today', text: '2026-11-28', rev: 3, until: 3, at: /^2026|^20/ })
  t.equal((await stored(room)).length, 2, 'an input is not a line')
  await told(first, { type: 'insert', expression: 'now', before: null })
  await told(first, { type: 'insert', expression: 'tomorrow', before: null })
  t.same(await values(room), ['1', '2026-12-01', '2026-11-28 15:05', '2026-11-29'])

  clock.now += 10 * 60 * 60_000
  await server.app.calculator.clock.tick()
  t.same(await values(room), ['1', '2026-12-02', '2026-11-29 01:05', '2026-11-30'])
  const changed: Frame[] = []
  while (changed.length < 8) {
    const frame = await second.next()
    if (frame.type === 'input' || frame.type === 'result') changed.push(frame)
  }
  const last = changed.slice(3)
  t.same([...new Set(last.map(({ until }) => until))].length, 1, 'in one edit')
  t.same(last.map(({ name, text }) => name ?? text).sort(), [
    '2026-11-29 01:05',
    '2026-11-30',
    '2026-12-02',
    'now',
    'today',
  ])

  clock.now += 24 * 60 * 60_000
  t.same(
    await values(room),
    ['1', '2026-12-03', '2026-11-30 01:05', '2026-12-01'],
    'also when the sheet is loaded',
  )
  const { rev } = JSON.parse((await ada.get(`/api/sheets/${room}`)).text)
  await server.app.calculator.clock.tick()
  t.equal(JSON.parse((await ada.get(`/api/sheets/${room}`)).text).rev, rev, 'and once')
  const seq = Number(input.rev)
  t.match(await told(first, { type: 'set', seq, expression: 'today = 1', base: 999 }), { code: 'not_found' })
})

t.test('a sheet may define `today` itself', async (t) => {
  const { room } = await sheetWith('today = 2020-01-01', 'today + 1 day')
  t.same(await values(room), ['2020-01-01', '2020-01-02'])
})

t.test('an edit that would change more than 2,000 lines is refused as a whole', async (t) => {
  const { room, first } = await sheetWith('x = 1')
  for (let part = 0; part < 5; part += 1) {
    const changes = Array.from({ length: 450 }, () => ({ type: 'insert', expression: 'x + 1', before: null }))
    t.match(await told(first, { type: 'edit', changes }), { type: 'done' })
  }
  t.match(await told(first, { type: 'set', seq: 1, expression: 'x = 2', base: 9_999 }), {
    code: 'limit',
    error: /2,000/,
  })
  t.equal((await values(room))[1], '2')
})

t.test('an invalid position is a bad request', async (t) => {
  t.equal((await ada.get('/api/sheets?after=%00')).status, 400)
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

t.test('a preview that depends on too much says so', async (t) => {
  const { first } = await sheetWith('x = 1', ...Array.from({ length: 499 }, () => 'x + 1'))
  for (let sent = 0; sent < 4; sent += 1) {
    const changes = Array.from({ length: 500 }, () => ({ type: 'insert', expression: 'x + 1', before: null }))
    t.match(await told(first, { type: 'edit', changes }), { type: 'done' })
  }
  first.send({ type: 'preview', seq: 1, expression: 'x = 2', id: 'much' })
  t.match(await first.next('preview'), { id: 'much', error: /More than 2,000 lines/ })
})

t.test('a preview reads a bounded amount of values', async (t) => {
  const { first } = await sheetWith('1')
  for (let sent = 0; sent < 12; sent += 1) {
    const changes = Array.from({ length: 50 }, () => ({ type: 'insert', expression: '1:700', before: null }))
    t.match(await told(first, { type: 'edit', changes }), { type: 'done' })
  }
  first.send({ type: 'preview', expression: 'count', id: 'large' })
  t.match(await first.next('preview'), { id: 'large', error: /too many large values/ })
})

t.test('a draft that is too long to share is shared in part', async (t) => {
  const draft = { expression: '\u0001'.repeat(2_000), seq: 1 }
  const text = encodeDraft(draft)
  t.ok(text.length <= DRAFT_LENGTH)
  const shared = decodeDraft(text)
  t.ok(shared && draft.expression.startsWith(shared.expression))
  t.equal(decodeDraft(text), shared, 'it is decoded once for everyone')
})

t.test('programs read a sheet in order, page by page', async (t) => {
  const { room, first } = await sheetWith('1', '2', '3')
  await told(first, { type: 'move', seq: 3, before: 1 })
  const read = async (query: string) => JSON.parse((await ada.get(`/api/sheets/${room}${query}`)).text)
  const page = await read('?limit=2')
  t.match(page, { rev: 4, more: true, lines: [{ seq: 3 }, { seq: 1 }] })
  t.match(await read(`?limit=2&after=${encodeURIComponent(page.lines[1].position)}`), {
    more: false,
    lines: [{ seq: 2 }],
  })
  t.match(JSON.parse((await ada.get('/api/sheets')).text), { rev: 0, lines: [], more: false })
})

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
