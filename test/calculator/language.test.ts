import fc from 'fast-check'
import t from 'tap'
import { normalise } from '../../src/calculator/language/characters.ts'
import { headOf } from '../../src/calculator/language/head.ts'
import { evaluateLines } from '../../src/calculator/language/index.ts'
import { namesIn } from '../../src/calculator/language/names.ts'
import { parse } from '../../src/calculator/language/statement.ts'
import { suggest, unknownName } from '../../src/calculator/language/suggest.ts'
import { definedName } from '../../src/calculator/line-presentation.ts'
import { CalculationError } from '../../src/calculator/numbers/index.ts'
import { seedFrom } from '../support/seed.ts'
import { writeLine } from './tree-text.ts'
import { unitText, vocabulary } from './vocabulary.ts'

/** How a line is read with these names bound, or the code and position of its error. */
function read(line: string, ...bound: string[]): string {
  try {
    return writeLine(parse(line, vocabulary(...bound)), unitText)
  } catch (error) {
    if (error instanceof CalculationError) return `${error.code} at ${error.position}`
    throw error
  }
}

const notes = (line: string, ...bound: string[]) => parse(line, vocabulary(...bound)).notes.join(' ')

function message(line: string, ...bound: string[]): string {
  try {
    parse(line, vocabulary(...bound))
    return 'it is read'
  } catch (error) {
    if (error instanceof CalculationError) return error.message
    throw error
  }
}

/** A line, how it is read, and the names that are bound. */
type Row = [line: string, tree: string, ...bound: string[]]

function each(
  check: { equal: (found: string, wanted: string, name: string) => void },
  rows: readonly Row[],
): void {
  for (const [line, tree, ...bound] of rows) check.equal(read(line, ...bound), tree, line)
}

t.test('reads operators in every notation, from loosest to tightest', async (t) => {
  each(t, [
    ['2 + 3 * 4', '(add 2 (multiply 3 4))'],
    ['-2**2', '(minus (power 2 2))'],
    ['2^3^2', '(power 2 (power 3 2))'],
    ['3 × 4 ÷ 2 − 1', '(subtract (divide (multiply 3 4) 2) 1)'],
    ['5·4', '(multiply 5 4)'],
    ['１２＋３', '(add 12 3)'],
    [
      '1 < 2 <= 3 and not true or false xor true',
      '(or (and (smaller smallerEq 1 2 3) (not :true)) (xor :false :true))',
    ],
    ['1 + 2 << 3 & 4 | 5 ^| 6', '(bitOr (bitAnd (leftShift (add 1 2) 3) 4) (bitXor 5 6))'],
    ['true ? 1 : 2', '(if :true 1 2)'],
    ['x > 0 ? x:-x', '(if (larger x 0) x (minus x))', 'x'],
    ["x!'", '(transpose (factorial x))', 'x'],
    ['x.^2 .* 3 ./ 4', '(dotDivide (dotMultiply (dotPower x 2) 3) 4)', 'x'],
    ['~5', '(bitNot 5)'],
    ['5!', '(factorial 5)'],
    ['5!!', '(doubleFactorial 5)'],
    ['(5!)!', '(factorial (factorial 5))'],
    ['a[1, :]', '(index a 1 :)', 'a'],
    ['[1, 2; 3, 4] * [1; 2]', '(multiply [1 2; 3 4 nested] [1; 2 nested])'],
    ['f(1, 2) + 1', '(add (f() 1 2) 1)', 'f'],
    ['x (3)', '(x() 3)', 'x'],
    ['pi(3)', '(multiply :pi 3)'],
    ['5 ≠ 4', '(unequal 5 4)'],
    ['true && false || true', '(or (and :true :false) :true)'],
  ])
})

t.test('reads words as operators', async (t) => {
  each(t, [
    ['5 times 6 plus 1', '(add (multiply 5 6) 1)'],
    ['16 divided by 4 minus 2', '(subtract (divide 16 4) 2)'],
    ['3 multiplied by 4', '(multiply 3 4)'],
    ['7 over 2', '(divide 7 2)'],
    ['17 modulo 5', '(remainder 17 5)'],
    ['3 squared + 2 cubed', '(add (power 3 2) (power 2 3))'],
    ['2 to the power of 3', '(power 2 3)'],
    ['2 raised to 3', '(power 2 3)'],
    ['5 choose 2', '(choose 5 2)'],
    ['20 out of 80', '(divide 20 80)'],
    ['a third of 9', '(multiply (divide 1 3) 9)'],
    ['two thirds of 9', '(multiply (divide 2 3) 9)'],
    ['half of 10 + 1', '(add (multiply (divide 1 2) 10) 1)'],
    ['half an hour', "(multiply (divide 1 2) 'hour)"],
    ['half a million', '(multiply (divide 1 2) 1e6)'],
    ['twice 7', '(multiply 2 7)'],
    ['square root of 16', '(sqrt() 16)'],
    ['square root of 2 * 8 + 1', '(add (sqrt() (multiply 2 8)) 1)'],
    ['how many km are in 5 miles', "(to 5'miles 'km)"],
    ['remainder of 17 divided by 5', '(remainder 17 5)'],
    ['minutes in 4 days', "(to 4'days 'minutes)"],
    ['speed of light in km/s', "(to :speedOfLight 'km.s^-1)"],
    ['5 per dozen', '(divide 5 (multiply 1 12))'],
    ['the cube root of 27', '(cbrt() 27)'],
    ['a + 1', '(add a 1)', 'a'],
    ['Half Of 10', '(multiply (divide 1 2) 10)'],
    ['twice * 2', '(multiply twice 2)', 'twice'],
  ])
})

