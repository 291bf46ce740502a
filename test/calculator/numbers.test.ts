import fc from 'fast-check'
import t from 'tap'
import * as numbers from '../../src/calculator/numbers/index.ts'
import {
  abs,
  add,
  CalculationError,
  compare,
  complex,
  decodeReal,
  denominator,
  divide,
  E,
  encodeReal,
  equals,
  fromInteger,
  HALF,
  I,
  isComplex,
  isExact,
  isReal,
  isZero,
  type Meter,
  UNMETERED as meter,
  multiply,
  negate,
  numerator,
  ONE,
  PI,
  parseReal,
  power,
  type Real,
  ratio,
  re,
  remainder,
  type Scalar,
  signOf,
  sqrt,
  subtract,
  toBigInt,
  toNumber,
  writeBase,
  writeFixed,
  writeFraction,
  writeReal,
  writeScientific,
  ZERO,
} from '../../src/calculator/numbers/index.ts'
import { primesUpTo } from '../../src/calculator/numbers/primes.ts'
import table from './numbers-table.json' with { type: 'json' }

type Place = string | string[]

/** A number as written in the table, such as `-1/3` or `0.125pi`, or a pair if it is complex. */
function read(place: Place): Scalar {
  if (typeof place !== 'string') return complex(real(place[0]), real(place[1]))
  return real(place)
}

function real(text = ''): Real {
  if (text.endsWith('pi')) return re(multiply(real(text.slice(0, -2) || '1'), PI))
  const [n = '', d = '1'] = text.split('/')
  return re(divide(parseReal(n), parseReal(d)))
}

const value = (text: string) => real(text)
const whole = (n: number | bigint) => fromInteger(n)

/** A value as the calculator shows it. */
function shown(found: Scalar): string {
  if (isReal(found)) return writeReal(found).text
  const [x, y] = [writeReal(found.re).text, writeReal(found.im).text]
  return x === '0' ? `${y}i` : `${x} + ${y}i`
}

function errorOf(work: () => unknown): { code: string; message: string } {
  try {
    work()
  } catch (error) {
    if (error instanceof CalculationError) return { code: error.code, message: error.message }
    throw error
  }
  return { code: 'none', message: '' }
}

const FUNCTIONS: Record<string, (a: Scalar, meter: Meter) => Scalar> = {
  sqrt: numbers.sqrt,
  cbrt: numbers.cbrt,
  exp: numbers.exp,
  expm1: numbers.expm1,
  ln: numbers.ln,
  log1p: numbers.log1p,
  log2: numbers.log2,
  log10: numbers.log10,
  sin: numbers.sin,
  cos: numbers.cos,
  tan: numbers.tan,
  cot: numbers.cot,
  sec: numbers.sec,
  csc: numbers.csc,
  asin: numbers.asin,
  acos: numbers.acos,
  atan: numbers.atan,
  acot: numbers.acot,
  asec: numbers.asec,
  acsc: numbers.acsc,
  sinh: numbers.sinh,
  cosh: numbers.cosh,
  tanh: numbers.tanh,
  coth: numbers.coth,
  sech: numbers.sech,
  csch: numbers.csch,
  asinh: numbers.asinh,
  acosh: numbers.acosh,
  atanh: numbers.atanh,
  acoth: numbers.acoth,
  asech: numbers.asech,
  acsch: numbers.acsch,
  gamma: numbers.gamma,
  lgamma: numbers.lgamma,
  factorial: numbers.factorial,
  erf: numbers.erf,
  erfc: numbers.erfc,
  zeta: numbers.zeta,
}

const FIFTY = ratio(1n, 10n ** 50n)

/** Tells whether a part of a value is right to 50 digits of its own. */
function agrees(found: Real, wanted: Real): boolean {
  if (isZero(wanted)) return writeReal(found).text === '0'
  return compare(abs(subtract(found, wanted)), re(multiply(abs(wanted), FIFTY))) <= 0
}

t.test('every function is right to fifty digits, even at the edges of its domain', async (t) => {
  const rows = table.values as [name: string, place: Place, wanted: Place][]
  for (const name of Object.keys(FUNCTIONS))
    t.ok(rows.filter(([other]) => other === name).length >= 10, `${name} has ten values`)
  const wrong = rows.filter(([name, place, wanted]) => {
    const found = FUNCTIONS[name]?.(read(place), meter) ?? ZERO
    const right = read(wanted)
    return !agrees(re(found), re(right)) || !agrees(numbers.im(found), numbers.im(right))
  })
  t.same(wrong, [])
})

