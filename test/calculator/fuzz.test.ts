import fc from 'fast-check'
import t from 'tap'
import { textOf } from '../../src/calculator/language/format.ts'
import { functionNames } from '../../src/calculator/language/functions/table.ts'
import { decode } from '../../src/calculator/language/values/encode.ts'
import { openPool } from '../../src/calculator/sandbox/pool.ts'
import { seedFrom } from '../support/seed.ts'
import { askPool, evaluate, evaluateSheet, outcome } from './sheet.ts'

const seconds = Number(process.env.FUZZ_SECONDS ?? (process.env.CI ? 10 : 5))
const seed = seedFrom('FUZZ_SEED')
const CODES = ['syntax', 'evaluation', 'limit', 'timeout', 'too_long', 'invalid']
const LETTERS = [
  'm',
  'min',
  'USD',
  '2026-11-28',
  '12:30',
  '5 ft 3 in',
  'x',
  'y',
  'f',
  'ans',
  'cm',
  'kg',
  'pi',
  'i',
  'e',
  '__proto__',
  'constructor',
]

const literal = fc.oneof(
  fc.integer({ min: -100, max: 100 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom(
    '1e9999',
    '1e-9999',
    '0xff',
    '0b101',
    '9'.repeat(80),
    '0',
    '10%',
    '½',
    '∞',
    'true',
    '2^200',
    '1e15',
  ),
)
const operator = fc.constantFrom(
  '+',
  '-',
  '*',
  '/',
  '^',
  '**',
  '%',
  '×',
  '÷',
  '−',
  '.*',
  './',
  '.^',
  '&',
  '|',
  '^|',
  '<<',
  '>>',
  '==',
  '<',
  '<=',
  ' to hex',
  ' to 3 dp',
  ' as fraction',
  ' plus ',
  ' to ',
  ' in ',
  ' mod ',
  ' and ',
  ' or ',
  ' xor ',
  ':',
  ' of ',
  ' ',
  ', ',
)
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(literal, fc.constantFrom(...LETTERS)),
    fc.tuple(tie('expression'), operator, tie('expression')).map((parts) => parts.join('')),
    tie('expression').map((inner) => `(${inner})`),
    fc
      .tuple(fc.constantFrom('-', '+', '~', 'not ', '√', '∛'), tie('expression'))
      .map((parts) => parts.join('')),
    fc
      .tuple(tie('expression'), fc.constantFrom('!', "'", '²', '%', '°', '[1]', '[:,1]'))
      .map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom(...functionNames(), 'f'), fc.array(tie('expression'), { maxLength: 3 }))
      .map(([name, args]) => `${name}(${args.join(', ')})`),
    fc
      .array(fc.array(tie('expression'), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
      .map((rows) => `[${rows.map((row) => row.join(', ')).join('; ')}]`),
    fc
      .tuple(tie('expression'), tie('expression'), tie('expression'))
      .map(([a, b, c]) => `${a} ? ${b} : ${c}`),
  ),
}))
const line = fc.oneof(
  { weight: 8, arbitrary: expression },
  { weight: 1, arbitrary: expression.map((body) => `x = ${body}`) },
  { weight: 1, arbitrary: expression.map((body) => `f(y) = ${body}`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.constantFrom(...'()[]+-*/^%!\'"=,;:.?x1e\u200b√²×{}\\$@#& '),
      maxLength: 40,
    }),
  },
)

t.setTimeout((seconds + 240) * 1000)
t.comment(`seed ${seed}, ${seconds} s in all; FUZZ_SEED and FUZZ_SECONDS set them`)

t.test('whatever it is given, the engine answers as documented', async (t) => {
  t.setTimeout((seconds + 240) * 1000)
  const ended = performance.now() + seconds * 500
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 3 }), async (lines) => {
      const answer = await evaluateSheet(lines)
      if ('error' in answer) {
        if (!CODES.includes(answer.error.code)) throw new Error(`code ${answer.error.code}`)
        if (/Error|\bat \/|undefined|BigInt|object Object/.test(answer.error.message))
          throw new Error(answer.error.message)
        const { position = 0 } = answer.error
        if (position < 0 || position > [...(lines.at(-1) ?? '')].length)
          throw new Error(`position ${position}`)
      } else {
        if (answer.text.length > 4096) throw new Error('a long text')
        if (answer.value !== null && textOf(decode(answer.value)).text !== answer.text)
          throw new Error('another value came back')
        if (JSON.stringify(answer.result) === 'null') throw new Error('no result')
      }
      if (outcome(evaluate('12*7')) !== '84') throw new Error('84')
    }),
    {
      seed,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: ended - performance.now(),
      markInterruptAsFailure: false,
    },
  )
  t.pass()
})

t.test('whatever goes through the pool, a neighbour still gets 84', async (t) => {
  t.setTimeout((seconds + 240) * 1000)
  const pool = openPool({ log: { warn: () => {}, error: (details, message) => t.fail(message, details) } })
  t.teardown(() => pool.close())
  await askPool(pool, { expression: '1', person: 'neighbour' })
  const ended = performance.now() + seconds * 500
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), async (lines) => {
      const all = lines.map((expression, i) => askPool(pool, { expression, person: `person ${i}` }))
      const neighbour = await askPool(pool, { expression: '12*7', person: 'neighbour' })
      if (outcome(neighbour) !== '84') throw new Error(outcome(neighbour))
      for (const answer of await Promise.all(all))
        if ('error' in answer && !CODES.includes(answer.error.code)) throw new Error(answer.error.code)
    }),
    {
      seed,
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: ended - performance.now(),
      markInterruptAsFailure: false,
    },
  )
  t.pass()
})
