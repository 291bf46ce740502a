import path from 'node:path'
import { BARE, findLaunchers, killCommand, type Launcher, startCommand } from '../../confinement/index.ts'
import type { EvaluatorBundle } from './bundle.ts'

/** Options of an evaluator process. */
export interface EvaluatorOptions {
  /** Its priority for the processor: from the server's own, 0, to the lowest, 19; 5. */
  readonly nice?: number
}

/** Milliseconds that a launcher may take to show that it works. */
const TRIAL = 5000

/**
 * The complete command line of an evaluator process. `--permission` leaves it no files except its bundle, no network, processes,
 * workers and addons; the other flags close the remaining gaps, and those that V8 could be told to reopen.
 */
export function evaluatorCommand(
  bundle: EvaluatorBundle,
  launcher: Launcher,
  { nice = 5 }: EvaluatorOptions = {},
): readonly string[] {
  const command = [
    process.execPath,
    '--permission',
    `--allow-fs-read=${bundle.folder}`,
    '--no-experimental-sqlite',
    '--no-experimental-websocket',
    '--no-experimental-webstorage',
    '--no-experimental-ffi',
    '--no-addons',
    '--disable-sigusr1',
    '--disable-proto=delete',
    '--disallow-code-generation-from-strings',
    '--freeze-flags-after-init',
    '--max-old-space-size=128',
    '--require',
    path.join(bundle.folder, 'lockdown.cjs'),
    bundle.file,
    `nice=${nice}`,
    ...(launcher.endsWithServer ? [] : ['belt']),
  ]
  return launcher.wrap(command, [bundle.folder])
}

/** The log to which `prepareEvaluators` writes. */
export interface LauncherLog {
  info?(details: object, message: string): void
  warn(details: object, message: string): void
}

export interface Prepared {
  readonly bundle: EvaluatorBundle
  readonly launcher: Launcher
}

/** Builds the evaluator, and finds the best launcher that works on this system. Logs which one is used. */
export async function prepareEvaluators(
  build: () => Promise<EvaluatorBundle>,
  log: LauncherLog,
): Promise<Prepared> {
  const bundle = await build()
  const launcher = working ?? (await findWorking(bundle))
  if (launcher) {
    working = launcher
    log.info?.({ launcher: launcher.name }, `evaluators are started by ${SAID[launcher.name]}`)
    return { bundle, launcher }
  }
  log.warn({ launcher: BARE.name }, `evaluators are started by ${SAID.none}`)
  return { bundle, launcher: BARE }
}

/** The launcher that was found to work: what the system allows does not change while this process runs. */
let working: Launcher | undefined

async function findWorking(bundle: EvaluatorBundle): Promise<Launcher | undefined> {
  for (const launcher of await findLaunchers())
    if (launcher !== BARE && (await works(launcher, bundle))) return launcher
  return undefined
}

const SAID = {
  bwrap: 'bwrap, with a file system, network and processes of their own',
  unshare: 'unshare, with a network and processes of their own',
  user: 'setpriv, as another user',
  setpriv: 'setpriv, without new privileges (docs/calculator.md says what stays open)',
  none: 'Node alone: the system adds nothing (docs/calculator.md says what stays open)',
} as const

/** Tells whether an evaluator that does nothing starts and is heard through this launcher. */
export function works(launcher: Launcher, bundle: EvaluatorBundle): Promise<boolean> {
  const file = path.join(bundle.folder, 'trial.cjs')
  const child = startCommand(evaluatorCommand({ ...bundle, file }, launcher), bundle.folder)
  const timeout = setTimeout(() => killCommand(child), TRIAL)
  return new Promise<boolean>((resolve) => {
    let heard = false
    child.on('message', () => {
      heard = true
    })
    child.on('error', () => resolve(false))
    child.on('exit', (code) => resolve(heard && code === 0))
  }).finally(() => clearTimeout(timeout))
}
