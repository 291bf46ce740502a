import type { Test } from 'tap'
import { freePort } from './ports.ts'
import { type Ended, type ServerProcess, startProcess } from './process.ts'

/** Server processes on the same data, each with a port that it keeps after a restart. */
export class Fleet {
  readonly ports: readonly number[]
  readonly #t: Test
  #settings: Record<string, string>
  readonly #servers: ServerProcess[] = []
  readonly #all: ServerProcess[] = []
  readonly #wanted = new Set<ServerProcess>()
  /** The processes that ended by themselves, and how. */
  readonly fallen: string[] = []

  private constructor(t: Test, ports: readonly number[], settings: Record<string, string>) {
    this.#t = t
    this.ports = ports
    this.#settings = settings
  }

  /** @param settings of all of them */
  static async open(t: Test, size: number, settings: Record<string, string>): Promise<Fleet> {
    const ports: number[] = []
    while (ports.length < size) ports.push(await freePort())
    const fleet = new Fleet(t, ports, settings)
    await Promise.all(ports.map((_, index) => fleet.start(index)))
    return fleet
  }

  /** Such as `http://127.0.0.1:3001`. */
  get addresses(): string[] {
    return this.ports.map((port) => `http://127.0.0.1:${port}`)
  }

  async start(index: number): Promise<void> {
    const server = await startProcess(this.#t, { ...this.#settings, PORT: String(this.ports[index]) })
    this.#servers[index] = server
    this.#all.push(server)
    this.#wanted.add(server)
    void server.ended().then(({ code, signal, stderr }) => {
      if (this.#wanted.has(server))
        this.fallen.push(`process ${index} ended with ${signal ?? code}: ${stderr}`)
    })
  }

  /** Changes the settings of processes that are started from now on. */
  change(settings: Record<string, string>): void {
    this.#settings = { ...this.#settings, ...settings }
  }

  kill(index: number): Promise<Ended> {
    return this.#let(index).kill()
  }

  stop(index: number): Promise<Ended> {
    return this.#let(index).stop()
  }

  /** All that they have logged. */
  output(): string {
    return this.#all.map((server) => server.stdout() + server.stderr()).join('')
  }

  #let(index: number): ServerProcess {
    const server = this.#servers[index]
    if (!server) throw new Error(`there is no process ${index}`)
    this.#wanted.delete(server)
    return server
  }
}
