import { Worker } from 'node:worker_threads'
import type { FastifyBaseLogger } from 'fastify'
import {
  type EarlierMessages,
  type FoundPlaces,
  IndexAway,
  type IndexQuery,
  type RoomChanges,
  type RoomPosition,
  type SearchIndex,
} from '../search-index.ts'
import type { IndexCall, IndexResponse } from './worker-protocol.ts'

/** Milliseconds without work after which the thread ends, since it takes some 20 MB. */
const IDLE = 5 * 60_000

interface Call {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/**
 * The index in a file beside the SQLite database. A thread of its own reads and writes it, so that the index and the database do
 * not wait for each other's locks, and nothing blocks this thread. The first call starts it.
 */
export class SqliteIndex implements SearchIndex {
  readonly #path: string
  readonly #log: FastifyBaseLogger
  readonly #calls = new Map<number, Call>()
  readonly #idle: NodeJS.Timeout
  #worker: Worker | undefined
  /** True if there was a call since the timer last looked. */
  #isUsed = false
  #count = 0
  #isClosed = false
  /** The reason why the thread last ended, which is logged once. */
  #told: string | undefined

  constructor(path: string, log: FastifyBaseLogger) {
    this.#path = path
    this.#log = log
    this.#idle = setInterval(() => this.#rest(), IDLE).unref()
  }

  positions(rooms: readonly number[]): Promise<readonly RoomPosition[]> {
    return this.#call<RoomPosition[]>({ method: 'positions', rooms })
  }

  unfilled(): Promise<readonly RoomPosition[]> {
    return this.#call<RoomPosition[]>({ method: 'unfilled' })
  }

  isNew(): Promise<boolean> {
    return this.#call<boolean>({ method: 'isNew' })
  }

  begin(rooms: readonly { readonly room: number; readonly rev: number }[]): Promise<void> {
    return this.#call<void>({ method: 'begin', rooms })
  }

  apply(changes: readonly RoomChanges[]): Promise<readonly RoomPosition[]> {
    return this.#call<RoomPosition[]>({ method: 'apply', changes })
  }

  fill(earlier: EarlierMessages): Promise<void> {
    return this.#call<void>({ method: 'fill', earlier })
  }

  forget(room: number): Promise<boolean> {
    return this.#call<boolean>({ method: 'forget', room })
  }

  find(query: IndexQuery): Promise<FoundPlaces> {
    return this.#call<FoundPlaces>({ method: 'find', query })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#idle)
    await this.#worker?.terminate()
  }

  #call<Result>(call: IndexCall): Promise<Result> {
    if (this.#isClosed) return Promise.reject(new IndexAway('the server is stopping'))
    this.#isUsed = true
    this.#count += 1
    const id = this.#count
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#calls.set(id, { resolve, reject })
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage({ id, ...call })
    // The thread answers each method with the result that `SearchIndex` declares.
    return promise as Promise<Result>
  }

  #start(): Worker {
    const worker = new Worker(new URL('worker.ts', import.meta.url), {
      workerData: this.#path,
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    })
    worker.unref()
    worker.on('message', (response: IndexResponse) => this.#answered(worker, response))
    worker.on('error', (error) => this.#ended(worker, error))
    worker.on('exit', () => this.#ended(worker, new Error('the thread of the search index has ended')))
    return worker
  }

  #answered(worker: Worker, response: IndexResponse): void {
    const call = this.#calls.get(response.id)
    this.#calls.delete(response.id)
    // Until then the thread keeps the process running, which would otherwise end before the answers.
    if (this.#calls.size === 0 && !this.#isClosed) worker.unref()
    if ('value' in response) return call?.resolve(response.value)
    call?.reject(new IndexAway(response.error))
    // The next thread finds the damage when it opens the file, and rebuilds the index.
    if (response.isDamaged) void worker.terminate()
  }

  #ended(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    const reason = String(error)
    if (!this.#isClosed && reason !== this.#told)
      this.#log.warn({ err: error }, 'the search index was not available; this will be tried again')
    this.#told = reason
    for (const { reject } of calls) reject(new IndexAway(reason))
  }

  #rest(): void {
    const isUsed = this.#isUsed
    this.#isUsed = false
    if (isUsed || this.#calls.size > 0) return
    const worker = this.#worker
    this.#worker = undefined
    void worker?.terminate()
  }
}
