import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual, promisify } from 'node:util'
import t from 'tap'
import { evaluateLines, namesIn, namesRead } from '../../src/calculator/language/index.ts'
import { randomFrom } from '../support/random.ts'
import { seedFrom } from '../support/seed.ts'
import everyday from './everyday.json' with { type: 'json' }
import { evaluate, evaluateSheet, outcome } from './sheet.ts'
import vectors from './vectors.json' with { type: 'json' }

interface Vector {
  expression: string
  setup?: string[]
  text: string
  result?: number | string
  source: string
}

interface Case {
  readonly lines: string[]
  /** Compared without spaces. Null if the line is refused. */
  readonly text: string | null
  readonly reason: string
}

const withoutSpaces = (text: string) => text.replaceAll(/\s/g, '')
const run = promisify(execFile)
const lines = (...all: string[]) => evaluateSheet(all)

async function text(...all: string[]): Promise<string> {
  return outcome(await lines(...all))
}

async function error(...all: string[]): Promise<{ code: string; message: string; position?: number }> {
  const answer = await lines(...all)
  return 'error' in answer ? answer.error : { code: 'none', message: answer.text }
}

t.test('gives the values that published sources give', async (t) => {
  const all: Vector[] = vectors
  t.ok(all.length >= 400, 'there are at least 400')
  for (const { expression, setup = [], text, result, source } of all) {
    const answer = await lines(...setup, expression)
    const name = `${[...setup, expression].join(' ; ')} (${source})`
    t.equal(outcome(answer), text, name)
    if (result !== undefined)
      t.equal('result' in answer ? answer.result : undefined, result, `${name}: result`)
  }
})

t.test('understands what people type', async (t) => {
  const cases: readonly Case[] = everyday
  for (const { lines, text, reason } of cases) {
    const answer = await evaluateSheet(lines)
    const name = `${lines.join(' ; ')} (${reason})`
    if (text === null) t.match(answer, { error: { message: /\.$/ } }, name)
    else
      t.equal(
        'error' in answer ? answer.error.message : withoutSpaces(answer.text),
        withoutSpaces(text),
        name,
      )
  }
})

t.test('understands operators in every notation', async (t) => {
  t.equal(await text('-2**2'), '-4')
  t.equal(await text('2**3**2'), '512')
  t.equal(await text('-7 % 3'), '2')
  t.equal(await text('3 × 4 ÷ 2 − 1'), '5')
  t.equal(await text('√16 + ∛27'), '7')
  t.equal(await text('２＋３'), '5')
  t.equal(await text('3²'), '9')
  t.equal(await text('2⁻¹'), '0.5')
  t.equal(await text('2π'), '6.2831853071796')
  t.equal(await text('sin(90°)'), '1')
  t.equal(await text('5 in to cm'), '12.7 cm')
})

t.test('reads percentages and remainders as people mean them', async (t) => {
  t.equal(await text('200 + 10%'), '220')
  t.equal(await text('10% of 50'), '5')
  t.equal(await text('10% - 3'), '-2.9')
  t.equal(await text('10 % -3'), '-2')
  t.equal(await text('(200 + 50) - 10%'), '225')
})

t.test('writes numbers as documented', async (t) => {
  t.equal(await text('10^64 - 1'), '9'.repeat(64), 'whole numbers below 10^64 in full')
  t.equal(await text('10^64'), '1e+64')
  t.equal(await text('1e-9'), '0.000000001')
  t.equal(await text('1.5e-10'), '1.5e-10')
  t.equal(await text('1e15 + 0.5'), '1e+15')
  t.equal(await text('123456789012345.6'), '123456789012350')
  t.equal(await text('sqrt(2)^2 - 2'), '0', 'what rounding leaves over is 0')
  t.equal(await text('1e-70'), '1e-70', 'a tiny number that was typed is not')
})

t.test('a note says what a function does with a plain number', async (t) => {
  const notes = async (expression: string) => {
    const answer = await lines(expression)
    return 'notes' in answer ? answer.notes?.join(' ') : undefined
  }
  t.equal(await notes('sin(30)'), '`sin` takes radians. For degrees write `sin(30°)`.')
  t.equal(await notes('log 100'), '`log` has base e. For base 10 write `log10(100)`.')
  for (const clear of ['sin(30°)', 'sin(0)', 'sin(pi/6)', 'log(8, 2)', 'sqrt(2)'])
    t.equal(await notes(clear), undefined, clear)
  t.match(await notes('10 // 3'), /begins a comment/)
  t.match(await notes('6:2'), /range is empty/)
  t.match(await notes('10C3'), /10 choose 3/)
  t.match(await notes('1.200 € + 19%'), /not as 1200/)
  t.match(await notes('2026-12'), /write the day too: 2026-12-01/)
  t.match(await notes('round 7 / 2'), /applies only to what comes before/)
  t.match(await notes('(2/3 to 2 dp) * 3'), /are only shown/)
  for (const clear of ['10 // a third', '2:6', '5:-1:1', '1.200 kg', '2026-12-24', 'round 7', '2/3 to 2 dp'])
    t.equal(await notes(clear), undefined, clear)
  const long = (await notes(`19% ${'x'.repeat(900)} + sin(1) + log(2)`)) ?? ''
  t.ok(long.length <= 1000, 'notes are bounded together')
})

