import { type ConsumerClass, type ConsumerSetup, JsonConsumer } from './consumer.ts'
import type { RequiredScope } from './scope.ts'

/** The handlers that a function consumer gives: the methods of a `Consumer`, each of which may be left out. */
export interface Handlers {
  connect?(): void | Promise<void>
  receive?(text: string): void | Promise<void>
  receiveBytes?(bytes: Buffer): void | Promise<void>
  receiveJson?(frame: Record<string, unknown>): void | Promise<void>
  disconnect?(code: number): void | Promise<void>
  /** Handlers of events, each under the name of its type. */
  [event: `${string}.${string}`]: (event: never) => void | Promise<void>
}

/** Is called for each socket that opens, and says what it does. */
export type ConsumerFunction = (socket: JsonConsumer) => Handlers

export interface ConsumerFunctionOptions {
  /** How it is called in metrics and in the log. */
  readonly name?: string
  /** As in a class. */
  readonly anonymous?: boolean
  readonly keyScope?: RequiredScope
  readonly frames?: typeof JsonConsumer.frames
  readonly sends?: typeof JsonConsumer.sends
}

/**
 * Makes a consumer of a function, for those who prefer one to a class. `app.consumer` takes the function itself, too.
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

/** Tells a class of consumers from a function that says what a socket does. */
export function isConsumerClass(given: ConsumerClass | ConsumerFunction): given is ConsumerClass {
  return 'anonymous' in given
}
