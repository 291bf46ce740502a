import type { TObject, TSchema } from 'typebox'
import type { ChannelEvent } from '../layers/layer.ts'
import type { Connection } from '../sockets/connection.ts'
import { encodeBytes, encodeJson, encodeText } from '../sockets/framing.ts'
import type { Tracing } from '../tracing.ts'
import { ErrorFrame, FrameError } from './errors.ts'
import { type FrameCheck, idOf, parseObject } from './frames.ts'
import { LayerMember, type MemberSetup } from './layer-member.ts'
import { type Identity, permits, type RequiredScope } from './scope.ts'

/** Everything that the core passes to a consumer when a connection opens. */
export interface ConsumerSetup extends MemberSetup {
  readonly connection: Connection
  readonly tracing: Tracing | undefined
  /** Counts a frame that is answered with an error. */
  refused(code: string): void
}

/** The static properties of a consumer's class that the core reads. */
export interface ConsumerClass {
  new (setup: ConsumerSetup): Consumer
  /** True if people who are not signed in may connect; otherwise their sockets are closed with 4001. */
  readonly anonymous: boolean
  /** The scope that a limited client needs to connect; without it, the socket is closed with 4003. */
  readonly keyScope: RequiredScope | undefined
  /** The name of the channel layer that it uses. */
  readonly layer?: string
  readonly name: string
  /** For the API documentation: the frames that it takes and sends, if declared. */
  readonly frames?: FrameCheck<NamedFrame>
  readonly frameScopes?: Readonly<Record<string, RequiredScope>>
  readonly otherFrameScope?: RequiredScope | undefined
  readonly sends?: SentFrames
  readonly query?: TObject | undefined
}

/** Schemas of the frames that a consumer sends, each under its type. */
export type SentFrames = Readonly<Record<string, TSchema>>

/** Handlers for a union of events: one method for each `type`, with exactly that name. */
export type Handles<Events extends ChannelEvent> = {
  [Type in Events['type']]: (event: Extract<Events, { type: Type }>) => void | Promise<void>
}

/**
 * One connection's side of the conversation: an instance lives as long as its socket, with its state on `this`.
 *
 * `connect`, `receive`, `disconnect` and the event handlers never overlap: each runs when the one before has ended.
 * Frames come in the order of their arrival, and nothing is delivered before `connect` is done. `connect` may refuse
 * with `close`. `disconnect` runs exactly once, also when `connect` threw. What throws is logged and closes this one
 * connection with 1011.
 *
 * An event that another consumer sends to a channel or group calls the method named exactly like its type. Types contain a
 * dot (`'chat.changed'`), so that no event can reach a lifecycle method.
 *
 * @example
 * class Echo extends Consumer {
 *   override receive(text: string) {
 *     this.send(text)
 *   }
 * }
 * app.consumer('/ws/echo', Echo)
 */
export abstract class Consumer extends LayerMember {
  static readonly anonymous: boolean = false
  static readonly keyScope: RequiredScope | undefined = undefined

  readonly #setup: ConsumerSetup

  constructor(setup: ConsumerSetup) {
    super(setup)
    this.#setup = setup
  }

  protected get connection(): Connection {
    return this.#setup.connection
  }

  connect(): void | Promise<void> {}

  receive(_text: string): void | Promise<void> {}

  /** Takes a binary frame. Without this method, the socket is closed with 1003 when one arrives. */
  receiveBytes?(bytes: Buffer): void | Promise<void>

  /** @param _code the code with which the connection ended; the peer may see 1006 instead */
  disconnect(_code: number): void | Promise<void> {}

  /** The person who is signed in. @throws if the consumer admits people who are not signed in, and this one is not */
  get identity(): Identity {
    if (!this.scope.identity) throw new Error('nobody is signed in on this connection')
    return this.scope.identity
  }

  send(text: string): void {
    this.connection.send(encodeText(text))
  }

  /** Sends a binary frame. */
  sendBytes(bytes: Uint8Array): void {
    this.connection.send(encodeBytes(bytes))
  }

  /** @param code one of `CloseCode`, or 1000 */
  close(code = 1000, reason = ''): void {
    this.connection.close(code, reason)
  }

  protected get tracing(): Tracing | undefined {
    return this.#setup.tracing
  }

  protected countRefusal(code: string): void {
    this.#setup.refused(code)
  }
}

/** A frame of a union: a JSON object identified by its `type`. */
interface NamedFrame {
  readonly type: string
}

/** Handlers for the frames of a union: `receiveMessage` for `{"type":"message"}`, and so on. */
export type Receives<Frame extends NamedFrame> = {
  [Type in Frame['type'] as `receive${Capitalize<Type>}`]: (
    frame: Extract<Frame, { type: Type }>,
  ) => void | Promise<void>
}

