import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Build, keepBuild, keptBuild, keptPath, ROOT } from '../../kept-build.ts'

/** The evaluator as one file in a folder of its own, the only one that an evaluator process may read. */
export interface EvaluatorBundle {
  readonly folder: string
  readonly file: string
  remove(): Promise<void>
}

const PREFIX = 'partyline-evaluator-'

/** Tells the server that an evaluator would start; see `works` in evaluator-command.ts. */
const TRIAL = "process.send('ready', undefined, undefined, () => process.exit(0))"

/**
 * Puts the bundled evaluator into a fresh folder; the bundle is kept for the next start, as making one takes 0.3 s of a core. `remove` deletes it again; folders of servers that were killed are
 * deleted here.
 */
export async function buildEvaluator(): Promise<EvaluatorBundle> {
  await removeOrphans()
  return bundleIn(await mkdtemp(path.join(tmpdir(), `${PREFIX}${process.pid}-`)), ['evaluator'])
}

/**
 * Writes the files that every evaluator process needs beside its own script, `evaluator.cjs`, into a folder. Nobody else may
 * write there; others may read, because root starts evaluators as another user.
 */
export async function bundleIn(folder: string, scripts: readonly string[] = []): Promise<EvaluatorBundle> {
  const names = [...scripts, 'lockdown']
  const kept = keptPath(names.join('-'))
  const { files } = keptBuild(kept) ?? (await buildAndKeep(names, kept))
  for (const [name, content] of files) await writeFile(path.join(folder, name), content)
  await writeFile(path.join(folder, 'trial.cjs'), TRIAL)
  await chmod(folder, 0o711)
  const remove = () => rm(folder, { recursive: true, force: true })
  return { folder, file: path.join(folder, 'evaluator.cjs'), remove }
}

async function buildAndKeep(names: readonly string[], kept: string): Promise<Build> {
  const began = new Date()
  const { build } = await import('esbuild')
  const { outputFiles, metafile } = await build({
    entryPoints: names.map((name) => path.join(import.meta.dirname, `${name}.ts`)),
    absWorkingDir: ROOT,
    outdir: path.join(ROOT, 'evaluator'),
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node26',
    logLevel: 'silent',
    metafile: true,
    write: false,
  })
  const bundle = {
    sources: Object.keys(metafile.inputs).filter((source) => !source.startsWith('node_modules/')),
    files: new Map(outputFiles.map((file) => [path.basename(file.path), Buffer.from(file.contents)])),
  }
  keepBuild(kept, bundle, began)
  return bundle
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