t.test('reads x as times between numbers, and nowhere else', async (t) => {
  each(t, [
    ['2x2+2x2', '(add (multiply 2 2) (multiply 2 2))'],
    ['300x30%', '(multiply 300 30%)'],
    ['3 x 4', '(multiply 3 4)'],
    ['2x3x4', '(multiply (multiply 2 3) 4)'],
    ['5 m x 3 m', "(multiply 5'm 3'm)"],
    ['2x3m', "(multiply 2 3'm)"],
    ['3 x', '(multiply 3 x)', 'x'],
    ['3 x 4', '(multiply 3 4)', 'x'],
    ['3x2', '(multiply 3 x2)', 'x2'],
    ['a x b', '(multiply a b)', 'a', 'b'],
    ['0x10', '0x10'],
  ])
})

t.test('reads functions without parentheses', async (t) => {
  each(t, [
    ['sqrt 16', '(sqrt() 16)'],
    ['sqrt 9 + 7', '(add (sqrt() 9) 7)'],
    ['√16 + 1', '(add (sqrt() 16) 1)'],
    ['√(9+16) 2', '(multiply (sqrt() (add 9 16)) 2)'],
    ['3√x', '(multiply 3 (sqrt() x))'],
    ['∜16', '(nthRoot() 16 4)'],
    ['sin 30°', "(sin() 30'°)"],
    ['sin 30 deg + 1', "(add (sin() 30'deg) 1)"],
    ['sin -30°', "(sin() (minus 30'°))"],
    ['log2 8', '(log2() 8)'],
    ['log 8 base 2', '(log() 8 2)'],
    ['cos pi', '(cos() :pi)'],
    ['2 sin 1 cos 1', '(multiply (multiply 2 (sin() 1)) (cos() 1))'],
    ['sin² 30°', "(power (sin() 30'°) 2)"],
    ['sin^2 x', '(power (sin() x) 2)'],
    ['average of 3, 4 and 5', '(average() 3 4 5)'],
    ['Sqrt 16', '(sqrt() 16)'],
    ['sqrt -4', '(sqrt() (minus 4))'],
    ['max - 1', '(subtract max^ 1)'],
  ])
})

t.test('separates symbols that are not letters from names', async (t) => {
  each(t, [
    ['2πr', '(multiply (multiply 2 :pi) r)', 'r'],
    ['πr²', '(multiply :pi (power r 2))', 'r'],
    ['πr²h', '(multiply (multiply :pi (power r 2)) h)', 'r', 'h'],
    ['ωπ', '(multiply ω :pi)', 'ω'],
    ['πλάτος', 'πλάτος', 'πλάτος'],
    ['∞', ':Infinity'],
    ['x₁ + 1', '(add x₁ 1)', 'x₁'],
    ['किताब', 'किताब', 'किताब'],
    ['x³ y', '(multiply (power x 3) y)'],
    ['2⁻¹', '(power 2 (minus 1))'],
  ])
})

t.test('reads percentages as people mean them', async (t) => {
  each(t, [
    ['200 + 10%', '(add 200 10%)'],
    ['50%-20%', '(subtract 50% 20%)'],
    ['1-20%-10%', '(subtract (subtract 1 20%) 10%)'],
    ['22573.8*8%-1614.86', '(subtract (multiply 22573.8 8%) 1614.86)'],
    ['10% - 3', '(subtract 10% 3)'],
    ['10 % -3', '(remainder 10 (minus 3))'],
    ['10 % 3', '(remainder 10 3)'],
    ['10%3', '(remainder 10 3)'],
    ['-7 % (-3)', '(remainder (minus 7) (minus 3))'],
    ['100 - -10%', '(subtract 100 (minus 10%))'],
    ['10 % x', '(remainder 10 x)', 'x'],
    ['10% of 50 + 3', '(add (multiply 10% 50) 3)'],
    ['10 percent of 50', '(multiply 10% 50)'],
    ['10 per cent of 50', '(multiply 10% 50)'],
    ['8% on 50', '(on 8% 50)'],
    ['25% off 80', '(off 25% 80)'],
    ['20 as % of 80', '(share 20 80)'],
    ['20 as a percentage of 80', '(share 20 80)'],
    ['20 as % on 16', '(share (subtract 20 16) 16)'],
    ['20 is what % of 80', '(share 20 80)'],
    ['what % of 80 is 20', '(share 20 80)'],
    ['what percent is 20 of 80', '(share 20 80)'],
    ['50 is 25% of what', '(whole 50 25%)'],
    ['50 is 25% on what', '(divide 50 (add 1 25%))'],
    ['25% of what is 50', '(whole 50 25%)'],
    ['0.25 to %', '(to 0.25 percent)'],
    ['1/8 in %', '(to (divide 1 8) percent)'],
    ['1/8 in percent', '(to (divide 1 8) percent)'],
    ['1/8 in per cent', '(to (divide 1 8) percent)'],
    ['5‰', '(divide 5 1000)'],
  ])
})

