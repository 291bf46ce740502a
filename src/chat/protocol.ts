import { type Static, Type } from 'typebox'
import {
  compileFrames,
  ErrorFrame,
  FrameError,
  FrameId,
  type FrameOf,
  hasVisible,
  Text,
} from '../channels/index.ts'
import { FILES_OF_MESSAGE, FileFacts } from '../files/index.ts'
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

const TEXT_WORDS = `1 to ${MESSAGE_LENGTH.toLocaleString('en')} characters, not blank and without NUL`

/** With files a message may have no text. */
const PostedText = Type.Refine(
  Type.String({
    maxLength: MESSAGE_LENGTH,
    description: `${TEXT_WORDS}; with files it may be empty`,
  }),
  (text) => (text === '' || hasVisible(text)) && !text.includes('\0'),
  () => 'must not be blank or hold NUL',
)

const FileIds = Type.Array(Type.String({ maxLength: 64, pattern: '^[^\\u0000]*$' }), {
  maxItems: FILES_OF_MESSAGE,
  description: `up to ${FILES_OF_MESSAGE} ids of files`,
})

const frames = {
  message: Type.Object({
    message: PostedText,
    id: Type.Optional(FrameId),
    reply: Type.Optional(Seq),
    files: Type.Optional(FileIds),
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
  seen: Type.Object({ id: Type.Optional(FrameId) }),
}

export type ClientFrame = FrameOf<typeof frames>

/** The frame of one type. */
export type ClientFrameOf<Type extends ClientFrame['type']> = Extract<ClientFrame, { type: Type }>

/** Checks what a client says; a frame without a type is a message. */
const checkFields = compileFrames(frames, 'message')
export const checkFrame: typeof checkFields = Object.assign(
  (value: Record<string, unknown>) => withSomething(checkFields(value)),
  checkFields,
)

/** @throws FrameError where a message has neither text nor files */
function withSomething<Frame extends { readonly type: string }>(frame: Frame): Frame {
  if (frame.type === 'message' && 'message' in frame && frame.message === '') {
    const files: unknown = 'files' in frame ? frame.files : undefined
    if (!Array.isArray(files) || files.length === 0)
      throw new FrameError('invalid', `message: takes ${TEXT_WORDS}`)
  }
  return frame
}

/** Checks a message that comes over HTTP, as one that comes over a socket. */
const checkMessageFields = compileFrames({ message: frames.message }, 'message')
export const checkMessage: typeof checkMessageFields = (value) => withSomething(checkMessageFields(value))

/** Checks the rest of an edit over HTTP as on a socket, since the route gives the `type`. */
export const checkEdit = compileFrames({ edit: frames.edit }, 'edit')
export const checkReaction = compileFrames({ react: frames.react }, 'react')

const Username = Type.String({ description: 'a username' })
const DisplayName = Type.Optional(
  Type.String({ description: 'the sender’s name, if it is not the username' }),
)

/** An expression in a message, and its value when the message was posted. */
export const MessageValue = Type.Object({
  expression: Type.String(),
  text: Type.String(),
  rounded: Type.Optional(Type.Literal(true, { description: 'the text does not show the whole value' })),
})
export type MessageValue = Static<typeof MessageValue>

/** The message that another one answers. */
export const ReplyTo = Type.Object({
  seq: Type.Integer(),
  sender: Username,
  sender_name: DisplayName,
  excerpt: Type.String({ description: 'an excerpt of its text; empty if it was deleted' }),
})
export type ReplyTo = Static<typeof ReplyTo>

/** For each emoji, the number of people who chose it and the first 50 of their names; the emoji that was used first comes first. */
const ReactionsOf = Type.Record(
  Type.String(),
  Type.Object({ count: Type.Integer(), names: Type.Immutable(Type.Array(Username)) }),
)

/** A message as everyone gets it: on the socket, over HTTP, and in the page. */
export const MessageFrame = Type.Object(
  {
    type: Type.Literal('message'),
    room: Type.String({ description: 'the slug' }),
    seq: Type.Integer({ description: 'its number in the room' }),
    rev: Type.Integer({ description: 'the number of its last change' }),
    id: Type.String({ description: 'chosen by its sender' }),
    sender: Username,
    sender_name: DisplayName,
    sender_picture: Type.Optional(
      Type.String({ description: 'the version of the sender’s picture, if they have one' }),
    ),
    bot: Type.Optional(Type.Literal(true, { description: 'a bot or a hook said it' })),
    message: Type.String({ description: 'empty if it was deleted' }),
    at: Time,
    html: Type.Optional(
      Type.String({ description: 'rendered as HTML, if that differs from the escaped text' }),
    ),
    edited: Type.Optional(Type.String({ format: 'date-time', description: 'when it was last edited' })),
    deleted: Type.Optional(Type.Literal(true, { description: 'its excerpts in replies are gone as well' })),
    reactions: Type.Optional(ReactionsOf),
    reply: Type.Optional(ReplyTo),
    values: Type.Optional(
      Type.Immutable(
        Type.Array(MessageValue, {
          description: 'the values of its expressions when it was sent, in the order of the text',
        }),
      ),
    ),
    mentions: Type.Optional(Type.Immutable(Type.Array(Username, { description: 'the people it mentions' }))),
    files: Type.Optional(
      Type.Immutable(Type.Array(FileFacts, { description: 'in the order in which they were first given' })),
    ),
    pinned: Type.Optional(Type.String({ format: 'date-time', description: 'when it was pinned' })),
    repeat: Type.Optional(Type.Literal(true, { description: 'the answer to a retry, outside the order' })),
  },
  { title: 'Message' },
)
export type MessageFrame = Static<typeof MessageFrame>

/** A message over HTTP, and a change of one: checked as the frames of these types are. */
export const MessageFields = frames.message
export const EditFields = Type.Object({ message: Message, id: Type.Optional(FrameId) })

/** The answer to a command such as `/remind`, in place of a message. */
export const Notice = Type.Object({ notice: Type.String({ description: 'what was done, for the person' }) })

/** The positions up to which people have read a small room. */
export const SeenFrame = Type.Object({
  type: Type.Literal('seen'),
  seen: Type.Immutable(
    Type.Array(
      Type.Object({
        name: Username,
        display_name: Type.Optional(
          Type.String({ description: 'the person’s name, if it is not the username' }),
        ),
        seq: Type.Integer({ description: 'everything up to it has been seen' }),
      }),
      {
        description:
          'of people who show what they have read; empty if you do not, or if the room has too many members',
      },
    ),
  ),
})
export type SeenFrame = Static<typeof SeenFrame>

/** The frames that only rooms send, beside those of every connection to a part of a room. */
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
  seen: SeenFrame,
  typing: Type.Object({ type: Type.Literal('typing'), sender: Username, on: Type.Boolean() }),
  error: Type.Object({
    ...ErrorFrame.properties,
    position: Type.Optional(
      Type.Integer({ description: 'the character of the message at which it cannot be calculated' }),
    ),
  }),
}

export const MessagePage = Type.Object({
  messages: Type.Array(MessageFrame),
  more: Type.Boolean({ description: 'whether there are more in the requested direction' }),
  later: Type.Optional(Type.Boolean({ description: 'around a message: there are later ones' })),
})

/** The pinned messages of a room. */
export const Pins = Type.Object({
  pins: Type.Array(MessageFrame, { description: 'most recently pinned first' }),
})

/** Messages that answer each other. */
export const Conversation = Type.Object({
  messages: Type.Array(MessageFrame),
  more: Type.Boolean({ description: 'it has more than are given' }),
})

/** Numbers in an address are digits: converted by the schema, `1.5`, `true` and an empty value would pass as numbers. */
const SeqDigits = Type.String({ pattern: '^[0-9]{1,15}$' })

/** Accepts any object: `checkMessage` looks at the fields, and can say which of them is wrong. */
export const MessageBody = Type.Record(Type.String(), Type.Unknown())
/** Browsers send empty fields for those that were not filled in. */
export const MessageForm = Type.Object({
  message: PostedText,
  files: Type.Optional(FileIds),
  id: Type.Optional(Type.Union([FrameId, Type.Literal('')])),
  reply: Type.Optional(Type.Union([SeqDigits, Type.Literal('')])),
  zone: Type.Optional(Type.String({ maxLength: 64 })),
  /** The version of the draft that the form began with; the draft is removed when this is posted. */
  draft: Type.Optional(Type.String({ maxLength: 36 })),
})

/** Forms that change one message. */
export const EditForm = Type.Object({ message: Message })
/** Nothing but the token that every form carries. */
export const DeletionForm = Type.Object({})
/** `on`: pins it; without: unpins it. */
export const PinForm = Type.Object({ on: Type.Optional(Type.String()) })
/** Accepts any emoji: an error is shown on the page. */
export const ReactionForm = Type.Object({
  emoji: Type.Optional(Type.String()),
  on: Type.Optional(Type.String()),
})

const LimitDigits = Type.String({ pattern: '^([1-9]|[1-9][0-9]|1[0-9][0-9]|200)$' })

/** The position up to which a person has read. */
export const ReadForm = Type.Object({ seq: SeqDigits })

/** A day of the calendar, which may have no such day. */
const Day = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' })

/** The place at which a room's page begins. A form without JavaScript may send an empty date. */
export const RoomQuery = Type.Object({
  before: Type.Optional(SeqDigits),
  after: Type.Optional(SeqDigits),
  at: Type.Optional(SeqDigits),
  date: Type.Optional(Type.Union([Day, Type.Literal('')])),
  /** Of the person's clock, for the date. */
  zone: Type.Optional(Type.String({ maxLength: 64 })),
})

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
      description: 'unread messages from others; 100 or 1,000 means that many or more',
    }),
    mentions: Type.Integer(),
    last: Type.Optional(LastMessage),
    members: Type.Integer({ description: 'how many members it has, counted up to a thousand' }),
    online: Type.Integer({
      description:
        'how many people have the room open, counted up to a thousand; in a direct room, how many of the others are here, on whichever page',
    }),
    level: Type.Enum(LEVELS, { description: 'what you are notified of' }),
    archived: Type.Boolean(),
    status: Type.Optional(
      Type.String({
        description: 'the status of the one other person in a direct room: an emoji, a text, or both',
      }),
    ),
  },
  { title: 'Room' },
)
export type RoomEntry = Static<typeof RoomEntry>
