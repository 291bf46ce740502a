import { Type } from 'typebox'
import { compileFrames, FrameId, type FrameOf, Text } from '../channels/index.ts'
import type { Kind, Level } from '../rooms/index.ts'
import { isEmoji } from './emoji.ts'
import type { Reactions } from './reactions.ts'

/** Characters of a message. */
export const MESSAGE_LENGTH = 4_000

const Message = Text(MESSAGE_LENGTH)
const Seq = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'a whole number from 0',
})

const Emoji = Type.Refine(
  Type.String({ maxLength: 64, description: 'one emoji' }),
  isEmoji,
  () => 'must be one emoji',
)

const frames = {
  message: Type.Object({
    message: Message,
    id: Type.Optional(FrameId),
    reply: Type.Optional(Seq),
    /** Of the person's clock, for a command. */
    zone: Type.Optional(Type.String({ maxLength: 64 })),
  }),
  edit: Type.Object({ seq: Seq, message: Message, id: Type.Optional(FrameId) }),
  delete: Type.Object({ seq: Seq, id: Type.Optional(FrameId) }),
  react: Type.Object({
    seq: Seq,
    emoji: Emoji,
    on: Type.Boolean({ description: 'true or false' }),
    id: Type.Optional(FrameId),
  }),
  preview: Type.Object({ message: Message, id: Type.Optional(FrameId) }),
  typing: Type.Object({ on: Type.Boolean({ description: 'true or false' }), id: Type.Optional(FrameId) }),
  read: Type.Object({ seq: Seq, id: Type.Optional(FrameId) }),
}

export type ClientFrame = FrameOf<typeof frames>

/** The frame of one type. */
export type ClientFrameOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>

/** Checks what a client says; a frame without a type is a message. */
export const checkFrame = compileFrames(frames, 'message')

/** Checks a message that comes over HTTP, as one that comes over a socket. */
export const checkMessage = compileFrames({ message: frames.message }, 'message')

/** Checks what else is asked for over HTTP, as on a socket: the `type` is given by the route. */
export const checkEdit = compileFrames({ edit: frames.edit }, 'edit')
export const checkReaction = compileFrames({ react: frames.react }, 'react')

/** A message as everyone gets it: on the socket, over HTTP, and in the page. */
export interface MessageFrame {
  readonly type: 'message'
  readonly room: string
  readonly seq: number
  readonly rev: number
  readonly id: string
  /** The username. */
  readonly sender: string
  /** What the sender is called, where that is not the username. */
  readonly sender_name?: string
  /** The version of the sender's picture, where they have one. */
  readonly sender_picture?: string
  /** A bot or a hook said it. */
  readonly bot?: true
  readonly message: string
  readonly at: string
  /** Only where it is more than the escaped text. */
  readonly html?: string
  /** When it was last edited. */
  readonly edited?: string
  /** Then `message` is empty. Its excerpts in replies are gone as well. */
  readonly deleted?: true
  readonly reactions?: Reactions
  readonly reply?: ReplyTo
  /** What the expressions in it were when it was said, in the order of the text. */
  readonly values?: readonly MessageValue[]
  /** The usernames of those whom it mentions. */
  readonly mentions?: readonly string[]
  /** The answer to a retry: stands outside the order. */
  readonly repeat?: true
}

/** An expression in a message, and what it was. */
export interface MessageValue {
  readonly expression: string
  readonly text: string
  /** The text is not all of the value. */
  readonly rounded?: true
}

/** The message that another one answers. */
export interface ReplyTo {
  readonly seq: number
  readonly sender: string
  readonly sender_name?: string
  /** Of what it says; empty when it was deleted. */
  readonly excerpt: string
}

/** Numbers in an address are digits: converted by the schema, `1.5`, `true` and an empty value would pass as numbers. */
const SeqDigits = Type.String({ pattern: '^[0-9]{1,15}$' })

/** What is in it is checked by `checkMessage`, which can say what is wrong. */
export const MessageBody = Type.Record(Type.String(), Type.Unknown())
/** A browser sends an empty field for what was not filled in. */
export const MessageForm = Type.Object({
  message: Message,
  id: Type.Optional(Type.Union([FrameId, Type.Literal('')])),
  reply: Type.Optional(Type.Union([SeqDigits, Type.Literal('')])),
  zone: Type.Optional(Type.String({ maxLength: 64 })),
})

/** Forms that change one message. */
export const EditForm = Type.Object({ message: Message })
/** Nothing but the token that every form carries. */
export const DeletionForm = Type.Object({})
/** Takes any emoji: what is wrong with it is said on the page. */
export const ReactionForm = Type.Object({
  emoji: Type.Optional(Type.String()),
  on: Type.Optional(Type.String()),
})

const LimitDigits = Type.String({ pattern: '^([1-9]|[1-9][0-9]|1[0-9][0-9]|200)$' })

/** How far a person has read. */
export const ReadForm = Type.Object({ seq: SeqDigits })

export const RoomQuery = Type.Object({ before: Type.Optional(SeqDigits), at: Type.Optional(SeqDigits) })

export const MessageParams = Type.Object({ room: Type.String(), seq: SeqDigits })
export const ReactionParams = Type.Object({ room: Type.String(), seq: SeqDigits, emoji: Type.String() })

export const HistoryQuery = Type.Object(
  {
    before: Type.Optional(SeqDigits),
    after: Type.Optional(SeqDigits),
    around: Type.Optional(SeqDigits),
    limit: Type.Optional(LimitDigits),
  },
  { additionalProperties: false },
)

/** The newest message of a room that was not deleted. */
export interface LastMessage {
  readonly seq: number
  readonly sender: string
  readonly sender_name?: string
  /** ISO 8601. */
  readonly at: string
}

/** A room as `/api/rooms` and `/ws/notifications` give it to one of its members. */
export interface RoomEntry {
  readonly slug: string
  readonly name: string
  readonly kind: Kind
  readonly description: string
  /** Messages of others that they have not read; 100 or 1,000 stands for that and more, as docs/protocol.md says. */
  readonly unread: number
  readonly mentions: number
  readonly last?: LastMessage
  /** How many people are members: counted up to a thousand. */
  readonly members: number
  /**
   * How many people have the room open, counted up to a thousand; in a direct room, how many of the others are here, on
   * whichever page.
   */
  readonly online: number
  readonly level: Level
  readonly archived: boolean
}
