import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { availableParallelism, cpus, release, type as systemName, totalmem } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '..')

/** Milliseconds after which a server that has not come up is a failure, and for which one waits that is to stop. */
const PATIENCE = 30_000
const STOP_PATIENCE = 12_000

/** The core that what is measured runs on, and the one for what measures it. */
export const Core = { server: 0, generator: 1 } as const

/** The path of a program, or undefined. */
export function onPath(program: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this folder.
    }
  }
  return undefined
}

/** Whether processes are kept to cores of their own. */
export const pins = availableParallelism() > 1 && onPath('taskset') !== undefined

/** A command that runs on one core alone, where the system can do that. */
export function pinned(core: number | undefined, command: readonly string[]): string[] {
  return pins && core !== undefined ? ['taskset', '-c', String(core), ...command] : [...command]
}

/** A process of a server. */
export interface Running {
  readonly pid: number
  stop(): Promise<void>
}

/** Starts a process; what it says goes to standard error, unless it is to be quiet. */
export function run(
  [file = '', ...parameters]: readonly string[],
  env: Record<string, string>,
  { directory = ROOT, quiet = false } = {},
): Running {
  const child = spawn(file, parameters, {
    cwd: directory,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', quiet ? 'ignore' : 'inherit'],
  })
  child.on('error', (error) => console.error(`${file}: ${error.message}`))
  return { pid: child.pid ?? 0, stop: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE)
  await ended
  clearTimeout(killer)
}

/** A port on which nothing listens now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('there is no free port')
  return address.port
}

/** Resolves when something listens. @throws when nothing does for too long */
export async function listening(port: number): Promise<void> {
  const deadline = performance.now() + PATIENCE
  while (!(await accepts(port))) {
    if (performance.now() > deadline) throw new Error(`nothing listens on port ${port}`)
    await delay(5)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

/** Memory of a process that is in use, in KiB. */
export function residentMemory(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }))
}

/** Seconds of a core that processes have used, in all and in the kernel; undefined where the system does not say. */
export function coreTime(pids: readonly number[]): { all: number; kernel: number } | undefined {
  const time = { all: 0, kernel: 0 }
  try {
    for (const pid of pids) {
      const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
      // Fields 14 and 15 of proc(5), in hundredths of a second.
      const [user, kernel] = [Number(fields[11]) / 100, Number(fields[12]) / 100]
      time.all += user + kernel
      time.kernel += kernel
    }
    return time
  } catch {
    return undefined
  }
}

/** One line on what all of this runs on. */
export function machine(): string {
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  return `${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, ${gigabytes} GB, ${systemName()} ${release()}`
}
