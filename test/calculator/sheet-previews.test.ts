import t from 'tap'
import { DRAFT_LENGTH, decodeDraft, encodeDraft } from '../../src/calculator/drafts.ts'
import { openSheet } from '../support/calculator.ts'
import { startSheets, told } from '../support/sheets.ts'
import type { Frame } from '../support/socket.ts'

const { server, clock, ada, bob, sheetWith, stored, values } = await startSheets(t)

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

t.test('an invalid position is a bad request', async (t) => {
  t.equal((await ada.get('/api/sheets?after=%00')).status, 400)
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