t.test('reads numbers in every notation', async (t) => {
  each(t, [
    ['1,200.50', '1200.50'],
    ['1.200,50', '1200.50'],
    ['1 000 000', '1000000'],
    ["1'234'567.5", '1234567.5'],
    ['1_000_000', '1000000'],
    ['3,5 m', "3.5'm"],
    ['12,34,567', '1234567'],
    ['0,234', '0.234'],
    ['1234,5', '1234.5'],
    ['1.234.567', '1234567'],
    ['max(1,200)', '(max() 1 200)'],
    ['(1,200 + 3) * 2', '(multiply (add 1200 3) 2)'],
    ['[1,200]', '[1 200]'],
    ['.5 + 5.', '(add .5 5)'],
    ['2.*[1, 2]', '(dotMultiply 2 [1 2])'],
    ['1e-9', '1e-9'],
    ['1,5e3', '1.5e3'],
    ['0xFF', '0xff'],
    ['0b101', '0b101'],
    ['0o17', '0o17'],
    ['٣ + ٤', '(add 3 4)'],
    ['٣٫٥', '3.5'],
    ['𝟏𝟐', '12'],
    ['1½', '(add 1 (divide 1 2))'],
    ['½', '(divide 1 2)'],
    ['2 ½', '(add 2 (divide 1 2))'],
    ['4⅓ m', "(add 4 (divide 1 3))'m"],
    ['1 1/2 cups', "(add 1 (divide 1 2))'cups"],
    ['1 3/2', 'syntax at 2'],
    ['1 million', '1e6'],
    ['2k + 3k', '(add 2e3 3e3)'],
    ['1.5 bn', '1.5e9'],
    ['3 dozen', '(multiply 3 12)'],
    ['5 lakh', '5e5'],
    ['2k', '(multiply 2 k)', 'k'],
    ['2e3x', '(multiply 2e3 x)'],
    ['1e', '(multiply 1 :e)'],
  ])
})

t.test('joins a number to its unit', async (t) => {
  each(t, [
    ['400 km/h / 100 km/h', "(divide 400'km.h^-1 100'km.h^-1)"],
    ['5 m/s / 2 m/s', "(divide 5'm.s^-1 2'm.s^-1)"],
    ['$100 / 8 h', "(divide 100'$ 8'h)"],
    ['2*3/4 mm', "(divide (multiply 2 3) 4)'mm"],
    ['2 m * 3/4 s', "(divide (multiply 2'm 3) 4's)"],
    ['(3)/4 mm', "(divide 3 4)'mm"],
    ['5!/2 m', "(divide (factorial 5) 2)'m"],
    ['10/(2+3) m', "(divide 10 (add 2 3))'m"],
    ['-5 °C', "(minus 5'°C)"],
    ['9.81 m/s^2 * 5 s', "(multiply 9.81'm.s^-2 5's)"],
    ['5 m^-1', "5'm^-1"],
    ['5 m^(1/2)', "5'm^0.5"],
    ['9.8 m/s²', "9.8'm.s^-2"],
    ['50m2', "50'm^2"],
    ['50 m2 to ft2', "(to 50'm^2 'ft^2)"],
    ['5 square m', "5'm^2"],
    ['550 ft lbf/s', "550'ft.lbf.s^-1"],
    ['5 N*m', "5'N.m"],
    ['5 km per h', "5'km.h^-1"],
    ['8.314 J/(mol K)', "8.314'J.mol^-1.K^-1"],
    ['60 km / h', "60'km.h^-1"],
    ['(2 + 3) m', "(add 2 3)'m"],
    ['x m', "x'm", 'x'],
    ['5 m^n', "(multiply 5 (power 'm n))", 'n'],
    ['5 m^2^2', "(multiply 5 (power 'm (power 2 2)))"],
  ])
})

