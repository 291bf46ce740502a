import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { guide } from '../../src/calculator/help/guide.ts'
import { withGuide } from '../../src/calculator/help/markdown.ts'
import { constantsList, functionsList } from '../../src/calculator/language/index.ts'
import oracle from './oracles/functions.json' with { type: 'json' }
import { evaluate, evaluateSheet, outcome } from './sheet.ts'

const never = () => 0

function text(expression: string): string {
  const answer = evaluate(expression, {}, never)
  return 'error' in answer ? `${answer.error.code}: ${answer.error.message}` : answer.text
}

function all(t: Test, expected: Record<string, string | RegExp>): void {
  for (const [expression, wanted] of Object.entries(expected))
    if (typeof wanted === 'string') t.equal(text(expression), wanted, expression)
    else t.match(text(expression), wanted, expression)
}

/** Functions whose values are tested below or in dates.test.ts, or that are another function under a different name. */
const WRITTEN_BELOW = new Set(
  `identity zeros ones range reshape squeeze concat ctranspose complex to deepEqual and or xor not isInteger isNaN
`.split(/\s+/),
)

t.test('gives the same values as Python, mpmath and sympy', async (t) => {
  // One assertion for each would take longer than computing them.
  const wrong = oracle.filter(({ expression, text: wanted }) => text(expression) !== wanted)
  t.same(
    wrong.map(({ expression, text: wanted, source }) => ({
      expression,
      wanted,
      got: text(expression),
      source,
    })),
    [],
  )
  for (const { names } of functionsList()) {
    const called = oracle.filter(({ expression }) => names.some((name) => expression.includes(`${name}(`)))
    t.ok(called.length >= 10 || WRITTEN_BELOW.has(names[0]), `${names[0]}: ${called.length} values`)
  }
})

t.test('each function and constant gives the value that its description shows', async (t) => {
  for (const { example } of functionsList())
    t.equal(text(example.expression), example.text, example.expression)
  for (const { names, text: wanted } of constantsList())
    for (const name of names) t.equal(text(name), wanted, name)
})

t.test('each example in the guide gives the value that it shows', async (t) => {
  for (const { writings } of guide().writings)
    for (const { examples } of writings)
      for (const { lines, text: wanted } of examples)
        t.equal(outcome(await evaluateSheet(lines)), wanted, lines.join(' ; '))
})

t.test('docs/calculator.md is up to date with the tables (run `npm run guide`)', async (t) => {
  const document = readFileSync(join(import.meta.dirname, '../../docs/calculator.md'), 'utf8')
  t.equal(withGuide(document, guide()), document)
})

