import { mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { type Build, isCurrent } from './asset-build.ts'

/**
 * Leaves a build in a file for the next start. Where that cannot be written, each start builds.
 * @param began when the build did: what changes meanwhile is newer
 */
export function keepBuild(path: string, build: Build, began: Date): void {
  // Other processes may start, and build, at the same time.
  const next = `${path}-${process.pid}`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(next, serialize(build))
    utimesSync(next, began, began)
    renameSync(next, path)
  } catch {
    // As in a container that is only read.
  }
}

/** Reads the build that was left in a file; undefined if there is none, or something that it was built from has changed. */
export function keptBuild(path: string): Build | undefined {
  const file = statSync(path, { throwIfNoEntry: false })
  if (!file) return undefined
  const build = readBuild(path)
  return build && isCurrent(build, file.mtimeMs) ? build : undefined
}

function readBuild(path: string): Build | undefined {
  try {
    return deserialize(readFileSync(path))
  } catch {
    return undefined
  }
}