/** One handler for all frames of a union. `Receives` is then only for the other types. */
export interface ReceivesOther<Frame extends NamedFrame> {
  receiveOtherFrame(frame: Frame): void | Promise<void>
}

/**
 * A consumer whose frames are JSON objects. `static frames`, made by `compileFrames`, checks each frame, which then goes to
 * the method named after its type: `receiveMessage` takes `{"type":"message"}`. A frame that does not fit is answered with an
 * `error` frame, and so is a `FrameError` that a handler throws.
 *
 * @example
 * const frames = compileFrames({ cheer: Type.Object({ text: Text(100) }) }, 'cheer')
 * type Frame = ReturnType<typeof frames>
 * class Stadium extends JsonConsumer implements Receives<Frame> {
 *   static readonly frames = frames
 *   receiveCheer({ text }: Extract<Frame, { type: 'cheer' }>) {
 *     this.sendJson({ type: 'cheered', text })
 *   }
 * }
 */
export abstract class JsonConsumer extends Consumer {
  /** Checks a frame, and throws a `FrameError` if it is not accepted. */
  static readonly frames: FrameCheck<NamedFrame> = () => {
    throw new FrameError('invalid', 'this socket takes no frames')
  }

  /**
   * Describes the frames that it sends, for the API documentation; nothing is checked against it at run time. A subclass adds
   * its own.
   */
  static readonly sends: SentFrames = { error: ErrorFrame }

  /** The scope that a limited client needs for each type of frame. */
  static readonly frameScopes: Readonly<Record<string, RequiredScope>> = {}
  /** The scope that it needs for all other types. Without one, they are answered with `forbidden`. */
  static readonly otherFrameScope: RequiredScope | undefined = undefined

  override async receive(text: string): Promise<void> {
    let frame: Record<string, unknown> | undefined
    try {
      frame = parseObject(text)
      // One that checks its frames by itself does not tell their types apart here.
      if (this.receiveJson !== JsonConsumer.prototype.receiveJson) this.#permitClient(undefined)
      await this.receiveJson(frame)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.sendError(error, idOf(frame))
    }
  }

  /** Takes a frame: checks it and calls the handler for its type. Override it to work without `frames` and types. */
  receiveJson(frame: Record<string, unknown>): void | Promise<void> {
    const { frames, frameScopes } = this.constructor as typeof JsonConsumer
    const checked = frames(frame)
    this.tracing?.annotate({ 'partyline.frame.type': checked.type })
    this.#permitClient(frameScopes[checked.type])
    this.permit(checked)
    // A type that `frames` let through is one of the schema's, so nothing but a handler can be meant.
    const handler: unknown = Reflect.get(this, handlerOf(checked.type)) ?? this.receiveOtherFrame
    if (typeof handler !== 'function')
      throw new Error(`${this.constructor.name} has no ${handlerOf(checked.type)}`)
    return handler.call(this, checked)
  }

  /** Takes frames whose types have no method of their own, for types that are all handled the same way (`ReceivesOther`). */
  receiveOtherFrame?(frame: NamedFrame): void | Promise<void>

  #permitClient(scope: RequiredScope | undefined): void {
    const { otherFrameScope } = this.constructor as typeof JsonConsumer
    const { identity } = this.scope
    const needed = scope ?? otherFrameScope
    if (identity?.scopes && !permits(identity, needed)) throw new FrameError('forbidden', outOfScope(needed))
  }

  /** Runs before the handler of each frame. Throw a `FrameError` here to refuse one. */
  protected permit(_frame: NamedFrame): void {}

  /** Sends an object. The same object sent to a thousand consumers is encoded once. */
  sendJson(object: object): void {
    this.connection.send(encodeJson(object))
  }

  /** Like `sendJson`, but skipped for a peer that reads slowly: for frames that are of no use later. */
  sendLossy(object: object): void {
    if (!this.connection.congested) this.sendJson(object)
  }

  sendError(error: FrameError, id?: string | number): void {
    this.countRefusal(error.code)
    this.sendJson(errorFrame(error, id))
  }
}

/** The message for a limited client that lacks a scope. */
export function outOfScope(required: RequiredScope | undefined): string {
  if (required === undefined) return 'this cannot be done with an API key'
  return `this API key does not have the scope ${[required].flat().join(' or ')}`
}

/** The answer to a frame that could not be carried out. */
export function errorFrame(error: FrameError, id?: string | number): object {
  return {
    type: 'error',
    code: error.code,
    error: error.message,
    ...error.details,
    ...(id === undefined ? {} : { id }),
  }
}

const handlers = new Map<string, string>()

/** The name of the method that takes frames of a type. */
function handlerOf(type: string): string {
  const known = handlers.get(type) ?? `receive${type.charAt(0).toUpperCase()}${type.slice(1)}`
  handlers.set(type, known)
  return known
}