t.test('reads n/m before a name as that fraction of it', async (t) => {
  each(t, [
    ['1/2 a', '(multiply (divide 1 2) a)', 'a'],
    ['-1 / 2 a', '(multiply (divide (minus 1) 2) a)', 'a'],
    ['2*1/3 x', '(multiply (divide (multiply 2 1) 3) x)', 'x'],
    ['e^(-1/2 x^2)', '(power :e (multiply (divide (minus 1) 2) (power x 2)))', 'x'],
    ['sin(-1/2 pi)', '(sin() (multiply (divide (minus 1) 2) :pi))'],
    ['8 pi / 2 pi', '(divide (multiply 8 :pi) (multiply 2 :pi))'],
    ['pi / 2 pi', '(divide :pi (multiply 2 :pi))'],
    ['n/2 x', '(divide n (multiply 2 x))', 'n', 'x'],
    ['pi/4 rad', "(part :pi 4 'rad)"],
    ['x/4 s', "(part x 4 's)", 'x'],
    ['6/2(1+2)', '(multiply (divide 6 2) (add 1 2))'],
    ['1/3 x/2 x', '(divide (multiply (divide 1 3) x) (multiply 2 x))'],
  ])
})

t.test('adds up mixed units such as 5 ft 3 in', async (t) => {
  each(t, [
    ['5 ft 3 in', "{5'ft 3'in}"],
    [`6' 2"`, "{6'ft 2'in}"],
    [`5'11"`, "{5'ft 11'in}"],
    ["5' 10", "{5'ft 10'in}"],
    [`30° 15' 20"`, "{30'° 15'arcmin 20'arcsec}"],
    ['3 hours 20 minutes', "{3'hours 20'minutes}"],
    ['3 hours and 20 minutes', "{3'hours 20'minutes}"],
    ['5 lb 3 oz * 2', "(multiply {5'lb 3'oz} 2)"],
    ['2 h 30 min * 2', "(multiply {2'h 30'min} 2)"],
    ['1h30min', "{1'h 30'min}"],
    ['5ft3in', "{5'ft 3'in}"],
    ['1h 30m', "{1'h 30'min}"],
    ['1 1/2 ft 3 1/2 in', "{(add 1 (divide 1 2))'ft (add 3 (divide 1 2))'in}"],
    ['-(5 ft 3 in)', "(minus {5'ft 3'in})"],
    ['5 ft 3 in + 2 ft', "(add {5'ft 3'in} 2'ft)"],
  ])
})

t.test('decides between a unit and a name', async (t) => {
  each(t, [
    ['10 m/s', "10'm.s^-1", 'm'],
    ['m', 'm', 'm'],
    ['2 * m', '(multiply 2 m)', 'm'],
    ['3 h to min', "(to 3'h 'min)", 'h'],
    ['36 km/h', "36'km.h^-1", 'h'],
    ['30 m / t', "(divide 30'm t)", 't'],
    ['5 kg*g', "(multiply 5'kg g)", 'g'],
    ['5 kg*g', "5'kg.g"],
    ['in + 1', '(add in 1)', 'in'],
    ['5 in', "5'in"],
    ['5 in + 3 in', "(add 5'in 3'in)"],
    ['20 in in cm', "(to 20'in 'cm)"],
    ['5 in to cm', "(to 5'in 'cm)"],
    ['5 min', "5'min"],
    ['min(3, 5)', '(min() 3 5)'],
    ['min ([3, 5])', '(min() [3 5])'],
    ['5 min(3, 4)', '(multiply 5 (min() 3 4))'],
    ['km/min', "'km.min^-1"],
    ['sec(1)', '(sec() 1)'],
    ['5 sec', "5'sec"],
    ['5 as', 'syntax at 4'],
    ['a', 'a'],
    ['6 ft', "6'ft", 'ft'],
  ])
})

t.test('reads money', async (t) => {
  each(t, [
    ['$50', "50'$"],
    ['-$50', "(minus 50'$)"],
    ['$-50', "(minus 50'$)"],
    ['€50 + 19%', "(add 50'€ 19%)"],
    ['50 €', "50'€"],
    ['£20 / 4', "(divide 20'£ 4)"],
    ['$1.50/kg', "1.50'$.kg^-1"],
    ['$5 per h', "5'$.h^-1"],
    ['$2M', "2e6'$"],
    ['$1.5k', "1.5e3'$"],
    ['US$50', "50'USD"],
    ['$30 CAD', "30'CAD"],
    ['USD 50', "50'USD"],
    ['50 usd', "50'USD"],
    ['$15 an hour', "15'$.hour^-1"],
    ['$1,299.99 * 2', "(multiply 1299.99'$ 2)"],
    ['€3,50', "3.50'€"],
  ])
})

