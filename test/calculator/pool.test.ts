import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Evaluation, readAnswer } from '../../src/calculator/sandbox/answers.ts'
import { buildEvaluator, type EvaluatorBundle } from '../../src/calculator/sandbox/bundle.ts'
import { openPool, type PoolOptions } from '../../src/calculator/sandbox/pool.ts'
import { eventually } from '../support/eventually.ts'
import { askPool, outcome } from './sheet.ts'
import { standIn } from './stand-in.ts'

function open(t: Test, options: Partial<PoolOptions> = {}) {
  const told: string[] = []
  const tell = (_details: object, message: string) => void told.push(message)
  // Processes start slowly on a busy machine, which these tests do not check.
  const pool = openPool({ log: { warn: tell, error: tell }, patience: 60_000, ...options })
  t.teardown(() => pool.close())
  const ask = async (expression: string, person = 'ada') =>
    outcome(await askPool(pool, { expression, person }))
  return { pool, ask, told }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Waits until none of these processes exists any more. @returns false after thirty seconds */
async function gone(pids: readonly number[]): Promise<boolean> {
  const until = performance.now() + 30_000
  while (pids.some(isAlive) && performance.now() < until) await wait(10)
  return !pids.some(isAlive)
}

t.test('a value that many lines need is sent once, and lines that need too much are refused', async (t) => {
  const { pool } = open(t)
  const x = JSON.stringify({ n: '7'.repeat(7_000) })
  const needing = (count: number, storedAt: (index: number) => string) =>
    pool.evaluateLines({
      lines: Array.from({ length: count }, (_, index) => ({
        expression: '1',
        names: { x: storedAt(index) },
      })),
      person: 'ada',
    })
  const answers = await needing(600, () => x)
  t.equal('error' in answers ? answers.error.message : answers.length, 600)
  t.match(await needing(600, (index) => `${x}${index}`), { error: { code: 'limit' } })
})

t.test('each caller gets the value of their own expression', async (t) => {
  const { pool, ask } = open(t)
  t.equal(await ask('12*7'), '84')
  const all = await Promise.all(Array.from({ length: 500 }, (_, i) => ask(`${i}*2`, `person ${i % 50}`)))
  t.same(
    all,
    Array.from({ length: 500 }, (_, i) => String(2 * i)),
  )
  t.same(
    await askPool(pool, {
      expression: 'x + 1',
      names: { x: '{"mathjs":"BigNumber","value":"5"}' },
      person: 'ada',
    }),
    {
      text: '6',
      result: 6,
      kind: 'value',
      value: '{"n":"6"}',
    },
  )
  t.same(await askPool(pool, { expression: 'f(n) = n^2', person: 'ada' }), {
    text: 'f(n) = n^2',
    result: 'f(n) = n^2',
    kind: 'definition',
    value: null,
  })
  t.equal(await ask('x = y'), 'evaluation')
})

t.test('nothing is kept between expressions', async (t) => {
  const { ask } = open(t, { size: 1 })
  t.equal(await ask('x = 5'), '5')
  t.equal(await ask('x'), 'evaluation')
  t.equal(await ask('ans'), 'evaluation')
})

t.test('evaluators have no access to files, processes, workers, eval or the environment', async (t) => {
  const { ask } = open(t, { build: standIn() })
  for (const what of ['files', 'write', 'listing', 'processes', 'workers'])
    t.equal(await ask(what), 'ERR_ACCESS_DENIED', what)
  t.equal(await ask('code'), 'EvalError', 'no code from text')
  t.not(await ask('inspector'), 'allowed', 'no debugger')
  t.equal(await ask('environment'), '', 'no environment')
})

t.test(
  'others can neither list nor write the folder of the bundle, which is removed in the end',
  async (t) => {
    let bundle: EvaluatorBundle | undefined
    const pool = openPool({
      log: { warn: () => {}, error: () => {} },
      build: async () => {
        bundle = await buildEvaluator()
        return bundle
      },
    })
    t.equal(outcome(await askPool(pool, { expression: '1', person: 'ada' })), '1')
    const { folder = '' } = bundle ?? {}
    t.equal((await stat(folder)).mode & 0o777, 0o711)
    await pool.close()
    await t.rejects(access(folder))
  },
)

t.test('an expression that never ends is a timeout for one person, and others do not notice', async (t) => {
  const { ask } = open(t, { size: 1, build: standIn() })
  await ask('warm')
  const ended: string[] = []
  const slow = ask('loop', 'mallory').then((answer) => ended.push(`mallory ${answer}`))
  const others = Array.from({ length: 30 }, (_, i) =>
    ask(`${i}`, `person ${i}`).then((answer) => ended.push(answer)),
  )
  await Promise.all([slow, ...others])
  t.equal(ended.at(-1), 'mallory timeout', 'everybody else was answered first')
  t.equal(ended.length, 31)
  t.equal(await ask('after'), 'after')
})

t.test('a person has one slow expression at a time', async (t) => {
  const { ask, pool } = open(t, { size: 1, build: standIn() })
  await ask('warm')
  const slow = Promise.all(Array.from({ length: 3 }, () => ask('loop', 'mallory')))
  let most = 0
  const count = setInterval(() => {
    most = Math.max(most, pool.pids().length)
  }, 5)
  const asked = performance.now()
  t.same(await slow, ['timeout', 'timeout', 'timeout'])
  clearInterval(count)
  t.ok(performance.now() - asked > 1_500, 'one after the other')
  t.ok(most <= 4, `the loops of one person hold one process (${most} there)`)
})

t.test('a memory bomb is a limit error for one person, and kills only its evaluator', async (t) => {
  const { ask, told } = open(t, { size: 1, build: standIn() })
  await ask('warm')
  const bomb = ask('bomb', 'mallory')
  const others = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(`${i}`, `person ${i}`)))
  t.same(
    others,
    Array.from({ length: 20 }, (_, i) => String(i)),
  )
  t.ok(['limit', 'timeout'].includes(await bomb), 'memory or time, whichever ends first')
  t.ok(told.includes('an evaluator ended'), 'it is logged')
  t.equal(await ask('after'), 'after')
})

