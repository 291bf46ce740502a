import { type FileView, filesExcerpt, fileView } from '../files/presentation.ts'
import {
  type Avatar,
  avatarOf,
  type Calendar,
  type FailureView,
  type PersonName,
  personAddress,
  personName,
  spokenName,
} from '../web/presentation.ts'
import { labelOf } from './message-label.ts'
import type { MessageFrame, MessageValue, ReplyTo } from './protocol.ts'
import type { Reactions } from './reactions.ts'

export { labelOf } from './message-label.ts'

/** Milliseconds, and messages, after which the name and the time of a person who goes on talking are shown again. */
const BLOCK_DURATION = 5 * 60 * 1000
const BLOCK_SIZE = 10

/** The sender and the time of a message, by which it is decided how it stands below the one before it. */
export interface MessageOrigin {
  readonly sender: string
  /** ISO 8601. */
  readonly at: string
}

/** Tells whether another day begins with this message. */
export function startsDay(
  { at }: MessageOrigin,
  previous: MessageOrigin | undefined,
  calendar: Calendar,
): boolean {
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
export function blockOf({ sender, at }: MessageOrigin, above: Block | undefined, calendar: Calendar): Block {
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
  readonly kind: 'day' | 'gap' | 'unread'
  readonly label: string
}

/** The headings before a message in a page without a script. */
export interface OpeningView {
  /** True if what the reader has not read begins with it. */
  readonly isUnread: boolean
  /** True if the page opens there. */
  readonly isStart: boolean
}

/** An emoji that people answered with. */
export interface ReactionView {
  readonly emoji: string
  readonly count: number
  /** True if the reader gave it, too. */
  readonly own: boolean
  /** A sentence that names those who gave it. */
  readonly people: string
}

export interface ReplyView {
  /** The `seq` of the message that answers; undefined: it is not stored yet. */
  readonly by: number | undefined
  /** Leads to the message that is answered. */
  readonly href: string
  readonly seq: number
  /** The username of its sender. */
  readonly sender: string
  /** The sender's display name, with their username for a tooltip. */
  readonly name: PersonName
  readonly excerpt: string
  /** True if the reader has blocked its sender: the excerpt is not shown. */
  readonly blocked: boolean
}

/** The line in place of a message whose sender the reader has blocked, which opens it. */
export interface BlockedView {
  readonly seq: number
  readonly name: string
  /** True if a bot or a hook said it: the reader may have blocked whoever made it. */
  readonly bot: boolean
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
  /** The place of the message in the room; undefined: it is not stored yet. */
  readonly place: { readonly seq: number } | undefined
  readonly values: readonly ValueView[]
}

/** A message as `views/chat/message.eta` shows it. */
export interface MessageView {
  /** Its place in the room; undefined: it is not stored yet. */
  readonly place: { readonly seq: number; readonly rev: number } | undefined
  /** The ids of the elements that are read as the name of one that is stored. */
  readonly label: string
  /** Stands in place of it until it is opened; undefined: it is not folded. */
  readonly blocked: BlockedView | undefined
  readonly id: string
  readonly sender: string
  /** The sender's display name, where it differs from the username. */
  readonly senderName: string | undefined
  readonly name: PersonName
  readonly bot: boolean
  /** The address of the sender's page; undefined: they have none. */
  readonly address: string | undefined
  /** True if its text says what its sender does, and follows their name. */
  readonly action: boolean
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
  readonly pinned: boolean
  readonly reply: ReplyView | undefined
  readonly values: readonly ValueView[]
  readonly files: readonly FileView[]
  readonly reactions: readonly ReactionView[]
  /** The address of the page on which all that can be done with it works without a script. */
  readonly path: string
  /** The state of a message that is not stored: on its way, refused, or waiting for its author. */
  readonly state: 'pending' | 'failed' | 'unsent' | undefined
  readonly failure: FailureView | undefined
  /** True if a script is there to open menus. */
  readonly interactive: boolean
}

/** The reader of a message, and the page on which it is shown. */
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
  /** Tells whether the reader has blocked somebody. @param username of that person */
  readonly isBlocked: (username: string) => boolean
}