t.test('reads the unit or notation that a value should be shown in', async (t) => {
  each(t, [
    ['20 °C in °F', "(to 20'°C '°F)"],
    ['20 C in F', "(to 20'°C '°F)"],
    ['-40 F to C', "(to (minus 40'°F) '°C)"],
    ['300 K to C', "(to 300'K '°C)"],
    ['5 C', "5'C"],
    ['100 µF to F', "(to 100'µF 'F)"],
    ['x to F', "(to x 'F or '°F)", 'x'],
    ['5 km/h in mph', "(to 5'km.h^-1 'mph)"],
    ['170 cm to ft in', "(to 170'cm 'ft 'in)"],
    ['200 min to h min', "(to 200'min 'h 'min)"],
    ['1 psi to lbf/in^2', "(to 1'psi 'lbf.in^-2)"],
    ['5 ft lbf to N m', "(to 5'ft.lbf 'N.m)"],
    ['255 in hex', '(to 255 hex)'],
    ['255 to base 2', '(to 255 binary)'],
    ['0.375 as a fraction', '(to 0.375 fraction)'],
    ['pi to 2 dp', '(to :pi 2 places)'],
    ['pi to 3 significant digits', '(to :pi 3 significant)'],
    ['2/3 to 4 decimal places', '(to (divide 2 3) 4 places)'],
    ['1234 to sci', '(to 1234 scientific)'],
    ['1 km to m to ft', "(to (to 1'km 'm) 'ft)"],
    ['5 km -> miles', "(to 5'km 'miles)"],
    ['5 km → miles', "(to 5'km 'miles)"],
    ['x to y', '(to x y)', 'x', 'y'],
    ['convert 5 km to miles', "(to 5'km 'miles)"],
    ['12 + 3 cm to m', "(to (add 12 3'cm) 'm)"],
  ])
})

t.test('reads dates and times', async (t) => {
  each(t, [
    ['2026-12-24', '<2026-12-24>'],
    ['2026-12-24 - 2026-11-28', '(subtract <2026-12-24> <2026-11-28>)'],
    ['2026-1-5', '(subtract (subtract 2026 1) 5)'],
    ['24.12.2026', '<2026-12-24>'],
    ['24 Dec 2026', '<2026-12-24>'],
    ['December 24th, 2026 + 2 weeks', "(add <2026-12-24> 2'weeks)"],
    ['12:30 + 45 min', "(add <12:30> 45'min)"],
    ['3pm + 2 hours', "(add <15:00> 2'hours)"],
    ['12am', '<00:00>'],
    ['3:15 pm', '<15:15>'],
    ['3 p.m. + 1 h', "(add <15:00> 1'h)"],
    ['5 pm + 2 hours', "(add <17:00> 2'hours)"],
    ['5 pm in Tokyo', '<17:00 Tokyo>'],
    ['5 pm to nm', "(to 5'pm 'nm)"],
    ['500 pm', "500'pm"],
    ['5pm - 9am', '(subtract <17:00> <09:00>)'],
    ['9am to 5pm', '(subtract <17:00> <09:00>)'],
    ['2026-11-28 14:30', '<2026-11-28 14:30>'],
    ['2026-11-28T14:30:20Z', '<2026-11-28 14:30:20 UTC>'],
    ['2026-11-28 3pm', '<2026-11-28 15:00>'],
    ['9:35 in New York to Tokyo', '(to <09:35 New York> @Tokyo)'],
    ['14:00 UTC to London', '(to <14:00 UTC> @London)'],
    ['2026-11-28 to weekday', '(to <2026-11-28> weekday)'],
    ['2026-11-28 to week', '(to <2026-11-28> week)'],
    ['90 min to day', "(to 90'min 'day)"],
    ['1:5', '(range 1 5)'],
    ['0:2:10', '(range 0 2 10)'],
    ['x:5', '(range x 5)', 'x'],
    ['1:10', '<01:10>'],
    ['(1:10) * 2', '(multiply (range 1 10) 2)'],
    ['sum(1:10)', '(sum() (range 1 10))'],
    ['true ? 10:20', '(if :true 10 20)'],
    ['17:00 - 9:30 to h', "(to (subtract <17:00> <09:30>) 'h)"],
  ])
})

t.test('ignores what people add out of habit, such as an equals sign', async (t) => {
  each(t, [
    ['= 5 + 5', '(add 5 5)'],
    ['=12*3', '(multiply 12 3)'],
    ['5+5=', '(add 5 5)'],
    ['5 + 5 = ', '(add 5 5)'],
    ['x + 1 =', '(add x 1)', 'x'],
    ['what is 5 + 5?', '(add 5 5)'],
    ["What's 5 + 5?", '(add 5 5)'],
  ])
})

