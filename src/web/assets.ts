import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, extname, join, relative } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { templates } from './templates.ts'

/** The project's folder. */
const ROOT = join(import.meta.dirname, '../..')
export const BUILT = join(ROOT, 'public/built')
export const MANIFEST = 'manifest.json'

const YEAR = 365 * 24 * 60 * 60

const contentTypes: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.map': 'application/json',
}

interface Manifest {
  /** From an asset's name, such as `room.js`, to its file with a hash in its name. */
  readonly names: Readonly<Record<string, string>>
  /** The files that they were built from. A manifest of release 0.1 has none. */
  readonly sources?: readonly string[]
}

interface Build {
  readonly names: Record<string, string>
  readonly sources: string[]
  readonly files: Map<string, Buffer>
}

/** The client's files: found by name, served under a name that changes with their content. */
export class Assets {
  readonly #names: Readonly<Record<string, string>>
  readonly #files: ReadonlyMap<string, Buffer>

  constructor(names: Readonly<Record<string, string>>, files: ReadonlyMap<string, Buffer>) {
    this.#names = names
    this.#files = files
  }

  /** @throws for a name that was not built: a mistake in a template */
  url(name: string): string {
    const file = this.#names[name]
    if (!file) throw new Error(`there is no asset ${name}`)
    return `/assets/${file}`
  }

  file(name: string): Buffer | undefined {
    return this.#files.get(name)
  }
}

/**
 * The assets as `npm run build` left them, when nothing in their sources is newer; else built now, in memory.
 */
export async function loadAssets(): Promise<Assets> {
  const manifest = currentManifest()
  if (!manifest) {
    const { names, files } = await buildAssets()
    return new Assets(names, files)
  }
  const files = new Map(readdirSync(BUILT).map((file) => [file, readFileSync(join(BUILT, file))]))
  return new Assets(manifest.names, files)
}

/** Builds the client: scripts, styles and icons, with hashed names and source maps. */
export async function buildAssets(): Promise<Build> {
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    entryPoints: entryPoints(),
    absWorkingDir: ROOT,
    outdir: BUILT,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    chunkNames: 'shared-[hash]',
    bundle: true,
    // What several scripts of a page use is there once: a browser allows our one way to HTML to be made only once.
    splitting: true,
    format: 'esm',
    target: ['es2022', 'safari16'],
    minify: true,
    sourcemap: true,
    plugins: [templates],
    loader: { '.svg': 'copy', '.png': 'copy', '.json': 'copy' },
    logLevel: 'warning',
    metafile: true,
    write: false,
  })
  const names: Record<string, string> = {}
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint) names[assetName(entryPoint)] = basename(path)
  }
  const files = new Map(outputFiles.map((file) => [relative(BUILT, file.path), Buffer.from(file.contents)]))
  // What npm installed changes with the lockfile, which is followed by a build.
  const sources = Object.keys(metafile.inputs).filter((path) => !path.startsWith('node_modules/'))
  return { names, sources, files }
}

/** Serves the assets. Their names change with their content, so a browser keeps them for good. */
export async function serveAssets(app: FastifyInstance, { assets }: { assets: Assets }): Promise<void> {
  app.get<{ Params: { file: string } }>(
    '/assets/:file',
    { logLevel: 'warn', config: { always: true } },
    (request, reply) => {
      const { file } = request.params
      const content = assets.file(file)
      if (!content) return reply.callNotFound()
      return reply
        .header('cache-control', `public, max-age=${YEAR}, immutable`)
        .type(contentTypes[extname(file)] ?? 'application/octet-stream')
        .send(content)
    },
  )
}

function entryPoints(): string[] {
  return [
    ...filesIn('src/browser/pages'),
    ...globSync('examples/*/pages/*.ts', { cwd: ROOT }),
    'public/styles/app.css',
    'public/emoji.json',
    ...filesIn('public/icons'),
  ]
}

function assetName(source: string): string {
  return basename(source).replace(/\.ts$/, '.js')
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).map((file) => join(folder, file))
}

/** Reads what `npm run build` left; undefined if something that it was built from has changed. */
function currentManifest(): Manifest | undefined {
  const built = statSync(join(BUILT, MANIFEST), { throwIfNoEntry: false })
  if (!built) return undefined
  const manifest: Manifest = JSON.parse(readFileSync(join(BUILT, MANIFEST), 'utf8'))
  const isOld = (path: string) => {
    const source = statSync(join(ROOT, path), { throwIfNoEntry: false })
    return !source || source.mtimeMs > built.mtimeMs
  }
  const hasEntries = entryPoints().every((entry) => manifest.names[assetName(entry)])
  return hasEntries && manifest.sources && !manifest.sources.some(isOld) ? manifest : undefined
}