t.test('exact values stay exact', async (t) => {
  const third = ratio(1n, 3n)
  const cases: [name: string, found: Scalar, wanted: Scalar][] = [
    ['0.1 + 0.2', add(value('0.1'), value('0.2')), value('0.3')],
    ['1/3 * 3', multiply(third, whole(3)), ONE],
    ['2^100', power(whole(2), whole(100)), whole(1267650600228229401496703205376n)],
    ['(2/3)^-3', power(ratio(2n, 3n), whole(-3)), ratio(27n, 8n)],
    ['4^(1/2)', power(whole(4), HALF), whole(2)],
    ['8^(1/3)', power(whole(8), third), whole(2)],
    ['(8/27)^(-2/3)', power(ratio(8n, 27n), ratio(-2n, 3n)), ratio(9n, 4n)],
    ['sqrt(1/4)', sqrt(ratio(1n, 4n), meter), HALF],
    ['sqrt(-9)', sqrt(whole(-9), meter), complex(ZERO, whole(3))],
    ['sqrt(3 + 4i)', sqrt(complex(whole(3), whole(4)), meter), complex(whole(2), ONE)],
    ['cbrt(-27)', numbers.cbrt(whole(-27), meter), whole(-3)],
    ['nthRoot(32, 5)', numbers.nthRoot(whole(32), whole(5), meter), whole(2)],
    ['i^i^4', power(I, whole(4)), ONE],
    ['(1 + 4i)^6', power(complex(ONE, whole(4)), whole(6)), complex(whole(-495), whole(4888))],
    ['(-5 + 8i)^3', power(complex(whole(-5), whole(8)), whole(3)), complex(whole(835), whole(88))],
    ['e^(i pi)', power(E, multiply(I, PI)), whole(-1)],
    ['ln e', numbers.ln(E, meter), ONE],
    ['ln 1', numbers.ln(ONE, meter), ZERO],
    ['exp 0', numbers.exp(ZERO, meter), ONE],
    ['log2 8', numbers.log2(whole(8), meter), whole(3)],
    ['log2 of 1/1024', numbers.log2(ratio(1n, 1024n), meter), whole(-10)],
    ['log(2, 8)', numbers.log(whole(2), whole(8), meter), third],
    ['log10 of 10^300', numbers.log10(value('1e300'), meter), whole(300)],
    ['arg(1 + i)', numbers.arg(complex(ONE, ONE)), re(multiply(PI, ratio(1n, 4n)))],
    ['ln(-1)', numbers.ln(whole(-1), meter), complex(ZERO, PI)],
    ['zeta 2', numbers.zeta(whole(2), meter), multiply(multiply(PI, PI), ratio(1n, 6n))],
    ['zeta -3', numbers.zeta(whole(-3), meter), ratio(1n, 120n)],
    ['gamma 5', numbers.gamma(whole(5), meter), whole(24)],
    ['20!', numbers.factorial(whole(20), meter), whole(2432902008176640000n)],
    ['pi^2 / pi', divide(multiply(PI, PI), PI), PI],
    ['3 pi % pi', remainder(multiply(whole(3), PI), PI), ZERO],
  ]
  for (const [name, found, wanted] of cases) {
    t.ok(isExact(found) && equals(found, wanted), `${name} is ${shown(wanted)}, not ${shown(found)}`)
  }
  t.notOk(isExact(sqrt(whole(2), meter)), 'a root of 2 is not exact')
  t.notOk(isExact(power(whole(2), whole(1024))), 'nor is a number with more than 1,024 bits')
  t.ok(isExact(subtract(power(whole(2), whole(1023)), ONE)))
})