t.test('tells headings, comments, labels and values apart', async (t) => {
  each(t, [
    ['# Budget', 'heading'],
    ['#1 idea', 'heading'],
    ['// a comment', 'comment'],
    ['1 + 1 // two', '(add 1 1)'],
    ['  ', 'blank'],
    ['Rent: 1200 + 50', '"Rent" (add 1200 50)'],
    ['Food for two: 2 * 35', '"Food for two" (multiply 2 35)'],
    ['Start 9:30: 5', '"Start 9:30" 5'],
    ['Start: 9:30', '"Start" <09:30>'],
    ['x: 5', '"x" 5'],
    ['x:5', '(range x 5)', 'x'],
    ['pi:5', '(range :pi 5)'],
    ['x y:5', '(range (multiply x y) 5)', 'x', 'y'],
    ['Total (net): 3', '"Total (net)" 3'],
    ['Rent: x = 5', '"Rent" x := 5'],
    ['x = 5', 'x := 5'],
    ['x := 5', 'x := 5'],
    ['f(k) = 2k', 'f(k) := (multiply 2 k)'],
    ['f(x) = 3 x', 'f(x) := (multiply 3 x)'],
    ['f(x2) = 3x2', 'f(x2) := (multiply 3 x2)'],
    ['f(x, y) = x*y + k', 'f(x y) := (add (multiply x y) k)'],
    ['λ = 5', 'λ := 5'],
    ['café = 2', 'café := 2'],
  ])
})

t.test('refuses what it cannot read, and says where', async (t) => {
  each(t, [
    ['5 pm - 9 am', 'syntax at 0'],
    ['1,2,3', 'syntax at 0'],
    ['1.2.3', 'syntax at 0'],
    ['1 +', 'syntax at 3'],
    ['2 × ', 'syntax at 4'],
    ['(1 + 2', 'syntax at 6'],
    ['1 + 2)', 'syntax at 5'],
    ['()', 'syntax at 1'],
    ['[1, 2', 'syntax at 5'],
    ['5 5', 'syntax at 2'],
    ['[1 2]', 'syntax at 3'],
    ['max(1, 2; 3)', 'syntax at 8'],
    ['1;2', 'syntax at 1'],
    ['(1, 2)', 'syntax at 2'],
    ['5 km to', 'syntax at 7'],
    ['to 5', 'syntax at 0'],
    ['of 5', 'syntax at 0'],
    ['20 is 5', 'syntax at 3'],
    ['😀 + 1', 'syntax at 0'],
    ['√4 + 😀', 'syntax at 5'],
    ['"a"', 'syntax at 0'],
    ['"a', 'syntax at 0'],
    ['of = 3', 'syntax at 0'],
    ['to = 3', 'syntax at 0'],
    ['off = 3', 'syntax at 0'],
    ['pi = 3', 'evaluation at 0'],
    ['sqrt = 3', 'evaluation at 0'],
    ['__proto__ = 5', 'syntax at 0'],
    ['f(x, x) = 1', 'syntax at 2'],
    ['f(of) = 1', 'syntax at 2'],
    ['2x = 4', 'syntax at 3'],
    ['3 = 3', 'syntax at 2'],
    ['x =', 'syntax at 3'],
    ['sin', 'evaluation at 0'],
    ['sin^-1(0.5)', 'syntax at 3'],
    ['today + 1', 'evaluation at 0'],
    ['$x', 'syntax at 0'],
    ['0xg', 'syntax at 0'],
    ['2026-13-01', 'syntax at 0'],
    ['5 m^1e9', 'limit at 4'],
    ['1​+1', 'syntax at 1'],
    ['{1}', 'syntax at 0'],
    ['1 # two', 'syntax at 2'],
    ['x.y', 'syntax at 1'],
    ['\\', 'syntax at 0'],
  ])
})

t.test('a note says how something ambiguous was read', async (t) => {
  t.equal(notes('1,234 + 1'), '`1,234` is read as 1234, not as 1.234.')
  t.equal(notes('1,234.5'), '')
  t.equal(notes('3,5'), '')
  t.equal(notes('19% VAT'), '`VAT` is ignored.')
  t.equal(notes('15% tip on 42'), '`tip` is ignored.')
  t.equal(notes('100 + 20% TVA'), '`TVA` is ignored.')
  t.equal(notes('m = 5 kg'), '`m` is also a unit: right after a number it stays the unit.')
  t.equal(notes('price = 5'), '')
  t.match(notes('36 km/h', 'h'), /`h` is read as the unit/)
  t.match(notes('20% 80'), /remainder/)
  t.match(notes('sin pi/6'), /applies only to what comes before/)
  t.match(notes('1:10'), /range\(1, 10\)/)
  t.equal(notes('12:30 + 45 min'), '')
  t.match(notes('12/24/2026'), /read as 2026-12-24/)
  t.match(notes('sum(1,000, 2)'), /two values/)
  t.match(notes('3h20'), /read as minutes/)
  t.match(notes('tax = 8%'), /50 \+ tax adds that percentage of 50/)
  t.match(notes('1h 30m'), /minutes/)
  t.match(
    notes('1/2 m v^2', 'm', 'v'),
    /`m` is the unit. For the value of m write a sign between them: 2 \* m/,
  )
  t.notOk(notes('2 * m', 'm'))
  t.match(notes('1/2%'), /1 divided by 2%/)
  t.match(notes('9am - 5pm'), /write 09:00 to 17:00/)
  t.match(notes('5!=120'), /is not equal to/)
  t.match(notes('15/01/24'), /whole year/)
  t.match(notes('100 + VAT 19%'), /`VAT` is ignored/)
  t.match(notes('5!!'), /double factorial: 5!! = 5 · 3 · 1/)
  t.equal(notes('3 x 4', 'x'), '`x` between numbers is read as times.')
})

