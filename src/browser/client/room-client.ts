import type { Row, SocketState } from './connection.ts'
import type { AnsweredMessage, Draft, SentFile, TextStorage } from './draft-store.ts'
import { isObject, type ServerObject } from './frames.ts'
import { LiveClient } from './live-client.ts'
import type { Outbox, PendingDraft } from './outbox.ts'

/** A message in its current state; docs/protocol.md of Partyline describes the fields. */
export interface RoomMessage {
  readonly type: 'message'
  readonly room: string
  /** Its place in the room. */
  readonly seq: number
  /** The number of its last change: of two with the same `seq` the one with the higher `rev` is true. */
  readonly rev: number
  /** Chosen by its sender. */
  readonly id: string
  readonly sender: string
  readonly sender_name?: string
  readonly sender_picture?: string
  readonly bot?: true
  /** Empty when it was deleted. */
  readonly message: string
  /** When it was said, ISO 8601. */
  readonly at: string
  readonly html?: string
  readonly edited?: string
  readonly deleted?: true
  readonly reactions?: Readonly<Record<string, { readonly count: number; readonly names: readonly string[] }>>
  readonly reply?: AnsweredMessage
  readonly values?: readonly { readonly expression: string; readonly text: string; readonly rounded?: true }[]
  readonly mentions?: readonly string[]
  readonly files?: readonly SentFile[]
  readonly repeat?: true
}

export interface RoomClientOptions {
  /** The address of the server, such as `https://chat.example.com`. */
  readonly server: string | URL
  /** The room's slug, such as `lobby`. */
  readonly room: string
  /** Whose session or token it is. */
  readonly user: string
  /**
   * Gives a token of `POST /api/token`, which is good for five minutes: it is asked for before each try to connect. An error
   * is followed by another try later, and `SignedOut` ends the connection. Left out, the page's own session counts.
   */
  readonly token?: () => string | Promise<string>
  /** The `rev` that the page holds, 0 for all that was ever said; left out, the room is followed from now on. */
  readonly rev?: number
  /** The message with the highest `rev` that the page holds. */
  readonly newest?: Row
  /** A message is new or changed. They come in the order of their `rev`, each once. */
  readonly onMessage: (message: RoomMessage) => void
  readonly onState?: (state: SocketState) => void
  /** Called when the messages that are not yet stored have changed, with all of them, in their order. */
  readonly onDrafts?: (drafts: readonly PendingDraft[]) => void
  /** Too much was missed, or the server went back: what the page holds has to be loaded anew. What comes next is in order. */
  readonly onReset?: () => void
  /** Every other frame, such as `welcome`, `presence` and `typing`. */
  readonly onFrame?: (frame: ServerObject) => void
  /** The storage for drafts; left out, the browser's `localStorage`, or memory where there is none. */
  readonly storage?: TextStorage
}

/** A change that was not made, with the server's code for it, `limit` (100 are waiting already) or `closed`. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

/** Follows a room's chat and posts in it, through lost connections and restarts of the server: nothing is lost or repeated. */
export class RoomClient {
  readonly #options: RoomClientOptions
  readonly #live: LiveClient

  constructor(options: RoomClientOptions) {
    const { server, room, user, token, rev, newest, onState, onDrafts, storage } = options
    const base = new URL(server)
    const socket = new URL(`/ws/chat/${encodeURIComponent(room)}`, base)
    this.#options = options
    this.#live = new LiveClient({
      address: token ? async () => withToken(socket, await token()) : socket,
      user,
      // Of another server's room with the same name, a browser keeps other drafts.
      place: base.origin === globalThis.location?.origin ? room : new URL(`/rooms/${room}`, base).href,
      frameOf: messageFrame,
      onFrame: (frame) => this.#receive(frame),
      onState: onState ?? (() => {}),
      onDrafts: onDrafts ?? (() => {}),
      storage,
      ...(rev !== undefined && { rev }),
      ...(newest && { newest }),
    })
  }

  /** The messages that are not yet stored, for showing, retrying and discarding them. */
  get outbox(): Outbox {
    return this.#live.outbox
  }

  /**
   * Says something as soon as there is a connection, in the order in which it was said, each once.
   * @param text 1 to 4,000 characters; what the server refuses stands in `onDrafts`, with its `error`
   * @param reply the message that it answers
   * @param files that `POST /api/rooms/:room/files` has taken; with some, the text may be empty
   * @returns false when 100 wait already, and this one was not taken
   */
  say(text: string, reply?: AnsweredMessage, files?: readonly SentFile[]): boolean {
    return this.#live.outbox.add(text, reply, files)
  }

  /** Changes one's own message. @throws Refused when it is not changed, and will not be */
  edit(seq: number, message: string): Promise<void> {
    return this.#change({ type: 'edit', seq, message })
  }

  /** Deletes one's own message. @throws Refused when it is not deleted, and will not be */
  delete(seq: number): Promise<void> {
    return this.#change({ type: 'delete', seq })
  }

  /** Adds one emoji to a message, or takes it back. @throws Refused when that is not done, and will not be */
  react(seq: number, emoji: string, on: boolean): Promise<void> {
    return this.#change({ type: 'react', seq, emoji, on })
  }

  /** Sends a frame that nothing waits for, such as `{ type: 'typing', on: true }`. @returns false when there is no connection now */
  send(frame: object): boolean {
    return this.#live.send(frame)
  }

  /** Tries at once, where a connection is wanted and there is none. */
  reconnect(): void {
    this.#live.reconnect()
  }

  /** Ends the connection for good. What was not sent stays kept, and is sent by the next client of this person and room. */
  close(): void {
    this.#live.close()
  }

  #change(frame: object): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#live.commands.add(frame, (error, code) => reject(new Refused(error, code)), resolve),
    )
  }

  #receive(frame: ServerObject): void {
    const { user, onMessage, onReset, onFrame } = this.#options
    if (frame.type === 'error') this.#live.refuse(frame)
    // The answer to a command of the person, such as `/remind`, in place of a message.
    if (frame.type === 'notice') this.#live.outbox.acknowledge(new Set([String(frame.id)]))
    if (frame.type === 'reset') onReset?.()
    if (!isRoomMessage(frame)) return onFrame?.(frame)
    // One that is repeated came in its order before, or is still to come.
    if (!frame.repeat) onMessage(frame)
    if (frame.sender === user) this.#live.outbox.acknowledge(new Set([frame.id]))
  }
}

/** The zone of this machine's clock. */
export const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? ''

/** A draft as a frame for the socket of a room's chat. The server reads times in commands such as `/remind` in the zone. */
export function messageFrame({ id, text, reply, files }: Draft): object {
  return {
    message: text,
    id,
    ...(reply && { reply: reply.seq }),
    ...(files && { files: files.map((file) => file.id) }),
    ...(text.startsWith('/') && { zone: ownZone }),
  }
}

export function isRoomMessage(value: unknown): value is RoomMessage {
  return (
    isObject(value) &&
    Number.isSafeInteger(value.seq) &&
    Number.isSafeInteger(value.rev) &&
    ['id', 'sender', 'message', 'at'].every((field) => typeof value[field] === 'string') &&
    ['string', 'undefined'].includes(typeof value.html) &&
    (value.values === undefined || Array.isArray(value.values)) &&
    (value.files === undefined || Array.isArray(value.files))
  )
}

function withToken(socket: URL, token: string): URL {
  const url = new URL(socket)
  url.searchParams.set('token', token)
  return url
}