t.test('knows the angles whose sines, cosines and tangents are fractions', async (t) => {
  const angle = (n: bigint, d: bigint) => ratio(n, d, 1)
  const { sin, cos, tan, cot, sec, csc, asin, acos, atan } = numbers
  const cases: [found: Scalar, wanted: Scalar][] = [
    [sin(angle(1n, 6n), meter), HALF],
    [sin(angle(-7n, 6n), meter), HALF],
    [sin(angle(10n ** 40n, 1n), meter), ZERO],
    [sin(angle(3n, 2n), meter), whole(-1)],
    [cos(angle(1n, 3n), meter), HALF],
    [cos(angle(5n, 3n), meter), HALF],
    [cos(PI, meter), whole(-1)],
    [cos(angle(5n, 2n), meter), ZERO],
    [tan(angle(1n, 4n), meter), ONE],
    [tan(angle(-5n, 4n), meter), whole(-1)],
    [cot(angle(3n, 4n), meter), whole(-1)],
    [cot(angle(1n, 2n), meter), ZERO],
    [sec(angle(1n, 3n), meter), whole(2)],
    [csc(angle(1n, 6n), meter), whole(2)],
    [asin(HALF, meter), angle(1n, 6n)],
    [asin(whole(-1), meter), angle(-1n, 2n)],
    [acos(ratio(-1n, 2n), meter), angle(2n, 3n)],
    [acos(ONE, meter), ZERO],
    [atan(whole(-1), meter), angle(-1n, 4n)],
    [numbers.atan2(whole(5), whole(-5), meter), angle(3n, 4n)],
  ]
  for (const [i, [found, wanted]] of cases.entries())
    t.ok(isExact(found) && equals(found, wanted), `case ${i}: ${shown(found)}`)
  for (const [name, place] of [
    ['tan', angle(1n, 2n)],
    ['sec', angle(-3n, 2n)],
    ['cot', ZERO],
    ['csc', PI],
  ] as const)
    t.equal(errorOf(() => FUNCTIONS[name]?.(place, meter)).code, 'evaluation', `${name} has a pole there`)
})

t.test('shows a number rounded to 14 digits, and says whether it was rounded', async (t) => {
  const cases: [found: Scalar, text: string, rounded: boolean][] = [
    [value('0.3'), '0.3', false],
    [ratio(1n, 3n), '0.33333333333333', true],
    [ratio(2n, 3n), '0.66666666666667', true],
    [value('99999999999999.95'), '100000000000000', true],
    [value('0.000000001'), '0.000000001', false],
    [value('0.00000000099'), '9.9e-10', false],
    [value('1.00000000000005'), '1.0000000000001', true],
    [value('-1.00000000000005'), '-1.0000000000001', true],
    [value('1.00000000000004999'), '1', true],
    [value('999999999999999'), '999999999999999', false],
    [value('999999999999999.5'), '1e+15', true],
    [value('123456789012345.6'), '123456789012350', true],
    [value('1e63'), `1${'0'.repeat(63)}`, false],
    [value('1e64'), '1e+64', false],
    [value('12345678901234567e48'), '1.2345678901235e+64', true],
    [PI, '3.1415926535898', true],
    [sqrt(whole(2), meter), '1.4142135623731', true],
    [power(whole(2), whole(-300)), '4.9090934652977e-91', true],
    [value('9.99e10000'), '9.99e+10000', true],
    [value('1e-20000'), '1e-20000', true],
    [power(sqrt(whole(2), meter), whole(2)), '2', false],
    [subtract(power(sqrt(whole(2), meter), whole(2)), whole(2)), '0', false],
    [power(numbers.nthRoot(whole(2), whole(3), meter), whole(3)), '2', true],
    [whole(-0), '0', false],
  ]
  for (const [found, text, rounded] of cases) t.same(writeReal(re(found)), { text, rounded })
})

t.test('writes numbers in other notations', async (t) => {
  t.same(writeFixed(ratio(1n, 3n), 2), { text: '0.33', rounded: true })
  t.same(writeFixed(value('2.5'), 2), { text: '2.50', rounded: false })
  t.same(writeFixed(value('-2.5'), 0), { text: '-3', rounded: true })
  t.same(writeFixed(value('2.675'), 2), { text: '2.68', rounded: true })
  t.same(writeFixed(value('-0.004'), 2), { text: '0.00', rounded: true })
  t.same(writeFixed(value('1250'), -2), { text: '1300', rounded: true })
  t.same(writeFixed(PI, 50).text, '3.14159265358979323846264338327950288419716939937511')
  t.same(writeScientific(value('1234567')), { text: '1.234567e+6', rounded: false })
  t.same(writeScientific(ratio(-1n, 3n), { significant: 3 }), { text: '-3.33e-1', rounded: true })
  t.equal(writeFraction(value('-0.125')), '-1/8')
  t.equal(writeFraction(re(multiply(PI, ratio(3n, 4n)))), '3/4 pi')
  t.equal(errorOf(() => writeFraction(E)).code, 'evaluation')
  t.equal(writeBase(whole(-255), 16), '-0xff')
  t.equal(writeBase(whole(255), 8), '0o377')
  t.equal(writeBase(whole(5), 2), '0b101')
  t.equal(errorOf(() => writeBase(HALF, 2)).code, 'evaluation')
  t.equal(errorOf(() => writeFixed(PI, 301)).code, 'limit')
})

