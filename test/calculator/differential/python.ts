import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { outlived } from '../../support/programs.ts'
import type { Answer, Oracle, Tree } from './case.ts'

const script = new URL('./python_oracle.py', import.meta.url).pathname

/** Debian's own Python: python3-sympy is installed for it, and not for another one that may be first on the path. */
const PYTHON = '/usr/bin/python3'

/** One Python process, which answers in the order in which it is asked. Undefined where it lacks sympy or mpmath. */
export async function startPython(): Promise<Oracle<Tree> | undefined> {
  const check = outlived([PYTHON, '-c', 'import sympy, mpmath'], { stdio: 'ignore' })
  const [status] = await Promise.race([once(check, 'exit'), once(check, 'error')])
  if (status !== 0) return undefined

  const child = outlived([PYTHON, script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('Python has no pipes')
  const answers = createInterface({ input: stdout })[Symbol.asyncIterator]()
  return {
    async ask(trees) {
      for (const [id, tree] of trees.entries()) stdin.write(`${JSON.stringify({ id, tree })}\n`)
      const found: Answer[] = []
      for (const [id, tree] of trees.entries()) {
        const { value, done } = await answers.next()
        if (done) throw new Error(`Python ended at ${JSON.stringify(tree)}`)
        const said: { id: number; answer: Answer } = JSON.parse(value)
        if (said.id !== id) throw new Error('Python answers another question')
        found.push(said.answer)
      }
      return found
    },
    close: () => stdin.end(),
  }
}
