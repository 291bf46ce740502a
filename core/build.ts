/** `npm run build:core`: makes a package of the real-time core, and packs it. The last line is the path of the tarball. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'dist/core')

/** What the core imports besides its peers; the versions are those with which it is tested here. */
const DEPENDENCIES = ['fastify-plugin', 'ipaddr.js', 'typebox']

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
run(join(root, 'node_modules/.bin/tsc'), ['--project', join(root, 'core/tsconfig.json')])
writeFileSync(join(folder, 'package.json'), `${JSON.stringify(description(), undefined, 2)}\n`)
copyFileSync(join(root, 'core/README.md'), join(folder, 'README.md'))
copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', join(root, 'dist')], folder))
console.log(join(root, 'dist', packed.filename))

function description(): object {
  const { dependencies } = read('package.json')
  const own = read('core/package.json')
  return { ...own, dependencies: Object.fromEntries(DEPENDENCIES.map((name) => [name, dependencies[name]])) }
}

function read(name: string) {
  return JSON.parse(readFileSync(join(root, name), 'utf8'))
}

function run(command: string, words: readonly string[], cwd = root): string {
  return execFileSync(command, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}
