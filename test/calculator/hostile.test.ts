import t from 'tap'
import { openPool } from '../../src/calculator/sandbox/pool.ts'
import hostile from './hostile.json' with { type: 'json' }
import { askPool, evaluateSheet, outcome } from './sheet.ts'

interface Entry {
  expression: string
  setup?: string[]
  reason: string
  source?: string
  expect?: string
}

const CODES = ['syntax', 'evaluation', 'limit', 'timeout', 'too_long', 'invalid']
/** A line runs at most twice, and on a busy machine a process takes seconds to start. */
const WITHIN = 10_000

t.test('every hostile line ends cleanly, while a neighbour still gets 84', async (t) => {
  const log = { warn: () => {}, error: (details: object, message: string) => t.fail(message, details) }
  const pool = openPool({ log })
  t.teardown(() => pool.close())
  const entries: Entry[] = hostile
  t.ok(entries.length >= 200, 'there are at least 200')

  // The limits count from when the processes have started.
  await askPool(pool, { expression: '12*7', person: 'neighbour' })
  let going = true
  const waited: number[] = []
  const neighbour = (async () => {
    while (going) {
      const asked = performance.now()
      const answer = await askPool(pool, { expression: '12*7', person: 'neighbour' })
      waited.push(performance.now() - asked)
      if (outcome(answer) !== '84') t.fail('the neighbour got something else', { answer })
      // One turn of the event loop between two lines, as between two frames of a socket.
      await new Promise(setImmediate)
    }
  })()

  for (const [i, { expression, setup = [], expect, reason }] of entries.entries()) {
    const asked = performance.now()
    const answer = await evaluateSheet([...setup, expression], (line, names) =>
      askPool(pool, { expression: line, names, person: `attacker ${i}` }),
    )
    const name = `${JSON.stringify(expression.slice(0, 60))}: ${reason}`
    if (expect !== undefined) t.equal(outcome(answer), expect, name)
    else if ('error' in answer) t.ok(CODES.includes(answer.error.code), `${name} (${answer.error.code})`)
    else t.ok(answer.text.length <= 4096, name)
    if (performance.now() - asked > WITHIN * (setup.length + 1)) t.fail(`${name} took too long`)
  }
  going = false
  await neighbour
  waited.sort((a, b) => a - b)
  const p99 = waited[Math.floor(waited.length * 0.99)] ?? 0
  t.comment(
    `the neighbour asked ${waited.length} times, p99 ${p99.toFixed(1)} ms, longest ${waited.at(-1)?.toFixed(0)} ms`,
  )
  // On an idle machine this is a few milliseconds.
  t.ok(p99 < 2_500, 'the neighbour hardly noticed')
  t.ok((waited.at(-1) ?? 0) < WITHIN, 'and was never blocked')
})
