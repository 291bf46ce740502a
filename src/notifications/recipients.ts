import type { Mentions, Message } from '../chat/index.ts'
import type { Recipient } from '../rooms/index.ts'
import type { MessageEvent } from './notification.ts'

/** The facts by which somebody is notified of a message. */
export interface Occasion {
  readonly sender: string
  readonly isDirect: boolean
  /** The usernames of those whom it mentions. */
  readonly mentioned: ReadonlySet<string>
  /** It mentions all members. */
  readonly mentionsRoom: boolean
  /** The usernames of those who are there now, where it mentions these; else empty. */
  readonly here: ReadonlySet<string>
  /** The author of the message that it answers. */
  readonly answers: string | undefined
}

/** @param here the usernames of those who are in the room now; left out: it is not known */
export function occasionOf(
  { reply, sender }: Message,
  mentions: Mentions,
  mentioned: readonly string[],
  isDirect: boolean,
  here: readonly string[] = [],
): Occasion {
  return {
    sender,
    isDirect,
    mentioned: new Set(mentioned),
    mentionsRoom: mentions.room,
    here: new Set(mentions.here ? here : []),
    answers: reply?.sender,
  }
}

/** The reason why a person is notified of a message, by their level; undefined: they are not. */
export function eventFor(occasion: Occasion, recipient: Recipient): MessageEvent | undefined {
  const { answers, here, isDirect, mentioned, mentionsRoom, sender } = occasion
  const { isMember, level, name } = recipient
  if (name === sender || level === 'nothing') return undefined
  if (mentioned.has(name)) return 'mention'
  if (!isMember) return undefined
  if (mentionsRoom || here.has(name)) return 'mention'
  if (answers === name) return 'reply'
  if (level !== 'everything') return undefined
  return isDirect ? 'direct' : 'everything'
}
