import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { deserialize, serialize } from 'node:v8'

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '..')

/** The result of a build by esbuild. */
export interface Build {
  /** The files that it was built from, without those of installed packages; paths from `ROOT`. */
  readonly sources: readonly string[]
  /** The built files, by their names. */
  readonly files: ReadonlyMap<string, Buffer>
}

interface Kept {
  readonly build: Build
  /** The digest of the sources. Their times would not do: a new release that is copied with its files' times may look older. */
  readonly digest: string
}

/** Returns a path for a build that the next start reads. npm empties the folder when packages change. */
export function keptPath(name: string): string {
  return join(ROOT, 'node_modules/.cache', `partyline-${name}`)
}

/**
 * Leaves a build in a file for the next start. Where that cannot be written, each start builds.
 * @param began when the build did: nothing is kept if a source has changed since then
 */
export function keepBuild(path: string, build: Build, began: Date): void {
  // Other processes may start, and build, at the same time.
  const next = `${path}-${process.pid}`
  try {
    const kept: Kept = { build, digest: digestOf(build.sources) }
    if (!isUnchanged(build.sources, began.getTime())) return
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(next, serialize(kept))
    renameSync(next, path)
  } catch {
    // As in a container that is only read.
  }
}

/** Reads the build that was left in a file; undefined if there is none, or something that it was built from has changed. */
export function keptBuild<Left extends Build>(path: string): Left | undefined {
  try {
    const { build, digest } = deserialize(readFileSync(path))
    return digest === digestOf(build.sources) ? build : undefined
  } catch {
    return undefined
  }
}

/** Tells whether files are still there and were not written since `time`. Their paths are from `ROOT`. */
export function isUnchanged(sources: readonly string[], time: number): boolean {
  return sources.every((path) => {
    const source = statSync(join(ROOT, path), { throwIfNoEntry: false })
    return source !== undefined && source.mtimeMs <= time
  })
}

function digestOf(sources: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of sources) {
    const content = readFileSync(join(ROOT, path))
    hash.update(`${path} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}