t.test('reads numbers exactly, and refuses everything else', async (t) => {
  for (const [text, n, d] of [
    ['12', 12n, 1n],
    ['.5', 1n, 2n],
    ['5.', 5n, 1n],
    ['1.5e-10', 3n, 20000000000n],
    ['-2e3', -2000n, 1n],
    ['0xff', 255n, 1n],
    ['0b101', 5n, 1n],
    ['0o17', 15n, 1n],
    [`0.${'0'.repeat(300)}5`, 1n, 2n * 10n ** 300n],
  ] as const)
    t.same([numerator(parseReal(text)), denominator(parseReal(text))], [n, d], text)
  for (const text of ['', '.', 'e5', '1e', '1_000', '0x', '1,5', 'Infinity', 'NaN', ' 1', '١'])
    t.equal(errorOf(() => parseReal(text)).code, 'evaluation', `${text} is none`)
  t.equal(errorOf(() => parseReal('1e10001')).code, 'limit')
  t.equal(errorOf(() => parseReal('1e999999999999')).code, 'limit')
  t.equal(errorOf(() => parseReal('1e-9999999999')).code, 'limit')
  t.equal(shown(parseReal('7'.repeat(1000))), '7.7777777777778e+999')
})

t.test('distinguishes tiny numbers from 0 and from each other', async (t) => {
  t.equal(signOf(value('1e-100')), 1)
  t.equal(signOf(value('1e-20000')), 1)
  t.equal(compare(value('1e-90'), ZERO), 1)
  t.equal(compare(re(power(whole(10), whole(-20000))), re(power(whole(10), whole(-20001)))), 1)
  t.equal(shown(numbers.exp(whole(-100000), meter)), '3.5629495653094e-43430')
  t.ok(equals(add(multiply(value('0.1'), I), multiply(value('0.2'), I)), multiply(value('0.3'), I)))
  t.ok(equals(power(sqrt(whole(2), meter), whole(2)), whole(2)), 'roundings of one number are equal')
  t.equal(shown(power(add(ONE, value('1e-200')), value('1e200'))), '2.718281828459')
  t.equal(shown(power(negate(add(ONE, value('1e-200'))), value('1e200'))), '2.718281828459')
  t.equal(shown(numbers.log(whole(2), add(ONE, value('1e-200')), meter)), '6.9314718055995e+199')
  t.equal(shown(numbers.log1p(subtract(value('1e-250'), ONE), meter)), '-575.64627324851')
  t.equal(shown(numbers.sin(value('1e300'), meter)), '-0.98575042516038')
  t.equal(shown(numbers.expm1(value('-1e30'), meter)), '-1')
  t.equal(shown(numbers.sech(value('1e5'), meter)), '7.1258991306187e-43430')
  t.equal(shown(subtract(PI, ratio(355n, 113n))), '-0.00000026676418906242')
})

t.test('remainders have the sign of the divisor, at any size', async (t) => {
  for (const [a, b, rest] of [
    ['-7', '3', '2'],
    ['7', '-3', '-2'],
    ['2', '2/3', '0'],
    ['360', '360/7', '0'],
    ['5.5', '2', '1.5'],
    ['-0.5', '1/3', '1/6'],
  ] as const)
    t.ok(equals(remainder(value(a), value(b)), value(rest)), `${a} % ${b}`)
  t.equal(shown(remainder(power(whole(2), whole(300)), whole(1000))), '376')
  t.equal(shown(remainder(power(whole(12), whole(80)), whole(7))), '4')
  t.equal(shown(remainder(multiply(whole(5), sqrt(whole(2), meter)), sqrt(whole(2), meter))), '0')
  t.equal(shown(remainder(whole(10), PI)), '0.57522203923062')
  t.equal(errorOf(() => remainder(power(whole(3), whole(2000)), whole(7))).code, 'limit')
  t.equal(errorOf(() => remainder(ONE, ZERO)).message, 'Division by zero.')
  t.equal(numbers.modularPower(4349n, 5249n, 7031n), 1234n)
  t.equal(numbers.modularPower(3n, -1n, 7n), 5n)
  t.equal(numbers.modularPower(2n, 5n, -7n), -3n)
})

