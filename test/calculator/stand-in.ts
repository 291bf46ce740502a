import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bundleIn, type EvaluatorBundle } from '../../src/calculator/sandbox/bundle.ts'

/** An evaluator that does what an expression in the worst case could make one do. */
const BEHAVIOUR = `
const answer = (id, text) => process.send([[id, [{ kind: 'value', text, result: text, value: null }], 0]], undefined, undefined, () => {})
const attempts = {
  files: () => require('node:fs').readFileSync('/etc/hostname', 'utf8'),
  write: () => require('node:fs').writeFileSync(__filename, ''),
  listing: () => require('node:fs').readdirSync('/'),
  processes: () => require('node:child_process').spawnSync('id'),
  workers: () => new (require('node:worker_threads').Worker)('1', { eval: true }),
  code: () => Function('return 1')(),
  inspector: () => require('node:inspector').open(0),
}
const run = ([id, [{ expression }]]) => {
  if (expression === 'loop') for (;;) ;
  if (expression === 'die') process.exit(7)
  if (expression === 'killed') process.exit(137)
  if (expression === 'bomb') for (const all = []; ; ) all.push(new Array(1e5).fill(all.length))
  if (expression === 'lie') return process.send([[id, [{ text: 5 }]]])
  if (expression === 'chatter') return process.send([[12345, { text: 'x' }], 7, null, 'x', [id]])
  if (expression === 'environment') return answer(id, Object.keys(process.env).join())
  if (expression in attempts) {
    try {
      attempts[expression]()
      return answer(id, 'allowed')
    } catch (error) {
      return answer(id, error.code ?? error.name)
    }
  }
  answer(id, expression)
}
process.on('message', (jobs) => jobs.forEach(run))
process.on('disconnect', () => process.exit(0))
process.send('ready')
`

/** Builds what `openPool` takes as `build`: an evaluator with this behaviour, or with another script. */
export const standIn =
  (script = BEHAVIOUR) =>
  async (): Promise<EvaluatorBundle> => {
    const bundle = await bundleIn(await mkdtemp(path.join(tmpdir(), 'stand-in-')))
    await writeFile(bundle.file, script)
    return bundle
  }
