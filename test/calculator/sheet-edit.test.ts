import fc from 'fast-check'
import t from 'tap'
import { EditRefused, type LineChange } from '../../src/calculator/sheet/commands.ts'
import { SheetDocument } from '../../src/calculator/sheet/document/sheet-document.ts'
import { type RemovedLine, SheetEdit } from '../../src/calculator/sheet/sheet-edit.ts'
import { seedFrom } from '../support/seed.ts'

const read = (text: string) => ({
  role: 'value' as const,
  defines: /^(\w+) =/.exec(text)?.[1],
  definesBelow: false,
  mentions: [],
  namesRead: () => new Set<string>(),
  totals: [],
  endsSection: false,
})

/** A sheet without a database, which numbers lines and remembers the removed ones. */
class Sheet {
  readonly document = new SheetDocument()
  readonly removed = new Map<number, RemovedLine>()
  rev = 0

  edit(work: (edit: SheetEdit) => void) {
    const { removed } = this
    const edit = new SheetEdit(this.document, { removed, firstRev: this.rev + 1, read })
    work(edit)
    const { revisions } = edit
    for (const { seq, from, to } of revisions) {
      this.rev += 1
      if (to) removed.delete(seq)
      else if (from) removed.set(seq, { expression: from.expression, rev: this.rev })
    }
    return revisions
  }

  change(...changes: LineChange[]) {
    return this.edit((edit) => edit.change(changes))
  }

  get texts(): string[] {
    return [...this.document.lines].map(({ expression }) => expression)
  }
}

function sheetOf(...texts: string[]): Sheet {
  const sheet = new Sheet()
  for (const expression of texts) sheet.change({ type: 'insert', expression, before: null })
  return sheet
}

function refusal(work: () => void): EditRefused | undefined {
  try {
    work()
  } catch (error) {
    if (error instanceof EditRefused) return error
    throw error
  }
  return undefined
}

t.test('lines can be inserted before others, rewritten, moved and removed', async (t) => {
  const sheet = sheetOf('a', 'b', 'c')
  sheet.change({ type: 'insert', expression: 'between', before: 2 })
  t.same(sheet.texts, ['a', 'between', 'b', 'c'])
  sheet.change({ type: 'move', seq: 3, before: 1 })
  t.same(sheet.texts, ['c', 'a', 'between', 'b'])
  sheet.change({ type: 'set', seq: 1, expression: 'A', base: sheet.rev })
  sheet.change({ type: 'remove', seq: 2, base: sheet.rev })
  t.same(sheet.texts, ['c', 'A', 'between'])
})

t.test('an edit that would change nothing has no effect', async (t) => {
  const sheet = sheetOf('a', 'b', 'c')
  sheet.change({ type: 'remove', seq: 3, base: sheet.rev })
  for (const change of [
    { type: 'set', seq: 1, expression: 'a', base: 0 },
    { type: 'move', seq: 1, before: 2 },
    { type: 'move', seq: 1, before: 1 },
    { type: 'move', seq: 2, before: null },
    { type: 'remove', seq: 3, base: 0 },
  ] as const)
    t.same(sheet.change(change), [], `${change.type} ${change.seq}`)
})

t.test(
  'a line that somebody rewrote meanwhile is a conflict, but one that was recalculated or moved is not',
  async (t) => {
    const sheet = sheetOf('a', 'b')
    const seen = sheet.rev
    sheet.change({ type: 'move', seq: 1, before: null })
    sheet.change({ type: 'set', seq: 2, expression: 'theirs', base: seen })
    sheet.change({ type: 'set', seq: 1, expression: 'mine', base: seen })
    const set = refusal(() => sheet.change({ type: 'set', seq: 2, expression: 'mine', base: seen }))
    t.match(set, { code: 'conflict', details: { seq: 2, rev: 4, expression: 'theirs' } })
    t.match(
      refusal(() => sheet.change({ type: 'remove', seq: 2, base: seen })),
      { code: 'conflict' },
    )
    sheet.change({ type: 'remove', seq: 2, base: sheet.rev })
    const gone = refusal(() => sheet.change({ type: 'set', seq: 2, expression: 'mine', base: sheet.rev }))
    t.match(gone, { code: 'conflict', details: { seq: 2, expression: 'theirs', removed: true } })
    t.match(
      refusal(() => sheet.change({ type: 'move', seq: 99, before: null })),
      { code: 'not_found' },
    )
  },
)

t.test('several changes are applied all together or not at all, and the failing one is named', async (t) => {
  const sheet = sheetOf('a', 'b')
  const refused = refusal(() =>
    sheet.edit((edit) =>
      edit.changeAll([
        { type: 'insert', expression: 'c', before: 1 },
        { type: 'remove', seq: 1, base: 9 },
        { type: 'move', seq: 7, before: null },
      ]),
    ),
  )
  t.match(refused, { code: 'not_found', details: { index: 2 } })
  t.same(sheet.texts, ['a', 'b'])
})

t.test('a sheet has room for only so many lines, characters and names', async (t) => {
  const sheet = new Sheet()
  const many = (count: number, expression: (index: number) => string): LineChange[] =>
    Array.from({ length: count }, (_, index) => ({
      type: 'insert',
      expression: expression(index),
      before: null,
    }))
  sheet.change(...many(500, (index) => `x${index} = 1`))
  t.match(
    refusal(() => sheet.change(...many(1, () => 'y = 1'))),
    { code: 'limit', message: /500 names/ },
  )
  sheet.change(...many(19_500, () => '1'))
  t.match(
    refusal(() => sheet.change(...many(1, () => '1'))),
    { code: 'limit', message: /20,000 lines/ },
  )
  const long = new Sheet()
  long.change(...many(2_097, () => '1'.repeat(1_000)))
  t.match(
    refusal(() => long.change(...many(1, () => '1'.repeat(1_000)))),
    { code: 'limit', message: /too long/ },
  )
})

