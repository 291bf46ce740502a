import { cpSync, existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { run } from './support/process.ts'
import { temporaryFolder } from './support/server.ts'

const ROOT = join(import.meta.dirname, '..')

t.test('new-feature writes a feature whose test passes, and refuses unsuitable names', async (t) => {
  const copy = temporaryFolder(t)
  for (const name of [
    '.gitignore',
    'bin',
    'src',
    'examples',
    'views',
    'public',
    'test/support',
    'package.json',
    'biome.json',
    'tsconfig.json',
  ])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  const partyline = (name: string) => run(t, {}, ['sh', '-c', `${copy}/bin/partyline new-feature ${name}`])
  const files = [
    'index.ts',
    'protocol.ts',
    'consumer.ts',
    'belongings.ts',
    'claps.ts',
    'migrations/001-claps.ts',
  ]

  const { code, stdout, stderr } = await partyline('claps')
  t.same([code, stderr], [0, ''])
  t.same(
    stdout.split('\n').filter((line) => line.startsWith('wrote')),
    [...files.map((file) => `wrote src/claps/${file}`), 'wrote test/claps/claps.test.ts'],
  )
  t.match(stdout, 'app.register(claps)')
  const passed = await run(t, {}, [
    'sh',
    '-c',
    `cd ${copy} && exec node_modules/.bin/node test/claps/claps.test.ts`,
  ])
  t.match(passed, { code: 0, stdout: /^ok 1 - everyone in a room sees how many claps are up/m })
  const { stdout: report } = await run(t, {}, [
    'sh',
    '-c',
    `cd ${copy} && node_modules/.bin/biome check src/claps test/claps`,
  ])
  t.match(report, /^Checked 7 files .*No fixes applied\.$/m)

  t.match(await partyline('claps'), { code: 1, stderr: 'src/claps already exists.\n' })
  t.match(await partyline('users'), { code: 1, stderr: /^There is already a table called users/ })
  t.match(await partyline('poll'), { code: 1, stderr: /^examples already has a feature called poll/ })
  for (const name of ['protocol', 'raise'])
    t.match(await partyline(name), { code: 1, stderr: /is a word in the generated code/ }, name)
  t.same(
    readdirSync(join(copy, 'src')).filter((name) => !existsSync(join(ROOT, 'src', name))),
    ['claps'],
    'nothing was written for these',
  )
  for (const name of ['class', 'Claps', '../claps', 'two-words'])
    t.match(await partyline(name), { code: 1, stderr: /cannot be the name of a feature/ }, name)
})
