import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type { Readable } from 'node:stream'
import {
  BARE,
  findLaunchers,
  killCommand,
  type Launcher,
  type Needs,
  sendKill,
  startCommand,
} from '../../confinement/index.ts'
import type { Picture } from './pictures.ts'

/** Why no picture was made: what was sent is none of the kinds that are read, has too many pixels, or cannot be decoded. */
export type PictureRefusal = 'kind' | 'pixels' | 'unreadable' | 'slow' | 'unavailable'

/** The log to which it writes how the processes are started. */
export interface MakerLog {
  info(details: object, message: string): void
  warn(details: object, message: string): void
}

const MODULES = `${path.sep}node_modules${path.sep}`
const FOLDER = path.join(import.meta.dirname, 'maker')
/** Milliseconds that a process may take for one picture, on a machine that is busy with other things. */
const PATIENCE = 15_000
/** Bytes of both squares; they have a tenth of that. */
const OUTPUT = 1024 * 1024
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
 * Makes pictures of people from what they send, each in a process of its own without rights: one that is broken into, or that
 * hangs, takes nothing with it. One at a time. Nothing is loaded or started before the first picture comes.
 */
export class PictureMaker {
  readonly #log: MakerLog
  readonly #patience: number
  #installed: Installed | undefined
  #looked = false
  #works = true
  /** The picture that is made now, and those that wait. */
  #last: Promise<unknown> = Promise.resolve()
  #running: ReturnType<typeof startCommand> | undefined

  /** @param patience milliseconds that a process may take for one picture */
  constructor(log: MakerLog, patience = PATIENCE) {
    this.#log = log
    this.#patience = patience
  }

  /** False where pictures cannot be made: sharp is not installed for this system, or could not be started. */
  get available(): boolean {
    return this.#works && this.#look() !== undefined
  }

  /** Makes a picture when those asked for earlier are made. It never rejects. */
  make(bytes: Uint8Array): Promise<Picture | PictureRefusal> {
    const made = this.#last.then(() => this.#make(bytes))
    this.#last = made
    return made
  }

  /** Ends the process that runs. */
  close(): void {
    this.#works = false
    if (this.#running) killCommand(this.#running)
  }

  async #make(bytes: Uint8Array): Promise<Picture | PictureRefusal> {
    const installed = this.#look()
    if (!installed || !this.#works) return 'unavailable'
    const launcher = working ?? (await this.#findLauncher(installed))
    if (typeof launcher === 'string') return launcher
    working = launcher
    return this.#run(launcher, installed, bytes)
  }

  #look(): Installed | undefined {
    if (!this.#looked) this.#installed = installedSharp()
    this.#looked = true
    return this.#installed
  }

  /** Finds the best launcher by which a picture can be made here. */
  async #findLauncher(installed: Installed): Promise<Launcher | 'slow' | 'unavailable'> {
    for (const launcher of await findLaunchers(needsOf(installed))) {
      const made = await this.#run(launcher, installed, PIXEL)
      // A machine that is busy says nothing about what works on it.
      if (made === 'slow') return made
      if (typeof made === 'string') continue
      if (launcher === BARE) this.#log.warn({}, 'pictures are made by Node alone: the system adds nothing')
      else this.#log.info({ launcher: launcher.name }, `pictures are made by way of ${launcher.name}`)
      return launcher
    }
    this.#works = false
    this.#log.warn({}, 'pictures of people cannot be made here: sharp does not start')
    return 'unavailable'
  }

  async #run(launcher: Launcher, installed: Installed, bytes: Uint8Array): Promise<Picture | PictureRefusal> {
    const child = startCommand(pictureCommand(launcher, installed), FOLDER, 'pipe')
    this.#running = child
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
    const output = collect(child.stdout, () => killCommand(child))
    // A process that does not read all of it has ended, and says why.
    child.stdin?.on('error', () => {})
    child.stdin?.end(bytes)
    await ended
    clearTimeout(timeout)
    // bwrap that is killed while it starts leaves a process that waits for it.
    if (child.pid !== undefined) sendKill(-child.pid)
    this.#running = undefined
    return slow ? 'slow' : pictureIn(answer, await output)
  }
}

export function needsOf({ libraries }: Installed): Needs {
  return { libraries, addressSpace: ADDRESS_SPACE }
}

/** The whole command line of a process. @param script that it runs, for tests */
export function pictureCommand(
  launcher: Launcher,
  { modules }: Installed,
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
  ]
  return launcher.wrap(command, [path.dirname(script), modules])
}

/** Reads all of a stream. @param tooMuch called when it is more than pictures are */
async function collect(stream: Readable | null, tooMuch: () => void): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream ?? []) {
      size += chunk.length
      if (size > OUTPUT) {
        tooMuch()
        break
      }
      chunks.push(chunk)
    }
  } catch {
    // The process was killed.
  }
  return Buffer.concat(chunks)
}

/** The answer of a process, which may have been broken into. */
function pictureIn(answer: unknown, output: Buffer): Picture | PictureRefusal {
  if (typeof answer !== 'object' || answer === null) return 'unreadable'
  if ('refusal' in answer)
    return answer.refusal === 'kind' || answer.refusal === 'pixels' ? answer.refusal : 'unreadable'
  const sizes: unknown = 'sizes' in answer ? answer.sizes : undefined
  const [small, large]: unknown[] = Array.isArray(sizes) ? sizes : []
  if (typeof small !== 'number' || typeof large !== 'number') return 'unreadable'
  const picture = { small: output.subarray(0, small), large: output.subarray(small) }
  const isWhole = picture.large.length === large && isWebp(picture.small) && isWebp(picture.large)
  return isWhole ? picture : 'unreadable'
}

function isWebp(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP'
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
