/*
 * A server whose evaluator is in a loop: `node doomed-evaluator.ts FOLDER NUMBER` starts the one in that folder with that
 * launcher, writes its process id, and waits to be killed.
 */
import path from 'node:path'
import { EvaluatorProcess } from '../../src/calculator/sandbox/evaluator-process.ts'
import { findLaunchers } from '../../src/confinement/index.ts'

const [folder = '', number = ''] = process.argv.slice(2)
const launcher = (await findLaunchers())[Number(number)]
if (!launcher) throw new Error(`no launcher ${number}`)
const bundle = { folder, file: path.join(folder, 'evaluator.cjs'), remove: async () => {} }
const evaluator = new EvaluatorProcess(bundle, launcher, {
  ready: () => evaluator.send([{ id: 1, lines: [{ expression: 'loop', names: {} }], texts: [] }]),
  report: () => process.stdout.write(`${evaluator.pid}\n`),
  end: () => process.exit(1),
})
