import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { keepBuild, keptBuild, keptPath } from '../kept-build.ts'
import { type AssetBuild, BUILT, buildAssets, isCurrent, isWhole } from './asset-build.ts'
import { withCompressed } from './encodings.ts'
import { type StaticFile, sendStaticFile, staticFile } from './static-files.ts'

export const MANIFEST = 'manifest.json'

/** A start leaves here what it had to build. */
const KEPT = keptPath('compressed-assets')

const YEAR = 365 * 24 * 60 * 60

const contentTypes: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.map': 'application/json',
}

/** The client's files: found by name, served under a name that changes with their content. */
export class Assets {
  readonly #names: Readonly<Record<string, string>>
  readonly #files = new Map<string, StaticFile>()

  /** @param files with those that are compressed, as `withCompressed` has them */
  constructor(names: Readonly<Record<string, string>>, files: ReadonlyMap<string, Buffer>) {
    this.#names = names
    for (const name of files.keys()) {
      const type = contentTypes[extname(name)]
      const file = type && staticFile(name, { type, files })
      if (file) this.#files.set(name, file)
    }
  }

  /** @throws for a name that was not built: a mistake in a template */
  url(name: string): string {
    const file = this.#names[name]
    if (!file) throw new Error(`there is no asset ${name}`)
    return `/assets/${file}`
  }

  file(name: string): StaticFile | undefined {
    return this.#files.get(name)
  }
}

/**
 * Loads the assets as `npm run build`, or else the last start, has left them, if nothing in their sources is newer; builds them
 * where both are outdated.
 */
export async function loadAssets(): Promise<Assets> {
  const manifest = currentManifest()
  if (manifest) {
    const files = new Map(readdirSync(BUILT).map((file) => [file, readFileSync(join(BUILT, file))]))
    return new Assets(manifest.names, files)
  }
  const kept = keptBuild<AssetBuild>(KEPT)
  const { names, files } = kept && isWhole(kept.names) ? kept : await buildAndKeep()
  return new Assets(names, files)
}

async function buildAndKeep(): Promise<AssetBuild> {
  const began = new Date()
  const built = await buildAssets()
  const build = { ...built, files: await withCompressed(built.files, 'quick') }
  keepBuild(KEPT, build, began)
  return build
}

/**
 * Serves the assets. Their names change with their content, so browsers may keep them forever. Only these files are compressed:
 * pages contain other people's text beside secrets, and the length of both together would reveal them (BREACH;
 * docs/security.md).
 */
export async function serveAssets(app: FastifyInstance, { assets }: { assets: Assets }): Promise<void> {
  const manifest = JSON.stringify(appManifest(assets))
  app.get('/manifest.webmanifest', { logLevel: 'warn', config: { always: true } }, (_request, reply) =>
    reply.header('cache-control', 'no-cache').type('application/manifest+json').send(manifest),
  )

  // By its own name, at the top: a browser asks for it again by that, and lets it answer for what lies below it.
  const worker = assets.file(assets.url('service-worker.js').replace('/assets/', ''))
  app.get('/service-worker.js', { logLevel: 'warn', config: { always: true } }, (request, reply) => {
    if (!worker) return reply.callNotFound()
    return sendStaticFile(request, reply.header('cache-control', 'no-cache'), worker)
  })

  app.get<{ Params: { file: string } }>(
    '/assets/:file',
    { logLevel: 'warn', config: { always: true } },
    (request, reply) => {
      const file = assets.file(request.params.file)
      if (!file) return reply.callNotFound()
      return sendStaticFile(
        request,
        reply.header('cache-control', `public, max-age=${YEAR}, immutable`),
        file,
      )
    },
  )
}

/** The name, colours and icons of an installed page. */
function appManifest(assets: Assets): object {
  const icon = (name: string, sizes: string, type: string) => ({ src: assets.url(name), sizes, type })
  return {
    name: 'Partyline',
    short_name: 'Partyline',
    start_url: '/',
    scope: '/',
    display: 'standalone',
    background_color: '#f2f5f0',
    theme_color: '#f2f5f0',
    icons: [
      icon('icon.svg', 'any', 'image/svg+xml'),
      icon('icon-192.png', '192x192', 'image/png'),
      icon('icon-512.png', '512x512', 'image/png'),
    ],
  }
}

/** A manifest of release 0.1 has no sources. */
type Manifest = Pick<AssetBuild, 'names'> & Partial<Pick<AssetBuild, 'sources'>>

/** Reads what `npm run build` left; undefined if something that it was built from has changed. */
function currentManifest(): Manifest | undefined {
  const built = statSync(join(BUILT, MANIFEST), { throwIfNoEntry: false })
  if (!built) return undefined
  const { names, sources }: Manifest = JSON.parse(readFileSync(join(BUILT, MANIFEST), 'utf8'))
  return sources && isCurrent({ names, sources }, built.mtimeMs) ? { names, sources } : undefined
}
