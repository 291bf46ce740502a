import t from 'tap'
import { lines, openSheet } from '../support/calculator.ts'
import { startSheets, told } from '../support/sheets.ts'

const { ada, bob, sheetWith, stored, values } = await startSheets(t)

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
