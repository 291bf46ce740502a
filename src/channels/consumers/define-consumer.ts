import { type ConsumerClass, type ConsumerSetup, JsonConsumer } from './consumer.ts'
import type { RequiredScope } from './scope.ts'

/** The handlers that a function consumer returns: the methods of a `Consumer`, each of them optional. */
export interface Handlers {
  connect?(): void | Promise<void>
  receive?(text: string): void | Promise<void>
  receiveBytes?(bytes: Buffer): void | Promise<void>
  receiveJson?(frame: Record<string, unknown>): void | Promise<void>
  disconnect?(code: number): void | Promise<void>
  /** Handlers of events, each under the name of its type. */
  [event: `${string}.${string}`]: (event: never) => void | Promise<void>
}

/** Called for each socket that opens; returns its handlers. */
export type ConsumerFunction = (socket: JsonConsumer) => Handlers

export interface ConsumerFunctionOptions {
  /** Its name in metrics and in the log. */
  readonly name?: string
  /** As in a class. */
  readonly anonymous?: boolean
  readonly keyScope?: RequiredScope
  readonly frames?: typeof JsonConsumer.frames
  readonly sends?: typeof JsonConsumer.sends
}

/**
 * Makes a consumer from a function, if you prefer one to a class. `app.consumer` also takes the function itself.
 *
 * @example
 * app.consumer('/ws/echo', (socket) => ({
 *   receive: (text) => socket.send(text),
 * }))
 */
export function defineConsumer(
  build: ConsumerFunction,
  { name = build.name, anonymous = false, keyScope, frames, sends }: ConsumerFunctionOptions = {},
): ConsumerClass {
  class FunctionConsumer extends JsonConsumer {
    static override readonly anonymous = anonymous
    static override readonly keyScope = keyScope
    static override readonly frames = frames ?? JsonConsumer.frames
    static override readonly sends = { ...JsonConsumer.sends, ...sends }

    constructor(setup: ConsumerSetup) {
      super(setup)
      Object.assign(this, build(this))
    }
  }
  Object.defineProperty(FunctionConsumer, 'name', { value: name || 'function' })
  return FunctionConsumer
}

/** Tells whether this is a consumer class rather than a function. */
export function isConsumerClass(given: ConsumerClass | ConsumerFunction): given is ConsumerClass {
  return 'anonymous' in given
}
