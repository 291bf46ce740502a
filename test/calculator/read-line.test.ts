import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readLine } from '../../src/calculator/sheet/read-line.ts'
import { seedFrom } from '../support/seed.ts'

/** How a line is read, and the names in it if every word is a name. */
function readingOf(line: string) {
  const { namesRead, ...read } = readLine(line)
  return { ...read, names: namesRead(line, () => true) }
}

/** The same line in full-width digits, for which there is no short cut. */
function inWideDigits(line: string): string {
  return line.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))
}

t.test(
  'a sum of plain numbers is read the same in full-width digits, and a comment is not a sum',
  async () => {
    const line = fc.string({ unit: fc.constantFrom(...'0123456789 .()+-*/'), maxLength: 12 })
    fc.assert(
      fc.property(line, (line) => deepStrictEqual(readingOf(line), readingOf(inWideDigits(line)))),
      {
        seed: seedFrom('READ_LINE_SEED'),
        numRuns: 1_000,
        examples: [['//1'], [' // 2*3'], ['1//2'], ['12*7']],
      },
    )
  },
)

t.test('a line that counts from today depends on the day', async (t) => {
  for (const line of [
    'today + 1 day',
    'tomorrow',
    '3 days ago',
    'days until 2026-12-24',
    'days to 2026-12-24',
    'how many days to 2026-12-24',
    'in 3 weeks',
    'next friday',
    'last Sunday + 1 week',
    'days since 2026-01-01',
    'days to 2026-12-24',
    'how many days to 2026-12-24',
    'in 3 weeks',
    'next friday',
    'last Sunday + 1 week',
  ])
    t.ok(readLine(line).mentions.includes('today'), line)
  t.notOk(readLine('3 days after 2026-12-24').mentions.includes('today'))
})

t.test('a line that counts hours and minutes from now depends on the time', async (t) => {
  for (const line of ['2 hours ago', '30 min ago', 'in 90 min', 'time until 17:00', 'hours since 9 am'])
    t.ok(readLine(line).mentions.includes('now'), line)
  for (const line of ['3 days ago', 'in 3 weeks', 'days until 2026-12-24', 'today at 9:30'])
    t.notOk(readLine(line).mentions.includes('now'), line)
})