t.test('rounds halves away from zero, to decimal places and to tens', async (t) => {
  const rounded = (text: string, places = 0) => shown(numbers.round(value(text), places))
  t.equal(rounded('-2.5'), '-3')
  t.equal(rounded('2.5'), '3')
  t.equal(rounded('-2.4'), '-2')
  t.equal(rounded('1234.5678', -2), '1200')
  t.equal(rounded('1.005', 2), '1.01')
  t.equal(shown(numbers.floor(value('-0.5'))), '-1')
  t.equal(shown(numbers.ceil(value('-0.5'))), '0')
  t.equal(shown(numbers.truncate(value('-7/2'))), '-3')
  t.equal(shown(numbers.floor(multiply(sqrt(whole(-2), meter), sqrt(whole(-8), meter)))), '-4')
  t.equal(shown(numbers.floor(power(whole(10), numbers.log10(whole(5), meter)))), '5')
  t.equal(shown(numbers.round(PI, 30)), '3.1415926535898')
  t.equal(errorOf(() => numbers.floor(sqrt(value('1e301'), meter))).code, 'limit')
})

t.test('knows primes, factorisations and combinatorics', async (t) => {
  const prime = (n: bigint) => numbers.isPrime(n, meter)
  // Composite: A014233's last (a strong pseudoprime to 13 bases), products that a library took for primes, Arnault's
  // 46-digit strong pseudoprime to the bases up to 31, Carmichael numbers, squares.
  for (const n of [
    -7n,
    0n,
    1n,
    561n,
    1373653n,
    3215031751n,
    3825123056546413051n,
    318665857834031151167461n,
    3317044064679887385961981n,
    564132928021909221014087501701n,
    59276361075595573263446330101n,
    1195068768795265792518361315725116351898245581n,
    (2n ** 89n - 1n) ** 2n,
    (2n ** 107n - 1n) * (2n ** 127n - 1n),
  ])
    t.notOk(prime(n), `${n}`)
  for (const n of [
    2n,
    41n,
    43n,
    1847n,
    18446744073709551557n,
    2n ** 89n - 1n,
    2n ** 521n - 1n,
    10n ** 50n + 151n,
  ])
    t.ok(prime(n), `${n}`)
  t.equal(errorOf(() => prime(2n ** 1100n + 1n)).code, 'limit')
  t.equal(primesUpTo(104_729).length, 10_000)
  t.same(numbers.factorize(2n ** 64n + 1n, meter), [
    { prime: 274177n, power: 1 },
    { prime: 67280421310721n, power: 1 },
  ])
  t.equal(errorOf(() => numbers.invmod(2n, 4n)).code, 'evaluation')
  const { binomial, permutations, catalan, stirlingS2, bellNumber, fibonacci, multinomial } = numbers
  for (const [name, found, wanted] of [
    ['binomial(5, 2)', binomial(5n, 2n, meter), 10n],
    ['binomial(2, 5)', binomial(2n, 5n, meter), 0n],
    ['binomial(-3, 2)', binomial(-3n, 2n, meter), 6n],
    ['binomial(100, 50)', binomial(100n, 50n, meter), 100891344545564193334812497256n],
    ['binomial(10^50, 2)', binomial(10n ** 50n, 2n, meter), (10n ** 50n * (10n ** 50n - 1n)) / 2n],
    ['permutations(10, 3)', permutations(10n, 3n, meter), 720n],
    ['permutations(3, 10)', permutations(3n, 10n, meter), 0n],
    ['catalan(10)', catalan(10n, meter), 16796n],
    ['catalan(0)', catalan(0n, meter), 1n],
    ['stirlingS2(10, 3)', stirlingS2(10n, 3n, meter), 9330n],
    ['bellNumber(10)', bellNumber(10n, meter), 115975n],
    ['fibonacci(100)', fibonacci(100n, meter), 354224848179261915075n],
    ['fibonacci(-8)', fibonacci(-8n, meter), -21n],
    ['multinomial(1, 2, 3)', multinomial([1n, 2n, 3n], meter), 60n],
    ['composition(5, 3)', numbers.composition(5n, 3n, meter), 6n],
    ['7 with repetition 3', numbers.combinationsWithRepetition(7n, 3n, meter), 84n],
  ] as const)
    t.equal(toBigInt(found), wanted, name)
  t.equal(shown(numbers.factorial(whole(3249), meter)), '6.4123376882766e+10000')
  t.equal(shown(binomial(33000n, 16500n, meter)), '4.2907845958831e+9931')
  for (const work of [
    () => numbers.factorial(whole(3250), meter),
    () => binomial(1_000_000n, 500_000n, meter),
    () => permutations(10n ** 30n, 5000n, meter),
    () => multinomial([3000n, 3000n, 3000n, 3000n, 3000n, 3000n], meter),
    () => fibonacci(10n ** 9n, meter),
    () => catalan(10n ** 6n, meter),
    () => bellNumber(1000n, meter),
    () => stirlingS2(1000n, 500n, meter),
  ])
    t.equal(errorOf(work).code, 'limit')
})

