import t from 'tap'
import { calculate } from './differential/calculator.ts'
import everyday from './everyday.json' with { type: 'json' }
import mathematics from './mathematics.json' with { type: 'json' }
import inputs from './more-everyday.json' with { type: 'json' }
import { calculateSheet } from './whole-sheet.ts'

interface Input {
  kind: string
  /** Typed one after the other on an empty sheet. The last line is checked. */
  lines: string[]
  /** The text that is shown, or null if the line is refused. */
  want: string | null
  why: string
  /** A public report of another calculator's wrong answer. */
  source?: string
}

const all: readonly Input[] = [...inputs, ...mathematics]
const withoutSpaces = (text: string): string => text.replaceAll(/\s/g, '')

for (const [kind, ofKind] of Map.groupBy(all, ({ kind }) => kind))
  t.test(`answers as people mean it: ${kind}`, async (t) => {
    for (const { lines, want, why, source } of ofKind) {
      const said = await calculate(lines)
      const name = `${lines.join(' ; ')} (${source ?? why})`
      if (want === null) t.ok('refused' in said, `${name} is refused`, { found: said })
      else t.equal('text' in said ? withoutSpaces(said.text) : said.refused, withoutSpaces(want), name)
    }
  })

t.test('says that there is nothing to add up right below a total', async (t) => {
  const notes = (lines: readonly string[]) => {
    const last = calculateSheet(lines).at(-1)
    return last && 'text' in last ? last.notes?.join(' ') : undefined
  }
  t.match(notes(['7', '8', 'total', 'total * 2']), /no values between/)
  t.equal(notes(['7', '8', 'total * 2']), undefined)
})

t.test('knows totals in capitals, as spreadsheets write them', async (t) => {
  const totals = { SUM: '11', Total: '11', AVERAGE: '5.5', COUNT: '2' }
  for (const [word, text] of Object.entries(totals)) {
    const last = calculateSheet(['5', '6', word, '7', 'sum']).slice(-3)
    t.same(
      last.map((one) => 'text' in one && one.text),
      [text, '7', '7'],
      word,
    )
  }
})

t.test('adds up lengths of time in hours and minutes', async (t) => {
  const hours = ['17:15 - 9:30', '16:00 - 8:30']
  const totals = {
    total: '15 h 15 min',
    average: '7 h 37.5 min',
    max: '7 h 45 min',
    'sum * $20/h': '305 USD',
  }
  for (const [total, text] of Object.entries(totals)) {
    const last = calculateSheet([...hours, total]).at(-1)
    t.equal(last && 'text' in last && last.text, text, total)
  }
})

t.test('says which name is a unit if that is what is wrong', async (t) => {
  const last = calculateSheet(['a = 3', 'b = 4', '2a + 3b']).at(-1)
  t.match(last && 'error' in last ? last.error.message : '', /`b` is the unit. For the value of b write/)
  const other = calculateSheet(['b = 4', '2 + 1 kg']).at(-1)
  t.notMatch(other && 'error' in other ? other.error.message : '', /is the unit/)
})

t.test('a square root keeps its square, also on another line, and a number is its own power', async (t) => {
  const exact: readonly (readonly [lines: readonly string[], text: string])[] = [
    [['(sqrt 2)^2'], '2'],
    [['sqrt 2 * sqrt 8'], '4'],
    [['sqrt(18) - sqrt(8) - sqrt(2)'], '0'],
    [['3^0.5 * 3^0.5'], '3'],
    [['sin(45°) * sqrt(2)'], '1'],
    [['sin²(60°)'], '0.75'],
    [['tan(60°)^2'], '3'],
    [['(1 + sqrt(3) i)^3'], '-8'],
    [['abs(1 + i)^2'], '2'],
    [['1/sqrt(2)', 'ans^-2'], '2'],
    [['x = -sqrt(2)', 'y = 3 x', 'y^2'], '18'],
    [['sqrt(2 m^2)^2'], '2 m^2'],
    [['log(1 - 5e-34, 1 - (5e-34))'], '1'],
  ]
  for (const [lines, text] of exact) {
    const last = calculateSheet(lines).at(-1)
    t.match(last, { text }, lines.join(' ; '))
    t.equal(last && 'rounded' in last && last.rounded, false, `${lines.join(' ; ')} is exact`)
  }
  for (const expression of ['sqrt(2)', 'sqrt(2)^3', 'sqrt(2) + 1', 'pi * sqrt(2)']) {
    const [found] = calculateSheet([expression])
    t.match(found, { rounded: true }, expression)
  }
})

t.test('treats a percentage on another line as a percentage', async (t) => {
  const last = (lines: readonly string[]) => {
    const found = calculateSheet(lines).at(-1)
    return found && 'text' in found ? found.text : found?.error.message
  }
  t.equal(last(['5%', '100 + line1']), '105')
  t.equal(last(['5%', '100 - line1']), '95')
  t.equal(last(['5%', '3%', '100 + (line1 + line2)']), '108')
  t.equal(last(['5%', '7', 'sum']), '7.05')
  t.equal(last(['20 as % of 80', '100 + line1']), '125')
})

t.test('answers the same on a sheet, whatever values are above', async (t) => {
  const asked = [...everyday.map(({ lines, text }) => ({ lines, want: text })), ...all]
  for (const above of [[], ['7', '8']]) {
    for (const { lines, want } of asked) {
      const last = calculateSheet([...above, ...lines]).at(-1)
      const text = last && 'text' in last ? withoutSpaces(last.text) : null
      if (text !== (want === null ? null : withoutSpaces(want)))
        t.fail(`${[...above, ...lines].join(' ; ')} is ${want}`, { found: last })
    }
  }
  t.ok(asked.length > 1_800)
})