t.test('when an evaluator dies, only the person whose expression it ran gets an error', async (t) => {
  const { ask, told } = open(t, { size: 1, build: standIn() })
  await ask('warm')
  const answers = await Promise.all([
    ask('a', 'ada'),
    ask('die', 'mallory'),
    ask('b', 'bob'),
    ask('c', 'cleo'),
  ])
  t.same(answers, ['a', 'internal', 'b', 'c'])
  t.ok(told.includes('an evaluator ended'), 'it is logged')
})

t.test('an evaluator that is killed is replaced, and its expressions run again', async (t) => {
  const { ask, pool } = open(t)
  await ask('1')
  const all = Promise.all(Array.from({ length: 100 }, (_, i) => ask(`${i}+1`, `person ${i}`)))
  await new Promise(setImmediate)
  for (const pid of pool.pids()) process.kill(pid, 'SIGKILL')
  t.same(
    await all,
    Array.from({ length: 100 }, (_, i) => String(i + 1)),
  )
})

t.test('an expression whose evaluator is killed each time gets an error in the end', async (t) => {
  const { ask, told } = open(t, { size: 1, build: standIn() })
  await ask('warm')
  const answers = await Promise.all([ask('a', 'ada'), ask('killed', 'mallory'), ask('b', 'bob')])
  t.same(answers, ['a', 'internal', 'b'])
  t.equal(
    told.filter((message) => message === 'an evaluator ended').length,
    4,
    'once together with others, and three times alone',
  )
  t.equal(await ask('after', 'mallory'), 'after')
})

t.test('an invalid answer of an evaluator is not passed on', async (t) => {
  const { ask, told } = open(t, { size: 1, build: standIn() })
  t.equal(await ask('lie'), 'internal')
  t.ok(told.includes('an evaluator sent something that is not an answer'))
  t.equal(await ask('after'), 'after')
  t.equal(await ask('chatter'), 'internal')
})

t.test('an answer has a value or an error for each line, or is one error', async (t) => {
  const value = { kind: 'value', text: '5', result: 5, value: '{"n":"5"}' }
  const error = { error: { code: 'limit', message: 'This is too much.' } }
  t.same(readAnswer([value, error], 2), [value, error])
  t.same(readAnswer(error, 2), error)
  for (const lie of [value, [value], [value, value, value], [value, null], [value, { text: 5 }], 'postponed'])
    t.equal(readAnswer(lie, 2), undefined, JSON.stringify(lie))
})

t.test('evaluators that never start cause an error and a log entry, and are tried again', async (t) => {
  for (const script of ['process.exit(1)', 'throw new Error("no")', 'for (;;) ;', '']) {
    const { ask, told, pool } = open(t, { size: 1, patience: 500, build: standIn(script) })
    t.same(await Promise.all([ask('1'), ask('2', 'bob')]), ['internal', 'internal'], script || 'silence')
    if (script.startsWith('process'))
      await eventually('the log line', () => told.includes('an evaluator did not start'))
    await pool.close()
  }
})

t.test('an evaluator that cannot be built causes an error and a log entry', async (t) => {
  const build = () => Promise.reject(new Error('no space left'))
  const { ask, told } = open(t, { patience: 100, build })
  t.equal(await ask('1'), 'internal')
  t.ok(told.includes('the evaluator cannot be built'))
})

t.test('a waiting request can be cancelled', async (t) => {
  const { pool, ask } = open(t, { size: 1, build: standIn() })
  const cancelled = new AbortController()
  const waiting = askPool(pool, { expression: '1', person: 'ada', signal: cancelled.signal })
  cancelled.abort()
  t.equal(outcome(await waiting), 'cancelled')
  t.equal(
    outcome(await askPool(pool, { expression: '1', person: 'ada', signal: AbortSignal.abort() })),
    'cancelled',
  )
  t.equal(await ask('2'), '2', 'others go on')
})

