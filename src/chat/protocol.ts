import { type Static, Type } from 'typebox'
import { compileFrames, ErrorFrame, FrameId, type FrameOf, Text } from '../channels/index.ts'
import { LEVELS } from '../rooms/index.ts'
import { Time } from '../web/index.ts'
import { isEmoji } from './emoji.ts'

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

const Username = Type.String({ description: 'a username' })
const DisplayName = Type.Optional(
  Type.String({ description: 'what the sender is called, where that is not the username' }),
)

/** An expression in a message, and what it was. */
export const MessageValue = Type.Object({
  expression: Type.String(),
  text: Type.String(),
  rounded: Type.Optional(Type.Literal(true, { description: 'the text is not all of the value' })),
})
export type MessageValue = Static<typeof MessageValue>

/** The message that another one answers. */
export const ReplyTo = Type.Object({
  seq: Type.Integer(),
  sender: Username,
  sender_name: DisplayName,
  excerpt: Type.String({ description: 'of what it says; empty when it was deleted' }),
})
export type ReplyTo = Static<typeof ReplyTo>

/** How many people chose an emoji, and the first 50 of their names, by emoji; the emoji that came first is first. */
const ReactionsOf = Type.Record(
  Type.String(),
  Type.Object({ count: Type.Integer(), names: Type.Immutable(Type.Array(Username)) }),
)

/** A message as everyone gets it: on the socket, over HTTP, and in the page. */
export const MessageFrame = Type.Object(
  {
    type: Type.Literal('message'),
    room: Type.String({ description: 'the slug' }),
    seq: Type.Integer({ description: 'its place in the room' }),
    rev: Type.Integer({ description: 'of its last change' }),
    id: Type.String({ description: 'chosen by whoever sent it' }),
    sender: Username,
    sender_name: DisplayName,
    sender_picture: Type.Optional(
      Type.String({ description: 'the version of the sender’s picture, where they have one' }),
    ),
    bot: Type.Optional(Type.Literal(true, { description: 'a bot or a hook said it' })),
    message: Type.String({ description: 'empty when it was deleted' }),
    at: Time,
    html: Type.Optional(Type.String({ description: 'rendered, where that is more than the escaped text' })),
    edited: Type.Optional(Type.String({ format: 'date-time', description: 'when it was last edited' })),
    deleted: Type.Optional(Type.Literal(true, { description: 'its excerpts in replies are gone as well' })),
    reactions: Type.Optional(ReactionsOf),
    reply: Type.Optional(ReplyTo),
    values: Type.Optional(
      Type.Immutable(
        Type.Array(MessageValue, {
          description: 'what the expressions in it were when it was said, in the order of the text',
        }),
      ),
    ),
    mentions: Type.Optional(Type.Immutable(Type.Array(Username, { description: 'those whom it mentions' }))),
    repeat: Type.Optional(
      Type.Literal(true, { description: 'the answer to a retry: stands outside the order' }),
    ),
  },
  { title: 'Message' },
)
export type MessageFrame = Static<typeof MessageFrame>

/** A message over HTTP, and a change of one: checked as the frames of these types are. */
export const MessageFields = frames.message
export const EditFields = Type.Object({ message: Message, id: Type.Optional(FrameId) })

/** The answer to a command such as `/remind`, in place of a message. */
export const Notice = Type.Object({ notice: Type.String({ description: 'what was done, for the person' }) })

/** What a connection to a room is sent, beside what every connection to a part of a room is. */
export const sentFrames = {
  message: MessageFrame,
  notice: Type.Object({
    type: Type.Literal('notice'),
    id: Type.String({ description: 'of the frame that it answers' }),
    ...Notice.properties,
  }),
  preview: Type.Object({
    type: Type.Literal('preview'),
    id: Type.Optional(FrameId),
    values: Type.Array(MessageValue),
  }),
  typing: Type.Object({ type: Type.Literal('typing'), sender: Username, on: Type.Boolean() }),
  error: Type.Object({
    ...ErrorFrame.properties,
    position: Type.Optional(
      Type.Integer({ description: 'the character of the message from which on it cannot be calculated' }),
    ),
  }),
}

export const MessagePage = Type.Object({
  messages: Type.Array(MessageFrame),
  more: Type.Boolean({ description: 'there are more in the direction that was asked for' }),
  later: Type.Optional(Type.Boolean({ description: 'around a message: there are later ones' })),
})

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
export const LastMessage = Type.Object({
  seq: Type.Integer(),
  sender: Username,
  sender_name: DisplayName,
  at: Time,
})
export type LastMessage = Static<typeof LastMessage>

/** A room as `/api/rooms` and `/ws/notifications` give it to one of its members. */
export const RoomEntry = Type.Object(
  {
    slug: Type.String(),
    name: Type.String(),
    kind: Type.Enum(['open', 'private', 'direct']),
    description: Type.String(),
    unread: Type.Integer({
      description: 'messages of others that one has not read; 100 or 1,000 stands for that and more',
    }),
    mentions: Type.Integer(),
    last: Type.Optional(LastMessage),
    members: Type.Integer({ description: 'how many people are members: counted up to a thousand' }),
    online: Type.Integer({
      description:
        'how many people have the room open, counted up to a thousand; in a direct room, how many of the others are here, on whichever page',
    }),
    level: Type.Enum(LEVELS, { description: 'of what one is notified' }),
    archived: Type.Boolean(),
  },
  { title: 'Room' },
)
export type RoomEntry = Static<typeof RoomEntry>