t.test('a note says how something ambiguous was read', async (t) => {
  const notes = (...lines: string[]) => {
    const last = calculateSheet(lines).at(-1)
    return (last && 'text' in last && last.notes?.join(' ')) || ''
  }
  t.match(notes('$20/h * 7:30'), /length of time: 7 h 30 min/)
  t.match(notes('300M'), /For millions write 300 million/)
  t.equal(notes('0.5 M'), '')
  t.match(notes('[1, 2, 3] × [4, 5, 6]'), /dot product.*cross\(a, b\)/)
  t.match(notes('|[3, 4]|'), /norm\(…\)/)
  t.match(notes('n = 4', '1/n(n+1)'), /below the line/)
  t.equal(notes('n = 4', '1/(n(n+1))'), '')
  t.equal(notes('n(x) = 4', '1/n(5)'), '')
  t.match(notes('2026/1/2'), /For the date write 2026-01-02/)
  t.match(notes('23:59:60'), /range of numbers/)
  t.match(notes('11-28-2026'), /For the date write 2026-11-28/)
  t.equal(notes('1-2-3'), '')
  t.match(notes('-300 °C'), /below absolute zero/)
  t.match(notes('20 °C - 400 °C'), /below absolute zero/)
  t.equal(notes('-273.15 °C'), '')
  t.match(notes('quarter to 9'), /quarter to 9 pm/)
  t.match(notes('2026-W05'), /the Monday of that week/)
  t.match(notes('C(5,2)'), /combinations/)
  t.match(notes('max 1,5'), /max\(1, 5\)/)
  t.match(notes('3^-1 mod 11'), /write invmod\(3, 11\)/)
  t.match(notes('phi(36)'), /write totient/)
  t.match(notes('1st'), /weight in stone/)
  t.match(notes('(-8)^(1/3)'), /cbrt\(-8\)/)
  t.match(notes('(-32)^(1/5)'), /nthRoot\(-32, 5\)/)
  t.match(notes('e^iπ'), /\^\(i pi\)/)
  t.match(notes('x = 3', '2^2x'), /\^\(2 x\)/)
  t.equal(notes('x = 3', 'y = 2', 'x^2y'), '')
  t.match(notes('$5 m'), /read as million/)
})

t.test('error messages say what to write instead', async (t) => {
  const error = (...lines: string[]) => {
    const last = calculateSheet(lines).at(-1)
    return (last && 'error' in last && last.error.message) || ''
  }
  t.match(error('5 km to foo'), /the unit `foo`. Write a unit, or a way to write numbers/)
  t.match(error('255 to hexx'), /Did you mean `hex`/)
  t.match(error('2026-11-28 to Foo'), /the place `Foo`/)
  t.match(error('5 billion in million'), /has no unit/)
  t.match(error('pi to 1000 dp'), /up to 300/)
  t.match(error('pi to -1 dp'), /to the nearest 10/)
  t.match(error('13:30 pm'), /write 13:30/)
  t.match(error('28 nov'), /Write the year too/)
  t.match(error('500 kr'), /500 SEK/)
  t.match(error('Rent 1200'), /Rent: 5/)
  t.notMatch(error('pi 3'), /pi: 5/)
  t.match(error('if 5 > 3 then 1 else 2'), /x > 3 \? 1 : 2/)
  t.match(error('3 kg at $5'), /not a rate for such an amount/)
  t.match(error('3pm * 2'), /cannot be multiplied/)
  t.match(error('November 2026'), /days in November 2026/)
  t.match(error('24:00'), /00:00 of the next day/)
  t.match(error('5', '* 2'), /ans \* 2/)
  t.match(error('1__000'), /1_000/)
  t.match(error('sum 1 2 3'), /sum\(1, 2, 3\)/)
  t.match(error('sum(1 2 3)'), /Commas separate/)
  t.match(error('degrees(pi)'), /pi to deg/)
  t.match(error('€50 USD'), /two currencies, EUR and USD/)
  t.match(error('MCMXC'), /MCMXC to decimal/)
  t.match(error('3.14159 round 2'), /round\(3.14159, 2\)/)
  t.match(error('-300 °C to K'), /-273.15 °C/)
  t.match(error('foo(2, 3)'), /the function `foo`. Define it on a line above, as in foo\(x\)/)
  t.match(error('rem(100, 7)'), /17 mod 5/)
  t.match(error('km(2, 3)'), /`km` is not a function/)
  t.match(error('sqrt(2,25)'), /decimals with a point/)
  t.match(error('17 divided by 5 with remainder'), /17 div 5.*17 mod 5/)
  t.match(error('17 \\ 5'), /To divide write/)
  t.match(error('last day of this month'), /last day of November 2026/)
  t.match(error('Christmas'), /25 Dec 2026/)
  t.match(error('20 dB'), /log10/)
  t.match(error('50 francs'), /500 CHF, 500 XOF or 500 XAF/)
  t.match(error('3 + 4i to polar'), /abs\(3 \+ 4i\)/)
  t.notMatch(error('rh'), /Did you mean/)
  t.match(error('20 C to f'), /°F/)
  t.match(error('120 / 4 people'), /Leave the word out/)
})