t.test('too many requests are refused, and the others are answered', async (t) => {
  const { ask } = open(t, { size: 1 })
  const all = await Promise.all(Array.from({ length: 600 }, () => ask('1+1', 'mallory')))
  t.equal(all.filter((answer) => answer === '2').length, 500, 'a person can have 500 requests waiting')
  t.equal(all.filter((answer) => answer === 'limit').length, 100)
  t.equal(await ask('x'.repeat(5000)), 'too_long')
  t.equal(await ask('1+1', 'mallory'), '2', 'and can go on afterwards')
})

t.test('Ctrl-C in a terminal does not end evaluators before the server', async (t) => {
  const { ask, pool } = open(t, { size: 1 })
  await ask('1')
  await ask('2')
  const before = pool.pids()
  for (const pid of before) {
    process.kill(pid, 'SIGINT')
    process.kill(pid, 'SIGTERM')
  }
  t.equal(await ask('12*7'), '84')
  t.ok(pool.pids().some((pid) => before.includes(pid) && isAlive(pid)))
})

t.test('people take turns, however much one of them asks', async (t) => {
  const { ask } = open(t, { size: 1, build: standIn() })
  await ask('warm')
  const order: string[] = []
  const many = Array.from({ length: 90 }, (_, i) => ask(`m${i}`, 'mallory').then(() => order.push('mallory')))
  const few = Array.from({ length: 3 }, (_, i) => ask(`b${i}`, `bob ${i}`).then(() => order.push('bob')))
  await Promise.all([...many, ...few])
  t.ok(order.lastIndexOf('bob') < 10, `the others were among the first: ${order.lastIndexOf('bob')}`)
})

t.test('only the newest preview of a person waits, and older ones are cancelled', async (t) => {
  const { pool } = open(t, { size: 1, build: standIn() })
  const preview = (expression: string, person: string) =>
    askPool(pool, { expression, person, isPreview: true }).then(outcome)
  const line = askPool(pool, { expression: 'line', person: 'ada' }).then(outcome)
  const previews = ['p1', 'p2', 'p3'].map((expression) => preview(expression, 'ada'))
  const bobs = preview('b1', 'bob')
  t.same(await Promise.all([...previews, bobs]), ['cancelled', 'cancelled', 'p3', 'b1'])
  t.equal(await line, 'line', 'a preview does not take the place of a line')
})

t.test('a person with slow expressions does not delay others with quick ones', async (t) => {
  const { pool } = open(t, { size: 1 })
  const ask = async (expression: string, person: string, isPreview = false) =>
    outcome(await askPool(pool, { expression, person, isPreview }))
  await ask('1', 'warm')
  let attacking = true
  const answers: string[] = []
  const attack = (person: string, isPreview: boolean) =>
    (async () => {
      for (let i = 0; attacking; i++) {
        answers.push(await ask(`sum(sin((1:4000) / ${i + 3}))`, person, isPreview))
        // One turn of the event loop between two requests, as between two frames of a socket.
        await new Promise(setImmediate)
      }
    })()
  const attacks = Array.from({ length: 20 }, (_, i) => attack(`mallory ${i % 5}`, i % 2 === 0))
  const neighbours: string[] = []
  for (let i = 0; i < 200; i++) neighbours.push(await ask(`${i}*7`, 'ada'))
  const during = answers.filter((answer) => Number.isFinite(Number(answer))).length
  attacking = false
  await Promise.all(attacks)
  t.same(
    neighbours,
    Array.from({ length: 200 }, (_, i) => String(7 * i)),
  )
  t.equal(pool.pids().length > 0, true)
  // A slow expression takes a tenth of a second. If all took turns, 200 quick ones would wait for hundreds of slow ones.
  t.ok(during < 150, `in the time of 200 that are quick, ${during} that are slow were calculated`)
  const allowed = ['limit', 'timeout', 'cancelled']
  t.ok(
    answers.every((answer) => allowed.includes(answer) || Number.isFinite(Number(answer))),
    'everything is answered',
  )
})

t.test('closing answers everything that waits and leaves no process', async (t) => {
  const { pool, ask } = open(t, { size: 2, build: standIn() })
  await ask('warm')
  const open_: Promise<Evaluation>[] = ['loop', 'x', 'y'].map((expression) =>
    askPool(pool, { expression, person: expression }),
  )
  await new Promise(setImmediate)
  const pids = pool.pids()
  t.ok(pids.length > 0)
  await pool.close()
  t.ok(await gone(pids))
  for (const answer of await Promise.all(open_)) t.ok(['internal', 'x', 'y'].includes(outcome(answer)))
  t.equal(await ask('z'), 'internal')
})

t.test('a server killed with -9 leaves no process, not even one in a loop', async (t) => {
  const server = spawn(process.execPath, [path.join(import.meta.dirname, 'doomed-server.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [told] = await once(server.stdout, 'data')
  const pids: unknown = JSON.parse(String(told))
  if (!Array.isArray(pids) || !pids.every((pid) => typeof pid === 'number')) throw new Error('no pids')
  t.ok(pids.length > 0 && pids.every(isAlive), 'they are running')
  server.kill('SIGKILL')
  await once(server, 'exit')
  t.ok(await gone(pids))
})
