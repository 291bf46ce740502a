/** `bin/partyline new-feature NAME`: the files of a live feature, to begin with. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Script } from 'node:vm'
import { ConfigError } from '../config.ts'

const root = join(import.meta.dirname, '../..')

/** The feature that is copied: an example with a test of its own, so that it stays up to date. */
const MODEL = 'hands'
const FILES = [
  'index.ts',
  'protocol.ts',
  'consumer.ts',
  'belongings.ts',
  `${MODEL}.ts`,
  `migrations/001-${MODEL}.ts`,
]
const TEST = `${MODEL}.test.ts`

/**
 * Writes the files into `src/NAME` and `test/NAME`, and says what to do next.
 * @throws ConfigError, and writes nothing, for a name that is taken or cannot be one
 */
export async function newFeature(name: string): Promise<number> {
  checkFeatureName(name)
  const written = FILES.map((file) =>
    write(`src/${name}/${named(file, name)}`, named(read(file), name).replaceAll('../src/', '')),
  )
  const test = named(read(TEST), name)
    .replaceAll("'../../test/", "'../")
    .replaceAll("'./index.ts'", `'../../src/${name}/index.ts'`)
  format([...written, write(`test/${name}/${name}.test.ts`, test)])
  console.log(`
npm test -- test/${name}/${name}.test.ts passes: people raise and lower a mark, and everyone in the room sees how many do. Make it
yours. To add it to the product, register it in src/app.ts, among the features:

  app.register(${name})

and add its frames to test/support/socket-frames.ts and to the table in test/accounts/keys.test.ts.
docs/consumers.md explains each part.`)
  return 0
}

function checkFeatureName(name: string): void {
  if (!/^[a-z][a-z0-9]{1,29}$/.test(name) || !isIdentifier(name))
    throw new ConfigError(
      `${name} cannot be the name of a feature: use one word of 2 to 30 characters of a-z 0-9.`,
    )
  for (const folder of [`src/${name}`, `test/${name}`])
    if (existsSync(join(root, folder))) throw new ConfigError(`${folder} already exists.`)
  if (existsSync(join(root, 'examples', name)))
    throw new ConfigError(`examples already has a feature called ${name}: choose another name.`)
  const tables = globSync('{src/**/migrations/*,examples/*/migration*}.ts', { cwd: root })
  if (tables.some((file) => readFileSync(join(root, file), 'utf8').includes(`'${name}'`)))
    throw new ConfigError(`There is already a table called ${name}: choose another name.`)
  // A file, an import or a variable of the model could be called the same then. A word in a comment is refused with them.
  const words = [...FILES, TEST].flatMap((file) => read(file).toLowerCase().match(/\w+/g) ?? [])
  if (words.includes(name))
    throw new ConfigError(`${name} is a word in the generated code: choose another name.`)
}

function isIdentifier(name: string): boolean {
  try {
    new Script(`'use strict'; let ${name}`)
    return true
  } catch {
    return false
  }
}

function named(text: string, name: string): string {
  const title = name.charAt(0).toUpperCase() + name.slice(1)
  return text.replaceAll(MODEL, name).replaceAll(MODEL.charAt(0).toUpperCase() + MODEL.slice(1), title)
}

function read(file: string): string {
  return readFileSync(join(root, 'examples', MODEL, file), 'utf8')
}

/** @returns the file */
function write(file: string, text: string): string {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), text, { flag: 'wx' })
  console.log(`wrote ${file}`)
  return file
}

/** The order of imports depends on the name. Without a formatter, as where nobody develops, they stay as they are. */
function format(files: readonly string[]): void {
  const biome = join(root, 'node_modules/.bin/biome')
  if (existsSync(biome)) spawnSync(biome, ['check', '--write', ...files], { cwd: root, stdio: 'ignore' })
}
