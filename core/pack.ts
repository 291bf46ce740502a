/** Describes and packs the packages that are made of parts of `src/`. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '..')

/** Empties the folder `dist/NAME` in which a package is made. @returns its path */
export function emptyPackage(name: string): string {
  const folder = join(ROOT, 'dist', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Compiles what `NAME/tsconfig.json` says. */
export function compile(name: string): void {
  run(join(ROOT, 'node_modules/.bin/tsc'), ['--project', join(ROOT, name, 'tsconfig.json')])
}

/**
 * Packs `dist/NAME` as `NAME/package.json` and `NAME/README.md` describe it.
 * @param dependencies what it imports besides its peers, in the versions with which it is tested here
 * @returns the path of the tarball
 */
export function pack(name: string, dependencies: readonly string[] = []): string {
  const folder = join(ROOT, 'dist', name)
  const { dependencies: versions } = read('package.json')
  const own = read(join(name, 'package.json'))
  const needed = Object.fromEntries(dependencies.map((dependency) => [dependency, versions[dependency]]))
  const description = dependencies.length > 0 ? { ...own, dependencies: needed } : own
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(description, undefined, 2)}\n`)
  copyFileSync(join(ROOT, name, 'README.md'), join(folder, 'README.md'))
  copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'))
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', join(ROOT, 'dist')], folder),
  )
  return join(ROOT, 'dist', packed.filename)
}

function read(name: string) {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8'))
}

function run(command: string, words: readonly string[], cwd = ROOT): string {
  return execFileSync(command, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}