t.test('refuses what is too large, too small, undefined, or not known to enough digits', async (t) => {
  const nine = whole(9)
  for (const [name, code, work] of [
    ['9^9^9', 'limit', () => power(nine, power(nine, nine))],
    ['10^-10^10', 'limit', () => power(whole(10), whole(-10_000_000_000))],
    ['3^sqrt(10^300)', 'limit', () => power(whole(3), sqrt(value('1e301'), meter))],
    ['3^-sqrt(10^301)', 'limit', () => power(whole(3), negate(sqrt(value('1e301'), meter)))],
    ['sqrt(2)^(10^300)', 'limit', () => power(sqrt(whole(2), meter), value('1e300'))],
    ['exp(1e6)', 'limit', () => numbers.exp(value('1e6'), meter)],
    ['cosh(1e9)', 'limit', () => numbers.cosh(value('1e9'), meter)],
    ['gamma(1e6)', 'limit', () => numbers.gamma(value('1000000.5'), meter)],
    ['sin(10^400)', 'evaluation', () => numbers.sin(value('1e400'), meter)],
    ['1 / 0', 'evaluation', () => divide(ONE, ZERO)],
    [
      '1 / (sqrt(2)^2 - 2)',
      'evaluation',
      () => divide(ONE, subtract(power(sqrt(whole(2), meter), whole(2)), whole(2))),
    ],
    ['0^-1', 'evaluation', () => power(ZERO, whole(-1))],
    ['0^i', 'evaluation', () => power(ZERO, I)],
    ['ln 0', 'evaluation', () => numbers.ln(ZERO, meter)],
    ['gamma(-3)', 'evaluation', () => numbers.gamma(whole(-3), meter)],
    ['(-1)!', 'evaluation', () => numbers.factorial(whole(-1), meter)],
    ['atanh 1', 'evaluation', () => numbers.atanh(ONE, meter)],
    ['atan i', 'evaluation', () => numbers.atan(I, meter)],
    ['zeta 1', 'evaluation', () => numbers.zeta(ONE, meter)],
    ['asec 0', 'evaluation', () => numbers.asec(ZERO, meter)],
    ['nthRoot(-8, 2)', 'evaluation', () => numbers.nthRoot(whole(-8), whole(2), meter)],
    ['log(2, 1)', 'evaluation', () => numbers.log(whole(2), ONE, meter)],
    ['(1 + i) % 2', 'evaluation', () => remainder(complex(ONE, ONE), whole(2))],
    [
      '1000! + 5 - 1000!',
      'evaluation',
      () => {
        const large = numbers.factorial(whole(1000), meter)
        return writeReal(re(subtract(add(large, whole(5)), large)))
      },
    ],
  ] as const)
    t.equal(errorOf(work).code, code, name)
})

t.test('a number stored as text is the same number when it is read', async (t) => {
  const all = [
    ZERO,
    ONE,
    PI,
    E,
    ratio(-7n, 3n),
    re(divide(ONE, PI)),
    value('1e-30000'),
    re(sqrt(whole(2), meter)),
  ]
  const rest = re(subtract(power(sqrt(whole(2), meter), whole(2)), whole(2)))
  const large = re(power(whole(3), whole(1000)))
  for (const one of [...all, large]) t.same(decodeReal(encodeReal(one)), one)
  t.equal(encodeReal(decodeReal(encodeReal(rest))), encodeReal(rest))
  t.ok(equals(power(decodeReal(encodeReal(E)), multiply(I, PI)), whole(-1)), 'e is e again')
  for (const text of [
    '',
    '1/0',
    '2/4',
    '1p9',
    '1/-3',
    '~',
    '~ffp1',
    '~ffp1eInfinity',
    '1e5',
    'constructor',
    '9'.repeat(400),
  ])
    t.equal(errorOf(() => decodeReal(text)).code, 'evaluation', text)
})

