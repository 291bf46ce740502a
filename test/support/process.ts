import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { dataSettings, keepsDataInFolders } from './database.ts'
import { copyMigrated } from './migrated.ts'
import { temporaryFolder } from './server.ts'

const ROOT = join(import.meta.dirname, '../..')

/** The folder in which `npm start` has Node keep compiled code. */
const NODE_COMPILE_CACHE = join(ROOT, 'node_modules/.cache/partyline')

/** The bundle that `npm test` makes, with which a server starts faster: see server-bundle.ts. */
const BUNDLE = process.env.SERVER_BUNDLE

/** Milliseconds after which a server that has not come up is a failure. */
const PATIENCE = 180_000

/** The end of a process, and everything that it had written. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A process that was started, and may not be up yet. */
export interface Launched {
  readonly child: ChildProcess
  /** Its address, once it says so. @throws if it ends before */
  address(): Promise<string>
  ended(): Promise<Ended>
  /** Its output so far. */
  stdout(): string
  stderr(): string
  /** Asks it to stop, as a service manager does. */
  stop(): Promise<Ended>
  /** `kill -9`. */
  kill(): Promise<Ended>
}

/** A server that listens. */
export interface ServerProcess extends Omit<Launched, 'address'> {
  /** Such as `http://127.0.0.1:3000`. */
  readonly address: string
}

/**
 * Starts `node src/main.ts` on a free port and, unless `DATA_DIR` is given, a folder of its own; resolves when it listens.
 * @param env settings; nothing else of this process's environment is passed on
 */
export async function startProcess(t: Test, env: Record<string, string> = {}): Promise<ServerProcess> {
  const folder = env.DATA_DIR ?? temporaryFolder(t)
  if (env.DATA_DIR === undefined && env.DATABASE_URL === undefined && keepsDataInFolders())
    await copyMigrated(folder)
  const launched = launch(t, { ...(await dataSettings(folder)), ...env })
  return { ...launched, address: await launched.address() }
}

/** Starts a process without waiting for it; it is gone when the test is. */
export function launch(
  t: Test,
  env: Record<string, string> = {},
  command: readonly string[] = [process.execPath, 'src/main.ts'],
): Launched {
  const [file = '', ...parameters] = BUNDLE ? bundled(command, BUNDLE) : command
  const settings = { PORT: '0', LOG_LEVEL: 'warn', ...(env.DATA_DIR ? {} : { DATA_DIR: temporaryFolder(t) }) }
  const child = spawn(file, parameters, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE, ...settings, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const end = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  const signalled = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return end
  }
  const kill = () => signalled('SIGKILL')
  t.teardown(kill)

  function listening(): Promise<string> {
    return new Promise((resolve) => {
      const look = () => {
        const address = /^Partyline is at (\S+)$/m.exec(stdout)?.[1]
        if (address) resolve(address)
      }
      child.stdout.on('data', look)
      look()
    })
  }

  async function endedBefore(): Promise<never> {
    const { code, signal } = await end
    throw new Error(`the server ended with ${signal ?? code}: ${stdout}${stderr}`)
  }

  async function tooLate(): Promise<never> {
    await delay(PATIENCE, undefined, { ref: false })
    throw new Error(`the server did not come up: ${stdout}${stderr}`)
  }

  return {
    child,
    ended: () => end,
    stdout: () => stdout,
    stderr: () => stderr,
    stop: () => signalled('SIGTERM'),
    kill,
    address: () => Promise.race([listening(), endedBefore(), tooLate()]),
  }
}

function bundled(command: readonly string[], bundle: string): readonly string[] {
  const [file, first, ...words] = command
  if (file === process.execPath && first === 'src/main.ts') return [file, join(bundle, 'main.mjs'), ...words]
  if (file !== 'bin/partyline') return command
  return [process.execPath, join(bundle, 'commands.mjs'), ...command.slice(1)]
}

/** Runs a command to its end. */
export function run(t: Test, env: Record<string, string>, command?: readonly string[]): Promise<Ended> {
  return launch(t, env, command).ended()
}
