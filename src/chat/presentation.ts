import { type Avatar, avatarOf, type Calendar, type FailureView } from '../web/presentation.ts'
import type { MessageFrame, ReplyTo } from './protocol.ts'
import type { Reactions } from './reactions.ts'

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

/** An emoji that people answered with. */
export interface ReactionView {
  readonly emoji: string
  readonly count: number
  /** Whether the reader gave it, too. */
  readonly own: boolean
  /** Who gave it, in words. */
  readonly people: string
}

export interface ReplyView {
  /** Leads to the message that is answered. */
  readonly href: string
  readonly seq: number
  readonly sender: string
  readonly excerpt: string
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
  /** Whether it is the one that a link leads to. */
  readonly marked: boolean
  readonly at: string
  readonly time: string
  readonly fullTime: string | undefined
  readonly text: string
  /** Only where it is more than the escaped text. */
  readonly html: string | undefined
  readonly deleted: boolean
  /** When its text was changed, in words. */
  readonly edited: string | undefined
  readonly reply: ReplyView | undefined
  readonly reactions: readonly ReactionView[]
  /** The address of the page on which all that can be done with it works without a script. */
  readonly path: string
  /** Of a message that is not stored: on its way, refused, or waiting for its author. */
  readonly state: 'pending' | 'failed' | 'unsent' | undefined
  readonly failure: FailureView | undefined
  /** Whether a script is there to open menus. */
  readonly interactive: boolean
}

/** Who looks at a message, and from where. */
export interface MessageContext {
  /** The message above it, with nothing in between. */
  readonly above: Said | undefined
  /** The reader's name; undefined: somebody whom the message does not concern. */
  readonly viewer: string | undefined
  readonly calendar: Calendar
  /** The `seq` of the message that a link leads to. */
  readonly marked: number | undefined
  readonly interactive: boolean
}

/** A stored message, as somebody sees it. */
export function messageView(message: MessageFrame, context: MessageContext): MessageView {
  const { above, viewer, calendar, marked, interactive } = context
  const own = message.sender === viewer
  return {
    place: { seq: message.seq, rev: message.rev },
    id: message.id,
    sender: message.sender,
    avatar: avatarOf(message.sender, own),
    own,
    follows: follows(message, above, calendar),
    marked: message.seq === marked,
    at: message.at,
    time: calendar.time(message.at),
    fullTime: calendar.full(message.at),
    text: message.message,
    html: message.html,
    deleted: message.deleted === true,
    edited: message.edited && (calendar.full(message.edited) ?? calendar.time(message.edited)),
    reply: message.reply && replyView(message.room, message.reply),
    reactions: Object.entries(message.reactions ?? {}).map((entry) => reactionView(entry, viewer)),
    path: `/rooms/${message.room}/messages/${message.seq}`,
    state: undefined,
    failure: undefined,
    interactive,
  }
}

/** The link to one message: the room's page opens there, by the fragment also without a script. */
export function messageAddress(room: string, seq: number): string {
  return `/rooms/${room}?at=${seq}#message-${seq}`
}

/** Whether a message looks different to this person than to those whom it does not concern. */
export function concerns({ sender, reactions = {} }: MessageFrame, name: string): boolean {
  return sender === name || Object.values(reactions).some(({ names }) => names.includes(name))
}

/** Characters of a message that its replies show. */
export const EXCERPT = 140

/** The beginning of a text, as its replies show it. */
export function excerptOf(text: string): string {
  return Array.from(text.slice(0, 2 * EXCERPT))
    .slice(0, EXCERPT)
    .join('')
}

export function replyView(room: string, { seq, sender, excerpt }: ReplyTo): ReplyView {
  return { href: messageAddress(room, seq), seq, sender, excerpt: excerpt || 'This message was deleted.' }
}

/** Names that are shown of those who gave a reaction. */
const NAMES = 10

function reactionView(
  [emoji, { count, names }]: [string, Reactions[string]],
  viewer: string | undefined,
): ReactionView {
  const shown = names.slice(0, NAMES)
  const more = count - shown.length
  const people = more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
  return { emoji, count, own: viewer !== undefined && names.includes(viewer), people }
}

/** A group of emoji in the picker, as `public/emoji.json` has them. */
export interface EmojiGroup {
  readonly name: string
  readonly emoji: readonly EmojiView[]
}

export interface EmojiView {
  readonly emoji: string
  readonly label: string
  /** What it is found by, in lower case, separated by blanks. */
  readonly words: string
}
