import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'

/**
 * Bundles the server and its commands for the processes that tests start, before `npm test` runs. Most of what a start costs
 * is finding and loading three thousand modules; from a few files it takes half the processor time, and the tests start
 * hundreds. A test file that is run by itself starts `src/main.ts`, as `npm start` does.
 */

const ROOT = join(import.meta.dirname, '../..')

/** Makes each module find its files where its source is. */
const locations: Plugin = {
  name: 'locations',
  setup(build) {
    build.onLoad({ filter: /\.([cm]?js|ts)$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      if (!/\bimport\.meta\.(dirname|url)\b|\b__(dirname|filename)\b/.test(source)) return undefined
      const folder = JSON.stringify(dirname(path))
      const contents = source
        .replaceAll(/\bimport\.meta\.dirname\b|\b__dirname\b/g, folder)
        .replaceAll(/\b__filename\b/g, JSON.stringify(path))
        .replaceAll(/\bimport\.meta\.url\b/g, JSON.stringify(pathToFileURL(path).href))
      return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' }
    })
  },
}

/**
 * Makes the evaluators start with the first calculation, as in the tests' own process: most tests calculate nothing, and two
 * evaluators take as long to start as all the rest. A test that is about them says `EVALUATORS=at-once`.
 */
const evaluatorsWhenNeeded: Plugin = {
  name: 'evaluators-when-needed',
  setup(build) {
    build.onLoad({ filter: /\/src\/serve\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8')
      const start = `process.env.EVALUATORS === 'at-once' ? 'at-once' : 'when-needed'`
      const contents = source.replace('buildApp(config)', `buildApp(config, { startEvaluators: ${start} })`)
      if (contents === source) throw new Error(`${path} starts the application in some other way`)
      return { contents, loader: 'ts' }
    })
  },
}

await build({
  absWorkingDir: ROOT,
  entryPoints: { main: 'src/main.ts', commands: 'src/commands/index.ts' },
  outdir: 'dist/tests',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node26',
  // The last two are imported when they are needed: of a CommonJS package that is split off, esbuild keeps no names.
  external: ['sharp', 'esbuild', 'ioredis', 'pg'],
  // Packages that are CommonJS call it.
  banner: {
    js: `import { createRequire as requireOf } from 'node:module'; const require = requireOf(${JSON.stringify(join(ROOT, 'package.json'))})`,
  },
  plugins: [evaluatorsWhenNeeded, locations],
})