t.test('charges for work before doing it', async (t) => {
  const most = (units: number): Meter => {
    let left = units
    return {
      charge: (cost) => {
        left -= cost
        if (left < 0) throw new CalculationError('limit', 'too much')
      },
      tick: () => {},
    }
  }
  const semiprime = (2n ** 89n - 1n) * (2n ** 107n - 1n)
  t.equal(errorOf(() => numbers.factorize(semiprime, most(20_000))).message, 'too much')
  t.equal(errorOf(() => numbers.isPrime(2n ** 521n - 1n, most(100))).message, 'too much')
  t.equal(errorOf(() => numbers.binomial(33000n, 16500n, most(100))).message, 'too much')
  for (const [name, call] of Object.entries(FUNCTIONS))
    if (name !== 'sqrt') t.equal(errorOf(() => call(value('1.37'), most(25))).message, 'too much', name)
  const large = ratio(7n ** 350n, 11n ** 290n)
  t.equal(errorOf(() => add(large, ratio(13n ** 270n, 3n ** 620n), most(50))).message, 'too much')
})

/* Properties, against plain BigInt fractions. */

const wholes = fc.oneof(
  fc.bigInt(-50n, 50n),
  fc.bigInt(-(10n ** 30n), 10n ** 30n),
  fc.bigInt(-(2n ** 400n), 2n ** 400n),
)
const positives = fc.oneof(fc.bigInt(1n, 50n), fc.bigInt(1n, 10n ** 30n), fc.bigInt(1n, 2n ** 400n))
const fractions = fc.record({ n: wholes, d: positives })
type Fraction = { n: bigint; d: bigint }
const of = ({ n, d }: Fraction): Real => ratio(n, d)
const is = (found: Scalar, n: bigint, d: bigint): boolean => {
  const [x, y] = isReal(found) ? [numerator(found), denominator(found)] : [undefined, undefined]
  return x !== undefined && y !== undefined && y > 0n && x * d === n * y
}
const floorOf = (n: bigint, d: bigint): bigint => (n - (((n % d) + d) % d)) / d
const runs = { numRuns: 400, seed: 20261128 }

t.test('computes with fractions as BigInt does', async () => {
  fc.assert(
    fc.property(fractions, fractions, (a, b) => {
      const [x, y] = [of(a), of(b)]
      const { n, d } = a
      const right =
        is(add(x, y), n * b.d + b.n * d, d * b.d) &&
        is(subtract(x, y), n * b.d - b.n * d, d * b.d) &&
        is(multiply(x, y), n * b.n, d * b.d) &&
        is(numbers.floor(x), floorOf(n, d), 1n) &&
        is(numbers.ceil(x), -floorOf(-n, d), 1n) &&
        is(numbers.truncate(x), n / d, 1n) &&
        Math.sign(compare(x, y)) === Number(n * b.d > b.n * d) - Number(n * b.d < b.n * d)
      if (b.n === 0n) return right
      const quotient = floorOf(n * b.d * (b.n < 0n ? -1n : 1n), d * (b.n < 0n ? -b.n : b.n))
      return (
        right &&
        is(divide(x, y), n * b.d, d * b.n) &&
        is(remainder(x, y), n * b.d - quotient * b.n * d, d * b.d)
      )
    }),
    runs,
  )
})

t.test('raises fractions to powers as BigInt does', async () => {
  fc.assert(
    fc.property(fc.bigInt(-99n, 99n), fc.bigInt(1n, 99n), fc.integer({ min: 0, max: 60 }), (n, d, k) => {
      const found = power(ratio(n, d), whole(k))
      return is(found, n ** BigInt(k), d ** BigInt(k))
    }),
    runs,
  )
})

