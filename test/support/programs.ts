import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The path of a program on the system's path or in one of these folders. */
export function onPath(
  program: string,
  path = (process.env.PATH ?? '').split(delimiter),
): string | undefined {
  for (const folder of path) {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return join(folder, program)
    } catch {
      // The next folder may have it.
    }
  }
}

/** A child that does not outlive this process, however that ends. */
export function outlived(command: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const [file = '', ...parameters] = onPath('setpriv')
    ? ['setpriv', '--pdeathsig', 'KILL', '--', ...command]
    : command
  return spawn(file, parameters, { stdio: ['ignore', 'pipe', 'inherit'], ...options })
}

/** Kills a child and waits until it is gone, so that nothing writes into its folder any more. */
export function end(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.on('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
