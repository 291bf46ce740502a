import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Connected, ConnectJob, Job, Paged, PageJob, Talked, TalkJob } from './job.ts'
import { Core, pinned } from './machine.ts'

/** The load generator, in a process of its own on a core of its own. */
export class Generator {
  readonly #child: ChildProcess

  constructor() {
    const script = join(import.meta.dirname, 'generator.ts')
    const [file = '', ...parameters] = pinned(Core.generator, [process.execPath, script])
    this.#child = spawn(file, parameters, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  }

  connect(job: Omit<ConnectJob, 'kind'>): Promise<Connected> {
    return this.#do({ kind: 'connect', ...job })
  }

  talk(job: Omit<TalkJob, 'kind'>): Promise<Talked> {
    return this.#do({ kind: 'talk', ...job })
  }

  page(job: Omit<PageJob, 'kind'>): Promise<Paged> {
    return this.#do({ kind: 'page', ...job })
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }

  #do<Answer>(job: Job): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('the load generator ended'))
      this.#child.once('exit', ended)
      this.#child.once('message', (reply: { answer: Answer } | { error: string }) => {
        this.#child.off('exit', ended)
        if ('error' in reply) reject(new Error(reply.error))
        else resolve(reply.answer)
      })
      this.#child.send(job)
    })
  }
}
