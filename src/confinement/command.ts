import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Starts a command line with a channel to this process, and in a process group of its own.
 * @param folder in which it starts
 * @param streams of its input and output; none are opened by default
 */
export function startCommand(
  command: readonly string[],
  folder: string,
  streams: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  const [program = '', ...parameters] = command
  return spawn(program, parameters, {
    env: {},
    cwd: folder,
    // A terminal's Ctrl-C is for the server, which ends its processes last.
    detached: true,
    stdio: [streams, streams, 'ignore', 'ipc'],
  })
}

/**
 * Ends all that a command line has started so far. bwrap, when it alone is killed early, leaves a child that waits for
 * it.
 */
export function killCommand(child: ChildProcess): void {
  if (child.pid === undefined || !sendKill(-child.pid)) child.kill('SIGKILL')
}

/** @returns whether the process, or the group for a negative id, was there */
export function sendKill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}