t.test('ignores one or two meaningless words after a percentage, and nowhere else', async (t) => {
  each(t, [
    ['19% VAT', '19%'],
    ['15% tip on 42', '(on 15% 42)'],
    ['100 + 19 % VAT', '(add 100 19%)'],
    ['10 % y', '(remainder 10 y)'],
    ['10% taxes', '10%'],
    ['10% sales tax', '10%'],
    ['10% very high taxes', '(remainder 10 (multiply (multiply very high) taxes))'],
    ['5 apples', '(multiply 5 apples)'],
    ['4 x', '(multiply 4 x)'],
  ])
})

t.test('error messages say what to write instead', async (t) => {
  t.match(message('5 pm - 9 am'), /could be a time or 5 picometres. Write 5pm/)
  t.match(message(',0x1f'), /A comma separates/)
  t.match(message('of = 3'), /`of` is a word of the language, as in `10% of 50`/)
  t.match(message('[1 2]'), /Commas separate the cells/)
  t.match(message('max(1, 2; 3)'), /Commas separate the arguments/)
  t.match(message('3 = 3'), /To compare, write ==/)
  t.match(message('total cost = 3'), /^A name is one word: total_cost = 5\.$/)
  t.match(message('|5'), /second bar/)
  t.match(message('{1}'), /parentheses/)
  t.match(message('today'), /2026-11-28/)
  t.match(message('3/4/2026'), /Write 2026-03-04 or 2026-04-03/)
  t.match(message('2026-11-28 12:00 IST'), /several countries/)
  t.match(message('5 km to 3 m'), /write the unit alone/)
  t.match(message('10 June + 3 weeks'), /Write the year too: 10 June 2026/)
  for (const line of ['@', '`1`', 'a;b', 'x..y', '5 km to', '1 # two'])
    t.notMatch(message(line), /means nothing/, line)
})

t.test('suggests a name only if it is a likely one', async (t) => {
  const known = ['sqrt', 'pinv', 'floor', 'median', 'variance', 'rent', 'kilometre']
  t.equal(suggest('sqr', known), 'sqrt')
  t.equal(suggest('meidan', known), 'median')
  t.equal(suggest('Rent', known), 'rent')
  t.equal(suggest('varience', known), 'variance')
  t.equal(suggest('prev', known), undefined)
  t.equal(suggest('foo', known), undefined)
  t.match(unknownName('x', known, 2), { position: 2, message: /4 x 3/ })
  t.match(unknownName('medain', known), { message: "I don't know `medain`. Did you mean `median`?" })
})

t.test('refuses what is too long, too deep or too complex', async (t) => {
  t.equal(read('x'.repeat(1001)), 'too_long at undefined')
  t.equal(read('1\0'), 'invalid at undefined')
  t.equal(read('('.repeat(65)), 'limit at 64')
  t.equal(read(`${'-'.repeat(70)}1`).slice(0, 5), 'limit')
  t.equal(read(Array.from({ length: 300 }, () => '1').join('+')).slice(0, 5), 'limit')
  t.equal(read(`max(${Array.from({ length: 201 }, () => '1').join(',')})`).slice(0, 5), 'limit')
  t.equal(read('x'.repeat(65)), 'syntax at 0')
})

t.test('finds the names that a line could use', async (t) => {
  t.same(namesIn('2πr²h + x1'), ['r', 'h', 'x1', 'x'])
  t.same(namesIn('2e3x + 1e+5k + 0x1Fé'), ['x', 'k', 'é'])
  t.same(namesIn('std(x, "unbiased") // y'), ['std', 'x'])
  t.same(namesIn('# a heading'), [])
  t.same(namesIn('5ft3in'), ['ft3in', 'ft', 'in'])
  t.same(namesIn('6\' 2" + a'), ['a'])
  t.same(namesIn('__proto__ + constructor'), [])
  t.same(namesIn('ｘ + １ａ'), ['x', 'a'])
})

