import { FrameError, wellFormed } from '../channels/index.ts'
import type { FileFacts } from '../files/index.ts'
import { messageHtml } from './html.ts'
import type { MessageFrame, MessageValue, ReplyTo } from './protocol.ts'
import type { Reactions } from './reactions.ts'

/** A message as it is stored and published. */
export interface Message {
  /** The room's slug. */
  readonly room: string
  readonly seq: number
  readonly rev: number
  readonly id: string
  /** The sender's username. */
  readonly sender: string
  /** The sender's display name; null: their username. */
  readonly senderName: string | null
  /** The version of the sender's picture; null: they have none. */
  readonly senderPicture: string | null
  /** True if a bot or a hook said it. */
  readonly bot: boolean
  /** Empty when it was deleted. */
  readonly text: string
  readonly at: string
  /** When it was last edited; null: never. */
  readonly editedAt: string | null
  readonly deleted: boolean
  /** JSON of `Reactions`; null: none. */
  readonly reactions: string | null
  readonly reply: Reply | null
  /** JSON of `MessageValue`s; null: it has no expressions. */
  readonly values: string | null
  /** JSON of the usernames that it mentions; null: none. */
  readonly mentions: string | null
  /** JSON of `FileFacts`; null: it has no files. */
  readonly files: string | null
  /** Since when it is pinned; null: it is not. */
  readonly pinnedAt: string | null
}

/** The message that a reply answers, with the beginning of its text: empty when that was deleted. */
export interface Reply {
  readonly seq: number
  readonly sender: string
  readonly senderName: string | null
  readonly excerpt: string
}

/** A message as everyone gets it. Most have the first fields alone: an object made of many parts would cost more than its JSON. */
export function messageFrame(message: Message): MessageFrame {
  const mentions = mentionsOf(message)
  const html = messageHtml(message.text, mentions)
  const frame: Writable<MessageFrame> = {
    type: 'message',
    room: message.room,
    seq: message.seq,
    rev: message.rev,
    id: message.id,
    sender: message.sender,
    message: message.text,
    at: message.at,
  }
  if (message.senderName !== null) frame.sender_name = message.senderName
  if (message.senderPicture !== null) frame.sender_picture = message.senderPicture
  if (message.bot) frame.bot = true
  if (html !== undefined) frame.html = html
  if (message.editedAt !== null) frame.edited = message.editedAt
  if (message.deleted) frame.deleted = true
  if (message.reactions !== null) frame.reactions = JSON.parse(message.reactions) as Reactions
  if (message.reply !== null) frame.reply = replyFrame(message.reply)
  if (message.values !== null) frame.values = valuesOf(message)
  if (message.mentions !== null) frame.mentions = mentions
  if (message.files !== null) frame.files = filesOf(message)
  if (message.pinnedAt !== null) frame.pinned = message.pinnedAt
  return frame
}

type Writable<Fields> = { -readonly [Name in keyof Fields]: Fields[Name] }

/** The usernames that a message mentions. */
export function mentionsOf({ mentions }: Pick<Message, 'mentions'>): readonly string[] {
  return mentions === null ? [] : (JSON.parse(mentions) as string[])
}

/** The values of the expressions in a message. */
export function valuesOf({ values }: Message): readonly MessageValue[] {
  return values === null ? [] : (JSON.parse(values) as MessageValue[])
}

/** The facts about a message's files, as far as they are shown. */
export function filesOf({ files }: Pick<Message, 'files'>): readonly FileFacts[] {
  return files === null ? [] : (JSON.parse(files) as FileFacts[])
}

function replyFrame({ seq, sender, senderName, excerpt }: Reply): ReplyTo {
  return { seq, sender, ...(senderName === null ? {} : { sender_name: senderName }), excerpt }
}

/** The text of a message as it is stored. @throws FrameError for NUL, which PostgreSQL cannot store */
export function messageText(text: string): string {
  if (text.includes('\0')) throw new FrameError('invalid', 'a message cannot contain the character NUL')
  return wellFormed(text)
}
