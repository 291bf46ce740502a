import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { killCommand, type Launcher, sendKill, startCommand } from '../../confinement/index.ts'
import type { EvaluatorBundle } from './bundle.ts'
import { type EvaluatorOptions, evaluatorCommand } from './evaluator-command.ts'
import type { PackedLines } from './packed-lines.ts'

/** Lines of a sheet as a process is given them. */
export interface Work extends PackedLines {
  readonly id: number
}

export interface Listener {
  ready(): void
  /** For each piece of work its id, an answer, and the milliseconds that it took, unchecked. */
  report(reports: readonly unknown[]): void
  /** Once, after which nothing else comes. */
  end(reason: string): void
}

/**
 * One evaluator process. A launcher may put processes of its own between the server and the evaluator; everything here is about
 * the innermost one.
 */
export class EvaluatorProcess {
  readonly started = performance.now()
  readonly #child: ChildProcess
  #innermost: number | undefined
  #used: number | undefined
  #ended = false
  readonly gone: Promise<void>

  constructor(
    bundle: EvaluatorBundle,
    launcher: Launcher,
    listener: Listener,
    options: EvaluatorOptions = {},
  ) {
    this.#child = startCommand(evaluatorCommand(bundle, launcher, options), bundle.folder)
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
      if (message === 'ready') {
        this.#innermost = innermost(this.#child.pid)
        listener.ready()
      } else if (Array.isArray(message)) listener.report(message)
    })
    this.#child.on('error', (error) => {
      killCommand(this.#child)
      if (this.#child.pid === undefined) end(error.message)
    })
    this.#child.on('exit', (code, signal) => {
      // bwrap that is killed while it starts leaves a process that waits for it, and that holds the channel open.
      if (this.#child.pid !== undefined) sendKill(-this.#child.pid)
      if (this.#child.connected) this.#child.disconnect()
      end(signal ?? signalIn(code) ?? `exit ${code}`)
    })
  }

  /** The evaluator's own id, or while it starts that of its launcher. */
  get pid(): number | undefined {
    return this.#innermost ?? this.#child.pid
  }

  /** Milliseconds of processor time that its main thread used, where the system tells (Linux). */
  used(): number | undefined {
    if (this.#innermost === undefined) return undefined
    try {
      this.#used = Number.parseInt(readFileSync(`/proc/${this.#innermost}/schedstat`, 'ascii'), 10) / 1e6
    } catch {
      // It has ended, and `exit` is on its way.
    }
    return this.#used
  }

  /** @param budget units of work that each may take; by default as much as lines may take together */
  send(work: readonly Work[], budget: number | null = null): void {
    // A channel that closed meanwhile is reported by `exit`.
    this.#child.send(
      work.map(({ id, lines, texts }) => [id, lines, texts, budget]),
      () => {},
    )
  }

  kill(): void {
    if (this.#ended) return
    // Its launcher ends after it, so that `gone` means that the evaluator is gone too.
    if (this.#innermost === undefined || !sendKill(this.#innermost)) killCommand(this.#child)
  }
}

/** The last process of a row in which each has started the next; undefined where the system does not tell. */
function innermost(pid: number | undefined): number | undefined {
  try {
    for (let last = pid; last !== undefined; ) {
      const children = readFileSync(`/proc/${last}/task/${last}/children`, 'ascii')
      if (children.trim() === '') return last
      last = Number.parseInt(children, 10)
    }
  } catch {
    // No Linux, or a kernel that keeps no list of children.
  }
}

/** SIGABRT has another name, SIGIOT, which stands behind it: the first name of each number counts. */
const NUMBERED = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [128 + number, name]),
)

/** The signal that ended an evaluator, where its launcher reports it as shells do. */
const signalIn = (code: number | null): string | undefined => NUMBERED.get(code ?? 0)