const seconds = Number(process.env.FUZZ_SECONDS ?? 3)
const seed = seedFrom('FUZZ_SEED')
const PIECES =
  `1 2.5 1,234 1.2,3 0x1f 1e3 ½ 1½ ٣ + - * / ^ ** % ! ' " ( ) [ ] , ; : ? = == < > & | ~ √ ² ⁻¹ ° π τ ∞ → ⁄ ‰
  $ € USD x y m h in min a ft km kg °C F C of to as in into per on off is what plus minus times mod and or not choose
  squared cubed half third twice square root percent cent million k dozen sin sqrt max log2 today 12:30 3pm 5 2026-12-24
  Tokyo hex dp 2 // # Rent: é किताब \u200b 😀 ωπ x2 2x3 5ft3in f(x) f(x)= x= the a an base raised by out`.split(
    /\s+/,
  )
const line = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom('', ' ', ' ')), { maxLength: 14 })
      .map((parts) => parts.flat().join('')),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
)

t.test('reads or refuses anything in words, and looks up only names that it mentions', async (t) => {
  t.comment(`seed ${seed}; FUZZ_SEED and FUZZ_SECONDS set it and the time`)
  fc.assert(
    fc.property(line, fc.subarray(['x', 'y', 'm', 'h', 'in', 'x2', 'f', 'a']), (typed, bound) => {
      const mentioned = new Set(namesIn(typed))
      const asked = new Set<string>()
      const isBound = (name: string) => {
        asked.add(name)
        return bound.includes(name)
      }
      try {
        const parsed = parse(typed, { ...vocabulary(), isBound })
        writeLine(parsed, unitText)
      } catch (error) {
        if (!(error instanceof CalculationError)) throw error
        const { position = 0 } = error
        if (position < 0 || position > [...typed].length) throw new Error(`position ${position}`)
        if (!/^[`A-ZI].*[.?`)…0-9]$/s.test(error.message)) throw new Error(error.message)
      }
      for (const name of asked)
        if (!mentioned.has(name) && bound.includes(name)) throw new Error(`${name} is no name of the line`)
    }),
    {
      seed,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: seconds * 1000,
      markInterruptAsFailure: false,
    },
  )
  t.pass()
})

t.test('reads a line in time proportional to its length', async (t) => {
  // Of so many runs one is not interrupted, however busy the machine is. (The time that a thread computed is told in steps of
  // some milliseconds, in which a line is read several times.)
  const fastest = (line: string): number =>
    Math.min(
      ...Array.from({ length: 40 }, () => {
        const began = performance.now()
        message(line, 'x')
        return performance.now() - began
      }),
    )
  for (const piece of [
    '1',
    '1,',
    '1 000 ',
    'x ',
    '1/3 x/',
    '5 km/',
    '1 1/2 + ',
    "5' ",
    '1:',
    'word ',
    '- ',
    '1 as ',
  ])
    t.ok(
      fastest(piece.repeat(Math.floor(990 / piece.length))) <
        60 * fastest(piece.repeat(Math.floor(99 / piece.length))) + 0.5,
      piece,
    )
})

t.test('the name that a line defines is found without parsing, and is the same one', async (t) => {
  const lines: readonly [line: string, name: string | undefined][] = [
    ['x = 5', 'x'],
    ['x := 5', 'x'],
    ['Rent: x = 5', 'x'],
    ['ｘ＝５', 'x'],
    ['= y = 5', 'y'],
    ["what's z = 3", 'z'],
    ['\u03bc = 0.3', '\u00b5'],
    ['Area: f(r) = 2r', 'f'],
    ['f (a, b) = a + b', 'f'],
    ['= 5', undefined],
    ['x: 5', undefined],
    ['5 // x = 5', undefined],
  ]
  for (const [line, name] of lines) {
    const { statement } = parse(line, vocabulary())
    t.equal('name' in statement ? statement.name : undefined, name, line)
    t.equal(headOf(normalise(line).text).defines, name, line)
  }
})

t.test('finds the name that a line defines', async (t) => {
  for (const line of ['x = 5', 'x := 5', 'Rent: x = 5', 'x(a, b) = a', 'Area: x (r) = 2r'])
    t.equal(definedName(line), 'x', line)
  for (const line of ['x', 'x == 5', 'x: 5', '5 = x', '// y: x = 5'])
    t.equal(definedName(line), undefined, line)
})

t.test('a total may add up more values than a matrix may hold', async (t) => {
  const of = Array.from({ length: 15_000 }, () => '{"n":"2"}')
  for (const [word, text] of Object.entries({ sum: '30000', average: '2', max: '2', count: '15000' })) {
    const outcomes = evaluateLines(
      [{ expression: word, names: {}, totals: { words: [word], of } }],
      1e6,
      () => 0,
    )
    t.match(outcomes, [{ text }], word)
  }
})

t.test('reading a line takes no longer if it is mostly spaces', async (t) => {
  const spaces = ' '.repeat(999)
  const before = process.cpuUsage()
  for (let i = 0; i < 500; i++) {
    headOf(`x${spaces}`)
    definedName(`x${spaces}`)
  }
  t.ok(process.cpuUsage(before).user < 250_000)
})
