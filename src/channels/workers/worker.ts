import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { ChannelEvent, ChannelLayer } from '../layers/layer.ts'

/** Passed by the core to a worker. */
export interface WorkerSetup {
  readonly app: FastifyInstance
  readonly log: FastifyBaseLogger
  readonly channelLayer: ChannelLayer
}

/**
 * A consumer without a socket: handles what is sent, from anywhere, to a channel with a chosen name. Each event is handled at
 * most once, by one worker in one of the processes, in the method named exactly like its type; a worker handles one event at
 * a time. Errors that a handler throws are logged. What must not be lost belongs in a database: if a worker dies while
 * handling an event, the event is lost.
 *
 * @example
 * class Thumbnails extends Worker {
 *   async 'thumbnail.make'({ picture }) {
 *     …
 *   }
 * }
 * app.worker('thumbnails', Thumbnails)
 * await app.channelLayer.send('thumbnails', { type: 'thumbnail.make', picture: 7 })
 */
export abstract class Worker {
  readonly #setup: WorkerSetup

  constructor(setup: WorkerSetup) {
    this.#setup = setup
  }

  get app(): FastifyInstance {
    return this.#setup.app
  }

  get channelLayer(): ChannelLayer {
    return this.#setup.channelLayer
  }

  get log(): FastifyBaseLogger {
    return this.#setup.log
  }
}

export type WorkerClass = new (setup: WorkerSetup) => Worker

/** Handlers of a worker's events, each under the name of its type. */
export type WorkerHandlers = Readonly<Record<`${string}.${string}`, (event: never) => void | Promise<void>>>

/** Returns the handlers of a worker, instead of a class. */
export type WorkerFunction = (setup: WorkerSetup) => WorkerHandlers

/** Makes a worker, and returns what handles its events. */
export function startWorker(
  worker: WorkerClass | WorkerFunction,
  setup: WorkerSetup,
): (event: ChannelEvent) => void | Promise<void> {
  const handlers: object = isWorkerClass(worker) ? new worker(setup) : worker(setup)
  return (event) => {
    const handler: unknown = event.type.includes('.') ? Reflect.get(handlers, event.type) : undefined
    if (typeof handler === 'function') return handler.call(handlers, event)
    setup.log.warn({ event: event.type }, 'an event came for which the worker has no handler')
  }
}

function isWorkerClass(worker: WorkerClass | WorkerFunction): worker is WorkerClass {
  return worker.prototype instanceof Worker
}