t.test('rounds a fraction as long division does', async () => {
  fc.assert(
    fc.property(fractions, (a) => {
      const { text, rounded } = writeReal(of(a))
      const [size, divisor] = [a.n < 0n ? -a.n : a.n, a.d]
      if (a.n % a.d === 0n && size / divisor < 10n ** 64n) return text === `${a.n / a.d}` && !rounded
      // The digits before the exponent, and how far the fraction is from them, in units of the last
      const [mantissa = '', exponent = '0'] = text.replace(/^-/, '').split('e')
      const [before = '', after = ''] = mantissa.split('.')
      const digits = (before + after).replace(/^0+/, '')
      const places = Number(exponent) - after.length
      const shownAs = BigInt(before + after)
      const short = Math.max(0, 14 - digits.length)
      const last = places - short
      const n = size * (last < 0 ? 10n ** BigInt(-last) : 1n)
      const d = divisor * (last > 0 ? 10n ** BigInt(last) : 1n)
      const apart = 2n * (shownAs * 10n ** BigInt(short) * d - n)
      return apart <= d && apart > -d && rounded === (apart !== 0n) && text.startsWith('-') === a.n < 0n
    }),
    runs,
  )
})

t.test('inverse functions undo each other, to the precision that is kept', async () => {
  const small = fc.record({ n: fc.bigInt(1n, 10n ** 12n), d: fc.bigInt(1n, 10n ** 9n) })
  fc.assert(
    fc.property(small, small, (a, b) => {
      const [x, y] = [of(a), of(b)]
      const root = sqrt(x, meter)
      return (
        equals(multiply(root, root), x) &&
        equals(numbers.exp(numbers.ln(x, meter), meter), x) &&
        equals(numbers.tan(numbers.atan(x, meter), meter), x) &&
        equals(subtract(add(root, y), y), root) &&
        equals(power(power(x, ratio(1n, 7n)), whole(7)), x)
      )
    }),
    { ...runs, numRuns: 60 },
  )
})

t.test('factorizes into primes that multiply back', async () => {
  fc.assert(
    fc.property(fc.oneof(fc.bigInt(1n, 10n ** 6n), fc.bigInt(1n, 10n ** 15n)), (n) => {
      const found = numbers.factorize(n, meter)
      return (
        found.every(({ prime }) => numbers.isPrime(prime, meter)) &&
        found.reduce((product, { prime, power }) => product * prime ** BigInt(power), 1n) === n
      )
    }),
    { ...runs, numRuns: 100 },
  )
})

t.test('agrees with the sieve of Eratosthenes on which numbers are prime', async (t) => {
  const listed = new Set(primesUpTo(20_000))
  const wrong = Array.from({ length: 20_000 }, (_, n) => n).filter(
    (n) => numbers.isPrime(BigInt(n), meter) !== listed.has(n),
  )
  t.same(wrong, [])
})

t.test('finds common divisors, multiples and modular inverses', async () => {
  fc.assert(
    fc.property(wholes, wholes, (a, b) => {
      const { divisor, x, y } = numbers.xgcd(a, b)
      if (divisor !== numbers.gcd(a, b) || a * x + b * y !== divisor) return false
      if (numbers.lcm(a, b) * divisor !== (a * b < 0n ? -a * b : a * b)) return false
      return divisor !== 1n || b === 0n || (a * numbers.invmod(a, b) - 1n) % b === 0n
    }),
    runs,
  )
})

t.test('gives the nearest double', async () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (double) => {
      const found = toNumber(parseReal(String(double)))
      return found === double
    }),
    runs,
  )
})

t.test('keeps the digits of inverse functions near their branch points', async (t) => {
  const beside = (re: string, im: string) => complex(numbers.re(add(ONE, value(re))), value(im))
  const { acosh, acsc, acoth, asech } = numbers
  // sqrt(2 d) of the distance d, and a logarithm of it
  t.equal(shown(acosh(beside('0', '1e-200'), meter)), '1e-100 + 1e-100i')
  t.equal(shown(asech(beside('0', '1e-200'), meter)), '1e-100 + -1e-100i')
  t.equal(shown(acsc(beside('0', '-1e-188'), meter)), '1.5707963267949 + 1e-94i')
  t.equal(shown(acoth(beside('0', '1e-231'), meter)), '266.29515183109 + -0.78539816339745i')
})

t.test('negates, and distinguishes real from complex', async (t) => {
  t.ok(isComplex(negate(I)))
  t.ok(isReal(multiply(I, I)))
  t.equal(shown(power(whole(-8), ratio(1n, 3n))), '1 + 1.7320508075689i')
  t.equal(shown(power(I, I)), '0.20787957635076')
  t.equal(shown(numbers.acos(value('1.000000000001'), meter)), '0.000001414213562373i')
  t.equal(shown(numbers.acosh(value('0.197'), meter)), '1.3724993167261i')
})
