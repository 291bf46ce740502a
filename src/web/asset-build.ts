import { globSync, readdirSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { type Build, isUnchanged, ROOT } from '../kept-build.ts'
import { templates } from './templates.ts'
import { turndown } from './turndown.ts'

export const BUILT = join(ROOT, 'public/built')

/** The client's files as they were built. */
export interface AssetBuild extends Build {
  /** From an asset's name, such as `room.js`, to its file with a hash in its name. */
  readonly names: Readonly<Record<string, string>>
}

/** Builds the client: scripts, styles and icons, with hashed names and source maps. */
export async function buildAssets(): Promise<AssetBuild> {
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    entryPoints: entryPoints(),
    absWorkingDir: ROOT,
    outdir: BUILT,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    chunkNames: 'shared-[hash]',
    bundle: true,
    // Code that several scripts of a page use is there once: a browser lets our one way to HTML be made only once.
    splitting: true,
    format: 'esm',
    target: ['es2022', 'safari16'],
    minify: true,
    sourcemap: true,
    plugins: [templates, turndown],
    loader: { '.svg': 'copy', '.png': 'copy', '.json': 'copy', '.woff2': 'copy' },
    logLevel: 'warning',
    metafile: true,
    write: false,
  })
  const names: Record<string, string> = {}
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint) names[assetName(entryPoint)] = basename(path)
  }
  const files = new Map(outputFiles.map((file) => [relative(BUILT, file.path), Buffer.from(file.contents)]))
  // Installed packages change with the lockfile, and a build follows that.
  const sources = Object.keys(metafile.inputs).filter((path) => !path.startsWith('node_modules/'))
  return { names, sources, files }
}

/** Tells whether a build has all that there is to build, and nothing that it was built from has changed since `time`. */
export function isCurrent({ names, sources }: Pick<AssetBuild, 'names' | 'sources'>, time: number): boolean {
  return isWhole(names) && isUnchanged(sources, time)
}

/** Tells whether everything that there is to build has been built, under these names. */
export function isWhole(names: AssetBuild['names']): boolean {
  return entryPoints().every((entry) => names[assetName(entry)])
}

function entryPoints(): string[] {
  return [
    ...filesIn('src/browser/pages'),
    ...globSync('examples/*/pages/*.ts', { cwd: ROOT }),
    'public/styles/app.css',
    'public/emoji.json',
    ...filesIn('public/icons'),
    // An entry, so that pages can load it ahead; the styles name it, too.
    'node_modules/@fontsource-variable/bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2',
  ]
}

function assetName(source: string): string {
  return basename(source).replace(/\.ts$/, '.js')
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).map((file) => join(folder, file))
}