/** A stored message, as somebody sees it. */
export function messageView(message: MessageFrame, context: MessageContext): MessageView {
  const { follows, viewer, calendar, marked, interactive, isBlocked } = context
  const own = message.sender === viewer
  const action = actionIn(message.message)
  const name = personName(message.sender, message.sender_name)
  const isFolded = isBlocked(message.sender) && message.deleted !== true
  return {
    place: { seq: message.seq, rev: message.rev },
    label: labelOf(message.seq, {
      isFolded,
      values: (message.values ?? []).length,
      hasFiles: (message.files ?? []).length > 0,
      isReply: message.reply !== undefined,
      isEdited: message.edited !== undefined && message.deleted !== true,
      isPinned: message.pinned !== undefined,
    }),
    blocked: isFolded ? { seq: message.seq, name: name.shown, bot: message.bot === true } : undefined,
    id: message.id,
    sender: message.sender,
    senderName: message.sender_name,
    name,
    bot: message.bot === true,
    address: message.bot ? undefined : personAddress(message.sender),
    action: action !== undefined,
    avatar: avatarOf(message.sender, own, message.sender_name, message.sender_picture),
    own,
    follows,
    marked: message.seq === marked,
    at: message.at,
    time: calendar.time(message.at),
    fullTime: calendar.full(message.at),
    text: action ?? message.message,
    html: message.html,
    deleted: message.deleted === true,
    mentionsYou: !isFolded && viewer !== undefined && message.mentions?.includes(viewer) === true,
    edited: message.edited && (calendar.full(message.edited) ?? calendar.time(message.edited)),
    pinned: message.pinned !== undefined,
    reply:
      message.reply && replyView(message.room, message.seq, message.reply, isBlocked(message.reply.sender)),
    values: (message.values ?? []).map((value) => valueView(message.room, value, context.writeValue)),
    files: (message.files ?? []).map(fileView),
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

/** `/me waves` says what its sender does. */
const ACTION = /^\/me[ \t]+(?=\S)/i

/** Returns the action in a text such as `/me waves`: `waves`; undefined where the text is plain speech. */
export function actionIn(text: string): string | undefined {
  const start = ACTION.exec(text)?.[0]
  return start === undefined ? undefined : text.slice(start.length)
}

/** Characters of a message that its replies show. */
const EXCERPT = 140

/**
 * The beginning of a message, as its replies show it.
 * @param files of the message: where it has no text, they are named
 */
export function excerptOf(text: string, files: MessageFrame['files'] = []): string {
  if (text === '') return filesExcerpt(files)
  return Array.from(text.slice(0, 2 * EXCERPT))
    .slice(0, EXCERPT)
    .join('')
}

/** @param by the `seq` of the message that answers; undefined: it is not stored yet */
export function replyView(
  room: string,
  by: number | undefined,
  { seq, sender, sender_name: senderName, excerpt }: ReplyTo,
  blocked: boolean,
): ReplyView {
  return {
    by,
    href: messageAddress(room, seq),
    seq,
    sender,
    name: personName(sender, senderName),
    blocked,
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

/** Names that are shown of those who have seen a message. */
const SEEN_NAMES = 5

/**
 * Names those who have seen a message; empty: nobody has, or it is not told.
 * @param positions how far people have read
 * @param but usernames of those who are left out: the reader, and the author
 */
export function seenText(
  positions: readonly { readonly name: string; readonly display_name?: string; readonly seq: number }[],
  seq: number,
  but: readonly string[],
): string {
  const names = positions
    .filter((position) => position.seq >= seq && !but.includes(position.name))
    .map(({ display_name: displayName, name }) => displayName ?? name)
  if (names.length === 0) return ''
  const more = names.length - SEEN_NAMES
  const shown = names.slice(0, SEEN_NAMES).join(', ')
  return more > 0 ? `Seen by ${shown} and ${more} more` : `Seen by ${shown}`
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
  /** The words by which it is found, in lower case, separated by blanks. */
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

/** Mentions of several people at once. */
export const everybodyOptions: readonly MentionOptionView[] = [
  { username: 'here', label: '@here', hint: 'everyone in the room now', avatar: undefined },
  { username: 'room', label: '@room', hint: 'everyone in this room', avatar: undefined },
]
