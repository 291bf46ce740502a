import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onPath, outlived } from '../../support/programs.ts'
import type { Answer, Oracle } from './case.ts'

/** qalc waits some 15 ms between a line and its answer, whatever it computes, so several processes share the questions. */
const PROCESSES = 4

// Said after each group of questions: a warning among the answers moves it, and the group is then asked one by one.
const MARK = '7919 * 7927'
const MARK_ANSWER = '62773913'

const SETTINGS = [
  'precision 50',
  'max decimals -1',
  'exp mode 0',
  'fractions 0',
  'unicode 0',
  'multiplication sign 0',
  'autoconversion 0',
  'approximation try exact',
  'angle unit 1',
]

/** Libqalculate's command line, as Debian has it. Undefined where it is missing. */
export function startQalc(): Oracle<string> | undefined {
  if (!onPath('qalc')) return undefined
  const processes = Array.from({ length: PROCESSES }, startProcess)
  return {
    async ask(expressions) {
      const shares = processes.map((one, i) => one.ask(expressions.filter((_, at) => at % PROCESSES === i)))
      const answers = await Promise.all(shares)
      return expressions.map(
        (_, at) => answers[at % PROCESSES]?.[Math.floor(at / PROCESSES)] ?? { skip: 'no answer' },
      )
    },
    close() {
      for (const one of processes) one.close()
    },
  }
}

function startProcess(): Oracle<string> {
  // A home of its own, so that nobody's settings or definitions are in it.
  const home = mkdtempSync(join(tmpdir(), 'qalc-'))
  const settings = SETTINGS.flatMap((setting) => ['-s', setting])
  const child = outlived(['qalc', '-t', '-nocurrencies', '-nodatasets', ...settings, '-f', '-'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { HOME: home, PATH: process.env.PATH, LANG: 'C.UTF-8', TZ: 'UTC' },
  })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('qalc has no pipes')
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()

  async function readToMark(): Promise<string[]> {
    const found: string[] = []
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error('qalc ended')
      if (value === MARK_ANSWER) return found
      found.push(value)
    }
  }

  return {
    async ask(expressions) {
      stdin.write([...expressions, MARK].map((line) => `${line}\n`).join(''))
      const found = await readToMark()
      if (found.length === expressions.length) return found.map(understood)
      const one: Answer[] = []
      for (const expression of expressions) {
        stdin.write(`${expression}\n${MARK}\n`)
        const said = await readToMark()
        const [only] = said
        one.push(said.length === 1 && only !== undefined ? understood(only) : { skip: said.join(' | ') })
      }
      return one
    },
    close() {
      stdin.end()
      void once(child, 'exit').then(() => rmSync(home, { recursive: true, force: true }))
    },
  }
}

/** The number at the beginning of qalc's answer, of which at most 50 digits are known. */
function understood(said: string): Answer {
  if (said === 'true' || said === 'false') return { truth: said === 'true' }
  const [, number, rest = ''] = /^(-?\d+(?:\.\d+)?(?:E[+-]?\d+)?)(.*)$/.exec(said) ?? []
  // What goes on with digits or an `i` is a list, a fraction or a complex number.
  if (number === undefined || /\d|^\s*i\b/.test(rest.replace(/\^\d+/g, ''))) return { skip: said }
  const digits = number.replace(/^-?0*\.?0*|\.|E.*/g, '').length
  return digits < 45 ? { exact: number } : { digits: number }
}
