import { type MessageView, messageView, namesFew } from '../../chat/presentation.ts'
import type { MessageFrame } from '../../chat/protocol.ts'
import type { AnsweredMessage, PendingDraft } from '../client/index.ts'
import { failureOf } from '../live/failure.ts'
import { Popup } from '../live/popup.ts'
import { localCalendar } from '../live/times.ts'
import { localValue } from './local-values.ts'

export interface Reader {
  readonly user: string
  /** The person's display name, where it differs from the username. */
  readonly name: string | undefined
  /** The version of their picture; undefined: they have none. */
  readonly picture: string | undefined
  /** The `seq` of the message that a link led to. */
  readonly marked: number | undefined
  /** Finds what somebody is called; undefined: their username, or the page was not told. */
  nameOf(username: string): string | undefined
  /** Tells whether this person has blocked somebody. @param username of that person */
  isBlocked(username: string): boolean
}

const asTheReaderWrites = { calendar: localCalendar, writeValue: localValue }

/** Renders messages for the reader of this page. */
export class MessageViews {
  readonly #list: HTMLElement
  readonly #reader: Reader
  /** The emoji that this person has chosen on this page, by the `seq` of the message. */
  readonly #chosen = new Map<number, ReadonlySet<string>>()

  constructor(list: HTMLElement, reader: Reader) {
    this.#list = list
    this.#reader = reader
  }

  /** @param follows whether it stands under the name of a message above it */
  of(message: MessageFrame, follows: boolean): MessageView {
    const { user: viewer, marked } = this.#reader
    const isBlocked = (username: string) => this.#reader.isBlocked(username)
    const interactive = Popup.isSupported
    const nameOf = (username: string) => this.#reader.nameOf(username) ?? this.#nameOf(username)
    const look = { ...asTheReaderWrites, follows, viewer, marked, interactive, nameOf, isBlocked }
    return messageView(message, namesFew(message) ? { ...look, chosen: this.#chosenFor(message.seq) } : look)
  }

  /** Something of this person that is not stored yet, as a message. */
  ofDraft(draft: PendingDraft, follows: boolean): MessageView {
    const { user: viewer, name, picture } = this.#reader
    const { id, text, at, files } = draft
    const reply = draft.reply && this.#present(draft.reply)
    const failure = failureOf(draft, 'Send it now')
    const waiting = draft.error === undefined ? 'unsent' : 'failed'
    const message = {
      type: 'message',
      room: '',
      seq: 0,
      rev: 0,
      id,
      sender: viewer,
      ...(name === undefined ? {} : { sender_name: name }),
      ...(picture === undefined ? {} : { sender_picture: picture }),
      message: text,
      at,
      ...(files === undefined ? {} : { files }),
    } as const
    const nameOf = () => undefined
    const isBlocked = (username: string) => this.#reader.isBlocked(username)
    const context = {
      ...asTheReaderWrites,
      ...{ follows, viewer, marked: undefined, interactive: true, nameOf, isBlocked },
    }
    const view = messageView(reply ? { ...message, reply } : message, context)
    return {
      ...view,
      reply: view.reply && { ...view.reply, by: undefined },
      place: undefined,
      state: failure ? waiting : 'pending',
      failure,
    }
  }

  /** Notes what this person has chosen, which a frame does not say of a message that very many have reacted to. */
  setChosen(seq: number, emoji: string, on: boolean): void {
    const chosen = new Set(this.#chosenFor(seq))
    if (on) chosen.add(emoji)
    else chosen.delete(emoji)
    this.#chosen.set(seq, chosen)
  }

  #chosenFor(seq: number): ReadonlySet<string> {
    const known = this.#chosen.get(seq)
    if (known) return known
    const message = this.#list.querySelector(`#message-${seq}`)
    const pressed = message?.querySelectorAll<HTMLButtonElement>('.reaction[aria-pressed="true"]') ?? []
    return new Set([...pressed].map(({ value }) => value))
  }

  /** Leaves out the text of an answered message that was deleted since. */
  #present(reply: AnsweredMessage): AnsweredMessage {
    const isDeleted = this.#list.querySelector(`#message-${reply.seq}.deleted`) !== null
    return isDeleted ? { ...reply, excerpt: '' } : reply
  }

  /** Returns what somebody is called in a message on the page. */
  #nameOf(username: string): string | undefined {
    const said = this.#list.querySelector<HTMLElement>(`[data-sender="${CSS.escape(username)}"]`)
    return said?.dataset.senderName
  }
}
