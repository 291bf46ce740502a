import { type Avatar, avatarOf, type Calendar, type FailureView } from '../web/presentation.ts'
import type { MessageFrame } from './protocol.ts'

/** Messages of one person so close together (milliseconds) stand under one name. */
const TOGETHER = 5 * 60 * 1000

/** What decides how a message stands below the one before it. */
export interface Said {
  readonly sender: string
  /** ISO 8601. */
  readonly at: string
}

/** Whether another day begins with this message. */
export function startsDay({ at }: Said, previous: Said | undefined, calendar: Calendar): boolean {
  return previous === undefined || calendar.day(previous.at) !== calendar.day(at)
}

/** Whether a message stands under the name above it. @param previous the message above, with nothing in between */
export function follows(message: Said, previous: Said | undefined, calendar: Calendar): boolean {
  return (
    previous?.sender === message.sender &&
    !startsDay(message, previous, calendar) &&
    Date.parse(message.at) - Date.parse(previous.at) < TOGETHER
  )
}

export interface DividerView {
  readonly kind: 'day' | 'unread'
  readonly label: string
}

/** A message as `views/chat/message.eta` shows it. */
export interface MessageView {
  /** Where it stands in the room; undefined: it is not stored yet. */
  readonly place: { readonly seq: number; readonly rev: number } | undefined
  readonly id: string
  readonly sender: string
  readonly avatar: Avatar
  readonly own: boolean
  readonly follows: boolean
  readonly at: string
  readonly time: string
  readonly fullTime: string | undefined
  readonly text: string
  /** Only where it is more than the escaped text. */
  readonly html: string | undefined
  /** Of a message that is not stored: on its way, refused, or waiting for its author. */
  readonly state: 'pending' | 'failed' | 'unsent' | undefined
  readonly failure: FailureView | undefined
}

/** A stored message, as `viewer` sees it. @param previous the message above, with nothing in between */
export function messageView(
  message: MessageFrame,
  previous: Said | undefined,
  viewer: string | undefined,
  calendar: Calendar,
): MessageView {
  const own = message.sender === viewer
  return {
    place: { seq: message.seq, rev: message.rev },
    id: message.id,
    sender: message.sender,
    avatar: avatarOf(message.sender, own),
    own,
    follows: follows(message, previous, calendar),
    at: message.at,
    time: calendar.time(message.at),
    fullTime: calendar.full(message.at),
    text: message.message,
    html: message.html,
    state: undefined,
    failure: undefined,
  }
}

/** Whether a message looks different to this person than to those whom it does not concern. */
export function concerns(message: MessageFrame, name: string): boolean {
  return message.sender === name
}
