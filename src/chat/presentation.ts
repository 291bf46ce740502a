import {
  type Avatar,
  avatarOf,
  type Calendar,
  type FailureView,
  type PersonName,
  personName,
  spokenName,
} from '../web/presentation.ts'
import type { MessageFrame, MessageValue, ReplyTo } from './protocol.ts'
import type { Reactions } from './reactions.ts'

/** Milliseconds, and messages, after which the name and the time of a person who goes on talking are shown again. */
const BLOCK_DURATION = 5 * 60 * 1000
const BLOCK_SIZE = 10

/** What decides how a message stands below the one before it. */
export interface Said {
  readonly sender: string
  /** ISO 8601. */
  readonly at: string
}

/** Tells whether another day begins with this message. */
export function startsDay({ at }: Said, previous: Said | undefined, calendar: Calendar): boolean {
  return previous === undefined || calendar.day(previous.at) !== calendar.day(at)
}

/** Messages of one person in a row, which stand under one name. */
export interface Block {
  readonly sender: string
  /** ISO 8601: the time of the first of them, which is shown beside the name. */
  readonly since: string
  readonly size: number
}

/**
 * The block that ends with this message: the one above with one more, or a new one.
 * @param above the block right above; undefined: none is, or something stands between
 */
export function blockOf({ sender, at }: Said, above: Block | undefined, calendar: Calendar): Block {
  const continues =
    above?.sender === sender &&
    above.size < BLOCK_SIZE &&
    Date.parse(at) - Date.parse(above.since) < BLOCK_DURATION &&
    calendar.day(at) === calendar.day(above.since)
  return continues ? { ...above, size: above.size + 1 } : { sender, since: at, size: 1 }
}

/** Tells whether the last message of a block stands under the name of one above it. */
export function follows({ size }: Block): boolean {
  return size > 1
}

export interface DividerView {
  readonly kind: 'day' | 'unread'
  readonly label: string
}

/** An emoji that people answered with. */
export interface ReactionView {
  readonly emoji: string
  readonly count: number
  /** True if the reader gave it, too. */
  readonly own: boolean
  /** Who gave it, in words. */
  readonly people: string
}

export interface ReplyView {
  /** Leads to the message that is answered. */
  readonly href: string
  readonly seq: number
  /** What the sender is called, and their username under the pointer. */
  readonly name: PersonName
  readonly excerpt: string
}

/** An expression in a message, and what it was when it was said. */
export interface ValueView {
  readonly expression: string
  readonly text: string
  /** The value with the sign that it stands behind, such as `= 42`. */
  readonly shown: string
  /** Leads to the line of the sheet that it comes from. */
  readonly href: string
}

/** The values of a message. */
export interface ValuesView {
  readonly values: readonly ValueView[]
}

/** A message as `views/chat/message.eta` shows it. */
export interface MessageView {
  /** Where it stands in the room; undefined: it is not stored yet. */
  readonly place: { readonly seq: number; readonly rev: number } | undefined
  readonly id: string
  readonly sender: string
  /** What the sender is called, where that is not the username. */
  readonly senderName: string | undefined
  readonly name: PersonName
  readonly bot: boolean
  readonly avatar: Avatar
  readonly own: boolean
  readonly follows: boolean
  /** True if it is the one that a link leads to. */
  readonly marked: boolean
  readonly at: string
  readonly time: string
  readonly fullTime: string | undefined
  readonly text: string
  /** Only where it is more than the escaped text. */
  readonly html: string | undefined
  readonly deleted: boolean
  /** True if it mentions the reader by name. */
  readonly mentionsYou: boolean
  /** When its text was changed, in words. */
  readonly edited: string | undefined
  readonly reply: ReplyView | undefined
  readonly values: readonly ValueView[]
  readonly reactions: readonly ReactionView[]
  /** The address of the page on which all that can be done with it works without a script. */
  readonly path: string
  /** Of a message that is not stored: on its way, refused, or waiting for its author. */
  readonly state: 'pending' | 'failed' | 'unsent' | undefined
  readonly failure: FailureView | undefined
  /** True if a script is there to open menus. */
  readonly interactive: boolean
}

/** Who looks at a message, and from where. */
export interface MessageContext {
  /** True if it stands under the name of a message above it. */
  readonly follows: boolean
  /** The reader's name; undefined: somebody whom the message does not concern. */
  readonly viewer: string | undefined
  readonly calendar: Calendar
  /** Writes a value as the reader does; left out: as the calculator does. */
  readonly writeValue?: (text: string) => string
  /** The `seq` of the message that a link leads to. */
  readonly marked: number | undefined
  readonly interactive: boolean
  /** Finds what somebody is called who gave a reaction; undefined: their username, or it is not known. */
  readonly nameOf: (username: string) => string | undefined
  /** The emoji of this message that the reader is known to have chosen, though a frame names others; left out: none. */
  readonly chosen?: ReadonlySet<string>
}