t.test('gives a JSON number if a real value fits in a double, and text otherwise', async (t) => {
  const result = async (expression: string) => {
    const answer = await lines(expression)
    return 'result' in answer ? answer.result : undefined
  }
  t.equal(await result('1/3'), 1 / 3, 'the full value is rounded, not its text')
  t.equal(await result('1/3*3'), 1)
  t.equal(await result('10^400'), '1e+400')
  t.equal(await result('10^-400'), '1e-400')
  t.equal(await result('2 + 3i'), '2 + 3i')
  t.equal(await result('5 cm'), '5 cm')
  t.equal(await result('true'), 'true')
  t.equal(await result('[1, 2]'), '[1, 2]')
})

t.test('a quantity to the power of 0 is a plain number', async (t) => {
  t.same(evaluate('(5 m)^0'), { kind: 'value', text: '1', result: 1, value: '{"n":"1"}' })
})

t.test('keeps names for later lines', async (t) => {
  t.equal(await text('x = 5', 'x + 1'), '6')
  t.equal(await text('f(n) = n^2', 'f(4)'), '16')
  t.equal(
    await text('k = 2', 'f(n) = n*k', 'k = 3', 'f(2)'),
    '6',
    'functions see the names of the line that calls',
  )
  t.equal(await text('6*7', 'ans + 1'), '43')
  t.equal(await text('6*7', 'f(x) = x', 'ans'), '42', 'a definition is not a result')
  t.equal(await text('fact(n) = n <= 1 ? 1 : n * fact(n - 1)', 'fact(25)'), '15511210043330985984000000')
  t.equal(await text('m = 5', '2 * m'), '10', 'a name takes precedence over a unit')
  t.equal(await text('m = 5', '2 m'), '2 m', 'but not right after a number')
  t.equal(await text('d = 3 inch', 'd to cm'), '7.62 cm')
  t.equal(await text('z = 2 + i', 'z * conj(z)'), '5')
  t.equal(await text('T = 20 degC', 'T to degF'), '68 degF')
})

t.test('restores every kind of value as it was stored', async (t) => {
  for (const value of [
    '1/3',
    '-0.5',
    '2 + 3i',
    '[1, 2; 3, 4]',
    '[1 + i, 2]',
    '5 cm',
    '3 m/s^2',
    'true',
    'hex(255)',
    '20 degC',
  ])
    t.equal(await text(`x = ${value}`, 'x'), await text(value), value)
})

t.test('tells which names of the sheet a line reads', async (t) => {
  const reads = (line: string, ...bound: string[]) => [...namesRead(line, (name) => bound.includes(name))]
  t.same(reads('12*7'), [])
  t.same(reads('x + pi', 'x', 'y'), ['x'])
  t.same(reads('f(3)', 'f'), ['f'])
  t.same(reads('f(n) = n*k', 'n', 'k'), ['k'], 'parameters are not names of the sheet')
  t.same(reads('cm', 'cm'), ['cm'])
  t.same(reads('cm'), [], 'units are not names of the sheet')
  t.same(reads('5 cm', 'cm'), [], 'nor is a unit right after a number, which no name changes')
  t.same(reads('ans', 'ans'), ['ans'])
  t.same(reads('x +', 'x'), [], 'a line with an error reads nothing')
})

t.test('finds names without evaluating anything', async (t) => {
  t.same(namesIn('2x + f(y1, π) − x').sort(), ['f', 'x', 'y', 'y1'])
  t.same(namesIn('__proto__ + constructor'), [])
  t.ok(namesIn('2e3x').includes('x'))
})

t.test('finds the same names as the tokeniser', async (t) => {
  for (const [expression, names] of [
    ['0x1Fé + .5q', ['é', 'q']],
    ['12ab + 3e + 1e+5k', ['ab', 'e', 'k']],
    ['std(x, "unbiased")', ['std', 'x']],
    ['20 °C to °F', ['C', 'to', 'F']],
  ] as const)
    t.same(namesIn(expression), names, expression)
})