t.test('functions take quantities, temperatures and dates where those have a meaning', async (t) => {
  all(t, {
    'mean(20 degC, 60 degF)': '17.777777777778 degC',
    'max(20 degC, 60 degF)': '20 degC',
    'sort([20 degC, 60 degF])': '[60 degF, 20 degC]',
    'median(20 degC, 60 degF, 280 K)': '60 degF',
    'std(20 degC, 30 degC)': /^7\.071067811865\d* (K|degC|Δ°C)$/,
    'variance(1 m, 2 m, 3 m)': '1 m^2',
    'std(1 m, 200 cm, 3 m)': '1 m',
    'sum(1 km, 500 m)': '1.5 km',
    'prod(2 m, 3 m)': '6 m^2',
    'sum($5, $7.50)': '12.5 USD',
    'sum($5, €5)': /^evaluation: /,
    'sum(1 m, 2 s)': /^evaluation: /,
    'mean(1 m, 2)': /^evaluation: /,
    'quantileSeq([1 m, 2 m, 3 m], 0.25)': '1.5 m',
    'mad(1 m, 2 m, 4 m)': '1 m',
    'corr([1 m, 2 m, 3 m], [2 s, 4 s, 6 s])': '1',
    'cumsum([1 m, 50 cm])': '[1 m, 1.5 m]',
    'diff([1 m, 50 cm])': '[-50 cm]',
    'sqrt(16 m^2)': '4 m',
    'cbrt(8 cm^3)': '2 cm',
    'nthRoot(16 m^4, 4)': '2 m',
    'sin(30 deg)': '0.5',
    'cos(60°)': '0.5',
    'tan(pi/4 rad)': '1',
    'sin(5 km)': /^evaluation: .*angle/,
    'atan(1) to deg': '45 deg',
    'acos(0.5) in degrees': '60 degrees',
    'atan2(1 km, 1000 m) to deg': '45 deg',
    'abs(-5 km)': '5 km',
    'exp(5 km)': /^evaluation: .*km/,
    'gcd(6 m, 4)': /^evaluation: /,
    'dot([1 m, 2 m], [3 N, 4 N])': '11 J',
    'cross([1 m, 0 m, 0 m], [0 N, 1 N, 0 N])': /\[/,
    'det([1 cm, 2 cm; 3 cm, 4 cm])': '-2 cm^2',
    'norm([3 m, 4 m])': '5 m',
    'inv([2 m, 0 m; 0 m, 4 m])': /0\.5/,
  })
})

t.test('a dimension of a matrix is given by number', async (t) => {
  all(t, {
    'max([1, 2; 3, 4], 1)': '[3, 4]',
    'max([1, 2; 3, 4], 2)': '[2, 4]',
    'sum([1, 2; 3, 4], 1)': '[4, 6]',
    'mean([1, 2; 3, 4], 2)': '[1.5, 3.5]',
    'std([1, 2; 3, 4], 1)': '[1.4142135623731, 1.4142135623731]',
    'variance([1, 2; 3, 5], 2, "uncorrected")': '[0.25, 1]',
    'max([1, 5], 3)': /^evaluation: .*dimension/,
    'cumsum([1, 2; 3, 4])': '[[1, 2], [4, 6]]',
    'cumsum([1, 2; 3, 4], 2)': '[[1, 3], [3, 7]]',
    'diff([1, 2; 4, 8])': '[[3, 6]]',
    'diff([1, 2; 4, 8], 2)': '[[1], [4]]',
    'concat([1, 2; 3, 4], [5, 6; 7, 8])': '[[1, 2, 5, 6], [3, 4, 7, 8]]',
    'concat([1, 2; 3, 4], [5, 6; 7, 8], 1)': '[[1, 2], [3, 4], [5, 6], [7, 8]]',
  })
})

t.test('builds and reads matrices of every shape', async (t) => {
  all(t, {
    'identity(2)': '[[1, 0], [0, 1]]',
    'identity(0)': /^evaluation: /,
    'identity(101)': /^limit: /,
    'zeros(2, 3)': '[[0, 0, 0], [0, 0, 0]]',
    'zeros(0)': '[]',
    'zeros(-5)': /^evaluation: /,
    'zeros(1e300)': /^(limit|evaluation): /,
    'ones(2, 2, 2)': '[[[1, 1], [1, 1]], [[1, 1], [1, 1]]]',
    'ones([2, 3])': '[[1, 1, 1], [1, 1, 1]]',
    'range(1, 5)': '[1, 2, 3, 4, 5]',
    'range(5, 1, -2)': '[5, 3, 1]',
    'range(1, 2, 0)': /^evaluation: /,
    'reshape(1:6, [2, 3])': '[[1, 2, 3], [4, 5, 6]]',
    'reshape([1, 2; 3, 4], [4])': '[1, 2, 3, 4]',
    'reshape(1:4, [3])': /^evaluation: /,
    'squeeze([[[1], [2]]])': '[1, 2]',
    'diag([1, 2], 1)': '[[0, 1, 0], [0, 0, 2]]',
    'diag([1, 2; 3, 4], 1)': '[2]',
    'diag([1, 2; 3, 4], -1)': '[3]',
    'ctranspose([1 + i, 2; 3, 4])': '[[1 - i, 3], [2, 4]]',
    'kron([1, 2; 3, 4], [1, 1])': '[[1, 1, 2, 2], [3, 3, 4, 4]]',
    'inv([1, 2, 1; -2, -3, 1; 3, 5, 0])': 'evaluation: This matrix has no inverse: its determinant is 0.',
    'inv([1, 2, 3; 4, 5, 6])': /^evaluation: .*square/,
    'inv(4)': '0.25',
    'det(5)': '5',
    'det([0.1, 0.2; 0.3, 0.6])': '0',
    'pinv([1, 2; 3, 4; 5, 6])':
      '[[-1.3333333333333, -0.33333333333333, 0.66666666666667], [1.0833333333333, 0.33333333333333, -0.41666666666667]]',
    'pinv([1, 2, 3])': '[0.071428571428571, 0.14285714285714, 0.21428571428571]',
    'pinv([0, 0; 0, 0])': '[[0, 0], [0, 0]]',
    'lusolve([0, 0; 0, 0], [1, 1])': /^evaluation: /,
    'lusolve([1, 2; 3, 4], [1, 2, 3])': /^evaluation: /,
    'eigenvalues([0, 1; -1, 0])': '[-i, i]',
    'eigenvalues([1e300, 1; 1, 1e-300])': '[0, 1e+300]',
    'eigenvalues([pi, 1; 0, pi])': '[3.1415926535898, 3.1415926535898]',
    'sqrtm([-1, 0; 0, -1])': '[[i, 0], [0, i]]',
    'sqrtm([0, 1; 0, 0])': 'evaluation: This matrix has no square root.',
    'expm([0, 0; 0, 0])': '[[1, 0], [0, 1]]',
    'inv(ones(100, 100))': /^limit: /,
    'det(ones(24, 24))': '0',
    'setUnion([1 m], [100 cm, 2 m])': '[1 m, 2 m]',
    'setUnion([i, 1], [2, i])': '[i, 1, 2]',
    'setUnion(1:10000, 1:10000)': /^limit: /,
    'sort(1:10000)': /^limit: /,
    'kron(ones(100, 100), ones(100, 100))': /^limit: /,
  })
})

t.test('refuses with a message that names the problem', async (t) => {
  all(t, {
    'std(5)': /^evaluation: A single value has no variance/,
    'variance([])': /^evaluation: There are no values/,
    'max()': /^\w+: /,
    'max([])': /^evaluation: There are no values/,
    'max(1, i)': /^evaluation: Complex numbers have no order/,
    'ln(0)': /^evaluation: /,
    'tan(90°)': /^evaluation: /,
    'csc(0)': /^evaluation: /,
    'gamma(-1)': /^evaluation: /,
    'zeta(1)': /^evaluation: /,
    '(-1)!': /^evaluation: /,
    'factorial(1e7)': /^limit: /,
    'combinations(5, 2.5)': /^evaluation: .*whole/,
    'gcd(1.5, 2)': /^evaluation: .*whole/,
    'hex(1.5)': /^evaluation: .*whole/,
    'invmod(8, 12)': /^evaluation: .*no inverse/,
    'nthRoot(-16, 4)': /^evaluation: /,
    'quantileSeq([1, 2], 1.5)': /^evaluation: .*whole|0 to 1/,
    'mean("unbiased")': /^evaluation: /,
    'std([1, 2], "nonsense")': /^\w+: Text/,
    'sin(2026-11-28)': /^evaluation: .*date/,
    'sum(hex(1))': /^evaluation: /,
    'row([1, 2; 3, 4], 3)': /^evaluation: There is no row 3/,
    'cross([1, 2], [3, 4])': /^evaluation: .*three/,
    'round(pi, 1e9)': /^limit: /,
    'round(5, km)': /^evaluation: /,
  })
})

t.test('with any value as any argument, each function soon answers or refuses in plain words', async (t) => {
  const values = [
    '0',
    '-2.5',
    '1/3',
    '10^300',
    'sqrt(2)',
    '3 - 4i',
    'true',
    '5 km',
    '20 degC',
    '[1, 2; 3, 4]',
    '[1 km, 2 s]',
    '[]',
    '2026-11-28',
    '09:30',
    '(50%)',
    'hex(5)',
  ]
  const strange = /undefined|NaN|\[object|Error\b|BigInt|not a function|Cannot read/
  const odd: string[] = []
  let slowest = { took: 0, expression: '' }
  for (const { names, takes } of functionsList()) {
    const [fewest, most] = takes
    const one = fewest <= 1 ? values.map((a) => `${names[0]}(${a})`) : []
    const two = fewest <= 2 && most >= 2 ? pairsOf(values).map(([a, b]) => `${names[0]}(${a}, ${b})`) : []
    const three = fewest === 3 ? values.map((a) => `${names[0]}(${a}, ${a}, 1)`) : []
    for (const expression of [...one, ...two, ...three]) {
      const began = performance.now()
      const found = text(expression)
      const took = performance.now() - began
      if (took > slowest.took) slowest = { took, expression }
      if (strange.test(found) || found.includes('This cannot be calculated'))
        odd.push(`${expression}: ${found}`)
    }
  }
  t.same(odd, [])
  t.ok(slowest.took < 1000, `the slowest: ${slowest.expression}`)
})

/** Each value with a few others, so that each pair occurs in some position. */
const pairsOf = (values: readonly string[]): [string, string][] =>
  values.flatMap((a, i) => values.filter((_, j) => (i + j) % 5 === 0).map((b): [string, string] => [a, b]))