t.test('there is always room for another line at the same place', async (t) => {
  const sheet = sheetOf('first', 'last')
  const wanted = ['first', 'last']
  let below = 2
  for (let index = 0; index < 1_000; index++) {
    // Between the last two that were inserted, which halves the space each time.
    const at = wanted.length >> 1
    const [before] = [...sheet.document.lines].slice(at)
    below = before?.seq ?? below
    sheet.change({ type: 'insert', expression: `${index}`, before: below })
    wanted.splice(at, 0, `${index}`)
  }
  t.same(sheet.texts, wanted)
  const longest = Math.max(...[...sheet.document.lines].map(({ position }) => position.length))
  t.ok(longest <= 60, `${longest} characters`)
})

const place = fc.nat({ max: 8 })
const step = fc.oneof(
  fc.record({ type: fc.constant('insert' as const), at: place, text: fc.string({ maxLength: 3 }) }),
  fc.record({ type: fc.constant('set' as const), line: place, text: fc.string({ maxLength: 3 }) }),
  fc.record({ type: fc.constant('move' as const), line: place, at: place }),
  fc.record({ type: fc.constant('remove' as const), line: place }),
)

t.test('edits change the sheet like a list, and can be undone and redone', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 8 }), (edits) => {
      const sheet = sheetOf('a', 'b', 'c')
      const wanted = [...sheet.document.lines].map(({ seq, expression }) => ({ seq, expression }))
      for (const steps of edits) {
        const before = sheet.texts
        const revisions = sheet.edit((edit) => {
          for (const one of steps) {
            const line = wanted['line' in one ? one.line : 0]
            const target = 'at' in one ? wanted[one.at] : undefined
            if (one.type === 'insert') {
              edit.change([{ type: 'insert', expression: one.text, before: target?.seq ?? null }])
              const seq = edit.revisions.at(-1)?.seq ?? 0
              wanted.splice(target ? one.at : wanted.length, 0, { seq, expression: one.text })
            } else if (line && one.type === 'set') {
              edit.change([{ type: 'set', seq: line.seq, expression: one.text, base: sheet.rev + 10 }])
              line.expression = one.text
            } else if (line && one.type === 'move') {
              edit.change([{ type: 'move', seq: line.seq, before: target?.seq ?? null }])
              wanted.splice(wanted.indexOf(line), 1)
              const to = target === line ? one.line : target ? wanted.indexOf(target) : wanted.length
              wanted.splice(to, 0, line)
            } else if (line && one.type === 'remove') {
              edit.change([{ type: 'remove', seq: line.seq, base: sheet.rev + 10 }])
              wanted.splice(wanted.indexOf(line), 1)
            }
          }
        })
        const after = wanted.map(({ expression }) => expression)
        if (JSON.stringify(sheet.texts) !== JSON.stringify(after))
          throw new Error(`${sheet.texts} is not ${after}`)
        const undone = sheet.edit((edit) => edit.takeBack(revisions))
        if (JSON.stringify(sheet.texts) !== JSON.stringify(before)) throw new Error('it was not taken back')
        sheet.edit((edit) => edit.takeBack(undone))
        if (JSON.stringify(sheet.texts) !== JSON.stringify(after)) throw new Error('it was not done again')
      }
    }),
    { numRuns: 1_000, seed: seedFrom('FUZZ_SEED') },
  )
  t.pass()
})

t.test('an edit that is undone leaves no trace, even if it made room for a line', async (t) => {
  const sheet = sheetOf(...Array.from({ length: 40 }, (_, index) => `${index}`))
  for (let turn = 0; turn < 400; turn += 1) {
    const before = sheet.texts
    const edit = new SheetEdit(sheet.document, { removed: sheet.removed, firstRev: sheet.rev + 1, read })
    edit.change([{ type: 'insert', expression: 'tried', before: 20 }])
    edit.undo()
    t.same(sheet.texts.length === before.length ? [] : sheet.texts, [])
    sheet.change({ type: 'insert', expression: `${turn}`, before: 20 })
  }
  t.equal(new Set([...sheet.document.lines].map(({ position }) => position)).size, 440)
})

t.test('a line that its writer has not seen cannot be removed by moving it first', async (t) => {
  const sheet = sheetOf('1', '2')
  sheet.change({ type: 'set', seq: 1, expression: 'new', base: 2 })
  const moved = { type: 'move', seq: 1, before: null } as const
  const removed = { type: 'remove', seq: 1, base: 2 } as const
  const refused = refusal(() => sheet.edit((edit) => edit.changeAll([moved, removed])))
  t.match(refused, { code: 'conflict', details: { seq: 1, index: 1 } })
  const twice = [1, 2].map((turn) => ({ type: 'set', seq: 2, expression: `${turn} again`, base: 3 }) as const)
  sheet.change(...twice)
  t.same(sheet.texts, ['new', '2 again'], 'one edit may write a line twice')
})

t.test('a sheet that exceeds a limit can still shrink', async (t) => {
  const sheet = new Sheet()
  for (let seq = 1; seq <= 20_002; seq += 1)
    sheet.document.set({
      seq,
      position: `a${`${seq}`.padStart(6, '0')}`,
      expression: '1',
      written: seq,
      reading: read('1'),
    })
  sheet.rev = 20_002
  sheet.change({ type: 'remove', seq: 1, base: 20_002 })
  t.equal(sheet.document.size, 20_001)
  t.match(
    refusal(() => sheet.change({ type: 'insert', expression: '1', before: null })),
    { code: 'limit' },
  )
})