t.test('finds names in a single pass', async (t) => {
  const fastest = (digits: number): number => {
    const expression = 'x'.concat(' + 1', '0'.repeat(digits))
    const times = Array.from({ length: 20 }, () => {
      const began = performance.now()
      for (let i = 0; i < 20; i++) namesIn(expression)
      return performance.now() - began
    })
    return Math.min(...times)
  }
  fastest(100)
  // If the search started again at each digit, ten times the digits would take a hundred times as long.
  t.ok(fastest(1900) < 40 * fastest(190))
})

/** Sheets of strangers, whose lines share words, units and texts that mean something else on another sheet. */
const STRANGERS: readonly string[][] = [
  ['1 sqmi to acre'],
  ['3 m^2'],
  ['1 acre', '5 m * 3 m'],
  ['m = 5 kg', 'v = 10 m/s', '1/2 * m * v^2'],
  ['m = 3', 'm'],
  ['5 m'],
  ['in = 3', '5 in to cm'],
  ['5 in'],
  ['x = 4', '2 x'],
  ['2 x'],
  ['f(x) = x^2', 'f(3)'],
  ['f(x) = x^3', 'f(3)'],
  ['f = 2', 'f(3)'],
  ['k = 1', 'f(x) = k x', 'k = 2', 'f(3)'],
  ['f(x) = k x', 'f(3)'],
  ['5 kg * 2 m/s^2'],
  ['240 miles / 10.65 gallons'],
  ['0.42 m^2 * 2.14 m'],
  ['20 degC > 60 degF'],
  ['sqrt(2)^2 - 2'],
  ['1/3 + 1e-70'],
  ['inv([1,2;2,4])'],
  ['2^9999 * 2^9999 * 2^99999'],
  ['h = 20 m', '3 h to min'],
]

t.test('answers every sheet as a new process would, whatever was calculated before', async (t) => {
  const alone = fileURLToPath(new URL('alone.ts', import.meta.url))
  const fresh: unknown[] = []
  await Promise.all(
    [0, 1].map(async (half) => {
      for (const [index, sheet] of STRANGERS.entries()) {
        if (index % 2 !== half) continue
        const { stdout } = await run(process.execPath, [alone, JSON.stringify(sheet)])
        fresh[index] = JSON.parse(stdout)
      }
    }),
  )
  const seed = seedFrom('INTERLEAVE_SEED')
  t.comment(`seed ${seed}; INTERLEAVE_SEED sets it`)
  const random = randomFrom(seed)
  for (let round = 0; round < 1_000; round += 1) {
    const index = Math.floor(random() * STRANGERS.length)
    const sheet = STRANGERS[index] ?? []
    const answer = JSON.parse(JSON.stringify(await lines(...sheet)))
    if (!isDeepStrictEqual(answer, fresh[index]))
      return t.same(answer, fresh[index], `${sheet.join(' ; ')}, in round ${round}`)
  }
  t.pass()
})

t.test('charges for the work of an expression before doing it', async (t) => {
  const neverLate = () => 0
  const began = performance.now()
  for (const expression of [
    '((1:10000)/1000).^pi',
    'sin((1:5000)/7)',
    'atan(1:1000)',
    'sum(gamma(1:2000))',
    'sqrtm((identity(24) + 1/7) .^ 0.5)',
    '(identity(24) + 0.1)^1000',
    'setUnion(1:250, 251:500)',
    'sum(sinh((1:5000) / 7))',
    'kron((1:100) / 7, (1:100) / 7) .^ 0.5',
    'det(((identity(24) + 1/7) .^ 0.5)^100)',
    'sqrt((1:1000) * (1 cm^2))',
    'sum(asinh((1:2000) * 1e-299))',
    'sum(zeta(1 + (1:45) * 1e-200))',
    'sum(zeta((1:45) * 1e-299))',
  ]) {
    const outcome = evaluate(expression, {}, neverLate)
    t.match(outcome, { error: { code: 'limit' } }, expression)
  }
  t.ok(performance.now() - began < 10_000, 'none of them was computed, which would take minutes')
  for (const expression of [
    'sum((1:10000) .^ 2)',
    'sum((1:10000) .^ 3)',
    'std(1:10000)',
    'median(1:2000)',
    'sum(sqrt(1:2000))',
    'sin((1:300) / 7)[1]',
    'det(identity(20))',
    'atan(2)',
    'det([1 cm, 2 cm; 3 cm, 4 cm])',
    'sqrt([4 cm^2, 9 cm^2])',
    'asinh(1:50)',
  ])
    t.notMatch(evaluate(expression, {}, neverLate), { error: {} }, expression)
})

