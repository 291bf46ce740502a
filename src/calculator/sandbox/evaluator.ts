/*
 * The entry of an evaluator process: reads batches of lines, answers, and keeps nothing. It runs without rights
 * (see evaluator-command.ts); what stands here is what an expression could reach if everything else failed.
 */

import { evaluateLines, type SheetLine } from '../language/index.ts'
import { POSTPONED } from './answers.ts'
import { unpackLines } from './packed-lines.ts'

type Job = [
  id: number,
  lines: readonly SheetLine[],
  /** The stored values and functions in the lines. */
  texts: readonly string[],
  budget: number | null,
]

/** Milliseconds between jobs after which what is finished is reported. */
const REPORT_AFTER = 5
/** Sums that cannot take long. Before anything else what is finished is reported, so that it is not lost. */
const PLAIN = /^[\d\s.()+\-*/]{1,60}$/
/** Units of work that the lines of a sheet may take together: two seconds. */
const LINES_WORK = 2_000_000
const TOO_MUCH_WORK = {
  error: { code: 'limit', message: 'The lines that depend on this one would take too much work.' },
}
/** Milliseconds after which a batch ends by itself, where nobody outside may be left to end it. */
const BELT = 2000

const send = process.send?.bind(process)
// Without a callback a channel that closed meanwhile would throw.
const report = (message: unknown): void => void send?.(message, undefined, undefined, () => {})

/** The time that this thread computed: what a busy machine gives to others is nobody's fault. */
const computing = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('disconnect', () => process.exit(0))
const run = belted((jobs: Job[]) => {
  let finished: unknown[] = []
  let reported = performance.now()
  let began = computing()
  const flush = () => {
    if (finished.length > 0) report(finished)
    finished = []
    reported = performance.now()
    began = computing()
  }
  for (const [id, lines, texts, budget] of jobs) {
    if (!isPlain(lines) || performance.now() - reported > REPORT_AFTER) flush()
    const answer =
      evaluateLines(unpackLines({ lines, texts }), budget ?? LINES_WORK, computing) ??
      (budget === null ? TOO_MUCH_WORK : POSTPONED)
    const ended = computing()
    finished.push([id, answer, ended - began])
    began = ended
  }
  flush()
})

/** Tells whether there is one line, and it is such a sum. */
function isPlain([first, ...others]: readonly SheetLine[]): boolean {
  return first !== undefined && others.length === 0 && PLAIN.test(first.expression)
}

/** With a `belt`, a batch is a script that may take two seconds; then the process ends. */
function belted(work: (jobs: Job[]) => void): (jobs: Job[]) => void {
  if (!process.argv.includes('belt')) return work
  // Modules can be had while this file loads, and never after (see lockdown.ts).
  const vm = process.getBuiltinModule('node:vm')
  let jobs: Job[] = []
  Object.defineProperty(globalThis, 'runBatch', { value: () => work(jobs) })
  const script = new vm.Script('runBatch()')
  return (batch) => {
    jobs = batch
    try {
      script.runInThisContext({ timeout: BELT })
    } catch {
      process.exit(4)
    }
  }
}

const WARM = ['12*7', '0.1+0.2', 'sin(1)', '5 inch to cm', '[1,2;3,4]*2', 'mean(1,2)', '2+3i', 'sqrt(2)']
evaluateLines(
  WARM.map((expression) => ({ expression, names: {} })),
  LINES_WORK,
  computing,
)

// Not before all is loaded: someone may wait for it.
try {
  process.getBuiltinModule('node:os').setPriority(Number(process.argv[2]?.replace('nice=', '')))
} catch {
  // A system that does not allow it runs them at the server's priority.
}

process.on('message', (jobs: Job[]) => run(jobs))
report('ready')
