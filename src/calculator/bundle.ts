import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** The evaluator as one file in a folder of its own, the only one that an evaluator process may read. */
export interface EvaluatorBundle {
  readonly folder: string
  readonly file: string
  remove(): Promise<void>
}

const PREFIX = 'partyline-evaluator-'

/**
 * Bundles the evaluator into a fresh folder that only this user may enter (30 ms). `remove` deletes it again; folders
 * of servers that were killed are deleted here.
 */
export async function buildEvaluator(): Promise<EvaluatorBundle> {
  await removeOrphans()
  const folder = await mkdtemp(path.join(tmpdir(), `${PREFIX}${process.pid}-`))
  const file = path.join(folder, 'evaluator.cjs')
  const { build } = await import('esbuild')
  await build({
    entryPoints: [path.join(import.meta.dirname, 'evaluator.ts')],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    logLevel: 'silent',
  })
  return { folder, file, remove: () => rm(folder, { recursive: true, force: true }) }
}

async function removeOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(PREFIX) ? Number.parseInt(name.slice(PREFIX.length), 10) : Number.NaN
    // Another user's folder cannot be removed, and need not be.
    if (Number.isInteger(pid) && !isAlive(pid))
      await rm(path.join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