t.test('an expression that exceeds its budget is postponed, while one that fails is an error', async (t) => {
  const within = (expression: string) => evaluateLines([{ expression, names: {} }], 3000, () => 0)
  t.match(within('12*7'), [{ text: '84' }])
  t.match(within('12/0'), [{ error: { code: 'evaluation' } }])
  t.equal(within('sin((1:100) / 7)'), undefined)
  t.match(evaluate('sin((1:100) / 7)[2]'), { text: '0.28184285212221' })
})

t.test('error messages say what is wrong and where', async (t) => {
  t.same(await error('2 + foo'), {
    code: 'evaluation',
    message: "I don't know `foo`. Write foo = 5 on a line above to give it a value.",
    position: 4,
  })
  for (const expression of ['2 + random()', '2 + RAND()', '2 + randomInt(1, 6)'])
    t.match(
      await error(expression),
      { code: 'evaluation', message: /^There are no random numbers here/, position: 4 },
      expression,
    )
  t.same(await error('(1 + 2'), { code: 'syntax', message: 'A closing parenthesis is missing.', position: 6 })
  t.same(await error('1 + 2)'), {
    code: 'syntax',
    message: 'An opening parenthesis is missing.',
    position: 5,
  })
  t.same(await error('2 × '), { code: 'syntax', message: 'Something is missing at the end.', position: 4 })
  t.match(await error('10 ÷ 0'), { code: 'evaluation', message: 'Division by zero.' })
  t.match(await error('😀 + 1'), { code: 'syntax', position: 0 })
  t.match(await error('√4 + 😀'), { code: 'syntax', position: 5 }, 'counted in characters of what was typed')
  t.match(await error('π*2²) '), { code: 'syntax', position: 4 })
  t.match(await error('x'.repeat(1001)), { code: 'too_long' })
  t.match(
    await error('f(x) = quux(x)', '2 + f(1)'),
    { code: 'evaluation', position: 4 },
    'the place of the call',
  )
  t.match(await error('sin'), { message: '`sin` is a function: write sin(…).' })
  t.match(await error('5 gb'), { message: "I don't know `gb`. Did you mean `Gb` or `GB`?", position: 2 })
  t.match(await error('5 cm to kg'), {
    message: 'cm cannot be converted to kg: cm is a length, kg is a mass.',
  })
  t.match(await error('inv([1,2;2,4])'), {
    code: 'evaluation',
    message: 'This matrix has no inverse: its determinant is 0.',
  })
})

t.test('every error is a sentence for people', async (t) => {
  for (const { expression, setup = [] } of [
    { expression: '[1,2]*[1,2,3]' },
    { expression: 'kron(1, 5 cm)' },
    { expression: 'cross([1],[2])' },
    { expression: 'std([[1,2],[3]])' },
    { expression: 'x[3]', setup: ['x = [1, 2]'] },
    { expression: 'mean()' },
    { expression: '5 cm + 3' },
    { expression: 'combinations(2, 7)' },
  ]) {
    const { message } = await error(...setup, expression)
    t.notMatch(message, /Error|typed|function \w+ \(|undefined|BigNumber|DenseMatrix|\bat \//, expression)
  }
})

t.test('refuses stored values that it did not write', async (t) => {
  for (const stored of [
    '{"mathjs":"Help","doc":{}}',
    '{"mathjs":"FunctionNode","fn":"cos","args":[]}',
    '{"mathjs":"Unit","value":1,"unit":"constructor"}',
    '{"mathjs":"BigNumber","value":"1e9999999999"}',
    '{"mathjs":"BigNumber","value":{"toString":1}}',
    '{"__proto__":{"mathjs":"BigNumber"},"value":"1"}',
    '{"function":"1 + 1"}',
    '{"function":5}',
    '[1,2]',
    'null',
    '{',
  ])
    t.ok('error' in evaluate('x', { x: stored }), stored)
})

t.test('is not affected by an error inside the library', async (t) => {
  for (const broken of [
    'log(10^9999)',
    'sin(1e50)',
    'atanh(1 - 1e-70)',
    'inv([1,2;2,4])',
    'cross([1],[2])',
  ]) {
    await lines(broken)
    t.equal(await text('sqrt(2)'), '1.4142135623731')
    t.equal(await text('1/3*3'), '1')
    t.equal(await text('2^200'), '1606938044258990275541962092341162602522202993782792835301376')
  }
})