/** A stored message, as somebody sees it. */
export function messageView(message: MessageFrame, context: MessageContext): MessageView {
  const { follows, viewer, calendar, marked, interactive } = context
  const own = message.sender === viewer
  return {
    place: { seq: message.seq, rev: message.rev },
    id: message.id,
    sender: message.sender,
    senderName: message.sender_name,
    name: personName(message.sender, message.sender_name),
    bot: message.bot === true,
    avatar: avatarOf(message.sender, own, message.sender_name, message.sender_picture),
    own,
    follows,
    marked: message.seq === marked,
    at: message.at,
    time: calendar.time(message.at),
    fullTime: calendar.full(message.at),
    text: message.message,
    html: message.html,
    deleted: message.deleted === true,
    mentionsYou: viewer !== undefined && message.mentions?.includes(viewer) === true,
    edited: message.edited && (calendar.full(message.edited) ?? calendar.time(message.edited)),
    reply: message.reply && replyView(message.room, message.reply),
    values: (message.values ?? []).map((value) => valueView(message.room, value, context.writeValue)),
    reactions: Object.entries(message.reactions ?? {}).map((entry) => reactionView(entry, context)),
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

/** Tells whether a message looks different to this person than to those whom it does not concern. */
export function concerns({ mentions, reactions = {}, sender }: MessageFrame, name: string): boolean {
  return (
    sender === name ||
    mentions?.includes(name) ||
    Object.values(reactions).some(({ names }) => names.includes(name))
  )
}

/** Tells whether more people chose an emoji for a message than its frame names: then one may be among them all the same. */
export function namesFew({ reactions = {} }: MessageFrame): boolean {
  return Object.values(reactions).some(({ count, names }) => count > names.length)
}

/** Characters of a message that its replies show. */
export const EXCERPT = 140

/** The beginning of a text, as its replies show it. */
export function excerptOf(text: string): string {
  return Array.from(text.slice(0, 2 * EXCERPT))
    .slice(0, EXCERPT)
    .join('')
}

export function replyView(
  room: string,
  { seq, sender, sender_name: senderName, excerpt }: ReplyTo,
): ReplyView {
  return {
    href: messageAddress(room, seq),
    seq,
    name: personName(sender, senderName),
    excerpt: excerpt || 'This message was deleted.',
  }
}

/** A value as it stands behind its expression: `= 42`, or `≈ 0.333` where the text is not all of it. */
export function valueText({ text, rounded }: Pick<MessageValue, 'text' | 'rounded'>, write = plain): string {
  return `${rounded ? '≈' : '='} ${write(text)}`
}

function plain(text: string): string {
  return text
}

/** @param write writes a value as its reader does; left out: as the calculator does */
export function valueView(room: string, value: MessageValue, write = plain): ValueView {
  const { expression, text } = value
  const href = `/rooms/${room}/calculator/find?expression=${encodeURIComponent(expression)}`
  return { expression, text, shown: valueText(value, write), href }
}

/** Names that are shown of those who gave a reaction. */
const NAMES = 10

/** The usernames of those whose names a message shows with its reactions. */
export function namedInReactions({ reactions = {} }: MessageFrame): string[] {
  return Object.values(reactions).flatMap(({ names }) => names.slice(0, NAMES))
}

function reactionView(
  [emoji, { count, names }]: [string, Reactions[string]],
  { chosen, nameOf, viewer }: MessageContext,
): ReactionView {
  const shown = names.slice(0, NAMES).map((username) => spokenName(username, nameOf(username)))
  const more = count - shown.length
  const people = more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
  const isChosen = count > names.length && chosen?.has(emoji) === true
  return { emoji, count, own: isChosen || (viewer !== undefined && names.includes(viewer)), people }
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

/** Whom one can mention, as the composer offers them. */
export interface MentionOptionView {
  /** The name behind the `@`. */
  readonly username: string
  readonly label: string
  readonly hint: string
  /** Undefined: it is not one person. */
  readonly avatar: Avatar | undefined
}

export function mentionOption(username: string, displayName?: string, picture?: string): MentionOptionView {
  const avatar = avatarOf(username, false, displayName, picture)
  return { username, label: displayName ?? username, hint: displayName ? `@${username}` : '', avatar }
}

/** Those whom one can mention together. */
export const everybodyOptions: readonly MentionOptionView[] = [
  { username: 'here', label: '@here', hint: 'who is in the room now', avatar: undefined },
  { username: 'room', label: '@room', hint: 'everybody in this room', avatar: undefined },
]
