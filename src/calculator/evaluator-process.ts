import { type ChildProcess, execFile, fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { EvaluatorBundle } from './bundle.ts'

/** What a process needs to know of an expression. */
export interface Work {
  readonly id: number
  readonly expression: string
  readonly bindings: Readonly<Record<string, string>>
}

export interface Listener {
  ready(): void
  /** Pairs of an id and an answer, unchecked. */
  report(pairs: readonly unknown[]): void
  /** Once, after which nothing else comes. */
  end(reason: string): void
}

/**
 * What setpriv is given before the program. `env -i` empties the environment once more: tools that watch a server put
 * NODE_OPTIONS into that of every child, with modules that an evaluator may not read. The channel is the fourth file.
 */
const LAUNCH = [
  '--pdeathsig',
  'KILL',
  '--',
  'env',
  '-i',
  'NODE_CHANNEL_FD=3',
  'NODE_CHANNEL_SERIALIZATION_MODE=json',
]

/**
 * How evaluators are started so that they die with the server even in a busy loop: util-linux's setpriv asks the
 * kernel for it. Without it a belt inside ends a loop after two seconds.
 */
export async function findLauncher(): Promise<string | undefined> {
  try {
    await promisify(execFile)('setpriv', [...LAUNCH, process.execPath, '--version'])
    return 'setpriv'
  } catch {
    return undefined
  }
}

/**
 * One evaluator process: no environment, no code from strings, 128 MiB, and by Node's permission model no files but its
 * own bundle, no processes and no workers. The network is not closed by that model; no expression gets as far.
 */
export class EvaluatorProcess {
  readonly started = performance.now()
  readonly #child: ChildProcess
  #ended = false
  readonly gone: Promise<void>

  constructor(bundle: EvaluatorBundle, launcher: string | undefined, listener: Listener) {
    const rights = [
      '--permission',
      `--allow-fs-read=${bundle.folder}`,
      '--disallow-code-generation-from-strings',
      '--max-old-space-size=128',
    ]
    this.#child = fork(bundle.file, launcher ? [] : ['belt'], {
      execPath: launcher ?? process.execPath,
      execArgv: launcher ? [...LAUNCH, process.execPath, ...rights] : rights,
      env: {},
      cwd: bundle.folder,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    let done = () => {}
    this.gone = new Promise((resolve) => {
      done = resolve
    })
    const end = (reason: string) => {
      if (this.#ended) return
      this.#ended = true
      done()
      listener.end(reason)
    }
    this.#child.on('message', (message) => {
      if (this.#ended) return
      if (message === 'ready') listener.ready()
      else if (Array.isArray(message)) listener.report(message)
    })
    this.#child.on('error', (error) => {
      this.#child.kill('SIGKILL')
      if (this.#child.pid === undefined) end(error.message)
    })
    this.#child.on('exit', (code, signal) => end(signal ?? `exit ${code}`))
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Milliseconds of processor time that its main thread used, where the system tells (Linux). */
  used(): number | undefined {
    try {
      return Number.parseInt(readFileSync(`/proc/${this.#child.pid}/schedstat`, 'ascii'), 10) / 1e6
    } catch {
      return undefined
    }
  }

  send(work: readonly Work[]): void {
    // A channel that closed meanwhile is reported by `exit`.
    this.#child.send(
      work.map(({ id, expression, bindings }) => [id, expression, bindings]),
      () => {},
    )
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}
