import { Type } from 'typebox'
import { compileFrames, FrameId, type FrameOf, Text } from '../channels/index.ts'

/** Characters of a message. */
export const MESSAGE_LENGTH = 4_000

const Message = Text(MESSAGE_LENGTH)
const Seq = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'a whole number from 0',
})

const frames = {
  message: Type.Object({ message: Message, id: Type.Optional(FrameId) }),
  typing: Type.Object({ on: Type.Boolean({ description: 'true or false' }), id: Type.Optional(FrameId) }),
  read: Type.Object({ seq: Seq, id: Type.Optional(FrameId) }),
}

export type ClientFrame = FrameOf<typeof frames>

/** Checks what a client says; a frame without a type is a message. */
export const checkFrame = compileFrames(frames, 'message')

/** Checks a message that comes over HTTP, as one that comes over a socket. */
export const checkMessage = compileFrames({ message: frames.message }, 'message')

/** A message as everyone gets it: on the socket, over HTTP, and in the page. */
export interface MessageFrame {
  readonly type: 'message'
  readonly room: string
  readonly seq: number
  readonly rev: number
  readonly id: string
  readonly sender: string
  readonly message: string
  readonly at: string
  /** Only where it is more than the escaped text. */
  readonly html?: string
  /** The answer to a retry: stands outside the order. */
  readonly repeat?: true
}

export const RoomParams = Type.Object({ room: Type.String() })

/** Any name: what is wrong with it is said beside the form (`roomNameFault`). */
export const RoomForm = Type.Object({
  name: Type.Optional(Type.String()),
  private: Type.Optional(Type.String()),
})

/** What is in it is checked by `checkMessage`, which can say what is wrong. */
export const MessageBody = Type.Record(Type.String(), Type.Unknown())
/** A browser sends an empty field for what was not filled in. */
export const MessageForm = Type.Object({
  message: Message,
  id: Type.Optional(Type.Union([FrameId, Type.Literal('')])),
})

/** Numbers in an address are digits: converted by the schema, `1.5`, `true` and an empty value would pass as numbers. */
const SeqDigits = Type.String({ pattern: '^[0-9]{1,15}$' })
const LimitDigits = Type.String({ pattern: '^([1-9]|[1-9][0-9]|1[0-9][0-9]|200)$' })

/** How far a person has read. */
export const ReadForm = Type.Object({ seq: SeqDigits })

/** A page that is none, and a text that is too long, are as good as the nearest that is. */
export const DirectoryQuery = Type.Object({
  q: Type.Optional(Type.String()),
  page: Type.Optional(Type.String({ pattern: '^[0-9]{0,15}$' })),
})

export const RoomQuery = Type.Object({ before: Type.Optional(SeqDigits) })

export const HistoryQuery = Type.Object(
  {
    before: Type.Optional(SeqDigits),
    after: Type.Optional(SeqDigits),
    limit: Type.Optional(LimitDigits),
  },
  { additionalProperties: false },
)
