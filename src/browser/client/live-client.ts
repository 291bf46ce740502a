import { Commands } from './commands.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { Draft, TextStorage } from './draft-store.ts'
import type { ServerObject } from './frames.ts'
import { Outbox, type PendingDraft } from './outbox.ts'

export interface LiveClientOptions extends ConnectionOptions {
  /** Whose connection it is. What they say is kept under this name, and sent in no other. */
  readonly user: string
  /** The name of the room or sheet, without a blank. Drafts are kept under it. */
  readonly place: string
  /** A draft as the server takes it, with the draft's `id`. */
  readonly frameOf: (draft: Draft) => object
  /** Called when the waiting drafts have changed, with all of them, in their order. */
  readonly onDrafts: (drafts: readonly PendingDraft[]) => void
  /** Drafts that were kept elsewhere so far. */
  readonly adopted?: readonly Draft[] | undefined
  /** The storage for drafts; left out, the browser's `localStorage`, or memory where there is none. */
  readonly storage?: TextStorage | undefined
}

/**
 * A connection together with its unsent messages and commands: everything that is under way when the connection is lost is sent
 * again on the next one, with the same id. `onFrame` has to report the answer to a draft by `outbox.acknowledge` or `refuse`; a
 * draft without either is sent again and again. Answers to commands are recognised automatically.
 */
export class LiveClient {
  readonly #options: LiveClientOptions
  readonly #connection: Connection
  readonly outbox: Outbox
  readonly commands: Commands

  constructor(options: LiveClientOptions) {
    const { user, place, frameOf, onDrafts, adopted, storage, ...connection } = options
    this.#options = options
    this.#connection = new Connection({
      ...connection,
      user,
      onFrame: (frame) => this.#receive(frame),
      onRewound: () => {
        this.outbox.holdCommands()
        options.onRewound?.()
      },
    })
    const onSilence = () => this.#connection.suspect()
    this.outbox = new Outbox({
      user,
      place,
      send: (draft) => this.send(frameOf(draft)),
      onChange: onDrafts,
      onSilence,
      adopted,
      storage,
    })
    this.commands = new Commands({ send: (frame) => this.send(frame), onSilence })
  }

  /** Sends a frame that nothing waits for, such as that somebody is typing. @returns false when there is no connection now */
  send(frame: object): boolean {
    return this.#connection.send(frame)
  }

  /** Tries at once, where a connection is wanted and there is none. */
  reconnect(): void {
    this.#connection.reconnect()
  }

  /** An `error` frame came: its draft waits for its author, or is sent again after `retry_after`; its command is refused. */
  refuse({ id, error, code, retry_after: wait }: ServerObject): void {
    if (typeof id !== 'string') return
    const retryAfter = typeof wait === 'number' ? wait : undefined
    this.outbox.refuse(id, String(error), retryAfter)
    this.commands.refuse(id, String(error), retryAfter, String(code))
  }

  /** Ends the connection for good. What was not sent stays kept. */
  close(): void {
    this.#connection.close()
    this.outbox.close()
    this.commands.close()
  }

  #receive(frame: ServerObject): void {
    const { greeting = 'welcome', onFrame } = this.#options
    if (frame.type === 'done') this.commands.done(String(frame.id))
    onFrame(frame)
    if (frame.type !== greeting) return
    this.outbox.resend()
    this.commands.resend()
  }
}
