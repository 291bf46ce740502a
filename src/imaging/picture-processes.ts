import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import {
  BARE,
  findLaunchers,
  killCommand,
  type Launcher,
  type Needs,
  sendKill,
  startCommand,
} from '../confinement/index.ts'

/** The log to which it is written how the processes are started. */
export interface ProcessLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

/** The task of a process: make the squares of a person's picture, or a copy of a picture without anything else in its file. */
export type Task = 'squares' | 'clean'

/** Why nothing was made. `slow` and `unavailable` say nothing about the picture. */
export type PictureRefusal = 'kind' | 'pixels' | 'unreadable' | 'slow' | 'unavailable'

/** A picture, and the folder for the results. */
export interface Work<Output> {
  readonly task: Task
  /** Opens what was sent, and may be called again. */
  readonly open: () => Readable
  /** Takes in what the process writes. It may throw where that is too much, and then the process ends. */
  readonly take: (output: Readable) => Promise<Output>
}

export interface Done<Output> {
  /** The answer of the process. It has to be checked: a picture may have broken into the process. */
  readonly answer: unknown
  readonly output: Output
}

const MODULES = `${path.sep}node_modules${path.sep}`
const FOLDER = path.join(import.meta.dirname, 'maker')
/** V8 takes the larger part of it, and a photo of fifty million pixels some hundred MiB. */
const ADDRESS_SPACE = 3 * 1024 ** 3
/** A picture of one pixel, to try with. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64')

/** sharp as npm has installed it. */
export interface Installed {
  /** The folder with it and all that it loads. */
  readonly modules: string
  /** Its native part. */
  readonly libraries: readonly string[]
}

/** The launcher that was found to work: what the system allows does not change while this process runs. */
let working: Launcher | undefined

/**
 * Starts a process without rights for each picture, so that one which is compromised or hangs affects nothing else. Nothing is
 * loaded or started before the first picture arrives.
 */
export class PictureProcesses {
  readonly #log: ProcessLog
  readonly #patience: number
  readonly #running = new Set<ReturnType<typeof startCommand>>()
  #installed: Installed | undefined
  #looked = false
  #works = true
  #finding: Promise<Launcher | 'slow' | 'unavailable'> | undefined

  /** @param patience milliseconds that a process may take for one picture */
  constructor(log: ProcessLog, patience: number) {
    this.#log = log
    this.#patience = patience
  }

  /** False where nothing can be made: sharp is not installed for this system, or could not be started. */
  get available(): boolean {
    return this.#works && this.#look() !== undefined
  }

  /** Has a process do some work. @throws what `work.take` throws */
  async run<Output>(work: Work<Output>): Promise<Done<Output> | 'slow' | 'unavailable'> {
    const installed = this.#look()
    if (!installed || !this.#works) return 'unavailable'
    const launcher = working ?? (await this.#findLauncher(installed))
    if (typeof launcher === 'string') return launcher
    working = launcher
    return this.#run(launcher, installed, work)
  }

  /** Ends the processes that run. */
  close(): void {
    this.#works = false
    for (const child of this.#running) killCommand(child)
  }

  #look(): Installed | undefined {
    if (!this.#looked) this.#installed = installedSharp()
    this.#looked = true
    return this.#installed
  }

  #findLauncher(installed: Installed): Promise<Launcher | 'slow' | 'unavailable'> {
    this.#finding ??= this.#tryLaunchers(installed).finally(() => {
      this.#finding = undefined
    })
    return this.#finding
  }

  /** Finds the best launcher by which a picture can be made here. */
  async #tryLaunchers(installed: Installed): Promise<Launcher | 'slow' | 'unavailable'> {
    const trial: Work<Buffer> = {
      task: 'squares',
      open: () => Readable.from([PIXEL]),
      take: (output) => buffer(output),
    }
    for (const launcher of await findLaunchers(needsOf(installed))) {
      const tried = await this.#run(launcher, installed, trial)
      // A machine that is busy says nothing about what works on it.
      if (tried === 'slow') return tried
      if (tried.output.length === 0) continue
      if (launcher === BARE)
        this.#log.warn(
          {},
          'pictures are processed without confinement by the system, only under Node’s permission model',
        )
      else this.#log.info({ launcher: launcher.name }, `pictures are processed by way of ${launcher.name}`)
      return launcher
    }
    this.#works = false
    this.#log.warn({}, 'pictures cannot be processed here: sharp does not start')
    return 'unavailable'
  }

  async #run<Output>(
    launcher: Launcher,
    installed: Installed,
    { task, open, take }: Work<Output>,
  ): Promise<Done<Output> | 'slow'> {
    const child = startCommand(pictureCommand(launcher, installed, task), FOLDER, 'pipe')
    this.#running.add(child)
    let answer: unknown
    let slow = false
    child.on('message', (message) => {
      answer = message
    })
    const timeout = setTimeout(() => {
      slow = true
      killCommand(child)
    }, this.#patience)
    const ended = new Promise<void>((resolve) => {
      child.on('error', () => resolve())
      child.on('close', () => resolve())
    })
    // A process that does not read all of it has ended, and says why.
    if (child.stdin) pipeline(open(), child.stdin).catch(() => {})
    try {
      const output = await take(child.stdout ?? Readable.from([]))
      await ended
      return slow ? 'slow' : { answer, output }
    } catch (error) {
      if (slow) return 'slow'
      throw error
    } finally {
      killCommand(child)
      await ended
      clearTimeout(timeout)
      // bwrap that is killed while it starts leaves a process that waits for it.
      if (child.pid !== undefined) sendKill(-child.pid)
      this.#running.delete(child)
    }
  }
}

export function needsOf({ libraries }: Installed): Needs {
  return { libraries, addressSpace: ADDRESS_SPACE }
}

/** The whole command line of a process. @param script that it runs, for tests */
export function pictureCommand(
  launcher: Launcher,
  { modules }: Installed,
  task: Task = 'squares',
  script = path.join(FOLDER, 'maker.ts'),
): readonly string[] {
  const command = [
    process.execPath,
    '--permission',
    // Node's permissions do not hold for native code: the launcher bounds that.
    '--allow-addons',
    `--allow-fs-read=${path.dirname(script)}`,
    `--allow-fs-read=${modules}`,
    '--no-experimental-sqlite',
    '--disable-sigusr1',
    '--disallow-code-generation-from-strings',
    '--max-old-space-size=64',
    script,
    task,
  ]
  return launcher.wrap(command, [path.dirname(script), modules])
}

/** Looks for sharp and its native part: npm leaves out what this system cannot run. */
export function installedSharp(): Installed | undefined {
  try {
    const main = createRequire(import.meta.url).resolve('sharp')
    const modules = main.slice(0, main.lastIndexOf(MODULES) + MODULES.length - 1)
    const libraries = globSync(path.join(modules, '@img/sharp-*/lib/*.node'))
    return libraries.length > 0 ? { modules, libraries } : undefined
  } catch {
    return undefined
  }
}
